// The numbers that a function of labels and predictions gives for one batch, and their sums.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "sidecar/status.h"
#include "sidecar/tensor.h"

namespace sidecar::evaluate {

/// Values of one batch, row-major. Buffers are reused from batch to batch.
struct Values {
  Shape shape;
  std::vector<float> data;
  /// Where not empty: 0 for each value that does not count (a label that is to be ignored).
  std::vector<std::uint8_t> mask;
};

/// Sample weights of one batch and output.
struct Weights {
  Shape shape;
  std::span<const float> data;
};

/// The sum in double precision. Keras sums each batch in float32 in an order of its own; rounding
/// this sum to float32 comes closest to any such order.
[[nodiscard]] double Sum(std::span<const float> values);

/// For each of the `rows` equal parts of `values`: its mean, rounded to float32. Parts without
/// elements have the mean NaN, as in TensorFlow. `means` may be the start of `values`.
void MeanOfRows(std::span<const float> values, std::size_t rows, std::span<float> means);

/// For each of the `rows` equal parts of `values`: its sum, rounded to float32.
void SumOfRows(std::span<const float> values, std::size_t rows, std::span<float> sums);

/// Repeats `values` of shape `from` along each dimension where `from` has size 1 and `to` another;
/// both have the same rank.
void Broadcast(std::span<const float> values, const Shape& from, const Shape& to,
               std::vector<float>& result);

/// The number of elements of a shape that a tensor in memory has.
[[nodiscard]] std::size_t ElementCount(const Shape& shape);
/// The product of the sizes of the dimensions [begin, end).
[[nodiscard]] std::size_t ElementCount(const Shape& shape, std::size_t begin, std::size_t end);

/// Whether one size is 1, both are equal or one of them is unknown.
[[nodiscard]] bool CanBroadcast(std::int64_t size, std::int64_t other);

}  // namespace sidecar::evaluate
