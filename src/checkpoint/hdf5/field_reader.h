// Reads the fields of one structure, with one check at the end instead of one per field.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "base/byte_reader.h"

namespace sidecar::checkpoint::hdf5 {

/// A cursor over a structure's bytes. A read past the end gives zero (or an empty span) and makes
/// ok() false from then on; callers check ok() before they act on what they read.
class FieldReader {
 public:
  explicit FieldReader(std::span<const std::byte> bytes) : reader_(bytes) {}

  [[nodiscard]] bool ok() const { return ok_; }
  [[nodiscard]] std::size_t position() const { return reader_.position(); }
  [[nodiscard]] std::size_t remaining() const { return reader_.remaining(); }

  std::uint8_t U8() { return Fixed<std::uint8_t>(); }
  std::uint16_t U16() { return Fixed<std::uint16_t>(); }
  std::uint32_t U32() { return Fixed<std::uint32_t>(); }
  std::uint64_t U64() { return Fixed<std::uint64_t>(); }
  /// An unsigned integer of `size` bytes, 1 to 8.
  std::uint64_t Unsigned(std::size_t size) {
    std::uint64_t value = 0;
    unsigned shift = 0;
    for (const std::byte byte : Bytes(size)) {
      value |= std::to_integer<std::uint64_t>(byte) << shift;
      shift += 8;
    }
    return value;
  }
  std::span<const std::byte> Bytes(std::uint64_t count) {
    const auto bytes = reader_.ReadBytes(count);
    ok_ = ok_ && bytes.has_value();
    return bytes.value_or(std::span<const std::byte>());
  }
  std::string_view Text(std::uint64_t count) { return base::AsText(Bytes(count)); }
  void Skip(std::uint64_t count) { Bytes(count); }
  /// Everything that is left.
  std::span<const std::byte> Rest() { return Bytes(remaining()); }

 private:
  template <class T>
  T Fixed() {
    const auto value = reader_.ReadFixed<T>();
    ok_ = ok_ && value.has_value();
    return value.value_or(T{0});
  }

  base::ByteReader reader_;
  bool ok_ = true;
};

}  // namespace sidecar::checkpoint::hdf5
