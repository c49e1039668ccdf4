// A cursor over untrusted bytes: every read is checked against what is left.
#pragma once

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string_view>

namespace sidecar::base {

/// Reads from the front of a byte span it does not own. A read that would pass the end returns
/// nothing and leaves the position unchanged. Integers are little-endian. Not thread-safe.
class ByteReader {
 public:
  explicit ByteReader(std::span<const std::byte> bytes) : bytes_(bytes) {}

  [[nodiscard]] std::size_t position() const { return position_; }
  [[nodiscard]] std::size_t remaining() const { return bytes_.size() - position_; }
  [[nodiscard]] bool at_end() const { return remaining() == 0; }

  [[nodiscard]] std::optional<std::span<const std::byte>> ReadBytes(std::uint64_t count) {
    if (count > remaining()) return std::nullopt;
    auto result = bytes_.subspan(position_, count);
    position_ += count;
    return result;
  }

  [[nodiscard]] std::optional<std::string_view> ReadText(std::uint64_t count) {
    auto bytes = ReadBytes(count);
    if (!bytes) return std::nullopt;
    return std::string_view(reinterpret_cast<const char*>(bytes->data()), bytes->size());
  }

  template <std::unsigned_integral T>
  [[nodiscard]] std::optional<T> ReadFixed() {
    auto bytes = ReadBytes(sizeof(T));
    if (!bytes) return std::nullopt;
    T value = 0;
    for (std::size_t i = sizeof(T); i-- > 0;) {
      value = static_cast<T>((static_cast<std::uint64_t>(value) << 8U) |
                             std::to_integer<std::uint64_t>((*bytes)[i]));
    }
    return value;
  }

  /// A base-128 varint of at most 10 bytes (64-bit) whose value fits; nothing if it is longer or
  /// cut off.
  [[nodiscard]] std::optional<std::uint64_t> ReadVarint64();
  /// As above, at most 5 bytes and 32 bits.
  [[nodiscard]] std::optional<std::uint32_t> ReadVarint32();

  bool Skip(std::uint64_t count) { return ReadBytes(count).has_value(); }

 private:
  std::span<const std::byte> bytes_;
  std::size_t position_ = 0;
};

/// The bytes of a text, and back.
inline std::span<const std::byte> AsBytes(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}
inline std::string_view AsText(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace sidecar::base
