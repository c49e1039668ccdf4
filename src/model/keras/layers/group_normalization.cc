#include <fmt/format.h>

#include <openvino/op/mvn.hpp>

#include "base/status_macros.h"
#include "model/keras/graph_ops.h"
#include "model/keras/layers/layer_functions.h"

namespace sidecar::model::keras {
namespace {

// The input's sizes for a reshape that puts `parts` in the place of `axis`. Sizes before it are
// copied; of those after it one may be unknown.
Result<std::vector<std::int64_t>> SizesWith(const LayerContext& context, const Value& input,
                                            std::int64_t axis,
                                            const std::vector<std::int64_t>& parts) {
  std::vector<std::int64_t> sizes(static_cast<std::size_t>(axis), 0);
  sizes.insert(sizes.end(), parts.begin(), parts.end());
  bool unknown = false;
  for (std::int64_t i = axis + 1; i < RankOf(input.output); ++i) {
    std::int64_t size = SizeOf(input.output, i);
    if (size == Shape::kUnknown && unknown) {
      SIDECAR_ASSIGN_OR_RETURN(size, KnownSize(context, input, i));
    }
    unknown = unknown || size == Shape::kUnknown;
    sizes.push_back(size);
  }
  return sizes;
}

}  // namespace

// Standardizes each group of channels of each sample, then scales and shifts each channel.
Result<Values> LowerGroupNormalization(LayerContext& context, const Values& inputs) {
  const ConfigReader& config = context.config();
  SIDECAR_ASSIGN_OR_RETURN(const Value input, OnlyInput(context, inputs));
  SIDECAR_ASSIGN_OR_RETURN(const std::int64_t config_axis, config.Int("axis", -1));
  const std::int64_t rank = RankOf(input.output);
  SIDECAR_ASSIGN_OR_RETURN(const std::int64_t axis, NormalizeAxis(context, config_axis, rank));
  if (axis == 0) return config.Wrong("axis", "another dimension than the batch");
  SIDECAR_ASSIGN_OR_RETURN(const std::int64_t channels, KnownSize(context, input, axis));
  SIDECAR_ASSIGN_OR_RETURN(std::int64_t groups, config.Int("groups", 32));
  if (groups == -1) groups = channels;
  if (groups < 1 || channels % groups != 0) {
    return context.Fail(
        StatusCode::kFailedPrecondition,
        fmt::format("config.groups is {}; there are {} channels", groups, channels));
  }
  SIDECAR_ASSIGN_OR_RETURN(const double epsilon, config.Number("epsilon", 1e-3));
  SIDECAR_ASSIGN_OR_RETURN(const bool scale, config.Bool("scale", true));
  SIDECAR_ASSIGN_OR_RETURN(const bool center, config.Bool("center", true));

  SIDECAR_ASSIGN_OR_RETURN(const auto grouped,
                           SizesWith(context, input, axis, {groups, channels / groups}));
  SIDECAR_ASSIGN_OR_RETURN(const auto restored, SizesWith(context, input, axis, {channels}));
  std::vector<std::int64_t> axes;
  for (std::int64_t i = 1; i <= rank; ++i) {
    if (i != axis) axes.push_back(i);
  }
  GraphOutput result = Reshaped(ToFloat(input.output), grouped);
  result = std::make_shared<ov::op::v6::MVN>(result, IntConstant(axes), true,
                                             static_cast<float>(epsilon),
                                             ov::op::MVNEpsMode::INSIDE_SQRT);
  result = Reshaped(result, restored);
  std::vector<std::int64_t> broadcast(static_cast<std::size_t>(rank), 1);
  broadcast[static_cast<std::size_t>(axis)] = channels;
  if (scale) {
    SIDECAR_ASSIGN_OR_RETURN(
        const GraphOutput gamma,
        context.Variable(
            {.name = "gamma", .shape = {channels}, .regularizer = "gamma_regularizer"}));
    result = Times(result, Reshaped(gamma, broadcast));
  }
  if (center) {
    SIDECAR_ASSIGN_OR_RETURN(
        const GraphOutput beta,
        context.Variable({.name = "beta", .shape = {channels}, .regularizer = "beta_regularizer"}));
    result = Plus(result, Reshaped(beta, broadcast));
  }
  return Values{{result, input.dtype, input.mask}};
}

}  // namespace sidecar::model::keras
