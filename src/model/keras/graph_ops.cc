#include "model/keras/graph_ops.h"

#include <algorithm>
#include <memory>
#include <numeric>
#include <openvino/op/add.hpp>
#include <openvino/op/concat.hpp>
#include <openvino/op/constant.hpp>
#include <openvino/op/convert.hpp>
#include <openvino/op/divide.hpp>
#include <openvino/op/gather.hpp>
#include <openvino/op/greater.hpp>
#include <openvino/op/matmul.hpp>
#include <openvino/op/maximum.hpp>
#include <openvino/op/minimum.hpp>
#include <openvino/op/multiply.hpp>
#include <openvino/op/negative.hpp>
#include <openvino/op/not_equal.hpp>
#include <openvino/op/pad.hpp>
#include <openvino/op/reduce_max.hpp>
#include <openvino/op/reduce_mean.hpp>
#include <openvino/op/reduce_sum.hpp>
#include <openvino/op/relu.hpp>
#include <openvino/op/reshape.hpp>
#include <openvino/op/select.hpp>
#include <openvino/op/shape_of.hpp>
#include <openvino/op/sqrt.hpp>
#include <openvino/op/subtract.hpp>
#include <openvino/op/transpose.hpp>
#include <openvino/op/unsqueeze.hpp>

namespace sidecar::model::keras {
namespace {

// {0, 2, 3, 1} for images.
std::vector<std::int64_t> ToChannelsLast(std::int64_t rank) {
  std::vector<std::int64_t> order(static_cast<std::size_t>(rank));
  std::iota(order.begin(), order.end(), 0);
  if (rank > 2) std::rotate(order.begin() + 1, order.begin() + 2, order.end());
  return order;
}

// {0, 3, 1, 2} for images.
std::vector<std::int64_t> ToChannelsFirst(std::int64_t rank) {
  std::vector<std::int64_t> order(static_cast<std::size_t>(rank));
  std::iota(order.begin(), order.end(), 0);
  if (rank > 2) std::rotate(order.begin() + 1, order.end() - 1, order.end());
  return order;
}

// The order of a transpose whose order is a constant, or an empty list for any other op.
std::vector<std::int64_t> OrderOf(const GraphOutput& a) {
  const auto transpose = ov::as_type_ptr<ov::op::v1::Transpose>(a.get_node_shared_ptr());
  if (transpose == nullptr) return {};
  const auto order = ov::as_type_ptr<ov::op::v0::Constant>(transpose->get_input_node_shared_ptr(1));
  return order == nullptr ? std::vector<std::int64_t>() : order->cast_vector<std::int64_t>();
}

}  // namespace

GraphOutput FloatConstant(double value) { return FloatConstant(ov::Shape{}, {value}); }

GraphOutput FloatConstant(const ov::Shape& shape, const std::vector<double>& values) {
  std::vector<float> narrow(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) narrow[i] = static_cast<float>(values[i]);
  return std::make_shared<ov::op::v0::Constant>(ov::element::f32, shape, narrow);
}

GraphOutput IntConstant(const std::vector<std::int64_t>& values) {
  return std::make_shared<ov::op::v0::Constant>(ov::element::i64, ov::Shape{values.size()}, values);
}

GraphOutput IntConstant(std::int64_t value) {
  return std::make_shared<ov::op::v0::Constant>(ov::element::i64, ov::Shape{},
                                                std::vector<std::int64_t>{value});
}

GraphOutput Plus(const GraphOutput& a, const GraphOutput& b) {
  return std::make_shared<ov::op::v1::Add>(a, b);
}
GraphOutput Minus(const GraphOutput& a, const GraphOutput& b) {
  return std::make_shared<ov::op::v1::Subtract>(a, b);
}
GraphOutput Times(const GraphOutput& a, const GraphOutput& b) {
  return std::make_shared<ov::op::v1::Multiply>(a, b);
}
GraphOutput Over(const GraphOutput& a, const GraphOutput& b) {
  return std::make_shared<ov::op::v1::Divide>(a, b);
}
GraphOutput Negated(const GraphOutput& a) { return std::make_shared<ov::op::v0::Negative>(a); }
GraphOutput AtLeast(const GraphOutput& a, const GraphOutput& b) {
  return std::make_shared<ov::op::v1::Maximum>(a, b);
}
GraphOutput AtMost(const GraphOutput& a, const GraphOutput& b) {
  return std::make_shared<ov::op::v1::Minimum>(a, b);
}
GraphOutput MatrixProduct(const GraphOutput& a, const GraphOutput& b) {
  return std::make_shared<ov::op::v0::MatMul>(a, b, false, false);
}
GraphOutput SquareRoot(const GraphOutput& a) { return std::make_shared<ov::op::v0::Sqrt>(a); }
GraphOutput Relu(const GraphOutput& a) { return std::make_shared<ov::op::v0::Relu>(a); }

GraphOutput Choose(const GraphOutput& condition, const GraphOutput& yes, const GraphOutput& no) {
  return std::make_shared<ov::op::v1::Select>(condition, yes, no);
}
GraphOutput IsGreater(const GraphOutput& a, const GraphOutput& b) {
  return std::make_shared<ov::op::v1::Greater>(a, b);
}

GraphOutput Transposed(const GraphOutput& a, const std::vector<std::int64_t>& order) {
  const std::vector<std::int64_t> inner = OrderOf(a);
  if (inner.size() != order.size()) {
    return std::make_shared<ov::op::v1::Transpose>(a, IntConstant(order));
  }
  std::vector<std::int64_t> merged(order.size());
  bool is_identity = true;
  for (std::size_t i = 0; i < order.size(); ++i) {
    merged[i] = inner[static_cast<std::size_t>(order[i])];
    is_identity = is_identity && merged[i] == static_cast<std::int64_t>(i);
  }
  const GraphOutput source = a.get_node()->input_value(0);
  if (is_identity) return source;
  return std::make_shared<ov::op::v1::Transpose>(source, IntConstant(merged));
}

GraphOutput Reshaped(const GraphOutput& a, const std::vector<std::int64_t>& sizes) {
  return std::make_shared<ov::op::v1::Reshape>(a, IntConstant(sizes), true);
}

GraphOutput Expanded(const GraphOutput& a, const std::vector<std::int64_t>& axes) {
  if (axes.empty()) return a;
  return std::make_shared<ov::op::v0::Unsqueeze>(a, IntConstant(axes));
}

GraphOutput MeanOver(const GraphOutput& a, const std::vector<std::int64_t>& axes, bool keep) {
  return std::make_shared<ov::op::v1::ReduceMean>(a, IntConstant(axes), keep);
}

GraphOutput Joined(const std::vector<GraphOutput>& parts, std::int64_t axis) {
  if (parts.size() == 1) return parts.front();
  return std::make_shared<ov::op::v0::Concat>(parts, axis);
}

GraphOutput SumOver(const GraphOutput& a, const std::vector<std::int64_t>& axes, bool keep) {
  return std::make_shared<ov::op::v1::ReduceSum>(a, IntConstant(axes), keep);
}

GraphOutput MaxOver(const GraphOutput& a, const std::vector<std::int64_t>& axes, bool keep) {
  return std::make_shared<ov::op::v1::ReduceMax>(a, IntConstant(axes), keep);
}

GraphOutput PaddedWithZeros(const GraphOutput& a, const std::vector<std::int64_t>& before,
                            const std::vector<std::int64_t>& after) {
  const auto zero = ov::op::v0::Constant::create(a.get_element_type(), ov::Shape{}, {0});
  return std::make_shared<ov::op::v1::Pad>(a, IntConstant(before), IntConstant(after), zero,
                                           ov::op::PadMode::CONSTANT);
}

GraphOutput ToFloat(const GraphOutput& a) {
  if (a.get_element_type() == ov::element::f32) return a;
  return std::make_shared<ov::op::v0::Convert>(a, ov::element::f32);
}

bool IsFloat(const GraphOutput& a) { return a.get_element_type() == ov::element::f32; }

std::int64_t RankOf(const GraphOutput& a) { return a.get_partial_shape().rank().get_length(); }

std::int64_t SizeOf(const GraphOutput& a, std::int64_t axis) {
  const ov::Dimension& size = a.get_partial_shape()[axis];
  return size.is_static() ? size.get_length() : Shape::kUnknown;
}

Shape ShapeOf(const GraphOutput& a) {
  std::vector<std::int64_t> sizes;
  for (std::int64_t axis = 0; axis < RankOf(a); ++axis) sizes.push_back(SizeOf(a, axis));
  return Shape(std::move(sizes));
}

GraphOutput IsNotZero(const GraphOutput& a) {
  if (a.get_element_type() == ov::element::boolean) return a;
  const GraphOutput zero = std::make_shared<ov::op::v0::Constant>(a.get_element_type(), ov::Shape{},
                                                                  std::vector<int>{0});
  return std::make_shared<ov::op::v1::NotEqual>(a, zero);
}

GraphOutput RunTimeSize(const GraphOutput& a, std::int64_t axis) {
  if (SizeOf(a, axis) != Shape::kUnknown) return IntConstant(SizeOf(a, axis));
  const GraphOutput sizes = std::make_shared<ov::op::v3::ShapeOf>(a, ov::element::i64);
  return std::make_shared<ov::op::v8::Gather>(sizes, IntConstant(axis), IntConstant(0));
}

GraphOutput ChannelsFirst(const GraphOutput& channels_last) {
  return Transposed(channels_last, ToChannelsFirst(RankOf(channels_last)));
}

GraphOutput ChannelsLast(const GraphOutput& channels_first) {
  return Transposed(channels_first, ToChannelsLast(RankOf(channels_first)));
}

std::optional<GraphOutput> BeforeChannelsLast(const GraphOutput& a) {
  if (RankOf(a) < 3 || OrderOf(a) != ToChannelsLast(RankOf(a))) return std::nullopt;
  return a.get_node()->input_value(0);
}

}  // namespace sidecar::model::keras
