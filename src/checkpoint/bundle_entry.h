// The protocol buffers in a checkpoint's index: BundleHeaderProto and BundleEntryProto
// (tensorflow/core/protobuf/tensor_bundle.proto).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "checkpoint/slice_key.h"
#include "sidecar/status.h"
#include "sidecar/tensor.h"

namespace sidecar::checkpoint {

/// The value under the empty key.
struct BundleHeader {
  std::int32_t num_shards = 0;  ///< 1 to 99,999
  bool big_endian = false;
};

/// What the index says about one tensor, or one slice of a tensor.
struct BundleEntry {
  DType dtype = DType::kInvalid;
  Shape shape;               ///< static, at most 254 dimensions, fewer than 2^63 elements
  std::int32_t shard = 0;    ///< not negative
  std::uint64_t offset = 0;  ///< of the first byte in the shard; below 2^63, as `size`
  std::uint64_t size = 0;    ///< bytes in the shard
  std::uint32_t masked_crc = 0;
  /// Not empty for a partitioned tensor: dtype and shape are the whole tensor's, the data stand
  /// under the slices' own keys, and shard, offset, size and masked_crc mean nothing.
  std::vector<TensorSlice> slices;
};

/// Both fail with kDataLoss for damaged messages and for values outside the ranges above; the
/// header also for a version of the format that this reader does not know. Thread-safe.
Result<BundleHeader> ParseBundleHeader(std::span<const std::byte> bytes);
Result<BundleEntry> ParseBundleEntry(std::span<const std::byte> bytes);

}  // namespace sidecar::checkpoint
