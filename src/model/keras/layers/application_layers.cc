// Layers that some of keras.applications define for themselves.
#include "base/status_macros.h"
#include "model/keras/graph_ops.h"
#include "model/keras/layers/layer_functions.h"

namespace sidecar::model::keras {

// InceptionResNetV2: x[0] + scale * x[1].
Result<Values> LowerCustomScaleLayer(LayerContext& context, const Values& inputs) {
  if (inputs.size() != 2) {
    return context.Fail(StatusCode::kFailedPrecondition, "takes two inputs");
  }
  SIDECAR_ASSIGN_OR_RETURN(const double scale, context.config().Number("scale"));
  GraphOutput shortcut = ToFloat(inputs[0].output);
  GraphOutput branch = ToFloat(inputs[1].output);
  const auto before = BeforeChannelsLast(branch);
  const bool moved = before && RankOf(shortcut) == RankOf(branch);
  if (moved) {
    shortcut = ChannelsFirst(shortcut);
    branch = *before;
  }
  const GraphOutput result = Plus(shortcut, Times(branch, FloatConstant(scale)));
  return Values{{moved ? ChannelsLast(result) : result}};
}

// ConvNeXt: a factor for each channel.
Result<Values> LowerLayerScale(LayerContext& context, const Values& inputs) {
  SIDECAR_ASSIGN_OR_RETURN(const Value input, OnlyInput(context, inputs));
  SIDECAR_ASSIGN_OR_RETURN(const std::int64_t size, context.config().PositiveInt("projection_dim"));
  SIDECAR_ASSIGN_OR_RETURN(const GraphOutput gamma,
                           context.Variable({.name = "gamma", .shape = {size}}));
  return Values{{Times(ToFloat(input.output), gamma)}};
}

}  // namespace sidecar::model::keras
