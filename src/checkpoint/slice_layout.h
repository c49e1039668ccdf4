// How the slices of a partitioned tensor lie in it.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "checkpoint/slice_key.h"
#include "sidecar/status.h"
#include "sidecar/tensor.h"

namespace sidecar::checkpoint {

/// A slice with its extents resolved against the whole tensor's shape.
struct SliceBox {
  std::vector<std::int64_t> starts;
  Shape shape;
};

/// Resolves the extents. kDataLoss unless every slice has the tensor's rank, lies inside it and is
/// not empty, and the slices cover each element exactly once. Thread-safe.
Result<std::vector<SliceBox>> ResolveSlices(const Shape& whole,
                                            std::span<const TensorSlice> slices);

/// Whether the box's elements follow each other without a gap in the whole tensor's row-major
/// order.
[[nodiscard]] bool IsContiguous(const Shape& whole, const SliceBox& box);

/// The index, in row-major order, of the box's first element in the whole tensor.
[[nodiscard]] std::int64_t FirstElement(const Shape& whole, const SliceBox& box);

/// Copies the elements of a box (row-major, packed) to their places in the whole tensor. The sizes
/// of `from` and `to` must be those of the box and of the whole tensor.
void CopyBox(const Shape& whole, const SliceBox& box, std::size_t element_bytes,
             std::span<const std::byte> from, std::span<std::byte> to);

}  // namespace sidecar::checkpoint
