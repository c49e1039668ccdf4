// AutoContrast and ContrastLimitedAdaptiveHistogramEqualization, which also act when evaluating.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <openvino/op/broadcast.hpp>
#include <openvino/op/clamp.hpp>
#include <openvino/op/concat.hpp>
#include <openvino/op/convert.hpp>
#include <openvino/op/cum_sum.hpp>
#include <openvino/op/equal.hpp>
#include <openvino/op/gather.hpp>
#include <openvino/op/gather_elements.hpp>
#include <openvino/op/minimum.hpp>
#include <openvino/op/reduce_max.hpp>
#include <openvino/op/reduce_min.hpp>
#include <openvino/op/reduce_sum.hpp>
#include <openvino/op/scatter_elements_update.hpp>
#include <openvino/op/shape_of.hpp>

#include "base/status_macros.h"
#include "model/keras/graph_ops.h"
#include "model/keras/layers/image_ops.h"
#include "model/keras/layers/layer_functions.h"

namespace sidecar::model::keras {
namespace {

constexpr std::int64_t kLevels = 256;

using Range = std::array<double, 2>;

Result<Range> ReadValueRange(const LayerContext& context) {
  if (!context.config().Has("value_range")) return Range{0, 255};
  SIDECAR_ASSIGN_OR_RETURN(const NumberArray numbers, context.config().Numbers("value_range"));
  const std::vector<double>& ends = numbers.values;
  if (ends.size() == 2 && ends[0] != ends[1] && std::isfinite(ends[0]) && std::isfinite(ends[1])) {
    return Range{ends[0], ends[1]};
  }
  return context.config().Wrong("value_range", "a pair of two different finite numbers");
}

GraphOutput Mapped(const GraphOutput& x, const Range& from, const Range& to) {
  if (from == to) return x;
  const GraphOutput unit = Over(Minus(x, FloatConstant(from[0])), FloatConstant(from[1] - from[0]));
  return Plus(Times(unit, FloatConstant(to[1] - to[0])), FloatConstant(to[0]));
}

GraphOutput Clamped(const GraphOutput& x, double low, double high) {
  return std::make_shared<ov::op::v0::Clamp>(x, low, high);
}

GraphOutput ToIndex(const GraphOutput& x) {
  return std::make_shared<ov::op::v0::Convert>(x, ov::element::i32);
}

GraphOutput Picked(const GraphOutput& x, std::int64_t axis,
                   const std::vector<std::int64_t>& cells) {
  return std::make_shared<ov::op::v8::Gather>(x, IntConstant(cells), IntConstant(axis));
}

// How an axis is cut into tiles.
struct Tiling {
  std::int64_t size = 0;  // of the image
  std::int64_t tiles = 0;
  std::int64_t cells = 0;  // of one tile

  [[nodiscard]] std::int64_t padded() const { return tiles * cells; }
};

Result<Tiling> ReadTiling(const LayerContext& context, std::int64_t size, std::int64_t tiles) {
  Tiling tiling{size, tiles, (size + tiles - 1) / tiles};
  // The image is mirrored to fill the last tiles; it can be so once.
  if (tiling.padded() - size <= size) return tiling;
  return context.Fail(
      StatusCode::kFailedPrecondition,
      fmt::format("cannot cut {} cells into config.tile_grid_size = {} tiles", size, tiles));
}

std::vector<std::int64_t> MirroredCells(const Tiling& tiling) {
  std::vector<std::int64_t> cells;
  for (std::int64_t i = 0; i < tiling.padded(); ++i) {
    cells.push_back(i < tiling.size ? i : 2 * tiling.size - 1 - i);
  }
  return cells;
}

// The tables of neighbouring tiles that a cell is interpolated from, and the second one's weight.
// Tables have one more tile at either end.
struct Neighbours {
  std::vector<std::int64_t> first;
  std::vector<std::int64_t> second;
  std::vector<double> weight;
};

Neighbours FindNeighbours(const Tiling& tiling) {
  Neighbours result;
  const auto cells = static_cast<float>(tiling.cells);
  for (std::int64_t i = 0; i < tiling.padded(); ++i) {
    const float place = (static_cast<float>(i) - cells / 2) / cells + 1;
    const float floor = std::floor(place);
    const auto tile = static_cast<std::int64_t>(floor);
    result.first.push_back(std::clamp<std::int64_t>(tile, 0, tiling.tiles + 1));
    result.second.push_back(std::clamp<std::int64_t>(tile + 1, 0, tiling.tiles + 1));
    result.weight.push_back(static_cast<double>(place - floor));
  }
  return result;
}

// A layer call's sizes.
struct Equalizer {
  Tiling rows;
  Tiling columns;
  std::int64_t channels = 0;
  double clip_limit = 0;
};

// Grey levels [batch, rows, columns, channels] to tables [batch, tile rows, tile columns, channels,
// 256] that say what becomes of each level.
GraphOutput MakeTables(const Equalizer& equalizer, const GraphOutput& levels) {
  const std::int64_t in_tile = equalizer.rows.cells * equalizer.columns.cells;
  const GraphOutput tiled = Transposed(
      Reshaped(levels, {-1, equalizer.rows.tiles, equalizer.rows.cells, equalizer.columns.tiles,
                        equalizer.columns.cells, equalizer.channels}),
      {0, 1, 3, 5, 2, 4});
  const GraphOutput cells = Reshaped(tiled, {-1, in_tile});
  const GraphOutput rows = Picked(std::make_shared<ov::op::v3::ShapeOf>(cells), 0, {0});
  const GraphOutput empty = std::make_shared<ov::op::v3::Broadcast>(
      FloatConstant(0),
      std::make_shared<ov::op::v0::Concat>(
          ov::OutputVector{rows, IntConstant(std::vector<std::int64_t>{kLevels})}, 0));
  const GraphOutput ones = std::make_shared<ov::op::v3::Broadcast>(
      FloatConstant(1), std::make_shared<ov::op::v3::ShapeOf>(cells));
  using Scatter = ov::op::v12::ScatterElementsUpdate;
  GraphOutput counts =
      std::make_shared<Scatter>(empty, cells, ones, IntConstant(1), Scatter::Reduction::SUM, true);
  const GraphOutput last_axis = IntConstant(std::vector<std::int64_t>{1});
  if (equalizer.clip_limit > 0) {
    const double limit = equalizer.clip_limit * static_cast<double>(in_tile) / kLevels;
    const GraphOutput clipped = std::make_shared<ov::op::v1::Minimum>(counts, FloatConstant(limit));
    const GraphOutput excess =
        std::make_shared<ov::op::v1::ReduceSum>(Minus(counts, clipped), last_axis, true);
    counts = Plus(clipped, Over(excess, FloatConstant(kLevels)));
  }
  const GraphOutput sums = std::make_shared<ov::op::v0::CumSum>(counts, IntConstant(1));
  const GraphOutput least = std::make_shared<ov::op::v1::ReduceMin>(sums, last_axis, true);
  const GraphOutput rest = Minus(FloatConstant(static_cast<double>(in_tile)), least);
  const GraphOutput nothing = std::make_shared<ov::op::v1::Equal>(rest, FloatConstant(0));
  const GraphOutput table =
      Over(Times(Minus(sums, least), FloatConstant(255)), Choose(nothing, FloatConstant(1), rest));
  return Reshaped(Clamped(table, 0, 255),
                  {-1, equalizer.rows.tiles, equalizer.columns.tiles, equalizer.channels, kLevels});
}

std::vector<std::int64_t> WithEndsRepeated(std::int64_t tiles) {
  std::vector<std::int64_t> places = {0};
  for (std::int64_t i = 0; i < tiles; ++i) places.push_back(i);
  places.push_back(tiles - 1);
  return places;
}

// `levels` looked up in tables of the given tile rows and columns. [batch, rows, columns, channels]
GraphOutput LookUp(const Equalizer& equalizer, const GraphOutput& tables, const GraphOutput& levels,
                   const std::vector<std::int64_t>& tile_rows,
                   const std::vector<std::int64_t>& tile_columns) {
  std::vector<std::int64_t> starts;  // of each cell's table
  for (const std::int64_t row : tile_rows) {
    for (const std::int64_t column : tile_columns) {
      for (std::int64_t channel = 0; channel < equalizer.channels; ++channel) {
        const std::int64_t tile = row * (equalizer.columns.tiles + 2) + column;
        starts.push_back((tile * equalizer.channels + channel) * kLevels);
      }
    }
  }
  const std::int64_t cells = static_cast<std::int64_t>(starts.size());
  const GraphOutput places = Plus(Reshaped(levels, {-1, cells}), ToIndex(IntConstant(starts)));
  const GraphOutput values = std::make_shared<ov::op::v6::GatherElements>(tables, places, 1);
  return Reshaped(values,
                  {-1, equalizer.rows.padded(), equalizer.columns.padded(), equalizer.channels});
}

GraphOutput Equalized(const Equalizer& equalizer, const GraphOutput& image) {
  const GraphOutput padded =
      Picked(Picked(image, 1, MirroredCells(equalizer.rows)), 2, MirroredCells(equalizer.columns));
  const GraphOutput levels = ToIndex(Clamped(padded, 0, 255));
  GraphOutput tables = MakeTables(equalizer, levels);
  tables = Picked(Picked(tables, 1, WithEndsRepeated(equalizer.rows.tiles)), 2,
                  WithEndsRepeated(equalizer.columns.tiles));
  tables = Reshaped(tables, {-1, (equalizer.rows.tiles + 2) * (equalizer.columns.tiles + 2) *
                                     equalizer.channels * kLevels});
  const Neighbours rows = FindNeighbours(equalizer.rows);
  const Neighbours columns = FindNeighbours(equalizer.columns);
  const auto between = [](const GraphOutput& first, const GraphOutput& second,
                          const GraphOutput& weight) {
    return Plus(Times(first, Minus(FloatConstant(1), weight)), Times(second, weight));
  };
  const GraphOutput across = FloatConstant(
      ov::Shape{static_cast<std::size_t>(equalizer.columns.padded()), 1}, columns.weight);
  const GraphOutput down = FloatConstant(
      ov::Shape{static_cast<std::size_t>(equalizer.rows.padded()), 1, 1}, rows.weight);
  const auto row_of_tables = [&](const std::vector<std::int64_t>& tile_rows) {
    return between(LookUp(equalizer, tables, levels, tile_rows, columns.first),
                   LookUp(equalizer, tables, levels, tile_rows, columns.second), across);
  };
  const GraphOutput result = between(row_of_tables(rows.first), row_of_tables(rows.second), down);
  return Cropped({Value{result}, false}, {0, 0}, {equalizer.rows.size, equalizer.columns.size})
      .value.output;
}

Result<Equalizer> ReadEqualizer(const LayerContext& context, const Image& image) {
  Equalizer equalizer;
  SIDECAR_ASSIGN_OR_RETURN(const ImageSize size, KnownImageSize(context, image));
  SIDECAR_ASSIGN_OR_RETURN(const auto grid,
                           context.config().PositiveInts("tile_grid_size", 2, {{8, 8}}));
  SIDECAR_ASSIGN_OR_RETURN(equalizer.rows, ReadTiling(context, size.height, grid[0]));
  SIDECAR_ASSIGN_OR_RETURN(equalizer.columns, ReadTiling(context, size.width, grid[1]));
  SIDECAR_ASSIGN_OR_RETURN(equalizer.clip_limit, context.config().Number("clip_limit", 4));
  SIDECAR_ASSIGN_OR_RETURN(equalizer.channels,
                           KnownSize(context, image.value, image.channels_first ? 1 : 3));
  constexpr std::int64_t kMost = std::int64_t{1} << 20;
  if (equalizer.channels < 1 || equalizer.channels > kMost / equalizer.rows.padded() ||
      equalizer.channels * equalizer.rows.padded() > 16 * kMost / equalizer.columns.padded()) {
    return context.Fail(StatusCode::kFailedPrecondition,
                        "its images must have from 1 to 2^24 cells");
  }
  return equalizer;
}

}  // namespace

Result<Values> LowerAutoContrast(LayerContext& context, const Values& inputs) {
  SIDECAR_ASSIGN_OR_RETURN(const Image image, OnlyImage(context, inputs));
  SIDECAR_ASSIGN_OR_RETURN(Range range, ReadValueRange(context));
  std::sort(range.begin(), range.end());
  const GraphOutput original = ToFloat(image.value.output);
  const GraphOutput levels = Mapped(original, range, {0, 255});
  // In either layout, as Keras does.
  const GraphOutput axes = IntConstant(std::vector<std::int64_t>{1, 2});
  const GraphOutput low = std::make_shared<ov::op::v1::ReduceMin>(levels, axes, true);
  const GraphOutput high = std::make_shared<ov::op::v1::ReduceMax>(levels, axes, true);
  const GraphOutput flat = std::make_shared<ov::op::v1::Equal>(low, high);
  const GraphOutput scale =
      Over(FloatConstant(255), Choose(flat, FloatConstant(1), Minus(high, low)));
  const GraphOutput stretched = Minus(Times(levels, scale), Times(low, scale));
  const GraphOutput result = Mapped(Clamped(stretched, 0, 255), {0, 255}, range);
  return Values{{Choose(flat, original, result)}};
}

Result<Values> LowerClahe(LayerContext& context, const Values& inputs) {
  SIDECAR_ASSIGN_OR_RETURN(const Image image, OnlyImage(context, inputs));
  SIDECAR_ASSIGN_OR_RETURN(const Range range, ReadValueRange(context));
  SIDECAR_ASSIGN_OR_RETURN(const Equalizer equalizer, ReadEqualizer(context, image));
  GraphOutput pixels = ToFloat(image.value.output);
  if (image.channels_first) pixels = ChannelsLast(pixels);
  GraphOutput result =
      Mapped(Equalized(equalizer, Mapped(pixels, range, {0, 255})), {0, 255}, range);
  if (image.channels_first) result = ChannelsFirst(result);
  if (IsFloat(image.value.output)) return Values{{result}};
  return Values{
      {std::make_shared<ov::op::v0::Convert>(result, image.value.output.get_element_type()),
       image.value.dtype}};
}

}  // namespace sidecar::model::keras
