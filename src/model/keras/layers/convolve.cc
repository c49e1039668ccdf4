#include "model/keras/layers/convolve.h"

#include <algorithm>
#include <openvino/op/convolution.hpp>
#include <openvino/op/group_conv.hpp>

#include "model/keras/graph_ops.h"

namespace sidecar::model::keras {
namespace {

// The last two dimensions in front of the others, in the order `first`, `second` of these two.
GraphOutput KernelLast(const GraphOutput& kernel, std::int64_t first, std::int64_t second) {
  std::vector<std::int64_t> order = {first, second};
  for (std::int64_t axis = 0; axis < RankOf(kernel) - 2; ++axis) order.push_back(axis);
  return Transposed(kernel, order);
}

// The engine's kernel in groups: `sizes`, then the spatial dimensions.
GraphOutput Grouped(const GraphOutput& kernel, std::vector<std::int64_t> sizes,
                    const Window& window) {
  sizes.insert(sizes.end(), window.size.begin(), window.size.end());
  return Reshaped(kernel, sizes);
}

// `kernel` is [groups, out per group, in per group, spatial dimensions].
GraphOutput ConvolvedInGroups(const GraphOutput& grid, const GraphOutput& kernel,
                              const Window& window) {
  return std::make_shared<ov::op::v1::GroupConvolution>(grid, kernel, window.strides,
                                                        window.pads_begin, window.pads_end,
                                                        window.dilations, window.padding);
}

}  // namespace

GraphOutput Convolved(const GraphOutput& grid, const GraphOutput& kernel, const Window& window,
                      std::int64_t groups) {
  const std::int64_t rank = RankOf(kernel) - 2;
  const GraphOutput out_first = KernelLast(kernel, rank + 1, rank);
  if (groups > 1) {
    const std::int64_t filters = SizeOf(kernel, rank + 1);
    return ConvolvedInGroups(
        grid, Grouped(out_first, {groups, filters / groups, SizeOf(kernel, rank)}, window), window);
  }
  return std::make_shared<ov::op::v1::Convolution>(grid, out_first, window.strides,
                                                   window.pads_begin, window.pads_end,
                                                   window.dilations, window.padding);
}

GraphOutput DepthwiseConvolved(const GraphOutput& grid, const GraphOutput& kernel,
                               const Window& window) {
  const std::int64_t rank = RankOf(kernel) - 2;
  return ConvolvedInGroups(grid,
                           Grouped(KernelLast(kernel, rank, rank + 1),
                                   {SizeOf(kernel, rank), SizeOf(kernel, rank + 1), 1}, window),
                           window);
}

Trim TrimFor(std::int64_t kernel, std::int64_t stride, bool same,
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

GraphOutput TransposeConvolved(const GraphOutput& grid, const GraphOutput& kernel, Window window,
                               const std::vector<Trim>& trims) {
  const std::int64_t rank = RankOf(kernel) - 2;
  std::vector<std::int64_t> zeros(trims.size() + 2, 0);
  for (std::size_t i = 0; i < trims.size(); ++i) {
    window.pads_begin[i] = trims[i].begin;
    window.pads_end[i] = trims[i].end;
    zeros[i + 2] = trims[i].zeros;
  }
  const GraphOutput result = std::make_shared<ov::op::v1::ConvolutionBackpropData>(
      grid, KernelLast(kernel, rank + 1, rank), window.strides, window.pads_begin, window.pads_end,
      window.dilations, ov::op::PadType::EXPLICIT);
  const bool extended =
      std::any_of(zeros.begin(), zeros.end(), [](std::int64_t count) { return count > 0; });
  if (!extended) return result;
  return PaddedWithZeros(result, std::vector<std::int64_t>(zeros.size(), 0), zeros);
}

}  // namespace sidecar::model::keras
