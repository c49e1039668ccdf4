#include "checkpoint/hdf5/datatype.h"

#include <fmt/format.h>

#include <array>
#include <string_view>

#include "base/status_macros.h"
#include "checkpoint/hdf5/field_reader.h"

namespace sidecar::checkpoint::hdf5 {
namespace {

enum Class : std::uint8_t {
  kInteger = 0,
  kFloat = 1,
  kString = 3,
  kOpaqueClass = 5,
  kEnum = 8,
  kVariableLength = 9,
};

constexpr std::array<std::string_view, 12> kClassNames = {"integer",  "floating-point number",
                                                          "time",     "string",
                                                          "bitfield", "opaque",
                                                          "compound", "reference",
                                                          "enum",     "variable-length list",
                                                          "array",    "complex number"};

struct Head {
  std::uint8_t version = 0;
  std::uint8_t type_class = 0;
  std::uint32_t bits = 0;
  std::uint32_t size = 0;
};

Head ReadHead(FieldReader& reader) {
  Head head;
  const std::uint8_t first = reader.U8();
  head.version = first >> 4U;
  head.type_class = first & 0xFU;
  head.bits = static_cast<std::uint32_t>(reader.Unsigned(3));
  head.size = reader.U32();
  return head;
}

DType IntegerType(std::uint32_t size, bool is_signed) {
  switch (size) {
    case 1:
      return is_signed ? DType::kInt8 : DType::kUint8;
    case 2:
      return is_signed ? DType::kInt16 : DType::kUint16;
    case 4:
      return is_signed ? DType::kInt32 : DType::kUint32;
    case 8:
      return is_signed ? DType::kInt64 : DType::kUint64;
    default:
      return DType::kInvalid;
  }
}

void SetNumber(Datatype& type, DType dtype, bool big_endian) {
  if (dtype == DType::kInvalid) return;
  type.kind = Datatype::Kind::kNumber;
  type.dtype = dtype;
  type.big_endian = big_endian && type.size > 1;
  type.name = std::string(type.big_endian ? "big-endian " : "") + std::string(DTypeName(dtype));
}

void ReadInteger(FieldReader& reader, const Head& head, Datatype& type) {
  const std::uint16_t bit_offset = reader.U16();
  const std::uint16_t precision = reader.U16();
  if (bit_offset != 0 || precision != head.size * 8) return;
  SetNumber(type, IntegerType(head.size, (head.bits & 8U) != 0), (head.bits & 1U) != 0);
}

// A floating-point layout: where sign, exponent and mantissa stand.
struct FloatLayout {
  DType dtype;
  std::uint32_t size;
  std::uint8_t exponent_at, exponent_bits, mantissa_at, mantissa_bits;
  std::uint32_t bias;
};
constexpr std::array<FloatLayout, 4> kFloats = {{
    {DType::kFloat16, 2, 10, 5, 0, 10, 15},
    {DType::kBfloat16, 2, 7, 8, 0, 7, 127},
    {DType::kFloat32, 4, 23, 8, 0, 23, 127},
    {DType::kFloat64, 8, 52, 11, 0, 52, 1023},
}};

void ReadFloat(FieldReader& reader, const Head& head, Datatype& type) {
  const std::uint16_t bit_offset = reader.U16();
  const std::uint16_t precision = reader.U16();
  const std::uint8_t exponent_at = reader.U8();
  const std::uint8_t exponent_bits = reader.U8();
  const std::uint8_t mantissa_at = reader.U8();
  const std::uint8_t mantissa_bits = reader.U8();
  const std::uint32_t bias = reader.U32();
  const std::uint32_t order = (head.bits & 1U) | ((head.bits >> 5U) & 2U);  // bits 0 and 6
  const std::uint32_t normalization = (head.bits >> 4U) & 3U;
  const std::uint32_t sign_at = (head.bits >> 8U) & 0xFFU;
  // Order 2 does not exist and 3 is the VAX's; normalization 2 is the implied leading bit.
  if (order > 1 || normalization != 2 || bit_offset != 0) return;
  for (const FloatLayout& layout : kFloats) {
    if (layout.size == head.size && precision == head.size * 8 && sign_at == head.size * 8 - 1 &&
        layout.exponent_at == exponent_at && layout.exponent_bits == exponent_bits &&
        layout.mantissa_at == mantissa_at && layout.mantissa_bits == mantissa_bits &&
        layout.bias == bias) {
      SetNumber(type, layout.dtype, order == 1);
    }
  }
}

// h5py's bool: an enum over int8 with FALSE = 0 and TRUE = 1.
void ReadEnum(FieldReader& reader, const Head& head, Datatype& type) {
  const Head base = ReadHead(reader);
  reader.Skip(4);  // the integer's offset and precision
  if (base.type_class != kInteger || base.size != 1 || head.size != 1) return;
  if ((head.bits & 0xFFFFU) != 2) return;
  const bool padded = head.version < 3;  // names are padded to a multiple of 8 bytes
  const std::string_view first = reader.Text(padded ? 8 : 6);
  const std::string_view second = reader.Text(padded ? 8 : 5);
  const std::uint8_t first_value = reader.U8();
  const std::uint8_t second_value = reader.U8();
  if (reader.ok() && first.substr(0, 6) == std::string_view("FALSE\0", 6) &&
      second.substr(0, 5) == std::string_view("TRUE\0", 5) && first_value == 0 &&
      second_value == 1) {
    SetNumber(type, DType::kBool, false);
  }
}

Status SetPadding(std::uint32_t padding, Datatype& type, const Where& where) {
  if (padding > 2) return where.Damaged(fmt::format("a string type with padding {}", padding));
  type.padding = static_cast<Datatype::Padding>(padding);
  return {};
}

Status ReadVariableLength(FieldReader& reader, const Head& head, Datatype& type,
                          const Where& where) {
  if ((head.bits & 0xFU) != 1) return {};  // a list, not a string
  // A length, an address and an index: 4 + 8 + 4 bytes.
  if (head.size != 16) {
    return where.Damaged(
        fmt::format("a variable-length string of {} bytes, expected 16", head.size));
  }
  reader.Skip(8);  // its base type: a character
  type.kind = Datatype::Kind::kVariableString;
  type.dtype = DType::kString;
  type.name = "string of variable length";
  return SetPadding((head.bits >> 4U) & 0xFU, type, where);
}

}  // namespace

Result<Datatype> ParseDatatype(std::span<const std::byte> message, const Where& where) {
  FieldReader reader(message);
  const Head head = ReadHead(reader);
  Datatype type;
  type.size = head.size;
  if (!reader.ok()) return where.Damaged("its datatype message is cut off");
  if (head.version < 1 || head.version > 5 || head.type_class >= kClassNames.size())
    return where.Damaged(
        fmt::format("a datatype of version {} and class {}", head.version, head.type_class));
  if (head.size == 0) return where.Damaged("a datatype of 0 bytes");
  type.name = fmt::format("{} of {} bytes", kClassNames[head.type_class], head.size);
  switch (head.type_class) {
    case kInteger:
      ReadInteger(reader, head, type);
      break;
    case kFloat:
      ReadFloat(reader, head, type);
      break;
    case kString:
      type.kind = Datatype::Kind::kFixedString;
      type.dtype = DType::kString;
      SIDECAR_RETURN_IF_ERROR(SetPadding(head.bits & 0xFU, type, where));
      break;
    case kOpaqueClass:
      type.kind = Datatype::Kind::kOpaque;
      break;
    case kEnum:
      ReadEnum(reader, head, type);
      return type;  // an enum of another form is shorter than a bool's message may be
    case kVariableLength:
      SIDECAR_RETURN_IF_ERROR(ReadVariableLength(reader, head, type, where));
      break;
    default:
      break;
  }
  if (!reader.ok()) return where.Damaged("its datatype message is cut off");
  return type;
}

}  // namespace sidecar::checkpoint::hdf5
