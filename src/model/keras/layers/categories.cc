#include "model/keras/layers/categories.h"

#include <fmt/format.h>

#include <numeric>
#include <openvino/op/broadcast.hpp>
#include <openvino/op/concat.hpp>
#include <openvino/op/constant.hpp>
#include <openvino/op/convert.hpp>
#include <openvino/op/equal.hpp>
#include <openvino/op/gather.hpp>
#include <openvino/op/greater_eq.hpp>
#include <openvino/op/less.hpp>
#include <openvino/op/logical_and.hpp>
#include <openvino/op/scatter_elements_update.hpp>
#include <openvino/op/shape_of.hpp>
#include <openvino/op/slice.hpp>
#include <vector>

#include "base/status_macros.h"
#include "model/keras/graph_ops.h"
#include "model/keras/layers/layer_functions.h"

namespace sidecar::model::keras {
namespace {

GraphOutput ToInt32(const GraphOutput& a) {
  if (a.get_element_type() == ov::element::i32) return a;
  return std::make_shared<ov::op::v0::Convert>(a, ov::element::i32);
}

GraphOutput Int32Constant(const ov::Shape& shape, const std::vector<std::int32_t>& values) {
  return std::make_shared<ov::op::v0::Constant>(ov::element::i32, shape, values);
}

// [..., depth]: one where the number is.
GraphOutput OneHot(const GraphOutput& numbers, std::int64_t depth) {
  std::vector<std::int32_t> all(static_cast<std::size_t>(depth));
  std::iota(all.begin(), all.end(), 0);
  const GraphOutput categories = Int32Constant({all.size()}, all);
  return ToFloat(
      std::make_shared<ov::op::v1::Equal>(Expanded(numbers, {RankOf(numbers)}), categories));
}

// Numbers [..., count] to [..., depth]: for each category the largest or the sum of `updates` at
// its numbers.
GraphOutput Collected(const GraphOutput& numbers, const GraphOutput& updates, std::int64_t depth,
                      bool sum) {
  const std::int64_t last = RankOf(numbers) - 1;
  // One place more collects what is no category.
  const GraphOutput known = std::make_shared<ov::op::v1::LogicalAnd>(
      std::make_shared<ov::op::v1::GreaterEqual>(numbers, Int32Constant({}, {0})),
      std::make_shared<ov::op::v1::Less>(numbers,
                                         Int32Constant({}, {static_cast<std::int32_t>(depth)})));
  const GraphOutput places =
      Choose(known, numbers, Int32Constant({}, {static_cast<std::int32_t>(depth)}));
  std::vector<std::int64_t> outer(static_cast<std::size_t>(last));
  std::iota(outer.begin(), outer.end(), 0);
  const GraphOutput sizes = std::make_shared<ov::op::v8::Gather>(
      std::make_shared<ov::op::v3::ShapeOf>(numbers), IntConstant(outer), IntConstant(0));
  const GraphOutput empty = std::make_shared<ov::op::v3::Broadcast>(
      FloatConstant(0),
      std::make_shared<ov::op::v0::Concat>(
          ov::OutputVector{sizes, IntConstant(std::vector<std::int64_t>{depth + 1})}, 0));
  using Scatter = ov::op::v12::ScatterElementsUpdate;
  const GraphOutput all =
      std::make_shared<Scatter>(empty, places, updates, IntConstant(last),
                                sum ? Scatter::Reduction::SUM : Scatter::Reduction::MAX, true);
  return std::make_shared<ov::op::v8::Slice>(
      all, IntConstant(std::vector<std::int64_t>{0}), IntConstant(std::vector<std::int64_t>{depth}),
      IntConstant(std::vector<std::int64_t>{1}), IntConstant(std::vector<std::int64_t>{last}));
}

// Keras 3 takes together what stands along dimension 1, whatever the rank is.
GraphOutput WithCountLast(const GraphOutput& a) {
  if (RankOf(a) == 2) return a;
  std::vector<std::int64_t> order = {0};
  for (std::int64_t axis = 2; axis < RankOf(a); ++axis) order.push_back(axis);
  order.push_back(1);
  return Transposed(a, order);
}

}  // namespace

Result<OutputMode> ReadOutputMode(const LayerContext& context, OutputMode otherwise) {
  SIDECAR_ASSIGN_OR_RETURN(const std::string name,
                           context.config().String("output_mode", std::string()));
  if (name.empty()) return otherwise;
  if (name == "int") return OutputMode::kInt;
  if (name == "one_hot") return OutputMode::kOneHot;
  if (name == "multi_hot" || name == "binary") return OutputMode::kMultiHot;
  if (name == "count") return OutputMode::kCount;
  if (name == "tf_idf" || name == "tf-idf") return OutputMode::kTfIdf;
  return context.config().Wrong("output_mode", "int, one_hot, multi_hot, count or tf_idf");
}

Result<Value> EncodeCategories(const LayerContext& context, const Value& numbers, OutputMode mode,
                               std::int64_t depth, const std::optional<GraphOutput>& weights) {
  if (mode == OutputMode::kInt) return numbers;
  if (depth < 1 || depth > kMostCategories) {
    return context.Fail(StatusCode::kFailedPrecondition,
                        fmt::format("encodes {} categories; 1 to 2^24 are supported", depth));
  }
  GraphOutput ids = ToInt32(numbers.output);
  const std::int64_t rank = RankOf(ids);
  const bool one_hot = mode == OutputMode::kOneHot;
  const bool last_is_one = rank > 1 && SizeOf(ids, rank - 1) == 1;
  if (one_hot && last_is_one) {
    std::vector<std::int64_t> sizes(static_cast<std::size_t>(rank - 1), 0);
    ids = Reshaped(ids, sizes);
  }
  const std::int64_t most_in_keras2 = one_hot ? 1 : 2;
  if ((context.is_keras2() && RankOf(ids) > most_in_keras2) || (!one_hot && rank < 2)) {
    return context.Fail(StatusCode::kUnimplemented,
                        fmt::format("cannot encode numbers of shape {} in this output mode",
                                    ShapeOf(numbers.output).ToString()));
  }
  if (one_hot) return Value{OneHot(ids, depth)};
  ids = WithCountLast(ids);
  GraphOutput updates = std::make_shared<ov::op::v3::Broadcast>(
      FloatConstant(1), std::make_shared<ov::op::v3::ShapeOf>(ids));
  if (weights) updates = WithCountLast(ToFloat(*weights));
  return Value{Collected(ids, updates, depth, mode != OutputMode::kMultiHot)};
}

Result<std::int64_t> ReadNumBins(const LayerContext& context) {
  return context.config().PositiveInt("num_bins");
}

Result<BucketHash> ReadHash(const LayerContext& context) {
  BucketHash hash;
  if (!context.config().Has("salt")) return hash;
  SIDECAR_ASSIGN_OR_RETURN(const std::vector<std::int64_t> salt, context.config().Ints("salt"));
  if (salt.empty() || salt.size() > 2) {
    return context.config().Wrong("salt", "an integer, or a list of two");
  }
  hash.key = {static_cast<std::uint64_t>(salt.front()), static_cast<std::uint64_t>(salt.back())};
  return hash;
}

Status NotOnHost(const LayerContext& context) {
  return context.Fail(StatusCode::kUnimplemented,
                      "works on strings and 64-bit numbers, before the graph: its input must be "
                      "an input of the model or come from another such layer");
}

}  // namespace sidecar::model::keras
