// Exponentials, logarithms and maxima that compilers turn into vector instructions.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>

namespace sidecar::evaluate {

/// exp(x) for x <= 0 within 2 units in the last place; below -87.3 it stays at exp(-87.3)
/// = 1.2e-38, NaN stays NaN. No branches, so loops over it vectorise. Polynomial: Cephes expf.c.
inline float ExpNotPositive(float x) {
  constexpr float kLog2E = 1.44269504088896341F;
  constexpr float kRound = 0x1.8p23F;  // adding it rounds to an integer held in the low bits
  constexpr std::uint32_t kRoundBits = 0x4B400000;
  x = x < -87.3F ? -87.3F : x;
  const float shifted = x * kLog2E + kRound;
  const float n = shifted - kRound;
  const float r = (x - n * 0.693359375F) - n * -2.12194440e-4F;
  float p = 1.9875691500E-4F;
  p = p * r + 1.3981999507E-3F;
  p = p * r + 8.3334519073E-3F;
  p = p * r + 4.1665795894E-2F;
  p = p * r + 1.6666665459E-1F;
  p = p * r + 5.0000001201E-1F;
  p = p * r * r + r + 1.0F;
  const std::uint32_t exponent = std::bit_cast<std::uint32_t>(shifted) - kRoundBits + 127U;
  return p * std::bit_cast<float>(exponent << 23U);
}

/// ln(1 + x) for 0 <= x <= 1 within 2 units in the last place; NaN stays NaN. No branches.
/// Polynomial: Cephes logf.c.
inline float Log1pUpToOne(float x) {
  const float one_plus = 1.0F + x;
  const float lost = x - (one_plus - 1.0F);
  const bool high = one_plus > 1.41421356F;
  const float f = (high ? 0.5F * one_plus : one_plus) - 1.0F;
  const float halved = high ? 1.0F : 0.0F;
  const float square = f * f;
  float p = 7.0376836292E-2F;
  p = p * f - 1.1514610310E-1F;
  p = p * f + 1.1676998740E-1F;
  p = p * f - 1.2420140846E-1F;
  p = p * f + 1.4249322787E-1F;
  p = p * f - 1.6668057665E-1F;
  p = p * f + 2.0000714765E-1F;
  p = p * f - 2.4999993993E-1F;
  p = p * f + 3.3333331174E-1F;
  p = p * f * square + halved * -2.12194440e-4F - 0.5F * square;
  return f + p + halved * 0.693359375F + lost / one_plus;
}

/// ln(x) for 1 <= x < infinity within 2 units in the last place; NaN stays NaN. No branches.
/// Polynomial: as above.
inline float LogAtLeastOne(float x) {
  constexpr std::uint32_t kOneBits = 0x3F800000;
  constexpr std::uint32_t kMantissa = 0x007FFFFF;
  const auto bits = std::bit_cast<std::uint32_t>(x);
  const auto mantissa = std::bit_cast<float>((bits & kMantissa) | kOneBits);
  const float logarithm = Log1pUpToOne(mantissa - 1.0F);
  const auto exponent = static_cast<float>(static_cast<std::int32_t>(bits >> 23U) - 127);
  const float nan_or_zero = x - x;
  return exponent * 0.693359375F + (exponent * -2.12194440e-4F + logarithm) + nan_or_zero;
}

/// The greatest value; NaN is passed over, and -infinity is the greatest of none.
inline float Greatest(std::span<const float> values) {
  constexpr float kLowest = -std::numeric_limits<float>::infinity();
  constexpr std::size_t kLanes = 8;
  float greatest = kLowest;
  std::size_t i = 0;
  if (values.size() >= 2 * kLanes) {
    // Independent lanes become vector instructions.
    float lanes[kLanes] = {kLowest, kLowest, kLowest, kLowest, kLowest, kLowest, kLowest, kLowest};
    for (; i + kLanes <= values.size(); i += kLanes) {
      for (std::size_t lane = 0; lane < kLanes; ++lane) {
        const float value = values[i + lane];
        lanes[lane] = value > lanes[lane] ? value : lanes[lane];
      }
    }
    for (const float lane : lanes) greatest = lane > greatest ? lane : greatest;
  }
  for (; i < values.size(); ++i) greatest = values[i] > greatest ? values[i] : greatest;
  return greatest;
}

/// ExpNotPositive() of each element, in place.
inline void ExpNotPositive(std::span<float> values) {
  for (float& value : values) value = ExpNotPositive(value);
}

}  // namespace sidecar::evaluate
