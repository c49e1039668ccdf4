// Small helpers over base::ProtoReader that the parsers of this folder share.
#pragma once

#include <fmt/format.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/byte_reader.h"
#include "base/protobuf.h"
#include "base/status_macros.h"
#include "sidecar/status.h"

namespace sidecar::model::saved_model {

/// kDataLoss: "MESSAGE: PROBLEM".
inline Status Damaged(std::string_view message, const std::string& problem) {
  return {StatusCode::kDataLoss, fmt::format("{}: {}", message, problem)};
}

/// The field's bytes, or kDataLoss for another wire type.
inline Result<std::span<const std::byte>> BytesOf(const base::ProtoField& field,
                                                  std::string_view message) {
  if (field.type == base::WireType::kBytes) return field.bytes;
  return Damaged(message, fmt::format("field {} has wire type {}, expected 2", field.tag,
                                      static_cast<int>(field.type)));
}

/// Calls `handle(field) -> Status` for each field of a message until it fails.
template <class Handle>
Status ForEachField(std::span<const std::byte> bytes, std::string_view message,
                    const Handle& handle) {
  base::ProtoReader reader(bytes, message);
  while (const auto field = reader.Next()) SIDECAR_RETURN_IF_ERROR(handle(*field));
  return reader.status();
}

/// Calls `handle(tag, bytes) -> Status` for each field that is a text or a message.
template <class Handle>
Status ForEachBytes(std::span<const std::byte> bytes, std::string_view message,
                    const Handle& handle) {
  return ForEachField(bytes, message, [&](const base::ProtoField& field) -> Status {
    if (field.type != base::WireType::kBytes) return {};
    return handle(field.tag, field.bytes);
  });
}

/// The T that `handle(field, T&) -> Status` makes of a message, field by field.
template <class T, class Handle>
Result<T> ParseFields(std::span<const std::byte> bytes, std::string_view message,
                      const Handle& handle) {
  T parsed{};
  const auto fill = [&](const base::ProtoField& field) -> Status { return handle(field, parsed); };
  SIDECAR_RETURN_IF_ERROR(ForEachField(bytes, message, fill));
  return parsed;
}

/// The same by `handle(tag, bytes, T&) -> Status` for each field that is a text or a message.
template <class T, class Handle>
Result<T> ParseBytes(std::span<const std::byte> bytes, std::string_view message,
                     const Handle& handle) {
  T parsed{};
  const auto fill = [&](std::uint32_t tag, std::span<const std::byte> value) -> Status {
    return handle(tag, value, parsed);
  };
  SIDECAR_RETURN_IF_ERROR(ForEachBytes(bytes, message, fill));
  return parsed;
}

/// Calls `take(number) -> Status` for each number of a repeated field, packed or not. `wire` is
/// the type of its elements.
template <class Take>
Status ForEachNumber(const base::ProtoField& field, base::WireType wire, std::string_view message,
                     const Take& take) {
  if (field.type == wire) return take(field.number);
  SIDECAR_ASSIGN_OR_RETURN(const std::span<const std::byte> packed, BytesOf(field, message));
  base::ByteReader reader(packed);
  while (!reader.at_end()) {
    std::optional<std::uint64_t> number;
    if (wire == base::WireType::kVarint) number = reader.ReadVarint64();
    if (wire == base::WireType::kFixed32) number = reader.ReadFixed<std::uint32_t>();
    if (wire == base::WireType::kFixed64) number = reader.ReadFixed<std::uint64_t>();
    if (!number) return Damaged(message, fmt::format("packed field {} is cut off", field.tag));
    SIDECAR_RETURN_IF_ERROR(take(*number));
  }
  return {};
}

/// One entry of a map field.
struct MapEntry {
  std::string_view key;
  std::span<const std::byte> value;
};
inline Result<MapEntry> ParseMapEntry(std::span<const std::byte> bytes, std::string_view message) {
  return ParseBytes<MapEntry>(
      bytes, message,
      [](std::uint32_t tag, std::span<const std::byte> value, MapEntry& entry) -> Status {
        if (tag == 1) entry.key = base::AsText(value);
        if (tag == 2) entry.value = value;
        return {};
      });
}

}  // namespace sidecar::model::saved_model
