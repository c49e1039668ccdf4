#include "base/crc32c.h"

#include <isa-l/crc.h>

#include <algorithm>
#include <limits>

namespace sidecar::base {

std::uint32_t ExtendCrc32c(std::uint32_t crc, std::span<const std::byte> bytes) {
  constexpr std::size_t kChunk = std::numeric_limits<int>::max() / 2;  // isa-l takes an int
  std::uint32_t state = ~crc;
  while (!bytes.empty()) {
    const std::span<const std::byte> part = bytes.first(std::min(bytes.size(), kChunk));
    // isa-l only reads; its prototype lacks the const.
    auto* data = reinterpret_cast<unsigned char*>(const_cast<std::byte*>(part.data()));  // NOLINT
    state = crc32_iscsi(data, static_cast<int>(part.size()), state);
    bytes = bytes.subspan(part.size());
  }
  return ~state;
}

}  // namespace sidecar::base
