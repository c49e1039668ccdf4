// Short names for the graph operations that layers are made of. All of them throw ov::Exception
// where shapes or types do not fit; the graph builder catches it.
#pragma once

#include <cstdint>
#include <openvino/core/shape.hpp>
#include <optional>
#include <vector>

#include "model/keras/value.h"

namespace sidecar::model::keras {

/// An f32 constant: a scalar, or `values` in `shape`.
GraphOutput FloatConstant(double value);
GraphOutput FloatConstant(const ov::Shape& shape, const std::vector<double>& values);
/// An i64 constant: a vector, or a scalar.
GraphOutput IntConstant(const std::vector<std::int64_t>& values);
GraphOutput IntConstant(std::int64_t value);

GraphOutput Plus(const GraphOutput& a, const GraphOutput& b);
GraphOutput Minus(const GraphOutput& a, const GraphOutput& b);
GraphOutput Times(const GraphOutput& a, const GraphOutput& b);
GraphOutput Over(const GraphOutput& a, const GraphOutput& b);
GraphOutput AtLeast(const GraphOutput& a, const GraphOutput& b);  ///< elementwise maximum
GraphOutput AtMost(const GraphOutput& a, const GraphOutput& b);   ///< elementwise minimum
/// The product of the last two dimensions, with broadcasting of the others.
GraphOutput MatrixProduct(const GraphOutput& a, const GraphOutput& b);
GraphOutput Negated(const GraphOutput& a);
GraphOutput SquareRoot(const GraphOutput& a);
GraphOutput Relu(const GraphOutput& a);
/// `condition` ? `yes` : `no`, with broadcasting.
GraphOutput Choose(const GraphOutput& condition, const GraphOutput& yes, const GraphOutput& no);
GraphOutput IsGreater(const GraphOutput& a, const GraphOutput& b);

/// `order[i]` is the input's dimension that becomes dimension i. A transpose of a transpose is
/// merged.
GraphOutput Transposed(const GraphOutput& a, const std::vector<std::int64_t>& order);
/// `sizes` may hold one -1, and 0 for "as in the input at this place".
GraphOutput Reshaped(const GraphOutput& a, const std::vector<std::int64_t>& sizes);
/// Adds dimensions of size 1 at `axes` of the result.
GraphOutput Expanded(const GraphOutput& a, const std::vector<std::int64_t>& axes);
GraphOutput MeanOver(const GraphOutput& a, const std::vector<std::int64_t>& axes, bool keep);
/// The parts one after the other along `axis`; the part itself where there is one.
GraphOutput Joined(const std::vector<GraphOutput>& parts, std::int64_t axis);
GraphOutput SumOver(const GraphOutput& a, const std::vector<std::int64_t>& axes, bool keep);
GraphOutput MaxOver(const GraphOutput& a, const std::vector<std::int64_t>& axes, bool keep);
/// Adds zeros: `before[i]` and `after[i]` of them along dimension i.
GraphOutput PaddedWithZeros(const GraphOutput& a, const std::vector<std::int64_t>& before,
                            const std::vector<std::int64_t>& after);

/// The value as f32.
GraphOutput ToFloat(const GraphOutput& a);
[[nodiscard]] bool IsFloat(const GraphOutput& a);
/// The number of dimensions. Every value in a model has a known one.
[[nodiscard]] std::int64_t RankOf(const GraphOutput& a);
/// The size of a dimension, or Shape::kUnknown.
[[nodiscard]] std::int64_t SizeOf(const GraphOutput& a, std::int64_t axis);
/// All sizes.
[[nodiscard]] Shape ShapeOf(const GraphOutput& a);

/// The size of a dimension as an i64 scalar, also where it is only known when the graph runs.
GraphOutput RunTimeSize(const GraphOutput& a, std::int64_t axis);
/// Boolean: what is not zero.
GraphOutput IsNotZero(const GraphOutput& a);

/// Moves the last dimension behind the batch, or back: images as [batch, channels, height, width].
/// The input of the transpose where the value was just made from that layout, so that chains of
/// convolutions need none.
GraphOutput ChannelsFirst(const GraphOutput& channels_last);
GraphOutput ChannelsLast(const GraphOutput& channels_first);

/// The channels_first value whose transpose to channels_last `a` is, or nothing.
std::optional<GraphOutput> BeforeChannelsLast(const GraphOutput& a);

/// An elementwise `function` of `input`: of the value before its transpose to channels_last where
/// there is one, so that it stays next to the convolution that made it.
template <class Function>
GraphOutput MapElements(const GraphOutput& input, const Function& function) {
  if (const auto channels_first = BeforeChannelsLast(input)) {
    return ChannelsLast(function(*channels_first));
  }
  return function(input);
}

}  // namespace sidecar::model::keras
