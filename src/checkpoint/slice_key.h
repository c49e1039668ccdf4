// Under which key a checkpoint keeps one slice of a partitioned tensor.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sidecar::checkpoint {

/// The part of one dimension that a slice covers.
struct SliceExtent {
  std::int64_t start = 0;
  std::optional<std::int64_t> length;  ///< none: the whole dimension

  friend bool operator==(const SliceExtent&, const SliceExtent&) = default;
};

/// A box of a tensor: one extent per dimension.
using TensorSlice = std::vector<SliceExtent>;

/// The key as TensorFlow builds it (tensorflow/core/util/saved_tensor_slice_util.cc over
/// core/lib/strings/ordered_code.cc): a zero byte, then name, rank and extents in an encoding whose
/// byte order is the order of the values. The extents are taken as they stand: a dimension that is
/// spelled out gives another key than one left whole. Thread-safe.
[[nodiscard]] std::string EncodeSliceKey(std::string_view name, const TensorSlice& slice);

/// Whether `key` is that of a slice, and so not the name of a tensor.
[[nodiscard]] inline bool IsSliceKey(std::string_view key) {
  return !key.empty() && key.front() == '\0';
}

}  // namespace sidecar::checkpoint
