#include "checkpoint/hdf5/filters.h"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <utility>

#include "base/status_macros.h"
#include "checkpoint/hdf5/checksum.h"
#include "checkpoint/hdf5/field_reader.h"

namespace sidecar::checkpoint::hdf5 {
namespace {

constexpr std::uint64_t kFletcherSize = 4;

// zlib's next_in is not const in this version's headers, but is not written through.
Bytef* Bytes(std::span<std::byte> bytes) { return reinterpret_cast<Bytef*>(bytes.data()); }

Result<std::vector<std::byte>> Inflate(std::span<std::byte> stored, std::uint64_t size,
                                       const Where& where) {
  if (size / kMaxExpansion > stored.size()) {
    return where.Damaged(fmt::format("{} bytes in {} compressed ones, more than gzip can make",
                                     size, stored.size()));
  }
  std::vector<std::byte> out(size);
  z_stream stream{};
  if (inflateInit(&stream) != Z_OK) return Status(StatusCode::kUnavailable, "no memory for zlib");
  // zlib counts in 32 bits: both sides are handed over in parts.
  constexpr std::size_t kPart = std::size_t{1} << 30U;
  std::span<std::byte> in_left = stored;
  std::span<std::byte> out_left = out;
  int code = Z_OK;
  while (code == Z_OK) {
    const std::size_t in_part = std::min(kPart, in_left.size());
    const std::size_t out_part = std::min(kPart, out_left.size());
    stream.next_in = Bytes(in_left);
    stream.avail_in = static_cast<uInt>(in_part);
    stream.next_out = Bytes(out_left);
    stream.avail_out = static_cast<uInt>(out_part);
    code = inflate(&stream, Z_NO_FLUSH);  // Z_BUF_ERROR once neither side moves
    in_left = in_left.subspan(in_part - stream.avail_in);
    out_left = out_left.subspan(out_part - stream.avail_out);
  }
  inflateEnd(&stream);
  if (code != Z_STREAM_END) {
    return where.Damaged(fmt::format("damaged gzip data, {} of {} bytes could be read",
                                     size - out_left.size(), size));
  }
  if (!out_left.empty()) {
    return where.Damaged(
        fmt::format("gzip data hold {} bytes, expected {}", size - out_left.size(), size));
  }
  return out;
}

// Shuffle stores all first bytes of the elements, then all second ones and so on; what is left over
// at the end stays in place.
std::vector<std::byte> Unshuffle(std::span<const std::byte> stored, std::uint64_t element_size) {
  std::vector<std::byte> out(stored.begin(), stored.end());
  if (element_size < 2) return out;
  const std::size_t count = stored.size() / element_size;
  for (std::size_t byte = 0; byte < element_size; ++byte) {
    for (std::size_t i = 0; i < count; ++i) out[i * element_size + byte] = stored[byte * count + i];
  }
  return out;
}

Status CheckFletcher(std::vector<std::byte>& bytes, const Where& where) {
  if (bytes.size() < kFletcherSize) return where.Damaged("too short for its checksum");
  FieldReader stored{std::span(bytes).last(kFletcherSize)};
  bytes.resize(bytes.size() - kFletcherSize);
  if (stored.U32() != Fletcher32(bytes)) return where.Damaged("its Fletcher32 checksum is wrong");
  return {};
}

}  // namespace

Result<std::vector<std::byte>> UndoFilters(std::vector<std::byte> stored,
                                           const std::vector<FilterId>& filters, std::uint32_t mask,
                                           std::uint64_t size, std::uint64_t element_size,
                                           const Where& where) {
  if (std::ranges::count(filters, FilterId::kDeflate) > 1)
    return where.Unsupported("gzip applied twice is");
  const auto applied = [&](std::size_t i) { return (mask & (std::uint32_t{1} << i)) == 0; };
  for (std::size_t i = filters.size(); i-- > 0;) {
    if (!applied(i)) continue;
    if (filters[i] == FilterId::kFletcher32) {
      SIDECAR_RETURN_IF_ERROR(CheckFletcher(stored, where));
    } else if (filters[i] == FilterId::kShuffle) {
      stored = Unshuffle(stored, element_size);
    } else {
      std::uint64_t inflated = size;  // sums that were added before gzip are inside
      for (std::size_t before = 0; before < i; ++before) {
        if (filters[before] == FilterId::kFletcher32 && applied(before)) inflated += kFletcherSize;
      }
      SIDECAR_ASSIGN_OR_RETURN(stored, Inflate(stored, inflated, where));
    }
  }
  if (stored.size() != size)
    return where.Damaged(fmt::format("{} bytes, expected {}", stored.size(), size));
  return stored;
}

}  // namespace sidecar::checkpoint::hdf5
