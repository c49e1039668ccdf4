// ZeroPadding and Cropping over one to three dimensions.
#include <fmt/format.h>

#include <array>
#include <nlohmann/json.hpp>
#include <openvino/op/slice.hpp>

#include "base/status_macros.h"
#include "model/keras/graph_ops.h"
#include "model/keras/layers/grid.h"

namespace sidecar::model::keras {
namespace {

// Before and after, for each spatial dimension.
using Margins = std::vector<std::array<std::int64_t, 2>>;

bool IsSize(const nlohmann::json& value) {
  return value.is_number_unsigned() && value.get<std::uint64_t>() <= 2147483647;
}

// One number for all ends, one for each dimension, or a pair for each dimension. With one dimension
// a list of two numbers is the pair.
std::optional<Margins> ParseMargins(const nlohmann::json& value, std::size_t rank) {
  const auto number = [](const nlohmann::json& item) { return item.get<std::int64_t>(); };
  const auto both = [&](const nlohmann::json& item) {
    return std::array<std::int64_t, 2>{number(item), number(item)};
  };
  if (IsSize(value)) return Margins(rank, both(value));
  const nlohmann::json* sides = ListItems(value);
  if (sides == nullptr) return std::nullopt;
  if (rank == 1 && sides->size() == 2 && IsSize((*sides)[0]) && IsSize((*sides)[1])) {
    return Margins{{number((*sides)[0]), number((*sides)[1])}};
  }
  if (sides->size() != rank) return std::nullopt;
  Margins result;
  for (const nlohmann::json& side : *sides) {
    const nlohmann::json* pair = ListItems(side);
    if (IsSize(side)) {
      result.push_back(both(side));
    } else if (pair != nullptr && pair->size() == 2 && IsSize((*pair)[0]) && IsSize((*pair)[1])) {
      result.push_back({number((*pair)[0]), number((*pair)[1])});
    } else {
      return std::nullopt;
    }
  }
  return result;
}

Result<Margins> ReadMargins(const ConfigReader& config, std::string_view key, std::size_t rank) {
  const nlohmann::json* value = config.Find(key);
  if (value == nullptr) return Margins(rank, {1, 1});
  auto margins = ParseMargins(*value, rank);
  if (margins) return *std::move(margins);
  return config.Wrong(key,
                      fmt::format("an integer from 0 to 2147483647, a list of {}, or a list of "
                                  "{} lists of two",
                                  rank == 1 ? 2 : rank, rank));
}

GraphOutput Cropped(const GraphOutput& values, const Margins& margins, std::int64_t first) {
  std::vector<std::int64_t> begin;
  std::vector<std::int64_t> end;
  std::vector<std::int64_t> axes;
  constexpr std::int64_t kToTheEnd = std::int64_t{1} << 31;
  for (std::size_t i = 0; i < margins.size(); ++i) {
    begin.push_back(margins[i][0]);
    end.push_back(margins[i][1] == 0 ? kToTheEnd : -margins[i][1]);
    axes.push_back(first + static_cast<std::int64_t>(i));
  }
  const std::vector<std::int64_t> steps(axes.size(), 1);
  return std::make_shared<ov::op::v8::Slice>(values, IntConstant(begin), IntConstant(end),
                                             IntConstant(steps), IntConstant(axes));
}

}  // namespace

Result<Values> LowerZeroPadding(LayerContext& context, const Values& inputs) {
  SIDECAR_ASSIGN_OR_RETURN(const Grid grid, ReadGrid(context, inputs));
  SIDECAR_ASSIGN_OR_RETURN(
      const Margins margins,
      ReadMargins(context.config(), "padding", static_cast<std::size_t>(grid.spatial_rank)));
  const auto pad = [&](const GraphOutput& values, std::int64_t first) {
    std::vector<std::int64_t> before(margins.size() + 2, 0);
    std::vector<std::int64_t> after(margins.size() + 2, 0);
    for (std::size_t i = 0; i < margins.size(); ++i) {
      before[static_cast<std::size_t>(first) + i] = margins[i][0];
      after[static_cast<std::size_t>(first) + i] = margins[i][1];
    }
    return PaddedWithZeros(values, before, after);
  };
  return Values{{MapGrid(grid, pad), grid.input.dtype}};
}

Result<Values> LowerCropping(LayerContext& context, const Values& inputs) {
  SIDECAR_ASSIGN_OR_RETURN(const Grid grid, ReadGrid(context, inputs));
  SIDECAR_ASSIGN_OR_RETURN(
      const Margins margins,
      ReadMargins(context.config(), "cropping", static_cast<std::size_t>(grid.spatial_rank)));
  for (std::size_t i = 0; i < margins.size(); ++i) {
    const std::int64_t size =
        SizeOf(grid.input.output, grid.first_axis() + static_cast<std::int64_t>(i));
    if (size == Shape::kUnknown || margins[i][0] + margins[i][1] < size) continue;
    return context.Fail(StatusCode::kFailedPrecondition,
                        fmt::format("config.cropping takes {} of {} values away",
                                    margins[i][0] + margins[i][1], size));
  }
  const auto crop = [&](const GraphOutput& values, std::int64_t first) {
    return Cropped(values, margins, first);
  };
  return Values{{MapGrid(grid, crop), grid.input.dtype}};
}

}  // namespace sidecar::model::keras
