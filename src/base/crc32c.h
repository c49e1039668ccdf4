// CRC-32C (Castagnoli) and the masking TensorFlow stores it with.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>

namespace sidecar::base {

/// The CRC of the bytes whose CRC so far is `crc` (0 at the start) followed by `bytes`.
/// Thread-safe.
[[nodiscard]] std::uint32_t ExtendCrc32c(std::uint32_t crc, std::span<const std::byte> bytes);
[[nodiscard]] inline std::uint32_t Crc32c(std::span<const std::byte> bytes) {
  return ExtendCrc32c(0, bytes);
}

/// LevelDB's masking (util/crc32c.h there): a CRC stored beside the data it covers is rotated and
/// offset.
[[nodiscard]] constexpr std::uint32_t MaskCrc(std::uint32_t crc) {
  return std::rotr(crc, 15) + 0xA282EAD8U;
}
[[nodiscard]] constexpr std::uint32_t UnmaskCrc(std::uint32_t masked) {
  return std::rotl(masked - 0xA282EAD8U, 15);
}

}  // namespace sidecar::base
