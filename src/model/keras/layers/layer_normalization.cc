#include <algorithm>
#include <openvino/op/mvn.hpp>

#include "base/status_macros.h"
#include "model/keras/graph_ops.h"
#include "model/keras/layers/layer_functions.h"

namespace sidecar::model::keras {
namespace {

GraphOutput Standardized(const GraphOutput& x, const std::vector<std::int64_t>& axes,
                         double epsilon) {
  return std::make_shared<ov::op::v6::MVN>(x, IntConstant(axes), true, static_cast<float>(epsilon),
                                           ov::op::MVNEpsMode::INSIDE_SQRT);
}

// Keras's rms_scaling divides by the standard deviation without taking the mean away.
GraphOutput Scaled(const GraphOutput& x, const std::vector<std::int64_t>& axes, double epsilon) {
  const GraphOutput difference = Minus(x, MeanOver(x, axes, true));
  const GraphOutput variance = MeanOver(Times(difference, difference), axes, true);
  return Over(x, SquareRoot(Plus(variance, FloatConstant(epsilon))));
}

}  // namespace

Result<Values> LowerLayerNormalization(LayerContext& context, const Values& inputs) {
  const ConfigReader& config = context.config();
  SIDECAR_ASSIGN_OR_RETURN(const Value input, OnlyInput(context, inputs));
  SIDECAR_ASSIGN_OR_RETURN(const auto axis_config,
                           config.Ints("axis", std::vector<std::int64_t>{-1}));
  SIDECAR_ASSIGN_OR_RETURN(const double epsilon, config.Number("epsilon", 1e-3));
  SIDECAR_ASSIGN_OR_RETURN(const bool scale, config.Bool("scale", true));
  SIDECAR_ASSIGN_OR_RETURN(const bool center, config.Bool("center", true));
  SIDECAR_ASSIGN_OR_RETURN(const bool rms, config.Bool("rms_scaling", false));
  const std::int64_t rank = RankOf(input.output);
  SIDECAR_ASSIGN_OR_RETURN(auto axes, NormalizeAxes(context, axis_config, rank));
  if (axes.empty()) return config.Wrong("axis", "at least one dimension");
  // Keras 3 sorts them, Keras 2 keeps the order in the shape of its parameters.
  if (!context.is_keras2()) std::sort(axes.begin(), axes.end());

  std::vector<std::int64_t> broadcast(static_cast<std::size_t>(rank), 1);
  std::vector<std::int64_t> stored;
  for (const std::int64_t axis : axes) {
    SIDECAR_ASSIGN_OR_RETURN(const std::int64_t size, KnownSize(context, input, axis));
    broadcast[static_cast<std::size_t>(axis)] = size;
    stored.push_back(size);
  }
  std::sort(axes.begin(), axes.end());
  const GraphOutput x = ToFloat(input.output);
  GraphOutput result = rms ? Scaled(x, axes, epsilon) : Standardized(x, axes, epsilon);
  if (scale || rms) {
    SIDECAR_ASSIGN_OR_RETURN(
        const GraphOutput gamma,
        context.Variable(
            {.name = "gamma", .shape = Shape(stored), .regularizer = "gamma_regularizer"}));
    result = Times(result, Reshaped(gamma, broadcast));
  }
  if (center && !rms) {
    SIDECAR_ASSIGN_OR_RETURN(
        const GraphOutput beta,
        context.Variable(
            {.name = "beta", .shape = Shape(stored), .regularizer = "beta_regularizer"}));
    result = Plus(result, Reshaped(beta, broadcast));
  }
  return Values{{result, input.dtype, input.mask}};
}

}  // namespace sidecar::model::keras
