#include "base/protobuf.h"

#include <bit>

namespace sidecar::base {

Status DamagedMessage(std::string_view message, std::string_view problem) {
  return {StatusCode::kDataLoss, std::string(message) + ": " + std::string(problem)};
}

std::optional<ProtoField> ProtoReader::Fail(std::string_view problem) {
  status_ = Status(StatusCode::kDataLoss, std::string(what_) + ": " + std::string(problem) +
                                              " at byte " + std::to_string(reader_.position()));
  return std::nullopt;
}

std::optional<ProtoField> ProtoReader::Next() {
  if (!status_.ok() || reader_.at_end()) return std::nullopt;
  auto key = reader_.ReadVarint32();
  if (!key) return Fail("damaged field key");
  ProtoField field;
  field.tag = *key >> 3U;
  if (field.tag == 0) return Fail("field number 0");
  switch (*key & 7U) {
    case 0: {
      auto value = reader_.ReadVarint64();
      if (!value) return Fail("damaged varint of field " + std::to_string(field.tag));
      field.type = WireType::kVarint;
      field.number = *value;
      return field;
    }
    case 1: {
      auto value = reader_.ReadFixed<std::uint64_t>();
      if (!value) return Fail("cut off in field " + std::to_string(field.tag));
      field.type = WireType::kFixed64;
      field.number = *value;
      return field;
    }
    case 2: {
      auto length = reader_.ReadVarint64();
      if (!length) return Fail("damaged length of field " + std::to_string(field.tag));
      auto bytes = reader_.ReadBytes(*length);
      if (!bytes) {
        return Fail("field " + std::to_string(field.tag) + " declares " + std::to_string(*length) +
                    " bytes, " + std::to_string(reader_.remaining()) + " are left");
      }
      field.type = WireType::kBytes;
      field.bytes = *bytes;
      return field;
    }
    case 5: {
      auto value = reader_.ReadFixed<std::uint32_t>();
      if (!value) return Fail("cut off in field " + std::to_string(field.tag));
      field.type = WireType::kFixed32;
      field.number = *value;
      return field;
    }
    default:
      return Fail("wire type " + std::to_string(*key & 7U) + " is not supported");
  }
}

void AppendVarint(std::string& out, std::uint64_t value) {
  while (value >= 0x80U) {
    out.push_back(static_cast<char>(value | 0x80U));
    value >>= 7U;
  }
  out.push_back(static_cast<char>(value));
}

void AppendFixed32(std::string& out, std::uint32_t value) {
  for (unsigned shift = 0; shift < 32; shift += 8) out.push_back(static_cast<char>(value >> shift));
}

void AppendFixed64(std::string& out, std::uint64_t value) {
  for (unsigned shift = 0; shift < 64; shift += 8) out.push_back(static_cast<char>(value >> shift));
}

void ProtoWriter::AppendTag(std::uint32_t tag, WireType type) {
  AppendVarint(bytes_, (static_cast<std::uint64_t>(tag) << 3U) | static_cast<std::uint64_t>(type));
}

void ProtoWriter::AddVarint(std::uint32_t tag, std::uint64_t value) {
  if (value != 0) AddVarintAlways(tag, value);
}

void ProtoWriter::AddVarintAlways(std::uint32_t tag, std::uint64_t value) {
  AppendTag(tag, WireType::kVarint);
  AppendVarint(bytes_, value);
}

void ProtoWriter::AddFixed32(std::uint32_t tag, std::uint32_t value) {
  if (value == 0) return;
  AppendTag(tag, WireType::kFixed32);
  AppendFixed32(bytes_, value);
}

void ProtoWriter::AddFixed64(std::uint32_t tag, std::uint64_t value) {
  if (value == 0) return;
  AppendTag(tag, WireType::kFixed64);
  AppendFixed64(bytes_, value);
}

void ProtoWriter::AddDouble(std::uint32_t tag, double value) {
  AddFixed64(tag, std::bit_cast<std::uint64_t>(value));
}

void ProtoWriter::AddBytes(std::uint32_t tag, std::string_view value) {
  if (!value.empty()) AddBytesAlways(tag, value);
}

void ProtoWriter::AddBytesAlways(std::uint32_t tag, std::string_view value) {
  AppendTag(tag, WireType::kBytes);
  AppendVarint(bytes_, value.size());
  bytes_.append(value);
}

}  // namespace sidecar::base
