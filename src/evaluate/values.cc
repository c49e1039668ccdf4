#include "evaluate/values.h"

#include <algorithm>
#include <limits>

#include "evaluate/vector_clones.h"

namespace sidecar::evaluate {

SIDECAR_VECTOR_CLONES double Sum(std::span<const float> values) {
  // Independent sums let the additions overlap.
  constexpr std::size_t kLanes = 8;
  double lanes[kLanes] = {};
  std::size_t i = 0;
  for (; i + kLanes <= values.size(); i += kLanes) {
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      lanes[lane] += static_cast<double>(values[i + lane]);
    }
  }
  double rest = 0;
  for (; i < values.size(); ++i) rest += static_cast<double>(values[i]);
  return ((lanes[0] + lanes[1]) + (lanes[2] + lanes[3])) +
         ((lanes[4] + lanes[5]) + (lanes[6] + lanes[7])) + rest;
}

void MeanOfRows(std::span<const float> values, std::size_t rows, std::span<float> means) {
  if (rows == 0) return;
  const std::size_t columns = values.size() / rows;
  if (columns == 0) {
    std::fill_n(means.begin(), rows, std::numeric_limits<float>::quiet_NaN());
    return;
  }
  const double count = static_cast<double>(columns);
  for (std::size_t row = 0; row < rows; ++row) {
    means[row] = static_cast<float>(Sum(values.subspan(row * columns, columns)) / count);
  }
}

void SumOfRows(std::span<const float> values, std::size_t rows, std::span<float> sums) {
  const std::size_t columns = rows == 0 ? 0 : values.size() / rows;
  for (std::size_t row = 0; row < rows; ++row) {
    sums[row] = static_cast<float>(Sum(values.subspan(row * columns, columns)));
  }
}

std::size_t ElementCount(const Shape& shape) { return ElementCount(shape, 0, shape.rank()); }

std::size_t ElementCount(const Shape& shape, std::size_t begin, std::size_t end) {
  std::size_t count = 1;
  for (std::size_t axis = begin; axis < end; ++axis) count *= static_cast<std::size_t>(shape[axis]);
  return count;
}

bool CanBroadcast(std::int64_t size, std::int64_t other) {
  return size == other || size == 1 || other == 1 || size == Shape::kUnknown ||
         other == Shape::kUnknown;
}

void Broadcast(std::span<const float> values, const Shape& from, const Shape& to,
               std::vector<float>& result) {
  const std::size_t rank = to.rank();
  std::vector<std::size_t> strides(rank, 0);
  std::size_t stride = 1;
  for (std::size_t axis = rank; axis-- > 0;) {
    strides[axis] = from[axis] == 1 ? 0 : stride;
    stride *= static_cast<std::size_t>(from[axis]);
  }
  result.resize(ElementCount(to));
  std::vector<std::int64_t> index(rank, 0);
  std::size_t source = 0;
  for (float& element : result) {
    element = values[source];
    for (std::size_t axis = rank; axis-- > 0;) {
      source += strides[axis];
      if (++index[axis] < to[axis]) break;
      index[axis] = 0;
      source -= strides[axis] * static_cast<std::size_t>(to[axis]);
    }
  }
}

}  // namespace sidecar::evaluate
