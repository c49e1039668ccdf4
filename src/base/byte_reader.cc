#include "base/byte_reader.h"

namespace sidecar::base {

std::optional<std::uint64_t> ByteReader::ReadVarint64() {
  std::uint64_t value = 0;
  const std::size_t start = position_;
  for (unsigned shift = 0; shift < 70; shift += 7) {
    if (at_end()) break;
    const auto byte = std::to_integer<std::uint64_t>(bytes_[position_++]);
    if (shift == 63 && byte > 1) break;  // the tenth byte holds one bit
    value |= (byte & 0x7FU) << shift;
    if ((byte & 0x80U) == 0) return value;
  }
  position_ = start;
  return std::nullopt;
}

std::optional<std::uint32_t> ByteReader::ReadVarint32() {
  const std::size_t start = position_;
  auto value = ReadVarint64();
  if (value && position_ - start <= 5 && *value <= UINT32_MAX)
    return static_cast<std::uint32_t>(*value);
  position_ = start;
  return std::nullopt;
}

}  // namespace sidecar::base
