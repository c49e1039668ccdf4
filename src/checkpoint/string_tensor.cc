#include "checkpoint/string_tensor.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>
#include <vector>

#include "base/crc32c.h"
#include "base/status_macros.h"

namespace sidecar::checkpoint {
namespace {

using Word = std::array<std::byte, 4>;

/// `value` in `size` bytes in the writer's byte order, into the checksum.
std::uint32_t ExtendWithInteger(std::uint32_t crc, std::uint64_t value, std::size_t size,
                                bool big_endian) {
  std::array<std::byte, 8> bytes{};
  for (std::size_t i = 0; i < size; ++i) {
    bytes[big_endian ? size - 1 - i : i] = static_cast<std::byte>(value >> (8 * i));
  }
  return base::ExtendCrc32c(crc, std::span(bytes).first(size));
}

std::uint32_t ToInteger(const Word& word, bool big_endian) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < word.size(); ++i) {
    value |= std::to_integer<std::uint32_t>(word[i]) << (8 * (big_endian ? 3 - i : i));
  }
  return value;
}

/// Takes `length` bytes from the stream into the checksum and the sink.
Status TakeElement(ShardStream& stream, std::uint64_t length, std::uint64_t element,
                   const StringSink& sink, std::uint32_t& crc) {
  while (length > 0) {
    SIDECAR_ASSIGN_OR_RETURN(const std::span<const std::byte> part, stream.Take(length));
    crc = base::ExtendCrc32c(crc, part);
    if (sink) sink(element, part);
    length -= part.size();
  }
  return {};
}

}  // namespace

Result<std::uint32_t> ReadStrings(ShardStream& stream, std::uint64_t count, bool big_endian,
                                  const StringSink& sink) {
  if (count == 0 && stream.remaining() == 0) return std::uint32_t{0};
  std::vector<std::uint64_t> lengths;
  std::uint64_t total = 0;
  std::uint32_t crc = 0;
  for (std::uint64_t i = 0; i < count; ++i) {
    SIDECAR_ASSIGN_OR_RETURN(const std::uint64_t length, stream.ReadVarint64());
    if (length > stream.remaining() || total > stream.remaining() - length) {
      return Status(StatusCode::kDataLoss,
                    fmt::format("string {} declares {} bytes, more than there are", i, length));
    }
    total += length;
    const std::size_t width = length > std::numeric_limits<std::uint32_t>::max() ? 8 : 4;
    crc = ExtendWithInteger(crc, length, width, big_endian);
    lengths.push_back(length);
  }
  Word stored{};
  SIDECAR_RETURN_IF_ERROR(stream.Fill(stored));
  if (base::UnmaskCrc(ToInteger(stored, big_endian)) != crc)
    return Status(StatusCode::kDataLoss, "the lengths of the strings do not have their checksum");
  crc = base::ExtendCrc32c(crc, stored);
  if (total != stream.remaining()) {
    return Status(StatusCode::kDataLoss,
                  fmt::format("strings of {} bytes, {} are there", total, stream.remaining()));
  }
  for (std::uint64_t i = 0; i < count; ++i)
    SIDECAR_RETURN_IF_ERROR(TakeElement(stream, lengths[i], i, sink, crc));
  return crc;
}

Result<std::uint32_t> CheckVariants(ShardStream& stream, std::uint64_t count, bool big_endian) {
  std::uint32_t crc = 0;
  for (std::uint64_t i = 0; i < count; ++i) {
    SIDECAR_ASSIGN_OR_RETURN(const std::uint64_t length, stream.ReadVarint64());
    if (length > stream.remaining()) {
      return Status(StatusCode::kDataLoss,
                    fmt::format("variant {} declares {} bytes, more than there are", i, length));
    }
    crc = ExtendWithInteger(crc, length, 8, big_endian);
    SIDECAR_RETURN_IF_ERROR(TakeElement(stream, length, i, {}, crc));
    Word stored{};
    SIDECAR_RETURN_IF_ERROR(stream.Fill(stored));
    if (base::UnmaskCrc(ToInteger(stored, big_endian)) != crc)
      return Status(StatusCode::kDataLoss, fmt::format("variant {} does not have its checksum", i));
    crc = base::ExtendCrc32c(crc, stored);
  }
  if (stream.remaining() > 0) {
    return Status(StatusCode::kDataLoss,
                  fmt::format("{} bytes after the last variant", stream.remaining()));
  }
  return crc;
}

}  // namespace sidecar::checkpoint
