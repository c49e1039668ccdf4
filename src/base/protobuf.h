// Protocol buffer wire format: a bounds-checked reader and a small writer
// (https://protobuf.dev/programming-guides/encoding/).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/byte_reader.h"
#include "sidecar/status.h"

namespace sidecar::base {

enum class WireType : std::uint8_t { kVarint = 0, kFixed64 = 1, kBytes = 2, kFixed32 = 5 };

/// One field of a message. `number` is valid for every type but kBytes, `bytes` for kBytes.
struct ProtoField {
  std::uint32_t tag = 0;  ///< the field number
  WireType type = WireType::kVarint;
  std::uint64_t number = 0;
  std::span<const std::byte> bytes;

  [[nodiscard]] std::int64_t AsInt64() const { return static_cast<std::int64_t>(number); }
  [[nodiscard]] std::int32_t AsInt32() const { return static_cast<std::int32_t>(number); }
  [[nodiscard]] std::string_view AsText() const { return base::AsText(bytes); }
};

/// kDataLoss: "<message>: <problem>".
[[nodiscard]] Status DamagedMessage(std::string_view message, std::string_view problem);

/// Walks the fields of one message in the order in which they stand. Unknown fields are for the
/// caller to pass over. Usage: while (auto field = reader.Next()) {...}  then check
/// reader.status().
class ProtoReader {
 public:
  /// `what` names the message in errors. The bytes must outlive the reader and the fields.
  ProtoReader(std::span<const std::byte> bytes, std::string_view what)
      : reader_(bytes), what_(what) {}
  /// The next field, or nothing at the end of the message or at a damaged field.
  std::optional<ProtoField> Next();
  /// OK, or kDataLoss naming message, offset and what is wrong; valid once Next() has returned
  /// nothing.
  [[nodiscard]] Status status() const { return status_; }

 private:
  std::optional<ProtoField> Fail(std::string_view problem);

  ByteReader reader_;
  std::string_view what_;
  Status status_;
};

/// Builds one message; nested ones are built apart and added with AddBytes(). Proto3 rules: the
/// plain Add functions leave a zero or empty value out, the …Always ones write it.
class ProtoWriter {
 public:
  void AddVarint(std::uint32_t tag, std::uint64_t value);
  void AddVarintAlways(std::uint32_t tag, std::uint64_t value);
  void AddFixed32(std::uint32_t tag, std::uint32_t value);
  void AddFixed64(std::uint32_t tag, std::uint64_t value);
  void AddDouble(std::uint32_t tag, double value);
  void AddBytes(std::uint32_t tag, std::string_view value);
  void AddBytesAlways(std::uint32_t tag, std::string_view value);

  [[nodiscard]] const std::string& bytes() const { return bytes_; }

 private:
  void AppendTag(std::uint32_t tag, WireType type);

  std::string bytes_;
};

/// Appends `value` as a varint.
void AppendVarint(std::string& out, std::uint64_t value);
/// Appends `value` in `sizeof(T)` little-endian bytes.
void AppendFixed32(std::string& out, std::uint32_t value);
void AppendFixed64(std::string& out, std::uint64_t value);

}  // namespace sidecar::base
