// What layers that work on grids (convolutions, pooling, cropping, ...) have in common: one to
// three spatial dimensions, and channels before or after them.
#pragma once

#include <openvino/core/coordinate_diff.hpp>
#include <openvino/core/strides.hpp>
#include <openvino/op/util/attr_types.hpp>
#include <optional>
#include <string_view>
#include <vector>

#include "model/keras/graph_ops.h"
#include "model/keras/layers/layer_functions.h"

namespace sidecar::model::keras {

/// The number of spatial dimensions that the layer's class names: 2 for Conv2D.
std::int64_t SpatialRank(const LayerContext& context);

/// A layer's input whose dimensions are [batch, spatial dimensions, channels], or, channels_first,
/// [batch, channels, spatial dimensions].
struct Grid {
  Value input;
  std::int64_t spatial_rank = 0;
  bool channels_first = false;

  [[nodiscard]] std::int64_t channel_axis() const { return channels_first ? 1 : spatial_rank + 1; }
  /// The place of the first spatial dimension.
  [[nodiscard]] std::int64_t first_axis() const { return channels_first ? 2 : 1; }
};

/// The layer's only input, which must have as many dimensions as the class says. Reads
/// config.data_format.
Result<Grid> ReadGrid(const LayerContext& context, const Values& inputs);

/// `grid`'s values as f32 and [batch, channels, spatial dimensions].
GraphOutput ChannelsFirst(const Grid& grid);

/// How a window moves over the spatial dimensions.
struct Window {
  std::vector<std::int64_t> size;
  ov::Strides strides;
  ov::Strides dilations;
  ov::op::PadType padding = ov::op::PadType::VALID;
  ov::CoordinateDiff pads_begin;
  ov::CoordinateDiff pads_end;
};

/// Reads config[size_key], strides, dilation_rate and padding. `otherwise` stands for a missing
/// size. `causal`: whether padding may be "causal", which is zeros before the beginning only.
Result<Window> ReadWindow(const ConfigReader& config, std::string_view size_key, std::size_t rank,
                          const std::optional<std::vector<std::int64_t>>& otherwise,
                          bool causal = false);

/// The numbers as OpenVINO's lists of sizes.
template <class List>
List ToSizes(const std::vector<std::int64_t>& values) {
  List list;
  for (const std::int64_t value : values) {
    list.push_back(static_cast<typename List::value_type>(value));
  }
  return list;
}

/// `function` of the grid's values in the layout they already have in the graph: it gets the values
/// and the place of the first spatial dimension, and may change the sizes of these.
template <class Function>
GraphOutput MapGrid(const Grid& grid, const Function& function) {
  const GraphOutput& values = grid.input.output;
  if (grid.channels_first) return function(values, 2);
  if (const auto before = BeforeChannelsLast(values)) return ChannelsLast(function(*before, 2));
  return function(values, 1);
}

}  // namespace sidecar::model::keras
