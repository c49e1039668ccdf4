// MaxPooling and AveragePooling over one to three dimensions, their global and their adaptive
// forms.
#include <numeric>
#include <openvino/op/adaptive_avg_pool.hpp>
#include <openvino/op/adaptive_max_pool.hpp>
#include <openvino/op/avg_pool.hpp>
#include <openvino/op/convert.hpp>
#include <openvino/op/max_pool.hpp>

#include "base/status_macros.h"
#include "model/keras/graph_ops.h"
#include "model/keras/layers/grid.h"
#include "model/keras/layers/pool_windows.h"

namespace sidecar::model::keras {

GraphOutput MaxPooled(const GraphOutput& grid, const Window& window) {
  const ov::Shape none(window.size.size(), 0);
  return std::make_shared<ov::op::v1::MaxPool>(grid, window.strides, none, none,
                                               ToSizes<ov::Shape>(window.size),
                                               ov::op::RoundingType::FLOOR, window.padding);
}

GraphOutput AveragePooled(const GraphOutput& grid, const Window& window) {
  const ov::Shape none(window.size.size(), 0);
  // Padding does not count: the average is over the real cells of each window.
  return std::make_shared<ov::op::v1::AvgPool>(grid, window.strides, none, none,
                                               ToSizes<ov::Shape>(window.size), true,
                                               ov::op::RoundingType::FLOOR, window.padding);
}

namespace {

GraphOutput Restored(const Grid& grid, const GraphOutput& channels_first) {
  return grid.channels_first ? channels_first : ChannelsLast(channels_first);
}

template <class Pool>
Result<Values> LowerPooling(const LayerContext& context, const Values& inputs, const Pool& pool) {
  SIDECAR_ASSIGN_OR_RETURN(const Grid grid, ReadGrid(context, inputs));
  const auto rank = static_cast<std::size_t>(grid.spatial_rank);
  SIDECAR_ASSIGN_OR_RETURN(const Window window, ReadWindow(context.config(), "pool_size", rank,
                                                           std::vector<std::int64_t>(rank, 2)));
  return Values{{Restored(grid, pool(ChannelsFirst(grid), window))}};
}

std::vector<std::int64_t> SpatialAxes(const Grid& grid, std::int64_t first) {
  std::vector<std::int64_t> axes(static_cast<std::size_t>(grid.spatial_rank));
  std::iota(axes.begin(), axes.end(), first);
  return axes;
}

template <class Reduce>
Result<Values> LowerGlobalPooling(const LayerContext& context, Grid grid, const Reduce& reduce) {
  SIDECAR_ASSIGN_OR_RETURN(const bool keep, context.config().Bool("keepdims", false));
  grid.input.output = ToFloat(grid.input.output);
  if (keep) {
    return Values{{MapGrid(grid, [&](const GraphOutput& values, std::int64_t first) {
      return reduce(values, SpatialAxes(grid, first), true);
    })}};
  }
  if (!grid.channels_first) {
    if (const auto before = BeforeChannelsLast(grid.input.output)) {
      return Values{{reduce(*before, SpatialAxes(grid, 2), false)}};
    }
  }
  return Values{{reduce(grid.input.output, SpatialAxes(grid, grid.first_axis()), false)}};
}

// The mean over the steps that the mask lets through; NaN where it lets none. Keras 2 multiplies by
// the mask, Keras 3 selects, which differs where a masked step is not finite.
Result<Values> MaskedMean(const LayerContext& context, const Grid& grid, const GraphOutput& mask) {
  SIDECAR_ASSIGN_OR_RETURN(const bool keep, context.config().Bool("keepdims", false));
  const GraphOutput valid = Expanded(mask, {grid.channel_axis()});
  const GraphOutput weights = std::make_shared<ov::op::v0::Convert>(valid, ov::element::f32);
  const GraphOutput x = ToFloat(grid.input.output);
  const GraphOutput kept =
      context.is_keras2() ? Times(x, weights) : Choose(valid, x, FloatConstant(0));
  const std::vector<std::int64_t> axes = {grid.first_axis()};
  return Values{{Over(SumOver(kept, axes, keep), SumOver(weights, axes, keep))}};
}

template <class Pool>
Result<Values> LowerAdaptivePooling(const LayerContext& context, const Values& inputs,
                                    const Pool& pool) {
  SIDECAR_ASSIGN_OR_RETURN(const Grid grid, ReadGrid(context, inputs));
  SIDECAR_ASSIGN_OR_RETURN(
      const auto size,
      context.config().PositiveInts("output_size", static_cast<std::size_t>(grid.spatial_rank)));
  return Values{{Restored(grid, pool(ChannelsFirst(grid), IntConstant(size)))}};
}

}  // namespace

Result<Values> LowerMaxPooling(LayerContext& context, const Values& inputs) {
  return LowerPooling(context, inputs, MaxPooled);
}

Result<Values> LowerAveragePooling(LayerContext& context, const Values& inputs) {
  return LowerPooling(context, inputs, AveragePooled);
}

Result<Values> LowerGlobalMaxPooling(LayerContext& context, const Values& inputs) {
  SIDECAR_ASSIGN_OR_RETURN(Grid grid, ReadGrid(context, inputs));
  return LowerGlobalPooling(context, std::move(grid), MaxOver);
}

Result<Values> LowerGlobalAveragePooling(LayerContext& context, const Values& inputs) {
  SIDECAR_ASSIGN_OR_RETURN(Grid grid, ReadGrid(context, inputs));
  // Only that over one dimension looks at masks.
  if (grid.spatial_rank == 1 && grid.input.mask) {
    return MaskedMean(context, grid, *grid.input.mask);
  }
  return LowerGlobalPooling(context, std::move(grid), MeanOver);
}

Result<Values> LowerAdaptiveMaxPooling(LayerContext& context, const Values& inputs) {
  return LowerAdaptivePooling(
      context, inputs, [](const GraphOutput& values, const GraphOutput& size) {
        return std::make_shared<ov::op::v8::AdaptiveMaxPool>(values, size, ov::element::i32)
            ->output(0);
      });
}

Result<Values> LowerAdaptiveAveragePooling(LayerContext& context, const Values& inputs) {
  return LowerAdaptivePooling(
      context, inputs, [](const GraphOutput& values, const GraphOutput& size) {
        return std::make_shared<ov::op::v8::AdaptiveAvgPool>(values, size)->output(0);
      });
}

}  // namespace sidecar::model::keras
