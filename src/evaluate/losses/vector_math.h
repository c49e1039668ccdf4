// Exponentials that compilers turn into vector instructions.
#pragma once

#include <bit>
#include <cstdint>
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

/// ExpNotPositive() of each element, in place.
inline void ExpNotPositive(std::span<float> values) {
  for (float& value : values) value = ExpNotPositive(value);
}

}  // namespace sidecar::evaluate
