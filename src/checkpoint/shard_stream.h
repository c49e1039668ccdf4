// Reads a range of a data shard from front to back through a small buffer, with a running checksum.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/file_system.h"
#include "sidecar/status.h"

namespace sidecar::checkpoint {

/// Not thread-safe. Fails with kUnavailable where the file ends early, with the file system's
/// status otherwise.
class ShardStream {
 public:
  /// The range [offset, offset + size) of `file`, which must outlive the stream.
  ShardStream(const base::ReadableFile& file, std::uint64_t offset, std::uint64_t size)
      : file_(file), offset_(offset), left_(size) {}

  /// Bytes of the range not taken yet.
  [[nodiscard]] std::uint64_t remaining() const { return left_ + (buffer_.size() - position_); }

  /// The next bytes, at most `limit` and at least one; valid until the next call. Requires
  /// remaining() > 0 and limit > 0.
  Result<std::span<const std::byte>> Take(std::uint64_t limit);
  /// Fills `out`; kDataLoss when the range ends before.
  Status Fill(std::span<std::byte> out);
  /// A base-128 varint of at most 64 bits; kDataLoss when it is damaged or the range ends within.
  Result<std::uint64_t> ReadVarint64();

 private:
  Status Refill();

  const base::ReadableFile& file_;
  std::uint64_t offset_;  // of the next byte to be read from the file
  std::uint64_t left_;    // bytes of the range that were not read yet
  std::vector<std::byte> buffer_;
  std::size_t position_ = 0;  // in buffer_
};

/// Fills `out` from `offset` on; kUnavailable, saying so, where the file is shorter.
Status ReadExactly(const base::ReadableFile& file, std::uint64_t offset, std::span<std::byte> out);

}  // namespace sidecar::checkpoint
