#include "model/keras/layers/recurrent_ops.h"

#include <limits>
#include <memory>
#include <openvino/op/broadcast.hpp>
#include <openvino/op/concat.hpp>
#include <openvino/op/gather.hpp>
#include <openvino/op/matmul.hpp>
#include <openvino/op/reshape.hpp>
#include <openvino/op/shape_of.hpp>
#include <openvino/op/slice.hpp>
#include <openvino/op/split.hpp>
#include <openvino/op/squeeze.hpp>
#include <openvino/op/variadic_split.hpp>

#include "model/keras/graph_ops.h"

namespace sidecar::model::keras {
namespace {

GraphOutput One(std::int64_t value) { return IntConstant(std::vector<std::int64_t>{value}); }

// Adds the sizes of dimensions `begin` and on: constants where they are known.
void AddSizes(const GraphOutput& a, std::int64_t begin, GraphOutputs& sizes) {
  for (std::int64_t axis = begin; axis < RankOf(a); ++axis) {
    const std::int64_t size = SizeOf(a, axis);
    sizes.push_back(size == Shape::kUnknown ? RuntimeSize(a, axis) : One(size));
  }
}

GraphOutput ReshapedTo(const GraphOutput& a, const GraphOutputs& sizes) {
  return std::make_shared<ov::op::v1::Reshape>(a, Joined(sizes, 0), false);
}

}  // namespace

GraphOutputs SplitEvenly(const GraphOutput& a, std::int64_t axis, std::size_t count) {
  return std::make_shared<ov::op::v1::Split>(a, IntConstant(axis), count)->outputs();
}

GraphOutputs SplitInto(const GraphOutput& a, std::int64_t axis,
                       const std::vector<std::int64_t>& sizes) {
  return std::make_shared<ov::op::v1::VariadicSplit>(a, IntConstant(axis), IntConstant(sizes))
      ->outputs();
}

GraphOutput Squeezed(const GraphOutput& a, std::int64_t axis) {
  return std::make_shared<ov::op::v0::Squeeze>(a, One(axis));
}

GraphOutput Reversed(const GraphOutput& a, std::int64_t axis) {
  return std::make_shared<ov::op::v8::Slice>(
      a, One(-1), One(std::numeric_limits<std::int32_t>::min()), One(-1), One(axis));
}

GraphOutput RuntimeSize(const GraphOutput& a, std::int64_t axis) {
  return std::make_shared<ov::op::v8::Gather>(
      std::make_shared<ov::op::v3::ShapeOf>(a, ov::element::i64), One(axis), IntConstant(0));
}

GraphOutput Zeros(const GraphOutput& rows, const std::vector<std::int64_t>& sizes) {
  return std::make_shared<ov::op::v3::Broadcast>(FloatConstant(0),
                                                 Joined({rows, IntConstant(sizes)}, 0));
}

GraphOutput MergeTime(const GraphOutput& a) {
  GraphOutputs sizes = {One(-1)};
  AddSizes(a, 2, sizes);
  return ReshapedTo(a, sizes);
}

GraphOutput SplitTime(const GraphOutput& a, const GraphOutput& like) {
  const std::int64_t time = SizeOf(like, 1);
  // One of the two may be left to be found out, which keeps the other known.
  const bool known = time != Shape::kUnknown;
  GraphOutputs sizes = {known ? One(-1) : RuntimeSize(like, 0),
                        known ? One(time) : RuntimeSize(like, 1)};
  AddSizes(a, 1, sizes);
  return ReshapedTo(a, sizes);
}

}  // namespace sidecar::model::keras
