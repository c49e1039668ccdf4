// Keras JSON of a model: parsing, description, lowering to a graph.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "model/loaded_model.h"
#include "sidecar/model.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

// No JSON is a defect of the library or a wrong use of it.
bool IsJsonsFault(const sidecar::Status& status) {
  return status.code() == sidecar::StatusCode::kDataLoss ||
         status.code() == sidecar::StatusCode::kFailedPrecondition ||
         status.code() == sidecar::StatusCode::kUnimplemented;
}

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

// A model that waits for the shapes of the data, built for some.
void Finish(const sidecar::model::LoadedModel& model) {
  if (!model.finish || model.inputs.empty()) std::abort();
  const sidecar::Shape shapes[] = {{4}, {8, 8, 3}, {5, 2}};
  for (const sidecar::Shape& shape : shapes) {
    auto inputs = model.inputs;
    for (auto& input : inputs) input.shape = shape;
    const auto finished = model.finish(inputs);
    if (finished.ok() ? !IsSound(**finished) : !IsJsonsFault(finished.status())) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  const auto model = sidecar::Model::FromJson(text);
  if (!model.ok()) {
    if (!IsJsonsFault(model.status())) std::abort();
  } else if (model->loaded()->graph == nullptr) {
    Finish(*model->loaded());
  } else if (!IsSound(*model->loaded())) {
    std::abort();
  }
  return 0;
}
