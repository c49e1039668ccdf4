// Fuzzes what is parsed of a SavedModel: saved_model.pb up to the graph that is handed to OpenVINO,
// and keras_metadata.pb.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <variant>

#include "model/saved_model/attr_value.h"
#include "model/saved_model/inference_graph.h"
#include "model/saved_model/keras_metadata.h"
#include "model/saved_model/ports.h"
#include "model/saved_model/saved_model_proto.h"
#include "model/saved_model/saved_object_graph.h"
#include "model/saved_model/variable_binding.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

using namespace sidecar::model::saved_model;  // NOLINT(google-build-using-namespace)

constexpr std::uint64_t kMostBytes = std::uint64_t{1} << 20U;

void Unpack(const InferenceGraph& graph) {
  for (const PlacedNode& placed : AllNodes(graph)) {
    for (const auto& [name, bytes] : placed.node->attributes) {
      const auto value = ParseAttrValue(bytes);
      if (!value.ok()) std::abort();  // checked when the graph was selected
      if (const auto* tensor = std::get_if<TensorProto>(&*value))
        (void)UnpackTensor(*tensor, kMostBytes);
    }
  }
}

void Bind(const MetaGraph& meta, const SavedObjectGraph& objects) {
  for (const auto& [name, signature] : meta.signatures) {
    const auto graph = SelectInferenceGraph(meta, signature);
    if (!graph.ok()) continue;
    Unpack(*graph);
    (void)ReadInputs(*graph, objects, signature);
    (void)ReadOutputs(signature, {}, {});
    for (const auto version : {sidecar::KerasVersion::kKeras2, sidecar::KerasVersion::kKeras3})
      (void)BindVariables(*graph, objects, version);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Bytes bytes = std::as_bytes(std::span(data, size));
  (void)ParseKerasMetadata(bytes);
  const auto meta = ParseSavedModel(bytes);
  if (!meta.ok()) return 0;
  const auto objects = ParseSavedObjectGraph(meta->object_graph);
  if (!objects.ok()) return 0;
  for (const auto& [name, function] : objects->functions)
    (void)FlattenedNames(function.input_signature);
  Bind(*meta, *objects);
  return 0;
}
