// Convolutions over one to three dimensions. Keras's kernels are [spatial dimensions, in, out]; the
// engine's convolutions take [out, in, spatial dimensions] and channels_first grids.
#include <fmt/format.h>

#include <algorithm>
#include <openvino/op/convolution.hpp>
#include <openvino/op/group_conv.hpp>

#include "base/status_macros.h"
#include "model/keras/activations.h"
#include "model/keras/graph_ops.h"
#include "model/keras/layers/bias.h"
#include "model/keras/layers/effective_kernel.h"
#include "model/keras/layers/grid.h"

namespace sidecar::model::keras {
namespace {

// What all convolutions have in common.
struct Convolution {
  Grid grid;
  GraphOutput values;  // [batch, channels, spatial dimensions]
  std::int64_t channels = 0;
  Window window;
  bool use_bias = true;
  // Further batch dimensions, which Keras 2 takes; they are part of the batch in `values`.
  std::vector<std::int64_t> batch_sizes;
};

// Sizes with others at the end.
std::vector<std::int64_t> Joined(std::vector<std::int64_t> sizes,
                                 const std::vector<std::int64_t>& more) {
  sizes.insert(sizes.end(), more.begin(), more.end());
  return sizes;
}

// Makes all but the last spatial_rank + 1 dimensions one.
Status MergeBatchDimensions(const LayerContext& context, Value& input, Convolution& conv) {
  const std::int64_t extra = RankOf(input.output) - (SpatialRank(context) + 2);
  if (extra <= 0 || !context.is_keras2()) return Status();
  std::vector<std::int64_t> sizes = {-1};
  for (std::int64_t axis = 1; axis < RankOf(input.output); ++axis) {
    SIDECAR_ASSIGN_OR_RETURN(const std::int64_t size, KnownSize(context, input, axis));
    (axis <= extra ? conv.batch_sizes : sizes).push_back(size);
  }
  input.output = Reshaped(input.output, sizes);
  return Status();
}

// `causal`: whether convolutions over one dimension may pad the beginning only.
Result<Convolution> ReadConvolution(const LayerContext& context, Values inputs, bool causal) {
  Convolution conv;
  if (inputs.size() == 1) {
    SIDECAR_RETURN_IF_ERROR(MergeBatchDimensions(context, inputs.front(), conv));
  }
  SIDECAR_ASSIGN_OR_RETURN(conv.grid, ReadGrid(context, inputs));
  const auto rank = static_cast<std::size_t>(conv.grid.spatial_rank);
  SIDECAR_ASSIGN_OR_RETURN(conv.window, ReadWindow(context.config(), "kernel_size", rank,
                                                   std::nullopt, causal && rank == 1));
  SIDECAR_ASSIGN_OR_RETURN(conv.use_bias, context.config().Bool("use_bias", true));
  SIDECAR_ASSIGN_OR_RETURN(conv.channels,
                           KnownSize(context, conv.grid.input, conv.grid.channel_axis()));
  conv.values = ChannelsFirst(conv.grid);
  return conv;
}

GraphOutput Convolve(const Convolution& conv, const GraphOutput& kernel) {
  return std::make_shared<ov::op::v1::Convolution>(conv.values, kernel, conv.window.strides,
                                                   conv.window.pads_begin, conv.window.pads_end,
                                                   conv.window.dilations, conv.window.padding);
}

// `kernel` is [groups, out per group, in per group, spatial dimensions].
GraphOutput ConvolveInGroups(const Convolution& conv, const GraphOutput& kernel) {
  return std::make_shared<ov::op::v1::GroupConvolution>(
      conv.values, kernel, conv.window.strides, conv.window.pads_begin, conv.window.pads_end,
      conv.window.dilations, conv.window.padding);
}

// The last two dimensions in front of the others, in the order `first`, `second` of these two.
GraphOutput KernelLast(const GraphOutput& kernel, std::int64_t first, std::int64_t second) {
  std::vector<std::int64_t> order = {first, second};
  for (std::int64_t axis = 0; axis < RankOf(kernel) - 2; ++axis) order.push_back(axis);
  return Transposed(kernel, order);
}

// Bias, layout, batch dimensions and activation.
Result<Values> Finish(LayerContext& context, const Convolution& conv, GraphOutput result,
                      std::int64_t filters) {
  const Grid& grid = conv.grid;
  if (conv.use_bias) {
    SIDECAR_ASSIGN_OR_RETURN(
        const GraphOutput bias,
        context.Variable({.name = "bias", .shape = {filters}, .regularizer = "bias_regularizer"}));
    const std::vector<std::int64_t> ones(static_cast<std::size_t>(grid.spatial_rank), 1);
    const GraphOutput aligned = Reshaped(bias, Joined({1, filters}, ones));
    result = grid.channels_first ? WithBias(context, result, aligned) : Plus(result, aligned);
  }
  Value output{grid.channels_first ? result : ChannelsLast(result)};
  if (!conv.batch_sizes.empty()) {
    std::vector<std::int64_t> sizes;
    for (std::int64_t axis = 1; axis < RankOf(output.output); ++axis) {
      SIDECAR_ASSIGN_OR_RETURN(const std::int64_t size, KnownSize(context, output, axis));
      sizes.push_back(size);
    }
    output.output = Reshaped(output.output, Joined(Joined({-1}, conv.batch_sizes), sizes));
  }
  SIDECAR_ASSIGN_OR_RETURN(output, Activated(context, "activation", output));
  return Values{std::move(output)};
}

// [channels, multiplier, 1, spatial dimensions] from Keras's [spatial dimensions, channels,
// multiplier]: output channel c * multiplier + j is input channel c with kernel j.
Result<GraphOutput> DepthwiseKernel(LayerContext& context, const Convolution& conv,
                                    VariableSpec spec, std::int64_t multiplier) {
  spec.shape = Shape(Joined(conv.window.size, {conv.channels, multiplier}));
  spec.regularizer = "depthwise_regularizer";
  SIDECAR_ASSIGN_OR_RETURN(const GraphOutput kernel, context.Variable(std::move(spec)));
  const std::int64_t rank = conv.grid.spatial_rank;
  return Reshaped(KernelLast(kernel, rank, rank + 1),
                  Joined({conv.channels, multiplier, 1}, conv.window.size));
}

}  // namespace

Result<Values> LowerConvolution(LayerContext& context, const Values& inputs) {
  SIDECAR_ASSIGN_OR_RETURN(const Convolution conv, ReadConvolution(context, inputs, true));
  const ConfigReader& config = context.config();
  SIDECAR_ASSIGN_OR_RETURN(const std::int64_t filters, config.PositiveInt("filters"));
  SIDECAR_ASSIGN_OR_RETURN(const std::int64_t groups, config.PositiveInt("groups", 1));
  if (conv.channels % groups != 0 || filters % groups != 0) {
    return context.Fail(StatusCode::kFailedPrecondition,
                        fmt::format("{} groups do not divide {} input channels and {} filters",
                                    groups, conv.channels, filters));
  }
  const std::int64_t group_channels = conv.channels / groups;
  SIDECAR_ASSIGN_OR_RETURN(
      GraphOutput kernel,
      EffectiveKernel(context,
                      {.name = "kernel",
                       .shape = Shape(Joined(conv.window.size, {group_channels, filters})),
                       .edges = {"kernel", "_kernel"},
                       .regularizer = "kernel_regularizer"},
                      "lora_kernel"));
  const std::int64_t rank = conv.grid.spatial_rank;
  kernel = KernelLast(kernel, rank + 1, rank);
  if (groups == 1) return Finish(context, conv, Convolve(conv, kernel), filters);
  kernel = Reshaped(kernel, Joined({groups, filters / groups, group_channels}, conv.window.size));
  return Finish(context, conv, ConvolveInGroups(conv, kernel), filters);
}

Result<Values> LowerDepthwiseConvolution(LayerContext& context, const Values& inputs) {
  SIDECAR_ASSIGN_OR_RETURN(const Convolution conv, ReadConvolution(context, inputs, false));
  SIDECAR_ASSIGN_OR_RETURN(const std::int64_t multiplier,
                           context.config().PositiveInt("depth_multiplier", 1));
  SIDECAR_ASSIGN_OR_RETURN(
      const GraphOutput kernel,
      DepthwiseKernel(context, conv,
                      {.name = context.is_keras2() ? "depthwise_kernel" : "kernel",
                       .shape = {},
                       .edges = {"depthwise_kernel", "kernel", "_kernel"}},
                      multiplier));
  return Finish(context, conv, ConvolveInGroups(conv, kernel), conv.channels * multiplier);
}

Result<Values> LowerSeparableConvolution(LayerContext& context, const Values& inputs) {
  SIDECAR_ASSIGN_OR_RETURN(Convolution conv, ReadConvolution(context, inputs, true));
  const ConfigReader& config = context.config();
  SIDECAR_ASSIGN_OR_RETURN(const std::int64_t filters, config.PositiveInt("filters"));
  SIDECAR_ASSIGN_OR_RETURN(const std::int64_t multiplier,
                           config.PositiveInt("depth_multiplier", 1));
  SIDECAR_ASSIGN_OR_RETURN(
      const GraphOutput depthwise,
      DepthwiseKernel(context, conv, {.name = "depthwise_kernel", .shape = {}}, multiplier));
  const std::int64_t rank = conv.grid.spatial_rank;
  const std::vector<std::int64_t> ones(static_cast<std::size_t>(rank), 1);
  SIDECAR_ASSIGN_OR_RETURN(
      const GraphOutput pointwise,
      context.Variable({.name = "pointwise_kernel",
                        .shape = Shape(Joined(ones, {conv.channels * multiplier, filters})),
                        .regularizer = "pointwise_regularizer"}));
  // Strides, dilations and padding belong to the first step.
  conv.values = ConvolveInGroups(conv, depthwise);
  conv.window.strides = conv.window.dilations = ToSizes<ov::Strides>(ones);
  conv.window.pads_begin.assign(ones.size(), 0);
  conv.window.padding = ov::op::PadType::VALID;
  return Finish(context, conv, Convolve(conv, KernelLast(pointwise, rank + 1, rank)), filters);
}

namespace {

// What a transposed convolution, whose full result is (in - 1) * stride + kernel, loses at both
// ends of a dimension, and the zeros it gains at the end; the numbers do not depend on the input's
// size.
struct Trim {
  std::int64_t begin = 0;
  std::int64_t end = 0;
  std::int64_t zeros = 0;
};

// `kernel` with dilation. Keras leaves the size to `output_padding`, and by default makes it
// in * stride (same), or no smaller than that (valid). Sources: keras/src/backend/common/
// backend_utils.py `_get_output_shape_given_tf_padding`; tf_keras/utils/conv_utils.py
// `deconv_output_length`.
Trim FindTrim(std::int64_t kernel, std::int64_t stride, bool same,
              std::optional<std::int64_t> output_padding) {
  std::int64_t excess = 0;  // of the full result over Keras's
  if (same) {
    excess = output_padding ? kernel - kernel % 2 - *output_padding : kernel - stride;
  } else {
    excess = output_padding ? -*output_padding : std::min<std::int64_t>(kernel - stride, 0);
  }
  const std::int64_t cut = std::max<std::int64_t>(excess, 0);
  return {cut / 2, cut - cut / 2, std::max<std::int64_t>(-excess, 0)};
}

Result<std::vector<std::optional<std::int64_t>>> ReadOutputPadding(const ConfigReader& config,
                                                                   std::size_t rank) {
  std::vector<std::optional<std::int64_t>> result(rank);
  if (!config.Has("output_padding")) return result;
  SIDECAR_ASSIGN_OR_RETURN(const auto values, config.Ints("output_padding"));
  constexpr std::int64_t kMost = (std::int64_t{1} << 31) - 1;
  const bool good = std::all_of(values.begin(), values.end(),
                                [](std::int64_t value) { return value >= 0 && value <= kMost; });
  if (!good || (values.size() != 1 && values.size() != rank)) {
    return config.Wrong("output_padding",
                        fmt::format("an integer from 0 or a list of {} of them, or null", rank));
  }
  for (std::size_t i = 0; i < rank; ++i) result[i] = values[values.size() == 1 ? 0 : i];
  return result;
}

}  // namespace

Result<Values> LowerTransposedConvolution(LayerContext& context, const Values& inputs) {
  SIDECAR_ASSIGN_OR_RETURN(Convolution conv, ReadConvolution(context, inputs, false));
  const ConfigReader& config = context.config();
  SIDECAR_ASSIGN_OR_RETURN(const std::int64_t filters, config.PositiveInt("filters"));
  Window& window = conv.window;
  const std::size_t rank = window.size.size();
  SIDECAR_ASSIGN_OR_RETURN(const auto output_padding, ReadOutputPadding(config, rank));
  // Keras 2 forgets the dilation of volumes.
  if (context.is_keras2() && rank == 3) window.dilations.assign(rank, 1);
  std::vector<std::int64_t> zeros(rank + 2, 0);
  for (std::size_t i = 0; i < rank; ++i) {
    const auto dilated = (window.size[i] - 1) * static_cast<std::int64_t>(window.dilations[i]) + 1;
    const Trim trim = FindTrim(dilated, static_cast<std::int64_t>(window.strides[i]),
                               window.padding == ov::op::PadType::SAME_UPPER, output_padding[i]);
    window.pads_begin[i] = trim.begin;
    window.pads_end[i] = trim.end;
    zeros[i + 2] = trim.zeros;
  }
  SIDECAR_ASSIGN_OR_RETURN(
      const GraphOutput kernel,
      context.Variable({.name = "kernel",
                        .shape = Shape(Joined(window.size, {filters, conv.channels})),
                        .edges = {"kernel", "_kernel"},
                        .regularizer = "kernel_regularizer"}));
  const auto spatial = conv.grid.spatial_rank;
  GraphOutput result = std::make_shared<ov::op::v1::ConvolutionBackpropData>(
      conv.values, KernelLast(kernel, spatial + 1, spatial), window.strides, window.pads_begin,
      window.pads_end, window.dilations, ov::op::PadType::EXPLICIT);
  const bool extended =
      std::any_of(zeros.begin(), zeros.end(), [](std::int64_t count) { return count > 0; });
  if (extended) {
    result = PaddedWithZeros(result, std::vector<std::int64_t>(rank + 2, 0), zeros);
  }
  return Finish(context, conv, result, filters);
}

}  // namespace sidecar::model::keras
