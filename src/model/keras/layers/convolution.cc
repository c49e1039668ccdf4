// Convolutions over one to three dimensions. Keras's kernels are [spatial dimensions, in, out]; the
// engine's convolutions take [out, in, spatial dimensions] and channels_first grids.
#include <fmt/format.h>

#include <algorithm>

#include "base/status_macros.h"
#include "model/keras/activations.h"
#include "model/keras/graph_ops.h"
#include "model/keras/layers/bias.h"
#include "model/keras/layers/convolve.h"
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

// [spatial dimensions, channels, multiplier].
Result<GraphOutput> DepthwiseKernel(LayerContext& context, const Convolution& conv,
                                    VariableSpec spec, std::int64_t multiplier) {
  spec.shape = Shape(Joined(conv.window.size, {conv.channels, multiplier}));
  spec.regularizer = "depthwise_regularizer";
  return context.Variable(std::move(spec));
}

}  // namespace

Result<Values> LowerConvolution(LayerContext& context, const Values& inputs) {
  SIDECAR_ASSIGN_OR_RETURN(const Convolution conv, ReadConvolution(context, inputs, true));
  const ConfigReader& config = context.config();
  SIDECAR_ASSIGN_OR_RETURN(const std::int64_t filters, config.PositiveInt("filters"));
  SIDECAR_ASSIGN_OR_RETURN(const std::int64_t groups, config.PositiveInt("groups", 1));
  if (conv.channels % groups != 0 || filters % groups != 0) {
    return context.Fail(
        StatusCode::kFailedPrecondition,
        fmt::format("config.groups = {} does not divide {} input channels and config.filters = {}",
                    groups, conv.channels, filters));
  }
  const std::int64_t group_channels = conv.channels / groups;
  SIDECAR_ASSIGN_OR_RETURN(
      const GraphOutput kernel,
      EffectiveKernel(context,
                      {.name = "kernel",
                       .shape = Shape(Joined(conv.window.size, {group_channels, filters})),
                       .edges = {"kernel", "_kernel"},
                       .regularizer = "kernel_regularizer"},
                      "lora_kernel"));
  return Finish(context, conv, Convolved(conv.values, kernel, conv.window, groups), filters);
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
  return Finish(context, conv, DepthwiseConvolved(conv.values, kernel, conv.window),
                conv.channels * multiplier);
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
  conv.values = DepthwiseConvolved(conv.values, depthwise, conv.window);
  conv.window.strides = conv.window.dilations = ToSizes<ov::Strides>(ones);
  conv.window.pads_begin.assign(ones.size(), 0);
  conv.window.padding = ov::op::PadType::VALID;
  conv.window.size = ones;
  return Finish(context, conv, Convolved(conv.values, pointwise, conv.window), filters);
}

namespace {

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
  std::vector<Trim> trims;
  for (std::size_t i = 0; i < rank; ++i) {
    const auto dilated = (window.size[i] - 1) * static_cast<std::int64_t>(window.dilations[i]) + 1;
    trims.push_back(TrimFor(dilated, static_cast<std::int64_t>(window.strides[i]),
                            window.padding == ov::op::PadType::SAME_UPPER, output_padding[i]));
  }
  SIDECAR_ASSIGN_OR_RETURN(
      const GraphOutput kernel,
      context.Variable({.name = "kernel",
                        .shape = Shape(Joined(window.size, {filters, conv.channels})),
                        .edges = {"kernel", "_kernel"},
                        .regularizer = "kernel_regularizer"}));
  return Finish(context, conv, TransposeConvolved(conv.values, kernel, window, trims), filters);
}

}  // namespace sidecar::model::keras
