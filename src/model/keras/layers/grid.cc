#include "model/keras/layers/grid.h"

#include <fmt/format.h>

#include <string>

#include "base/status_macros.h"
#include "model/keras/graph_ops.h"

namespace sidecar::model::keras {
namespace {

std::string Layout(std::int64_t spatial_rank, bool channels_first) {
  constexpr const char* kNames[] = {"steps", "height, width", "depth, height, width"};
  const char* spatial = kNames[spatial_rank - 1];
  return channels_first ? fmt::format("[batch, channels, {}]", spatial)
                        : fmt::format("[batch, {}, channels]", spatial);
}

}  // namespace

std::int64_t SpatialRank(const LayerContext& context) {
  const std::string& name = context.layer().class_name;
  for (std::size_t i = 0; i + 1 < name.size(); ++i) {
    if (name[i] >= '1' && name[i] <= '3' && name[i + 1] == 'D') return name[i] - '0';
  }
  return 1;
}

Result<Grid> ReadGrid(const LayerContext& context, const Values& inputs) {
  Grid grid;
  grid.spatial_rank = SpatialRank(context);
  SIDECAR_ASSIGN_OR_RETURN(grid.channels_first, IsChannelsFirst(context));
  SIDECAR_ASSIGN_OR_RETURN(grid.input, OnlyInput(context, inputs, grid.spatial_rank + 2,
                                                 Layout(grid.spatial_rank, grid.channels_first)));
  return grid;
}

GraphOutput ChannelsFirst(const Grid& grid) {
  const GraphOutput values = ToFloat(grid.input.output);
  return grid.channels_first ? values : ChannelsFirst(values);
}

Result<Window> ReadWindow(const ConfigReader& config, std::string_view size_key, std::size_t rank,
                          const std::optional<std::vector<std::int64_t>>& otherwise, bool causal) {
  const std::vector<std::int64_t> ones(rank, 1);
  Window window;
  SIDECAR_ASSIGN_OR_RETURN(window.size, config.PositiveInts(size_key, rank, otherwise));
  // Pooling windows move by their size unless the config says otherwise.
  SIDECAR_ASSIGN_OR_RETURN(const auto strides,
                           config.PositiveInts("strides", rank, otherwise ? window.size : ones));
  SIDECAR_ASSIGN_OR_RETURN(const auto dilations, config.PositiveInts("dilation_rate", rank, ones));
  std::vector<std::string> paddings = {"valid", "same"};
  if (causal) paddings.emplace_back("causal");
  SIDECAR_ASSIGN_OR_RETURN(const std::string padding, config.OneOf("padding", paddings, "valid"));
  window.strides = ToSizes<ov::Strides>(strides);
  window.dilations = ToSizes<ov::Strides>(dilations);
  window.pads_begin.assign(rank, 0);
  window.pads_end.assign(rank, 0);
  if (padding == "same") window.padding = ov::op::PadType::SAME_UPPER;
  if (padding == "causal") {
    window.padding = ov::op::PadType::EXPLICIT;
    window.pads_begin[0] = dilations[0] * (window.size[0] - 1);
  }
  return window;
}

}  // namespace sidecar::model::keras
