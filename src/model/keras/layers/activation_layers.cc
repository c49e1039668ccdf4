// Activation, ReLU, LeakyReLU and Softmax.
#include <algorithm>

#include "base/status_macros.h"
#include "model/keras/activations.h"
#include "model/keras/graph_ops.h"
#include "model/keras/layers/layer_functions.h"

namespace sidecar::model::keras {

Result<Values> LowerActivation(LayerContext& context, const Values& inputs) {
  SIDECAR_ASSIGN_OR_RETURN(const Value input, OnlyInput(context, inputs));
  SIDECAR_ASSIGN_OR_RETURN(Value output, Activated(context, "activation", input));
  return Values{std::move(output)};
}

Result<Values> LowerReLU(LayerContext& context, const Values& inputs) {
  const ConfigReader& config = context.config();
  SIDECAR_ASSIGN_OR_RETURN(const Value input, OnlyInput(context, inputs));
  ReluParameters parameters;
  SIDECAR_ASSIGN_OR_RETURN(parameters.negative_slope, config.Number("negative_slope", 0));
  SIDECAR_ASSIGN_OR_RETURN(parameters.threshold, config.Number("threshold", 0));
  if (config.Has("max_value")) {
    SIDECAR_ASSIGN_OR_RETURN(parameters.max_value, config.Number("max_value"));
    if (*parameters.max_value < 0) return config.Wrong("max_value", "a number from 0 or null");
  }
  return Values{{ParametricRelu(input.output, parameters), input.dtype, input.mask}};
}

Result<Values> LowerLeakyReLU(LayerContext& context, const Values& inputs) {
  const ConfigReader& config = context.config();
  SIDECAR_ASSIGN_OR_RETURN(const Value input, OnlyInput(context, inputs));
  // Keras 2 calls the slope alpha; Keras 3 accepts that name too.
  SIDECAR_ASSIGN_OR_RETURN(const double slope,
                           config.Number(config.Has("alpha") ? "alpha" : "negative_slope", 0.3));
  return Values{{LeakyRelu(input.output, slope), input.dtype, input.mask}};
}

namespace {

// The input with its masked elements far below the others.
// tf_keras/src/layers/activation/softmax.py, keras/src/layers/activations/softmax.py.
Result<GraphOutput> BeforeSoftmax(const LayerContext& context, const Value& input) {
  const GraphOutput x = ToFloat(input.output);
  if (!input.mask) return x;
  if (RankOf(*input.mask) != RankOf(x)) {
    return context.Fail(StatusCode::kFailedPrecondition,
                        "its input has a mask of another number of dimensions");
  }
  constexpr double kFarBelow = -1e9;
  SIDECAR_ASSIGN_OR_RETURN(const bool robust, context.config().Bool("robust_masking", false));
  if (context.is_keras2() && !robust) {
    return Plus(x, Times(Minus(FloatConstant(1), ToFloat(*input.mask)), FloatConstant(kFarBelow)));
  }
  return Choose(*input.mask, x, FloatConstant(kFarBelow));
}

}  // namespace

Result<Values> LowerSoftmax(LayerContext& context, const Values& inputs) {
  SIDECAR_ASSIGN_OR_RETURN(const Value input, OnlyInput(context, inputs));
  SIDECAR_ASSIGN_OR_RETURN(const auto config_axes,
                           context.config().Ints("axis", std::vector<std::int64_t>{-1}));
  SIDECAR_ASSIGN_OR_RETURN(const auto axes,
                           NormalizeAxes(context, config_axes, RankOf(input.output)));
  if (axes.empty()) return context.config().Wrong("axis", "at least one dimension");
  if (std::find(axes.begin(), axes.end(), 0) != axes.end()) context.MixRows();
  SIDECAR_ASSIGN_OR_RETURN(const GraphOutput x, BeforeSoftmax(context, input));
  Value output{SoftmaxOver(x, axes), input.dtype, input.mask};
  if (input.mask && !context.is_keras2()) {
    output.output = Choose(*input.mask, output.output, FloatConstant(0));
    return Values{std::move(output)};
  }
  // Over several axes Keras computes it from exp and logsumexp, and the logits are lost.
  if (axes.size() == 1) output.logits = x;
  return Values{std::move(output)};
}

}  // namespace sidecar::model::keras
