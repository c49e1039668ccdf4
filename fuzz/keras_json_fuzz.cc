// Keras JSON of a model: parsing, description, lowering to a graph.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "model/loaded_model.h"
#include "sidecar/model.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

// What every model that is accepted must fulfil, whatever its JSON said.
bool IsSound(const sidecar::model::LoadedModel& model) {
  bool sound = model.graph != nullptr && !model.outputs.empty() && !model.inputs.empty();
  for (const auto& output : model.outputs) sound = sound && output.shape.rank() < 64;
  for (const auto& variable : model.variables) {
    sound = sound && variable.request.shape.is_static() && !variable.request.name.empty() &&
            !variable.request.graph_path.empty() && !variable.request.archive_paths.empty();
  }
  return sound;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  const auto model = sidecar::Model::FromJson(text);
  if (model.ok()) {
    if (!IsSound(*model->loaded())) std::abort();
    return 0;
  }
  switch (model.status().code()) {
    case sidecar::StatusCode::kDataLoss:
    case sidecar::StatusCode::kFailedPrecondition:
    case sidecar::StatusCode::kUnimplemented:
      return 0;
    default:
      std::abort();  // no JSON is a defect of the library or a wrong use of it
  }
}
