// Activation, ReLU, LeakyReLU, PReLU, ELU, ThresholdedReLU and Softmax.
#include <algorithm>
#include <cmath>
#include <openvino/op/elu.hpp>

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
    SIDECAR_ASSIGN_OR_RETURN(const double most, config.AnyNumber("max_value"));
    if (!(most >= 0)) return config.Wrong("max_value", "a number from 0, Infinity or null");
    if (std::isfinite(most)) parameters.max_value = most;
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

Result<Values> LowerPReLU(LayerContext& context, const Values& inputs) {
  const ConfigReader& config = context.config();
  SIDECAR_ASSIGN_OR_RETURN(const Value input, OnlyInput(context, inputs));
  const std::int64_t rank = RankOf(input.output);
  SIDECAR_ASSIGN_OR_RETURN(const auto shared,
                           config.Ints("shared_axes", std::vector<std::int64_t>{}));
  std::vector<std::int64_t> sizes(static_cast<std::size_t>(std::max<std::int64_t>(rank - 1, 0)), 0);
  for (const std::int64_t axis : shared) {
    // Keras counts negative ones from the sample's end.
    const std::int64_t place = axis > 0 ? axis - 1 : axis - 1 + rank - 1;
    if (place < 0 || place >= rank - 1) {
      return config.Wrong("shared_axes", "a list of the input's dimensions but the batch");
    }
    sizes[static_cast<std::size_t>(place)] = 1;
  }
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    if (sizes[i] == 1) continue;
    SIDECAR_ASSIGN_OR_RETURN(sizes[i], KnownSize(context, input, static_cast<std::int64_t>(i) + 1));
  }
  SIDECAR_ASSIGN_OR_RETURN(
      const GraphOutput alpha,
      context.Variable(
          {.name = "alpha", .shape = Shape(sizes), .regularizer = "alpha_regularizer"}));
  const GraphOutput x = ToFloat(input.output);
  const GraphOutput below = Minus(x, Relu(x));
  return Values{{Plus(Relu(x), Times(alpha, below)), input.dtype, input.mask}};
}

Result<Values> LowerELU(LayerContext& context, const Values& inputs) {
  SIDECAR_ASSIGN_OR_RETURN(const Value input, OnlyInput(context, inputs));
  SIDECAR_ASSIGN_OR_RETURN(const double alpha, context.config().Number("alpha", 1));
  const auto elu = [alpha](const GraphOutput& x) -> GraphOutput {
    return std::make_shared<ov::op::v0::Elu>(x, alpha);
  };
  return Values{{MapElements(ToFloat(input.output), elu), input.dtype, input.mask}};
}

Result<Values> LowerThresholdedReLU(LayerContext& context, const Values& inputs) {
  SIDECAR_ASSIGN_OR_RETURN(const Value input, OnlyInput(context, inputs));
  SIDECAR_ASSIGN_OR_RETURN(const double theta, context.config().Number("theta", 1));
  const auto keep_above = [theta](const GraphOutput& x) {
    return Choose(IsGreater(x, FloatConstant(theta)), x, FloatConstant(0));
  };
  return Values{{MapElements(ToFloat(input.output), keep_above), input.dtype, input.mask}};
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
