#include "model/saved_model/attr_value.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstring>

#include "base/byte_reader.h"
#include "base/status_macros.h"
#include "model/saved_model/proto_fields.h"

namespace sidecar::model::saved_model {
namespace {

using base::ProtoField;
using base::ProtoReader;
using base::WireType;

constexpr std::string_view kTensor = "TensorProto";
constexpr std::string_view kList = "AttrValue.ListValue";
constexpr std::string_view kAttr = "AttrValue";

float FloatOf(std::uint64_t bits) { return std::bit_cast<float>(static_cast<std::uint32_t>(bits)); }

Result<FunctionName> ParseFunctionName(Bytes bytes) {
  FunctionName function;
  ProtoReader reader(bytes, "NameAttrList");
  while (const auto field = reader.Next()) {
    if (field->tag != 1) continue;
    SIDECAR_ASSIGN_OR_RETURN(const Bytes name, BytesOf(*field, "NameAttrList"));
    function.name = base::AsText(name);
  }
  SIDECAR_RETURN_IF_ERROR(reader.status());
  return function;
}

Result<ShapeValue> ParseShapeValue(Bytes bytes) {
  SIDECAR_ASSIGN_OR_RETURN(const std::optional<Shape> shape, ParseShape(bytes));
  return shape ? ShapeValue{true, *shape} : ShapeValue{};
}

Result<TensorProto> ParseTensor(Bytes bytes) {
  TensorProto tensor;
  tensor.message = bytes;
  ProtoReader reader(bytes, kTensor);
  while (const auto field = reader.Next()) {
    if (field->tag == 1) tensor.dtype = DTypeFromNumber(field->number);
    if (field->tag != 2 && field->tag != 4) continue;
    SIDECAR_ASSIGN_OR_RETURN(const Bytes value, BytesOf(*field, kTensor));
    if (field->tag == 4) {
      tensor.content = value;
      continue;
    }
    SIDECAR_ASSIGN_OR_RETURN(const std::optional<Shape> shape, ParseShape(value));
    if (!shape || !shape->is_static()) return Damaged(kTensor, "its shape is not fixed");
    tensor.shape = *shape;
  }
  SIDECAR_RETURN_IF_ERROR(reader.status());
  const Result<std::int64_t> count = tensor.shape.NumElements();
  if (!count.ok()) return Damaged(kTensor, count.status().message());
  tensor.num_elements = *count;
  return tensor;
}

Status AddListBytes(const ProtoField& field, ListValue& list) {
  SIDECAR_ASSIGN_OR_RETURN(const Bytes value, BytesOf(field, kList));
  if (field.tag == 2) list.texts.push_back(base::AsText(value));
  if (field.tag == 7) {
    SIDECAR_ASSIGN_OR_RETURN(const ShapeValue shape, ParseShapeValue(value));
    list.shapes.push_back(shape);
  }
  if (field.tag == 8) list.has_tensors = true;
  if (field.tag == 9) {
    SIDECAR_ASSIGN_OR_RETURN(const FunctionName function, ParseFunctionName(value));
    list.functions.push_back(function);
  }
  return {};
}

Status AddListNumber(std::uint32_t tag, std::uint64_t number, ListValue& list) {
  if (tag == 3) list.integers.push_back(static_cast<std::int64_t>(number));
  if (tag == 4) list.floats.push_back(FloatOf(number));
  if (tag == 5) list.bools.push_back(number != 0);
  if (tag == 6) list.types.push_back(DTypeFromNumber(number));
  return {};
}

Result<ListValue> ParseList(Bytes bytes) {
  return ParseFields<ListValue>(
      bytes, kList, [&](const ProtoField& field, ListValue& list) -> Status {
        if (field.tag < 2 || field.tag > 9) return {};
        if (field.tag < 3 || field.tag > 6) return AddListBytes(field, list);
        const WireType wire = field.tag == 4 ? WireType::kFixed32 : WireType::kVarint;
        return ForEachNumber(field, wire, kList, [&](std::uint64_t number) {
          return AddListNumber(field.tag, number, list);
        });
      });
}

/// Fields of AttrValue that are messages or texts.
Status SetFromBytes(const ProtoField& field, AttrValue& value) {
  SIDECAR_ASSIGN_OR_RETURN(const Bytes bytes, BytesOf(field, kAttr));
  switch (field.tag) {
    case 1: {
      SIDECAR_ASSIGN_OR_RETURN(value, ParseList(bytes));
      break;
    }
    case 2:
      value = base::AsText(bytes);
      break;
    case 7: {
      SIDECAR_ASSIGN_OR_RETURN(value, ParseShapeValue(bytes));
      break;
    }
    case 8: {
      SIDECAR_ASSIGN_OR_RETURN(value, ParseTensor(bytes));
      break;
    }
    default: {
      SIDECAR_ASSIGN_OR_RETURN(value, ParseFunctionName(bytes));
      break;
    }
  }
  return {};
}

/// Where an element type's values stand in a TensorProto, and how.
struct ValueField {
  std::uint32_t tag;
  WireType wire;
};

std::optional<ValueField> FieldOf(DType dtype) {
  switch (dtype) {
    case DType::kFloat32:
      return ValueField{5, WireType::kFixed32};
    case DType::kFloat64:
      return ValueField{6, WireType::kFixed64};
    case DType::kInt32:
    case DType::kInt16:
    case DType::kInt8:
    case DType::kUint16:
    case DType::kUint8:
      return ValueField{7, WireType::kVarint};
    case DType::kInt64:
      return ValueField{10, WireType::kVarint};
    case DType::kBool:
      return ValueField{11, WireType::kVarint};
    case DType::kFloat16:
    case DType::kBfloat16:
      return ValueField{13, WireType::kVarint};
    case DType::kUint32:
      return ValueField{16, WireType::kVarint};
    case DType::kUint64:
      return ValueField{17, WireType::kVarint};
    default:
      return std::nullopt;
  }
}

/// Fills the tensor from the field of its type. Numbers are little-endian bits: the low bytes of
/// each are the element.
Status FillFromField(const TensorProto& proto, const ValueField& source, Tensor& tensor) {
  const std::size_t size = DTypeSize(proto.dtype);
  const std::span<std::byte> out = tensor.mutable_bytes();
  std::size_t filled = 0;
  const auto take = [&](std::uint64_t number) -> Status {
    if (filled == out.size()) {
      return Damaged(kTensor, fmt::format("has more values than the {} of its shape {}",
                                          proto.num_elements, proto.shape.ToString()));
    }
    std::memcpy(out.data() + filled, &number, size);
    filled += size;
    return {};
  };
  ProtoReader reader(proto.message, kTensor);
  while (const auto field = reader.Next()) {
    if (field->tag == source.tag)
      SIDECAR_RETURN_IF_ERROR(ForEachNumber(*field, source.wire, kTensor, take));
  }
  SIDECAR_RETURN_IF_ERROR(reader.status());
  // The last value stands for the rest; without any all are zero, as the tensor is.
  for (std::size_t at = filled; filled >= size && at < out.size(); at += size)
    std::memcpy(out.data() + at, out.data() + filled - size, size);
  return {};
}

}  // namespace

Result<AttrValue> ParseAttrValue(Bytes bytes) {
  AttrValue value;
  ProtoReader reader(bytes, kAttr);
  while (const auto field = reader.Next()) {
    switch (field->tag) {
      case 3:
        value = field->AsInt64();
        break;
      case 4:
        value = FloatOf(field->number);
        break;
      case 5:
        value = field->number != 0;
        break;
      case 6:
        value = TypeValue{DTypeFromNumber(field->number)};
        break;
      case 1:
      case 2:
      case 7:
      case 8:
      case 10:
        SIDECAR_RETURN_IF_ERROR(SetFromBytes(*field, value));
        break;
      default:
        break;
    }
  }
  SIDECAR_RETURN_IF_ERROR(reader.status());
  return value;
}

Result<Tensor> UnpackTensor(const TensorProto& proto, std::uint64_t max_bytes) {
  const std::optional<ValueField> source = FieldOf(proto.dtype);
  if (!source) {
    return Status(StatusCode::kUnimplemented,
                  fmt::format("constants of type {} are not supported", DTypeName(proto.dtype)));
  }
  const auto count = static_cast<std::uint64_t>(proto.num_elements);
  const std::uint64_t size = DTypeSize(proto.dtype);
  if (count > max_bytes / size) {
    return Damaged(kTensor, fmt::format("{}{} has more than the {} bytes allowed",
                                        DTypeName(proto.dtype), proto.shape.ToString(), max_bytes));
  }
  if (proto.content.empty()) {
    SIDECAR_ASSIGN_OR_RETURN(Tensor tensor, Tensor::Zeros(proto.dtype, proto.shape));
    SIDECAR_RETURN_IF_ERROR(FillFromField(proto, *source, tensor));
    return tensor;
  }
  if (proto.content.size() != count * size) {
    return Damaged(kTensor,
                   fmt::format("has {} bytes of content, {}{} needs {}", proto.content.size(),
                               DTypeName(proto.dtype), proto.shape.ToString(), count * size));
  }
  return Tensor::FromBytes(proto.dtype, proto.shape, proto.content);
}

}  // namespace sidecar::model::saved_model
