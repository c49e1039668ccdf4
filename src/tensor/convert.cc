#include "tensor/convert.h"

#include <bit>
#include <cmath>
#include <limits>

#include "base/status_macros.h"

namespace sidecar::tensor {
namespace {

struct Half {
  std::uint16_t bits;
};
struct Bfloat {
  std::uint16_t bits;
};

template <class T>
T Load(const T& value) {
  return value;
}
float Load(const Half& value) { return HalfToFloat(value.bits); }
float Load(const Bfloat& value) { return Bfloat16ToFloat(value.bits); }

template <class To, class From>
To ConvertValue(From value) {
  if constexpr (std::is_same_v<To, Half>) {
    return Half{FloatToHalf(static_cast<float>(value))};
  } else if constexpr (std::is_same_v<To, Bfloat>) {
    return Bfloat{FloatToBfloat16(static_cast<float>(value))};
  } else if constexpr (std::is_same_v<To, bool>) {
    return value != From{0};
  } else if constexpr (std::is_floating_point_v<From> && std::is_integral_v<To>) {
    if (std::isnan(value)) return 0;
    // Compared in the wider floating type; the limits of 64-bit types round up to a power of two,
    // hence >=.
    if (value >= static_cast<From>(std::numeric_limits<To>::max()))
      return std::numeric_limits<To>::max();
    if (value <= static_cast<From>(std::numeric_limits<To>::min()))
      return std::numeric_limits<To>::min();
    return static_cast<To>(value);
  } else {
    return static_cast<To>(value);
  }
}

template <class From, class To>
void ConvertAll(const Tensor& from, Tensor& to) {
  const auto* source = reinterpret_cast<const From*>(from.bytes().data());
  auto* target = reinterpret_cast<To*>(to.mutable_bytes().data());
  for (std::int64_t i = 0; i < from.num_elements(); ++i)
    target[i] = ConvertValue<To>(Load(source[i]));
}

// Calls `visit` with a null pointer of the C++ type that stands for `dtype`; false for types
// without one.
template <class Visitor>
bool VisitType(DType dtype, Visitor visit) {
  switch (dtype) {
    case DType::kFloat32:
      visit(static_cast<float*>(nullptr));
      return true;
    case DType::kFloat64:
      visit(static_cast<double*>(nullptr));
      return true;
    case DType::kFloat16:
      visit(static_cast<Half*>(nullptr));
      return true;
    case DType::kBfloat16:
      visit(static_cast<Bfloat*>(nullptr));
      return true;
    case DType::kInt8:
      visit(static_cast<std::int8_t*>(nullptr));
      return true;
    case DType::kInt16:
      visit(static_cast<std::int16_t*>(nullptr));
      return true;
    case DType::kInt32:
      visit(static_cast<std::int32_t*>(nullptr));
      return true;
    case DType::kInt64:
      visit(static_cast<std::int64_t*>(nullptr));
      return true;
    case DType::kUint8:
      visit(static_cast<std::uint8_t*>(nullptr));
      return true;
    case DType::kUint16:
      visit(static_cast<std::uint16_t*>(nullptr));
      return true;
    case DType::kUint32:
      visit(static_cast<std::uint32_t*>(nullptr));
      return true;
    case DType::kUint64:
      visit(static_cast<std::uint64_t*>(nullptr));
      return true;
    case DType::kBool:
      visit(static_cast<bool*>(nullptr));
      return true;
    default:
      return false;
  }
}

}  // namespace

float HalfToFloat(std::uint16_t bits) {
  const std::uint32_t sign = (bits & 0x8000U) << 16U;
  const std::uint32_t exponent = (bits >> 10U) & 0x1FU;
  const std::uint32_t mantissa = bits & 0x3FFU;
  if (exponent == 0) {
    const float magnitude = std::ldexp(static_cast<float>(mantissa), -24);
    return sign != 0 ? -magnitude : magnitude;
  }
  if (exponent == 31) return std::bit_cast<float>(sign | 0x7F800000U | (mantissa << 13U));
  return std::bit_cast<float>(sign | ((exponent + 112U) << 23U) | (mantissa << 13U));
}

std::uint16_t FloatToHalf(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  const auto sign = static_cast<std::uint16_t>((bits >> 16U) & 0x8000U);
  if (std::isnan(value)) return static_cast<std::uint16_t>(sign | 0x7E00U);
  const float magnitude = std::fabs(value);
  if (magnitude >= 65520.0F) return static_cast<std::uint16_t>(sign | 0x7C00U);
  if (magnitude < 0x1p-14F) {  // subnormal: a multiple of 2^-24, rounded to even by nearbyint
    return static_cast<std::uint16_t>(
        sign | static_cast<std::uint16_t>(std::nearbyint(std::ldexp(magnitude, 24))));
  }
  const std::uint32_t rounded = (bits & 0x7FFFFFFFU) + 0xFFFU + ((bits >> 13U) & 1U);
  return static_cast<std::uint16_t>(sign | ((rounded - (112U << 23U)) >> 13U));
}

float Bfloat16ToFloat(std::uint16_t bits) {
  return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16U);
}

std::uint16_t FloatToBfloat16(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  if (std::isnan(value)) return static_cast<std::uint16_t>((bits >> 16U) | 0x40U);
  return static_cast<std::uint16_t>((bits + 0x7FFFU + ((bits >> 16U) & 1U)) >> 16U);
}

Result<Tensor> Cast(const Tensor& tensor, DType dtype) {
  if (tensor.dtype() == dtype) return tensor;
  const auto unsupported = [&] {
    return Status(StatusCode::kUnimplemented,
                  "conversion from " + std::string(DTypeName(tensor.dtype())) + " to " +
                      std::string(DTypeName(dtype)) + " is not supported");
  };
  if (DTypeSize(dtype) == 0) return unsupported();
  SIDECAR_ASSIGN_OR_RETURN(Tensor converted, Tensor::Uninitialized(dtype, tensor.shape()));
  bool known = false;
  VisitType(tensor.dtype(), [&](auto* from) {
    known = VisitType(dtype, [&](auto* to) {
      ConvertAll<std::remove_pointer_t<decltype(from)>, std::remove_pointer_t<decltype(to)>>(
          tensor, converted);
    });
  });
  if (!known) return unsupported();
  return converted;
}

}  // namespace sidecar::tensor
