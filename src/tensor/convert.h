// Element type conversions.
#pragma once

#include <cstdint>

#include "sidecar/tensor.h"

namespace sidecar::tensor {

/// IEEE half and bfloat16 bit patterns to float and back; to_ functions round to nearest even.
[[nodiscard]] float HalfToFloat(std::uint16_t bits);
[[nodiscard]] std::uint16_t FloatToHalf(float value);
[[nodiscard]] float Bfloat16ToFloat(std::uint16_t bits);
[[nodiscard]] std::uint16_t FloatToBfloat16(float value);

/// The elements converted as a C++ conversion would (floating to integer truncates, anything to
/// bool tests for non-zero), except that floating values an integer type cannot hold become that
/// type's nearest value and NaN becomes 0. The same tensor where the type is right already. Source
/// and target: bool, integers, float16/32/64, bfloat16; kUnimplemented otherwise.
Result<Tensor> Cast(const Tensor& tensor, DType dtype);

}  // namespace sidecar::tensor
