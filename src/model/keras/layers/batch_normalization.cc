#include <fmt/format.h>

#include <algorithm>

#include "base/status_macros.h"
#include "model/keras/graph_ops.h"
#include "model/keras/layers/layer_functions.h"

namespace sidecar::model::keras {
namespace {

// Keras 2 uses TensorFlow's fused kernel for images, which raises a smaller epsilon to this
// (tensorflow/python/ops/nn_impl.py, fused_batch_norm).
constexpr double kLeastFusedEpsilon = 1.001e-5;

// Shapes of the parameters: as Keras stores them, and as they meet the input.
struct Layout {
  std::vector<std::int64_t> axes;
  Shape stored;
  std::vector<std::int64_t> broadcast;
};

Result<Layout> FindLayout(const LayerContext& context, const Value& input) {
  const std::int64_t rank = RankOf(input.output);
  Layout layout;
  SIDECAR_ASSIGN_OR_RETURN(const auto axes,
                           context.config().Ints("axis", std::vector<std::int64_t>{-1}));
  SIDECAR_ASSIGN_OR_RETURN(layout.axes, NormalizeAxes(context, axes, rank));
  layout.broadcast.assign(static_cast<std::size_t>(rank), 1);
  for (const std::int64_t axis : layout.axes) {
    if (axis == 0) {
      return context.Fail(StatusCode::kUnimplemented,
                          "config.axis names the batch dimension, which is not supported");
    }
    SIDECAR_ASSIGN_OR_RETURN(layout.broadcast[static_cast<std::size_t>(axis)],
                             KnownSize(context, input, axis));
  }
  if (layout.axes.empty()) {
    return context.Fail(StatusCode::kDataLoss, "config.axis is empty; at least one is needed");
  }
  layout.stored = Shape(layout.broadcast);
  if (layout.axes.size() == 1) {
    layout.stored = Shape{layout.broadcast[static_cast<std::size_t>(layout.axes.front())]};
  }
  return layout;
}

bool IsFused(const LayerContext& context, const Layout& layout) {
  const auto rank = static_cast<std::int64_t>(layout.broadcast.size());
  const bool is_image = rank == 4 || rank == 5;
  const bool plain = !context.config().Bool("renorm", false).value() &&
                     !context.config().Bool("synchronized", false).value() &&
                     context.layer().class_name != "SyncBatchNormalization";
  return context.is_keras2() && is_image && plain && layout.axes.size() == 1 &&
         (layout.axes.front() == 1 || layout.axes.front() == rank - 1) &&
         context.policy().compute != DType::kFloat64;
}

// Variables of the layer, in their stored shapes.
struct Parameters {
  std::optional<GraphOutput> gamma;
  std::optional<GraphOutput> beta;
  GraphOutput mean;
  GraphOutput variance;
};

Result<Parameters> FindParameters(LayerContext& context, const Shape& shape) {
  const ConfigReader& config = context.config();
  SIDECAR_ASSIGN_OR_RETURN(const bool scale, config.Bool("scale", true));
  SIDECAR_ASSIGN_OR_RETURN(const bool center, config.Bool("center", true));
  // Keras 2 keeps them in float32 under half policies.
  std::optional<DType> dtype;
  const DType policy = context.policy().variable;
  if (context.is_keras2() && (policy == DType::kFloat16 || policy == DType::kBfloat16)) {
    dtype = DType::kFloat32;
  }
  const auto variable = [&](const char* name, bool trainable) {
    VariableSpec spec{.name = name, .shape = shape, .trainable = trainable, .dtype = dtype};
    if (trainable) spec.regularizer = fmt::format("{}_regularizer", name);
    return context.Variable(std::move(spec));
  };
  Parameters parameters;
  if (scale) {
    SIDECAR_ASSIGN_OR_RETURN(parameters.gamma, variable("gamma", true));
  }
  if (center) {
    SIDECAR_ASSIGN_OR_RETURN(parameters.beta, variable("beta", true));
  }
  SIDECAR_ASSIGN_OR_RETURN(parameters.mean, variable("moving_mean", false));
  SIDECAR_ASSIGN_OR_RETURN(parameters.variance, variable("moving_variance", false));
  return parameters;
}

Status DeclareRenorm(LayerContext& context, const Shape& shape) {
  SIDECAR_ASSIGN_OR_RETURN(const bool renorm, context.config().Bool("renorm", false));
  if (!renorm) return Status();
  for (const char* name : {"moving_stddev", "renorm_mean", "renorm_stddev"}) {
    SIDECAR_RETURN_IF_ERROR(
        context.UnreadVariable({.name = name, .shape = shape, .trainable = false}));
  }
  return Status();
}

}  // namespace

Result<Values> LowerBatchNormalization(LayerContext& context, const Values& inputs) {
  const ConfigReader& config = context.config();
  SIDECAR_ASSIGN_OR_RETURN(const Value input, OnlyInput(context, inputs));
  SIDECAR_ASSIGN_OR_RETURN(double epsilon, config.Number("epsilon", 1e-3));
  SIDECAR_RETURN_IF_ERROR(config.Bool("synchronized", false).status());
  SIDECAR_ASSIGN_OR_RETURN(Layout layout, FindLayout(context, input));
  SIDECAR_ASSIGN_OR_RETURN(const Parameters parameters, FindParameters(context, layout.stored));
  SIDECAR_RETURN_IF_ERROR(DeclareRenorm(context, layout.stored));
  if (IsFused(context, layout)) epsilon = std::max(epsilon, kLeastFusedEpsilon);

  // y = x * factor + term; both are folded into constants when the weights are known.
  GraphOutput factor =
      Over(FloatConstant(1), SquareRoot(Plus(parameters.variance, FloatConstant(epsilon))));
  if (parameters.gamma) factor = Times(*parameters.gamma, factor);
  GraphOutput term = Times(parameters.mean, factor);
  term = parameters.beta ? Minus(*parameters.beta, term) : Minus(FloatConstant(0), term);

  GraphOutput x = ToFloat(input.output);
  const auto before = BeforeChannelsLast(x);
  const bool swap = before && layout.axes == std::vector<std::int64_t>{3};
  if (swap) {
    x = *before;
    layout.broadcast = {1, layout.stored[0], 1, 1};
  }
  GraphOutput result =
      Plus(Times(x, Reshaped(factor, layout.broadcast)), Reshaped(term, layout.broadcast));
  if (swap) result = ChannelsLast(result);
  return Values{{result, input.dtype, input.mask}};
}

}  // namespace sidecar::model::keras
