// SpectralNormalization and Pipeline: layers made of others.
#include <fmt/format.h>

#include <algorithm>
#include <openvino/op/convert.hpp>

#include "base/status_macros.h"
#include "model/keras/class_names.h"
#include "model/keras/layers/layer_functions.h"

namespace sidecar::model::keras {

// At inference the inner layer with the kernel that training has left there, which is normalized
// already. Its own variable only says how training goes on.
Result<Values> LowerSpectralNormalization(LayerContext& context, const Values& inputs) {
  const auto& parts = context.layer().parts;
  const auto inner = std::find_if(parts.begin(), parts.end(),
                                  [](const LayerPart& part) { return part.key == "layer"; });
  if (inner == parts.end()) return context.config().Wrong("layer", "a layer");
  const PartSpec part = {.name = "layer", .layer = inner->layer.get()};
  if (part.layer->model != nullptr) {
    return context.Fail(StatusCode::kFailedPrecondition,
                        "wraps a model; only a layer with a kernel or embeddings can be wrapped");
  }
  SIDECAR_ASSIGN_OR_RETURN(Values outputs, context.RunPart(part, inputs));
  const auto& variables = context.Part(part).variables();
  const auto kernel =
      std::find_if(variables.begin(), variables.end(), [](const LayerVariable& variable) {
        return variable.spec.name == "kernel" || variable.spec.name == "embeddings";
      });
  if (kernel == variables.end()) {
    return context.Fail(
        StatusCode::kFailedPrecondition,
        fmt::format("wraps {}, which has neither a kernel nor embeddings", part.layer->class_name));
  }
  const Shape& shape = kernel->spec.shape;
  SIDECAR_RETURN_IF_ERROR(context.UnreadVariable({.name = "vector_u",
                                                  .shape = {1, shape[shape.rank() - 1]},
                                                  .trainable = false,
                                                  .dtype = kernel->dtype}));
  // Keras 3 gives the output the input's type, also where that is an integer.
  const Value& input = inputs.front();
  if (!context.is_keras2() && !IsFloating(input.dtype)) {
    for (Value& output : outputs) {
      output = Value{
          std::make_shared<ov::op::v0::Convert>(output.output, input.output.get_element_type()),
          input.dtype, output.mask};
    }
  }
  return outputs;
}

Result<Values> LowerPipeline(LayerContext& context, const Values& inputs) {
  Values values = inputs;
  NameCounter names;
  std::size_t count = 0;
  for (const LayerPart& part : context.layer().parts) {
    if (part.key != "layers") continue;
    // Its list of layers has a name of its own in every format.
    const std::string name = names.Next(ArchiveName(part.layer->class_name));
    SIDECAR_ASSIGN_OR_RETURN(
        values, context.RunPart({.name = "_pipeline_layers/" + name,
                                 .edges = {fmt::format("_pipeline_layers/{}", count++)},
                                 .layer = part.layer.get()},
                                values));
  }
  return values;
}

}  // namespace sidecar::model::keras
