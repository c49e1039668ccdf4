#include "checkpoint/shard_stream.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/status_macros.h"

namespace sidecar::checkpoint {
namespace {

constexpr std::size_t kBufferBytes = std::size_t{1} << 18U;

}  // namespace

Status ReadExactly(const base::ReadableFile& file, std::uint64_t offset, std::span<std::byte> out) {
  SIDECAR_ASSIGN_OR_RETURN(const std::size_t count, file.ReadAt(offset, out));
  if (count == out.size()) return {};
  return {
      StatusCode::kUnavailable,
      fmt::format("{}: ends at byte {}, {} bytes more are needed: it may still be being written",
                  file.path(), offset + count, out.size() - count)};
}

Status ShardStream::Refill() {
  buffer_.resize(static_cast<std::size_t>(std::min<std::uint64_t>(left_, kBufferBytes)));
  position_ = 0;
  Status status = ReadExactly(file_, offset_, buffer_);
  if (!status.ok()) {
    buffer_.clear();
    return status;
  }
  offset_ += buffer_.size();
  left_ -= buffer_.size();
  return {};
}

Result<std::span<const std::byte>> ShardStream::Take(std::uint64_t limit) {
  if (position_ == buffer_.size()) SIDECAR_RETURN_IF_ERROR(Refill());
  const auto count =
      static_cast<std::size_t>(std::min<std::uint64_t>(limit, buffer_.size() - position_));
  const std::span<const std::byte> taken = std::span(buffer_).subspan(position_, count);
  position_ += count;
  return taken;
}

Status ShardStream::Fill(std::span<std::byte> out) {
  if (out.size() > remaining()) {
    return {StatusCode::kDataLoss,
            fmt::format("{} bytes are needed, {} are left", out.size(), remaining())};
  }
  while (!out.empty()) {
    SIDECAR_ASSIGN_OR_RETURN(const std::span<const std::byte> part, Take(out.size()));
    std::copy(part.begin(), part.end(), out.begin());
    out = out.subspan(part.size());
  }
  return {};
}

Result<std::uint64_t> ShardStream::ReadVarint64() {
  std::uint64_t value = 0;
  for (unsigned shift = 0; shift < 70 && remaining() > 0; shift += 7) {
    SIDECAR_ASSIGN_OR_RETURN(const std::span<const std::byte> part, Take(1));
    const auto byte = std::to_integer<std::uint64_t>(part.front());
    if (shift == 63 && byte > 1) break;  // the tenth byte holds one bit
    value |= (byte & 0x7FU) << shift;
    if ((byte & 0x80U) == 0) return value;
  }
  return Status(StatusCode::kDataLoss, "damaged length");
}

}  // namespace sidecar::checkpoint
