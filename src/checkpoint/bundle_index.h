// The index of a TensorFlow checkpoint: which tensors it holds and where their bytes are. Format:
// tensorflow/core/util/tensor_bundle/tensor_bundle.cc.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "checkpoint/bundle_entry.h"
#include "checkpoint/slice_layout.h"
#include "sidecar/status.h"

namespace sidecar::checkpoint {

/// A parsed and checked index. What can be checked without the shards has been: sizes against
/// dtypes and shapes, shard numbers, that no two tensors share bytes, that slices make up their
/// tensors. Thread-compatible.
class BundleIndex {
 public:
  struct Item {
    std::string key;
    BundleEntry entry;
  };

  /// One slice of a partitioned tensor.
  struct Part {
    SliceBox box;
    const BundleEntry* entry;  ///< owned by the index
  };

  /// Parses the content of an `.index` file. kUnavailable when it may still be being written,
  /// kDataLoss when it is damaged, naming the byte offset or the key. Memory: a small multiple of
  /// the file.
  static Result<BundleIndex> Parse(std::span<const std::byte> file);

  [[nodiscard]] const BundleHeader& header() const { return header_; }
  /// Everything in the order of the keys; slices stand under keys that IsSliceKey() tells apart.
  [[nodiscard]] const std::vector<Item>& items() const { return items_; }
  /// The entry with that key, or null. Owned by the index.
  [[nodiscard]] const BundleEntry* Find(std::string_view key) const;
  /// The slices of the partitioned tensor with that key, in the order in which the index lists
  /// them. Requires an item with slices (kInternal otherwise).
  [[nodiscard]] Result<std::vector<Part>> Parts(std::string_view key) const;
  /// For each shard that holds any tensor: how many bytes it must have at least.
  [[nodiscard]] const std::map<std::int32_t, std::uint64_t>& shard_sizes() const {
    return shard_sizes_;
  }

 private:
  Status AddEntry(std::string_view key, std::span<const std::byte> value);
  Status CheckSizes(const BundleEntry& entry) const;
  Status CheckOverlaps();
  Status CheckSlices() const;

  BundleHeader header_;
  std::vector<Item> items_;  // ascending keys
  std::size_t num_slices_ = 0;
  std::map<std::int32_t, std::uint64_t> shard_sizes_;
};

/// A key for messages: as it is, with control characters and bytes outside ASCII escaped, and cut
/// where it is very long.
[[nodiscard]] std::string PrintableKey(std::string_view key);

}  // namespace sidecar::checkpoint
