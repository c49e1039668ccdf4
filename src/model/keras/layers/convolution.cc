// Conv2D and DepthwiseConv2D. Keras's kernels are [height, width, in, out]; the engine's
// convolutions take [out, in, height, width] and channels_first images.
#include <fmt/format.h>

#include <array>
#include <openvino/op/convolution.hpp>
#include <openvino/op/group_conv.hpp>

#include "base/status_macros.h"
#include "model/keras/activations.h"
#include "model/keras/graph_ops.h"
#include "model/keras/layers/layer_functions.h"

namespace sidecar::model::keras {
namespace {

// What all convolutions have in common.
struct Convolution {
  bool channels_first = false;
  GraphOutput image;  // [batch, channels, height, width]
  std::int64_t channels = 0;
  std::array<std::int64_t, 2> kernel_size = {};
  ov::Strides strides;
  ov::Strides dilations;
  ov::op::PadType padding = ov::op::PadType::VALID;
  bool use_bias = true;
};

ov::Strides ToStrides(const std::array<std::int64_t, 2>& values) {
  return {static_cast<std::size_t>(values[0]), static_cast<std::size_t>(values[1])};
}

Result<Convolution> ReadConvolution(const LayerContext& context, const Values& inputs) {
  const ConfigReader& config = context.config();
  Convolution conv;
  SIDECAR_ASSIGN_OR_RETURN(const Value input,
                           OnlyInput(context, inputs, 4, "[batch, height, width, channels]"));
  SIDECAR_ASSIGN_OR_RETURN(conv.channels_first, IsChannelsFirst(context));
  SIDECAR_ASSIGN_OR_RETURN(conv.kernel_size, config.Pair("kernel_size"));
  SIDECAR_ASSIGN_OR_RETURN(const auto strides, config.Pair("strides", {{1, 1}}));
  SIDECAR_ASSIGN_OR_RETURN(const auto dilations, config.Pair("dilation_rate", {{1, 1}}));
  SIDECAR_ASSIGN_OR_RETURN(const std::string padding,
                           config.OneOf("padding", {"valid", "same"}, "valid"));
  SIDECAR_ASSIGN_OR_RETURN(conv.use_bias, config.Bool("use_bias", true));
  SIDECAR_ASSIGN_OR_RETURN(conv.channels, KnownSize(context, input, conv.channels_first ? 1 : 3));
  const GraphOutput image = ToFloat(input.output);
  conv.image = conv.channels_first ? image : ChannelsFirst(image);
  conv.strides = ToStrides(strides);
  conv.dilations = ToStrides(dilations);
  if (padding == "same") conv.padding = ov::op::PadType::SAME_UPPER;
  return conv;
}

GraphOutput Convolve(const Convolution& conv, const GraphOutput& kernel) {
  return std::make_shared<ov::op::v1::Convolution>(
      conv.image, kernel, conv.strides, ov::CoordinateDiff{0, 0}, ov::CoordinateDiff{0, 0},
      conv.dilations, conv.padding);
}

// `kernel` is [groups, out per group, in per group, height, width].
GraphOutput ConvolveInGroups(const Convolution& conv, const GraphOutput& kernel) {
  return std::make_shared<ov::op::v1::GroupConvolution>(
      conv.image, kernel, conv.strides, ov::CoordinateDiff{0, 0}, ov::CoordinateDiff{0, 0},
      conv.dilations, conv.padding);
}

// Bias, activation and layout.
Result<Values> Finish(LayerContext& context, const Convolution& conv, GraphOutput result,
                      std::int64_t filters) {
  if (conv.use_bias) {
    SIDECAR_ASSIGN_OR_RETURN(
        const GraphOutput bias,
        context.Variable({.name = "bias", .shape = {filters}, .regularizer = "bias_regularizer"}));
    result = Plus(result, Reshaped(bias, {1, filters, 1, 1}));
  }
  const Value image{conv.channels_first ? result : ChannelsLast(result)};
  SIDECAR_ASSIGN_OR_RETURN(Value output, Activated(context, "activation", image));
  return Values{std::move(output)};
}

}  // namespace

Result<Values> LowerConv2D(LayerContext& context, const Values& inputs) {
  SIDECAR_ASSIGN_OR_RETURN(const Convolution conv, ReadConvolution(context, inputs));
  const ConfigReader& config = context.config();
  SIDECAR_ASSIGN_OR_RETURN(const std::int64_t filters, config.PositiveInt("filters"));
  SIDECAR_ASSIGN_OR_RETURN(const std::int64_t groups, config.PositiveInt("groups", 1));
  if (conv.channels % groups != 0 || filters % groups != 0) {
    return context.Fail(StatusCode::kFailedPrecondition,
                        fmt::format("{} groups do not divide {} input channels and {} filters",
                                    groups, conv.channels, filters));
  }
  const std::int64_t group_channels = conv.channels / groups;
  const auto [height, width] = conv.kernel_size;
  SIDECAR_ASSIGN_OR_RETURN(GraphOutput kernel,
                           context.Variable({.name = "kernel",
                                             .shape = {height, width, group_channels, filters},
                                             .edges = {"kernel", "_kernel"},
                                             .regularizer = "kernel_regularizer"}));
  kernel = Transposed(kernel, {3, 2, 0, 1});
  if (groups == 1) return Finish(context, conv, Convolve(conv, kernel), filters);
  kernel = Reshaped(kernel, {groups, filters / groups, group_channels, height, width});
  return Finish(context, conv, ConvolveInGroups(conv, kernel), filters);
}

Result<Values> LowerDepthwiseConv2D(LayerContext& context, const Values& inputs) {
  SIDECAR_ASSIGN_OR_RETURN(const Convolution conv, ReadConvolution(context, inputs));
  SIDECAR_ASSIGN_OR_RETURN(const std::int64_t multiplier,
                           context.config().PositiveInt("depth_multiplier", 1));
  const auto [height, width] = conv.kernel_size;
  SIDECAR_ASSIGN_OR_RETURN(
      GraphOutput kernel,
      context.Variable({.name = context.is_keras2() ? "depthwise_kernel" : "kernel",
                        .shape = {height, width, conv.channels, multiplier},
                        .edges = {"depthwise_kernel", "kernel", "_kernel"},
                        .regularizer = "depthwise_regularizer"}));
  // Output channel c * multiplier + j is input channel c with kernel j.
  kernel =
      Reshaped(Transposed(kernel, {2, 3, 0, 1}), {conv.channels, multiplier, 1, height, width});
  return Finish(context, conv, ConvolveInGroups(conv, kernel), conv.channels * multiplier);
}

}  // namespace sidecar::model::keras
