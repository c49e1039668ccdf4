#include <array>
#include <utility>

#include "sidecar/tensor.h"

namespace sidecar {
namespace {

struct DTypeEntry {
  DType dtype;
  std::string_view name;
  std::size_t size;
};

// Sub-byte types take a byte per element in a checkpoint, as in TensorFlow's memory.
constexpr std::array<DTypeEntry, 33> kTypes{{
    {DType::kFloat32, "float32", 4},
    {DType::kFloat64, "float64", 8},
    {DType::kInt32, "int32", 4},
    {DType::kUint8, "uint8", 1},
    {DType::kInt16, "int16", 2},
    {DType::kInt8, "int8", 1},
    {DType::kString, "string", 0},
    {DType::kComplex64, "complex64", 8},
    {DType::kInt64, "int64", 8},
    {DType::kBool, "bool", 1},
    {DType::kQint8, "qint8", 1},
    {DType::kQuint8, "quint8", 1},
    {DType::kQint32, "qint32", 4},
    {DType::kBfloat16, "bfloat16", 2},
    {DType::kQint16, "qint16", 2},
    {DType::kQuint16, "quint16", 2},
    {DType::kUint16, "uint16", 2},
    {DType::kComplex128, "complex128", 16},
    {DType::kFloat16, "float16", 2},
    {DType::kResource, "resource", 0},
    {DType::kVariant, "variant", 0},
    {DType::kUint32, "uint32", 4},
    {DType::kUint64, "uint64", 8},
    {DType::kFloat8E5m2, "float8_e5m2", 1},
    {DType::kFloat8E4m3fn, "float8_e4m3fn", 1},
    {DType::kFloat8E4m3fnuz, "float8_e4m3fnuz", 1},
    {DType::kFloat8E4m3b11fnuz, "float8_e4m3b11fnuz", 1},
    {DType::kFloat8E5m2fnuz, "float8_e5m2fnuz", 1},
    {DType::kInt4, "int4", 1},
    {DType::kUint4, "uint4", 1},
    {DType::kInt2, "int2", 1},
    {DType::kUint2, "uint2", 1},
    {DType::kFloat4E2m1fn, "float4_e2m1fn", 1},
}};

const DTypeEntry* Find(DType dtype) {
  for (const DTypeEntry& entry : kTypes) {
    if (entry.dtype == dtype) return &entry;
  }
  return nullptr;
}

}  // namespace

std::string_view DTypeName(DType dtype) {
  const DTypeEntry* entry = Find(dtype);
  return entry == nullptr ? "invalid" : entry->name;
}

DType DTypeFromName(std::string_view name) {
  for (const DTypeEntry& entry : kTypes) {
    if (entry.name == name) return entry.dtype;
  }
  return DType::kInvalid;
}

std::size_t DTypeSize(DType dtype) {
  const DTypeEntry* entry = Find(dtype);
  return entry == nullptr ? 0 : entry->size;
}

bool IsFloating(DType dtype) {
  return dtype == DType::kFloat16 || dtype == DType::kBfloat16 || dtype == DType::kFloat32 ||
         dtype == DType::kFloat64;
}

bool IsInteger(DType dtype) {
  switch (dtype) {
    case DType::kInt8:
    case DType::kInt16:
    case DType::kInt32:
    case DType::kInt64:
    case DType::kUint8:
    case DType::kUint16:
    case DType::kUint32:
    case DType::kUint64:
      return true;
    default:
      return false;
  }
}

}  // namespace sidecar
