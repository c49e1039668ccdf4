#include "model/keras/ops/grid_call.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <nlohmann/json.hpp>

#include "base/status_macros.h"
#include "model/keras/graph_ops.h"
#include "model/keras/ops/op_functions.h"

namespace sidecar::model::keras {
namespace {

constexpr std::int64_t kMostCells = (std::int64_t{1} << 31) - 1;

Result<bool> ReadChannelsFirst(OpCall& call, std::size_t spatial_rank) {
  SIDECAR_ASSIGN_OR_RETURN(const std::string format, call.Text("data_format", "channels_last"));
  constexpr std::string_view kSpatial[] = {"W", "HW", "DHW"};
  const std::string_view spatial = kSpatial[spatial_rank - 1];
  const std::string last = fmt::format("N{}C", spatial);
  const std::string first = fmt::format("NC{}", spatial);
  if (format == "channels_first" || format == first) return true;
  if (format == "channels_last" || format == last) return false;
  return call.Fail(
      fmt::format("data_format is {}; channels_last, channels_first, {} and {} are "
                  "allowed",
                  format.substr(0, 40), last, first));
}

// Drops the entries of batch and channels, which must be 1.
std::optional<std::vector<std::int64_t>> SpatialOnly(const GridCall& grid,
                                                     const std::vector<std::int64_t>& sizes) {
  const std::size_t channel = grid.channels_first ? 1 : sizes.size() - 1;
  std::vector<std::int64_t> spatial;
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    if (i != 0 && i != channel) {
      spatial.push_back(sizes[i]);
    } else if (sizes[i] != 1) {
      return std::nullopt;
    }
  }
  return spatial;
}

Status ReadExplicitPadding(OpCall& call, const GridCall& grid, Window& window) {
  SIDECAR_ASSIGN_OR_RETURN(const nlohmann::json* const padding, call.Constant("padding"));
  SIDECAR_ASSIGN_OR_RETURN(
      const NumberArray numbers,
      ReadNumbers(*padding, call.context().description() + ": the arguments.padding"));
  const auto pairs = AsIntegers(numbers);
  const std::size_t rank = grid.spatial_rank + 2;
  const bool fits = pairs && numbers.shape == std::vector<std::size_t>{rank, 2} &&
                    std::all_of(pairs->begin(), pairs->end(),
                                [](std::int64_t one) { return one >= 0 && one <= kMostCells; });
  if (!fits) return call.Fail(fmt::format("padding is not {} pairs of sizes from 0", rank));
  const std::size_t first = grid.channels_first ? 2 : 1;
  for (std::size_t i = 0; i < rank; ++i) {
    const std::int64_t begin = (*pairs)[2 * i];
    const std::int64_t end = (*pairs)[2 * i + 1];
    if (i >= first && i < first + grid.spatial_rank) {
      window.pads_begin[i - first] = begin;
      window.pads_end[i - first] = end;
    } else if (begin != 0 || end != 0) {
      return call.Fail("padding is not 0 for the batch and the channels");
    }
  }
  window.padding = ov::op::PadType::EXPLICIT;
  return Status();
}

}  // namespace

std::int64_t GridCall::channels() const { return SizeOf(values, 1); }

Result<GridCall> ReadGridCall(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(Operand x, call.Tensor("x"));
  const std::int64_t rank = RankOf(x.output());
  if (rank < 3 || rank > 5) {
    return call.Fail(
        fmt::format("takes a batch of grids of 1 to 3 dimensions with channels; is "
                    "called with {}",
                    ShapeOf(x.output()).ToString()));
  }
  GridCall grid;
  grid.spatial_rank = static_cast<std::size_t>(rank - 2);
  SIDECAR_ASSIGN_OR_RETURN(grid.channels_first, ReadChannelsFirst(call, grid.spatial_rank));
  const GraphOutput floats = AsFloat(x);
  grid.values = grid.channels_first ? floats : ChannelsFirst(floats);
  grid.x = std::move(x);
  return grid;
}

Values FromGrid(const GridCall& grid, const GraphOutput& result, std::optional<DType> dtype) {
  const DType type = dtype.value_or(grid.x.dtype());
  return Only(ConvertedTo(grid.channels_first ? result : ChannelsLast(result), type), type);
}

Result<std::vector<std::int64_t>> ReadGridSizes(
    OpCall& call, std::string_view name, const GridCall& grid,
    const std::optional<std::vector<std::int64_t>>& otherwise) {
  SIDECAR_ASSIGN_OR_RETURN(auto sizes, call.Ints(name));
  if (!sizes && otherwise) return *otherwise;
  if (!sizes) return call.Fail(fmt::format("is called without the argument {}", name));
  const std::size_t rank = grid.spatial_rank;
  if (sizes->size() == 1) sizes->resize(rank, sizes->front());
  if (sizes->size() == rank + 2) sizes = SpatialOnly(grid, *sizes);
  const auto is_size = [](std::int64_t size) { return size >= 1 && size <= kMostCells; };
  if (sizes && sizes->size() == rank && std::all_of(sizes->begin(), sizes->end(), is_size)) {
    return *std::move(sizes);
  }
  return call.Fail(fmt::format(
      "{} is not {} sizes from 1 to 2^31 - 1, nor 1 for the batch and the channels", name, rank));
}

Result<Window> ReadGridWindow(OpCall& call, const GridCall& grid, std::vector<std::int64_t> size,
                              const std::vector<std::int64_t>& otherwise) {
  const std::size_t rank = grid.spatial_rank;
  Window window;
  window.size = std::move(size);
  SIDECAR_ASSIGN_OR_RETURN(const auto strides, ReadGridSizes(call, "strides", grid, otherwise));
  window.strides = ToSizes<ov::Strides>(strides);
  window.dilations.assign(rank, 1);
  window.pads_begin.assign(rank, 0);
  window.pads_end.assign(rank, 0);
  const Argument* padding = call.Find("padding");
  if (padding != nullptr && padding->constant() != nullptr && !padding->constant()->is_string()) {
    SIDECAR_RETURN_IF_ERROR(ReadExplicitPadding(call, grid, window));
    return window;
  }
  SIDECAR_ASSIGN_OR_RETURN(std::string name, call.Text("padding", "valid"));
  std::transform(name.begin(), name.end(), name.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  if (name == "same") {
    window.padding = ov::op::PadType::SAME_UPPER;
  } else if (name != "valid") {
    return call.Fail(fmt::format("padding is {}; same, valid and a list of pairs are allowed",
                                 name.substr(0, 40)));
  }
  return window;
}

}  // namespace sidecar::model::keras
