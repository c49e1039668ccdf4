// SHA-256 (FIPS 180-4): the identity of a checkpoint's content.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace sidecar::checkpoint {

/// The hash of bytes given piece by piece. Not thread-safe.
class Sha256 {
 public:
  void Update(std::span<const std::byte> bytes);
  /// The hash of everything given so far, as 64 hex digits, as `sha256sum` prints it. The object
  /// must not be used afterwards.
  [[nodiscard]] std::string Finish();

 private:
  void Compress(const std::byte* block);

  std::array<std::uint32_t, 8> state_{0x6A09E667U, 0xBB67AE85U, 0x3C6EF372U, 0xA54FF53AU,
                                      0x510E527FU, 0x9B05688CU, 0x1F83D9ABU, 0x5BE0CD19U};
  std::array<std::byte, 64> pending_{};
  std::size_t pending_size_ = 0;
  std::uint64_t total_bytes_ = 0;
};

/// The hash of `bytes` as 64 hex digits. Thread-safe.
[[nodiscard]] std::string Sha256Hex(std::span<const std::byte> bytes);

}  // namespace sidecar::checkpoint
