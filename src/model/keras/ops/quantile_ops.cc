// Quantiles, of all numbers or of those that are not NaN, and what else leaves NaN out.
#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <openvino/op/bucketize.hpp>
#include <openvino/op/ceiling.hpp>
#include <openvino/op/gather.hpp>
#include <openvino/op/gather_elements.hpp>
#include <openvino/op/not_equal.hpp>
#include <openvino/op/reduce_logical_and.hpp>
#include <openvino/op/reduce_logical_or.hpp>
#include <openvino/op/squeeze.hpp>
#include <openvino/op/topk.hpp>

#include "base/status_macros.h"
#include "model/keras/constant_value.h"
#include "model/keras/ops/op_functions.h"
#include "model/keras/ops/op_table.h"

namespace sidecar::model::keras {
namespace {

GraphOutput Missing(const GraphOutput& x) { return MakeOp<ov::op::v1::NotEqual>(x, x); }

// The numbers as [other dimensions, numbers], in ascending order.
struct SortedRows {
  GraphOutput rows;
  GraphOutput missing;  // of rows, before they were sorted
  std::int64_t count = 0;
  Axes axes;
  bool keep = false;
  DType dtype = DType::kFloat32;

  [[nodiscard]] std::int64_t last() const { return RankOf(rows) - 1; }
  // Of the result [other dimensions, quantiles]: the dimensions kept as 1, and the quantiles
  // first, or gone where they are one number.
  [[nodiscard]] GraphOutput Arranged(GraphOutput result, bool single) const {
    if (keep) result = Expanded(result, axes);
    const std::int64_t rank = RankOf(result);
    if (single) return MakeOp<ov::op::v0::Squeeze>(result, IntConstant(Axes{rank - 1}));
    Axes order = {rank - 1};
    for (std::int64_t axis = 0; axis + 1 < rank; ++axis) order.push_back(axis);
    return Transposed(result, order);
  }
};

GraphOutput Ascending(const GraphOutput& x, std::int64_t count) {
  return std::make_shared<ov::op::v11::TopK>(x, IntConstant(count), RankOf(x) - 1,
                                             ov::op::TopKMode::MIN,
                                             ov::op::TopKSortType::SORT_VALUES, ov::element::i32)
      ->output(0);
}

Result<SortedRows> ReadSortedRows(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const Operand x, call.Tensor("x"));
  SortedRows sorted;
  const std::int64_t rank = RankOf(x.output());
  SIDECAR_ASSIGN_OR_RETURN(sorted.axes, call.Axes("axis", rank));
  SIDECAR_ASSIGN_OR_RETURN(sorted.keep, call.Bool("keepdims", false));
  call.MixRowsOver(sorted.axes);
  sorted.dtype = FloatTypeOf(x.dtype());
  constexpr std::int64_t kMost = 1 << 20;
  sorted.count = 1;
  for (const std::int64_t axis : sorted.axes) {
    const std::int64_t size = SizeOf(x.output(), axis);
    if (size < 1 || size > kMost / sorted.count) {
      return call.Unsupported("quantiles need from 1 to 2^20 numbers, of known sizes");
    }
    sorted.count *= size;
  }
  Axes order;
  for (std::int64_t axis = 0; axis < rank; ++axis) {
    const bool taken = std::find(sorted.axes.begin(), sorted.axes.end(), axis) != sorted.axes.end();
    if (!taken) order.push_back(axis);
  }
  Axes sizes(order.size(), 0);
  sizes.push_back(sorted.count);
  order.insert(order.end(), sorted.axes.begin(), sorted.axes.end());
  std::sort(sorted.axes.begin(), sorted.axes.end());
  const GraphOutput rows = Reshaped(Transposed(AsFloat(x), order), sizes);
  sorted.missing = Missing(rows);
  // NaN comes last.
  sorted.rows = Ascending(
      Choose(sorted.missing, FloatConstant(std::numeric_limits<double>::infinity()), rows),
      sorted.count);
  return sorted;
}

struct Quantiles {
  std::vector<double> places;  // from 0 to 1, as Keras has them: rounded to float32
  bool single = false;
};

// `scale`: 100 for percentiles.
Result<Quantiles> ReadQuantiles(OpCall& call, float scale, std::optional<double> otherwise) {
  if (otherwise) return Quantiles{{*otherwise}, true};
  SIDECAR_ASSIGN_OR_RETURN(const nlohmann::json* const q, call.Constant("q"));
  SIDECAR_ASSIGN_OR_RETURN(const NumberArray numbers, ReadNumbers(*q, "q"));
  Quantiles quantiles;
  quantiles.single = numbers.shape.empty();
  constexpr std::size_t kMost = 4096;
  if (numbers.shape.size() > 1 || numbers.values.empty() || numbers.values.size() > kMost) {
    return call.Unsupported("only one quantile, or a list of up to 4096, is supported");
  }
  for (const double number : numbers.values) {
    const auto place = static_cast<double>(static_cast<float>(number) / scale);
    if (!(place >= 0 && place <= 1)) return call.Fail("q is out of range");
    quantiles.places.push_back(place);
  }
  return quantiles;
}

// Which of `count` sorted numbers a quantile lies between, and how much the lower one weighs
// (keras/src/backend/tensorflow/numpy.py, `_quantile`).
struct Between {
  std::int64_t below = 0;
  std::int64_t above = 0;
  double weight = 0;
};

std::optional<Between> FindBetween(double exact, std::int64_t count, std::string_view method) {
  const auto low = static_cast<std::int64_t>(std::floor(exact));
  const auto high = static_cast<std::int64_t>(std::ceil(exact));
  if (method == "lower") return Between{low, low, 0};
  if (method == "higher") return Between{high, high, 0};
  if (method == "midpoint") return Between{low, high, 0.5};
  if (method == "nearest") {
    const auto nearest = static_cast<std::int64_t>(std::nearbyint(exact));
    return Between{nearest, nearest, 0};
  }
  if (method != "linear") return std::nullopt;
  const std::int64_t below = std::max<std::int64_t>(high - 1, 0);
  const std::int64_t above = std::min(below + 1, count - 1);
  return Between{below, above, static_cast<double>(above) - exact};
}

Result<Values> QuantileOf(OpCall& call, float scale, const std::string& method) {
  SIDECAR_ASSIGN_OR_RETURN(const SortedRows sorted, ReadSortedRows(call));
  SIDECAR_ASSIGN_OR_RETURN(const Quantiles quantiles, ReadQuantiles(call, scale, std::nullopt));
  Axes below;
  Axes above;
  std::vector<double> weights;
  for (const double place : quantiles.places) {
    const double exact = static_cast<double>(sorted.count - 1) * place;
    const auto between = FindBetween(exact, sorted.count, method);
    if (!between) return call.Fail("method is not linear, lower, higher, midpoint or nearest");
    below.push_back(between->below);
    above.push_back(between->above);
    weights.push_back(between->weight);
  }
  const auto at = [&sorted](const Axes& places) {
    return MakeOp<ov::op::v8::Gather>(sorted.rows, IntConstant(places), IntConstant(sorted.last()));
  };
  const GraphOutput weight = FloatConstant(ov::Shape{weights.size()}, weights);
  GraphOutput result =
      Plus(Times(at(above), Minus(FloatConstant(1), weight)), Times(at(below), weight));
  const GraphOutput any_missing =
      MakeOp<ov::op::v1::ReduceLogicalOr>(sorted.missing, IntConstant(Axes{sorted.last()}), true);
  result = Choose(any_missing, FloatConstant(std::nan("")), result);
  return Only(sorted.Arranged(result, quantiles.single), sorted.dtype);
}

// Of those that are not NaN, which each row has another number of.
Result<Values> NanQuantileOf(OpCall& call, float scale, std::optional<double> fixed) {
  SIDECAR_ASSIGN_OR_RETURN(const SortedRows sorted, ReadSortedRows(call));
  SIDECAR_ASSIGN_OR_RETURN(const Quantiles quantiles, ReadQuantiles(call, scale, fixed));
  SIDECAR_ASSIGN_OR_RETURN(const std::string method, call.Text("method", "linear"));
  if (method != "linear") return call.Unsupported("only linear interpolation is supported here");
  const GraphOutput one = FloatConstant(1);
  const GraphOutput zero = FloatConstant(0);
  const GraphOutput count = SumOver(Choose(sorted.missing, zero, one), {sorted.last()}, true);
  const GraphOutput end = Minus(count, one);
  const GraphOutput exact =
      Times(end, FloatConstant(ov::Shape{quantiles.places.size()}, quantiles.places));
  const GraphOutput below = AtLeast(Minus(MakeOp<ov::op::v0::Ceiling>(exact), one), zero);
  const GraphOutput above = AtLeast(AtMost(Plus(below, one), end), zero);
  const auto at = [&sorted](const GraphOutput& places) {
    return MakeOp<ov::op::v6::GatherElements>(sorted.rows, ConvertedTo(places, DType::kInt64),
                                              sorted.last());
  };
  const GraphOutput weight = Minus(above, exact);
  const GraphOutput value = Plus(Times(at(above), Minus(one, weight)), Times(at(below), weight));
  const GraphOutput result = Choose(IsGreater(count, zero), value, FloatConstant(std::nan("")));
  return Only(sorted.Arranged(result, quantiles.single), sorted.dtype);
}

// Keras 3.15's class does not hand `method` on.
Result<Values> Quantile(OpCall& call) {
  call.Ignore("method");
  return QuantileOf(call, 1, "linear");
}
Result<Values> Percentile(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const std::string method, call.Text("method", "linear"));
  return QuantileOf(call, 100, method);
}
Result<Values> NanQuantile(OpCall& call) { return NanQuantileOf(call, 1, std::nullopt); }
Result<Values> NanPercentile(OpCall& call) { return NanQuantileOf(call, 100, std::nullopt); }
Result<Values> NanMedian(OpCall& call) { return NanQuantileOf(call, 1, 0.5); }

// The place of the greatest or smallest number; -1 where there is none.
template <ov::op::TopKMode kMode>
Result<Values> NanArgMost(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const Operand x, call.Tensor("x"));
  SIDECAR_ASSIGN_OR_RETURN(const bool keep, call.Bool("keepdims", false));
  if (!call.Has("axis")) return call.Unsupported("axis must be given");
  SIDECAR_ASSIGN_OR_RETURN(const std::int64_t axis, call.Axis("axis", RankOf(x.output())));
  call.MixRowsOver({axis});
  const GraphOutput values = AsFloat(x);
  const GraphOutput missing = Missing(values);
  constexpr double kLimit = std::numeric_limits<double>::infinity();
  const double filler = kMode == ov::op::TopKMode::MAX ? -kLimit : kLimit;
  const auto top = std::make_shared<ov::op::v11::TopK>(
      Choose(missing, FloatConstant(filler), values), IntConstant(1), axis, kMode,
      ov::op::TopKSortType::SORT_VALUES, ov::element::i32, true);
  const GraphOutput none =
      MakeOp<ov::op::v1::ReduceLogicalAnd>(missing, IntConstant(Axes{axis}), true);
  GraphOutput result = Choose(none, ConvertedTo(IntConstant(-1), DType::kInt32), top->output(1));
  if (!keep) result = MakeOp<ov::op::v0::Squeeze>(result, IntConstant(Axes{axis}));
  return Only(result, DType::kInt32);
}

// How many of a sorted list are smaller, or not greater.
Result<Values> SearchSorted(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const Operand list, call.Tensor("sorted_sequence"));
  SIDECAR_ASSIGN_OR_RETURN(const Operand values, call.Tensor("values"));
  SIDECAR_ASSIGN_OR_RETURN(const std::string side, call.Text("side", "left"));
  if (side != "left" && side != "right") return call.Fail("side is neither left nor right");
  if (RankOf(list.output()) != 1) return call.Fail("its sorted_sequence is no vector");
  if (HasBatch(list.output())) call.MixRows();
  return Only(MakeOp<ov::op::v3::Bucketize>(AsFloat(values), AsFloat(list), ov::element::i32,
                                            side == "left"),
              DType::kInt32);
}

constexpr OpEntry kQuantileOps[] = {
    {"numpy", "Nanargmax", NanArgMost<ov::op::TopKMode::MAX>, "x"},
    {"numpy", "Nanargmin", NanArgMost<ov::op::TopKMode::MIN>, "x"},
    {"numpy", "Nanmedian", NanMedian, "x"},
    {"numpy", "Nanpercentile", NanPercentile, "x q"},
    {"numpy", "Nanquantile", NanQuantile, "x q"},
    {"numpy", "Percentile", Percentile, "x q"},
    {"numpy", "Quantile", Quantile, "x q"},
    {"numpy", "SearchSorted", SearchSorted, "sorted_sequence values"},
};

}  // namespace

std::span<const OpEntry> QuantileOps() { return kQuantileOps; }

}  // namespace sidecar::model::keras
