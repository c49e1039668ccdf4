// Convolutions as functions: keras.ops.conv and its kin, tf.nn.conv2d and its kin.
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/status_macros.h"
#include "model/keras/graph_ops.h"
#include "model/keras/layers/convolve.h"
#include "model/keras/ops/grid_call.h"
#include "model/keras/ops/op_functions.h"
#include "model/keras/ops/op_table.h"

namespace sidecar::model::keras {
namespace {

std::vector<std::int64_t> Ones(const GridCall& grid) {
  return std::vector<std::int64_t>(grid.spatial_rank, 1);
}

// A kernel of known sizes, with the two dimensions of channels at its end.
Result<GraphOutput> ReadKernel(OpCall& call, std::string_view name, const GridCall& grid) {
  SIDECAR_ASSIGN_OR_RETURN(const Operand kernel, call.Tensor(name));
  const Shape shape = ShapeOf(kernel.output());
  const bool positive = std::all_of(shape.sizes().begin(), shape.sizes().end(),
                                    [](std::int64_t size) { return size >= 1; });
  if (shape.rank() != grid.spatial_rank + 2 || !positive) {
    return call.Fail(fmt::format("its {} has the shape {}; {} known sizes are allowed", name,
                                 shape.ToString(), grid.spatial_rank + 2));
  }
  return AsFloat(kernel);
}

std::vector<std::int64_t> SpatialSizes(const GraphOutput& kernel) {
  std::vector<std::int64_t> sizes = ShapeOf(kernel).sizes();
  sizes.resize(sizes.size() - 2);
  return sizes;
}

// The window of a kernel, with its dilations.
Result<Window> ReadKernelWindow(OpCall& call, const GridCall& grid, const GraphOutput& kernel) {
  SIDECAR_ASSIGN_OR_RETURN(Window window,
                           ReadGridWindow(call, grid, SpatialSizes(kernel), Ones(grid)));
  SIDECAR_ASSIGN_OR_RETURN(const auto dilations,
                           ReadGridSizes(call, "dilation_rate", grid, Ones(grid)));
  window.dilations = ToSizes<ov::Strides>(dilations);
  for (const char* name : {"use_cudnn_on_gpu", "name"}) call.Ignore(name);
  return window;
}

Status CheckChannels(const OpCall& call, const GridCall& grid, std::int64_t kernel) {
  if (grid.channels() == kernel) return Status();
  return call.Fail(fmt::format("its kernel has {} channels, its input the shape {}", kernel,
                               ShapeOf(grid.x.output()).ToString()));
}

Result<Values> Conv(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const GridCall grid, ReadGridCall(call));
  SIDECAR_ASSIGN_OR_RETURN(const GraphOutput kernel, ReadKernel(call, "kernel", grid));
  SIDECAR_ASSIGN_OR_RETURN(const Window window, ReadKernelWindow(call, grid, kernel));
  const std::int64_t rank = RankOf(kernel) - 2;
  const std::int64_t group_channels = SizeOf(kernel, rank);
  const std::int64_t groups = std::max<std::int64_t>(grid.channels(), 0) / group_channels;
  if (groups < 1 || grid.channels() % group_channels != 0 ||
      SizeOf(kernel, rank + 1) % groups != 0) {
    return CheckChannels(call, grid, group_channels);
  }
  return FromGrid(grid, Convolved(grid.values, kernel, window, groups));
}

Result<Values> DepthwiseConv(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const GridCall grid, ReadGridCall(call));
  SIDECAR_ASSIGN_OR_RETURN(const GraphOutput kernel, ReadKernel(call, "kernel", grid));
  SIDECAR_ASSIGN_OR_RETURN(const Window window, ReadKernelWindow(call, grid, kernel));
  SIDECAR_RETURN_IF_ERROR(CheckChannels(call, grid, SizeOf(kernel, RankOf(kernel) - 2)));
  return FromGrid(grid, DepthwiseConvolved(grid.values, kernel, window));
}

Result<Values> SeparableConv(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const GridCall grid, ReadGridCall(call));
  SIDECAR_ASSIGN_OR_RETURN(const GraphOutput depthwise, ReadKernel(call, "depthwise_kernel", grid));
  SIDECAR_ASSIGN_OR_RETURN(const GraphOutput pointwise, ReadKernel(call, "pointwise_kernel", grid));
  SIDECAR_ASSIGN_OR_RETURN(const Window window, ReadKernelWindow(call, grid, depthwise));
  SIDECAR_RETURN_IF_ERROR(CheckChannels(call, grid, SizeOf(depthwise, RankOf(depthwise) - 2)));
  if (SpatialSizes(pointwise) != Ones(grid)) {
    return call.Fail("its pointwise kernel has more than one cell");
  }
  Window single;
  single.size = Ones(grid);
  single.strides = single.dilations = ToSizes<ov::Strides>(single.size);
  single.pads_begin.assign(grid.spatial_rank, 0);
  single.pads_end.assign(grid.spatial_rank, 0);
  return FromGrid(grid,
                  Convolved(DepthwiseConvolved(grid.values, depthwise, window), pointwise, single));
}

std::int64_t Dilated(const Window& window, std::size_t i) {
  return (window.size[i] - 1) * static_cast<std::int64_t>(window.dilations[i]) + 1;
}

// The constant sizes of an output_shape at the spatial dimensions; that of the batch may be a
// tensor.
Result<std::vector<std::int64_t>> ReadOutputShape(OpCall& call, const GridCall& grid) {
  const Argument* argument = call.Find("output_shape");
  std::vector<std::int64_t> sizes;
  if (argument != nullptr && argument->constant() != nullptr) {
    SIDECAR_ASSIGN_OR_RETURN(const auto ints, call.Ints("output_shape"));
    sizes = ints.value_or(sizes);
  } else if (argument != nullptr && argument->items() != nullptr) {
    for (const Argument& item : *argument->items()) {
      const nlohmann::json* constant = item.constant();
      const bool is_int = constant != nullptr && constant->is_number_integer();
      sizes.push_back(is_int ? constant->get<std::int64_t>() : Shape::kUnknown);
    }
  }
  if (sizes.size() == grid.spatial_rank + 2) {
    sizes.erase(grid.channels_first ? sizes.begin() + 1 : sizes.end() - 1);
    sizes.erase(sizes.begin());
  }
  const auto is_size = [](std::int64_t size) { return size >= 1 && size < (1LL << 31); };
  if (sizes.size() == grid.spatial_rank && std::all_of(sizes.begin(), sizes.end(), is_size)) {
    return sizes;
  }
  return call.Unsupported("the argument output_shape has no constant sizes from 1 for its grid");
}

// The gradient of a convolution of a grid of `output` cells (tensorflow/core/kernels/
// conv_grad_shape_utils.cc): what that one padded is cut, and what it did not reach is zero.
Result<Trim> TrimToShape(const OpCall& call, std::int64_t output, std::int64_t input,
                         std::int64_t kernel, std::int64_t stride, bool same) {
  const std::int64_t cells =
      same ? (output + stride - 1) / stride : (output - kernel + stride) / stride;
  if (output < 1 || (!same && output < kernel) || (input != Shape::kUnknown && input != cells)) {
    return call.Fail(
        fmt::format("output_shape has the size {}, its input {}, which is not what a "
                    "convolution makes of that",
                    output, input));
  }
  const std::int64_t full = (cells - 1) * stride + kernel;
  const std::int64_t begin = same ? std::max<std::int64_t>(full - output, 0) / 2 : 0;
  const std::int64_t end = full - begin - output;
  return Trim{begin, std::max<std::int64_t>(end, 0), std::max<std::int64_t>(-end, 0)};
}

// tf.nn.conv2d_transpose says what shape comes out.
Result<Values> ConvTransposeTo(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const GridCall grid, ReadGridCall(call));
  SIDECAR_ASSIGN_OR_RETURN(const GraphOutput kernel, ReadKernel(call, "kernel", grid));
  SIDECAR_ASSIGN_OR_RETURN(Window window, ReadKernelWindow(call, grid, kernel));
  if (!call.Has("padding")) window.padding = ov::op::PadType::SAME_UPPER;
  SIDECAR_RETURN_IF_ERROR(CheckChannels(call, grid, SizeOf(kernel, RankOf(kernel) - 1)));
  SIDECAR_ASSIGN_OR_RETURN(const auto sizes, ReadOutputShape(call, grid));
  if (window.padding == ov::op::PadType::EXPLICIT) {
    return call.Unsupported("a padding of pairs is not supported here");
  }
  std::vector<Trim> trims;
  for (std::size_t i = 0; i < grid.spatial_rank; ++i) {
    SIDECAR_ASSIGN_OR_RETURN(
        const Trim trim,
        TrimToShape(call, sizes[i], SizeOf(grid.values, static_cast<std::int64_t>(i) + 2),
                    Dilated(window, i), static_cast<std::int64_t>(window.strides[i]),
                    window.padding == ov::op::PadType::SAME_UPPER));
    trims.push_back(trim);
  }
  return FromGrid(grid, TransposeConvolved(grid.values, kernel, window, trims));
}

constexpr std::string_view kConv =
    "input:x filter:kernel filters:kernel strides padding use_cudnn_on_gpu data_format "
    "dilations:dilation_rate rate:dilation_rate value:x stride:strides";
constexpr std::string_view kSeparable =
    "input:x depthwise_filter:depthwise_kernel pointwise_filter:pointwise_kernel strides padding "
    "rate:dilation_rate name data_format dilations:dilation_rate";
constexpr std::string_view kTranspose =
    "input:x filters:kernel output_shape strides padding data_format dilations:dilation_rate name";

constexpr OpEntry kConvolutionOps[] = {
    {"nn", "Conv", Conv, "inputs:x kernel"},
    {"nn", "DepthwiseConv", DepthwiseConv, "inputs:x kernel"},
    {"nn", "SeparableConv", SeparableConv, "inputs:x depthwise_kernel pointwise_kernel"},
    {"tf", "nn.conv1d", Conv, kConv},
    {"tf", "nn.conv1d_transpose", ConvTransposeTo, kTranspose},
    {"tf", "nn.conv2d", Conv, kConv},
    {"tf", "nn.conv2d_transpose", ConvTransposeTo, kTranspose},
    {"tf", "nn.conv3d", Conv, kConv},
    {"tf", "nn.conv3d_transpose", ConvTransposeTo, kTranspose},
    {"tf", "nn.convolution", Conv, kConv},
    {"tf", "nn.depthwise_conv2d", DepthwiseConv, kConv},
    {"tf", "nn.separable_conv2d", SeparableConv, kSeparable},
};

}  // namespace

std::span<const OpEntry> ConvolutionOps() { return kConvolutionOps; }

}  // namespace sidecar::model::keras
