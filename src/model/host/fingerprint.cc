#include "model/host/fingerprint.h"

#include <bit>
#include <cstddef>
#include <utility>

namespace sidecar::model {
namespace {

constexpr std::uint64_t kFarm0 = 0xC3A5C85C97CB3127U;
constexpr std::uint64_t kFarm1 = 0xB492B66FBE98F273U;
constexpr std::uint64_t kFarm2 = 0x9AE16A3B2F90404FU;

// A little-endian number of `size` bytes.
std::uint64_t NumberAt(std::string_view bytes, std::size_t begin, std::size_t size) {
  std::uint64_t number = 0;
  for (std::size_t i = size; i-- > 0;) {
    number = number << 8U | static_cast<unsigned char>(bytes[begin + i]);
  }
  return number;
}

std::uint64_t Word(std::string_view bytes, std::size_t begin) { return NumberAt(bytes, begin, 8); }

// The 8 bytes that end `distance` - 8 bytes before the end.
std::uint64_t WordFromEnd(std::string_view bytes, std::size_t distance) {
  return Word(bytes, bytes.size() - distance);
}

std::uint64_t ShiftMix(std::uint64_t value) { return value ^ (value >> 47U); }

std::uint64_t Mix(std::uint64_t u, std::uint64_t v, std::uint64_t factor) {
  const std::uint64_t a = ShiftMix((u ^ v) * factor);
  return ShiftMix((v ^ a) * factor) * factor;
}

std::uint64_t FingerprintUpTo16(std::string_view bytes) {
  const std::uint64_t size = bytes.size();
  const std::uint64_t factor = kFarm2 + size * 2;
  if (size >= 8) {
    const std::uint64_t a = Word(bytes, 0) + kFarm2;
    const std::uint64_t b = WordFromEnd(bytes, 8);
    return Mix(std::rotr(b, 37) * factor + a, (std::rotr(a, 25) + b) * factor, factor);
  }
  if (size >= 4) {
    return Mix(size + (NumberAt(bytes, 0, 4) << 3U), NumberAt(bytes, size - 4, 4), factor);
  }
  if (size == 0) return kFarm2;
  const std::uint64_t y = NumberAt(bytes, 0, 1) + (NumberAt(bytes, size / 2, 1) << 8U);
  const std::uint64_t z = size + (NumberAt(bytes, size - 1, 1) << 2U);
  return ShiftMix((y * kFarm2) ^ (z * kFarm0)) * kFarm2;
}

std::uint64_t FingerprintUpTo64(std::string_view bytes) {
  const std::uint64_t factor = kFarm2 + bytes.size() * 2;
  const bool is_short = bytes.size() <= 32;
  const std::uint64_t a = Word(bytes, 0) * (is_short ? kFarm1 : kFarm2);
  const std::uint64_t b = Word(bytes, 8);
  const std::uint64_t c = WordFromEnd(bytes, 8) * factor;
  const std::uint64_t d = WordFromEnd(bytes, 16) * kFarm2;
  const std::uint64_t y = std::rotr(a + b, 43) + std::rotr(c, 30) + d;
  const std::uint64_t z = Mix(y, a + std::rotr(b + kFarm2, 18) + c, factor);
  if (is_short) return z;
  const std::uint64_t e = Word(bytes, 16) * factor;
  const std::uint64_t f = Word(bytes, 24);
  const std::uint64_t g = (y + WordFromEnd(bytes, 32)) * factor;
  const std::uint64_t h = (z + WordFromEnd(bytes, 24)) * factor;
  return Mix(std::rotr(e + f, 43) + std::rotr(g, 30) + h, e + std::rotr(f + a, 18) + g, factor);
}

struct Pair {
  std::uint64_t first = 0;
  std::uint64_t second = 0;
};

// Of the 32 bytes from `begin`.
Pair HashOf32(std::string_view bytes, std::size_t begin, std::uint64_t a, std::uint64_t b) {
  a += Word(bytes, begin);
  const std::uint64_t last = Word(bytes, begin + 24);
  b = std::rotr(b + a + last, 21);
  const std::uint64_t start = a;
  a += Word(bytes, begin + 8) + Word(bytes, begin + 16);
  return {a + last, b + std::rotr(a, 44) + start};
}

std::uint64_t FingerprintOfLong(std::string_view bytes) {
  constexpr std::uint64_t kSeed = 81;
  std::uint64_t x = kSeed * kFarm2 + Word(bytes, 0);
  std::uint64_t y = kSeed * kFarm1 + 113;
  std::uint64_t z = ShiftMix(y * kFarm2 + 113) * kFarm2;
  Pair v;
  Pair w;
  // One step on the 64 bytes from `at`; the last one weighs differently.
  const auto step = [&](std::size_t at, std::uint64_t factor, std::uint64_t weight) {
    x = std::rotr(x + y + v.first + Word(bytes, at + 8), 37) * factor;
    y = std::rotr(y + v.second + Word(bytes, at + 48), 42) * factor;
    x ^= w.second * weight;
    y += v.first * weight + Word(bytes, at + 40);
    z = std::rotr(z + w.first, 33) * factor;
    v = HashOf32(bytes, at, v.second * factor, x + w.first);
    w = HashOf32(bytes, at + 32, z + w.second, y + Word(bytes, at + 16));
    std::swap(z, x);
  };
  const std::size_t whole = (bytes.size() - 1) / 64 * 64;
  for (std::size_t at = 0; at < whole; at += 64) step(at, kFarm1, 1);
  const std::uint64_t factor = kFarm1 + ((z & 0xFFU) << 1U);
  w.first += (bytes.size() - 1) % 64;
  v.first += w.first;
  w.first += v.first;
  step(bytes.size() - 64, factor, 9);
  return Mix(Mix(v.first, w.first, factor) + ShiftMix(y) * kFarm0 + z,
             Mix(v.second, w.second, factor) + x, factor);
}

class SipState {
 public:
  explicit SipState(const std::array<std::uint64_t, 2>& key)
      : v_{0x736F6D6570736575U ^ key[0], 0x646F72616E646F6DU ^ key[1], 0x6C7967656E657261U ^ key[0],
           0x7465646279746573U ^ key[1]} {}

  void Add(std::uint64_t word) {
    v_[3] ^= word;
    Rounds(2);
    v_[0] ^= word;
  }

  std::uint64_t Finish() {
    v_[2] ^= 0xFFU;
    Rounds(4);
    return v_[0] ^ v_[1] ^ v_[2] ^ v_[3];
  }

 private:
  void Rounds(int count) {
    for (int i = 0; i < count; ++i) {
      HalfRound(0, 1, 2, 3, 13, 16);
      HalfRound(2, 1, 0, 3, 17, 21);
    }
  }

  void HalfRound(std::size_t a, std::size_t b, std::size_t c, std::size_t d, int left, int right) {
    v_[a] += v_[b];
    v_[c] += v_[d];
    v_[b] = std::rotl(v_[b], left) ^ v_[a];
    v_[d] = std::rotl(v_[d], right) ^ v_[c];
    v_[a] = std::rotl(v_[a], 32);
  }

  std::array<std::uint64_t, 4> v_;
};

}  // namespace

std::uint64_t Fingerprint64(std::string_view bytes) {
  if (bytes.size() <= 16) return FingerprintUpTo16(bytes);
  if (bytes.size() <= 64) return FingerprintUpTo64(bytes);
  return FingerprintOfLong(bytes);
}

std::uint64_t SipHash(const std::array<std::uint64_t, 2>& key, std::string_view bytes) {
  SipState state(key);
  std::size_t at = 0;
  for (; at + 8 <= bytes.size(); at += 8) state.Add(Word(bytes, at));
  const std::uint64_t rest = NumberAt(bytes, at, bytes.size() - at);
  const std::uint64_t size = bytes.size();
  state.Add(rest | size << 56U);
  return state.Finish();
}

std::uint64_t FingerprintCat64(std::uint64_t first, std::uint64_t second) {
  constexpr std::uint64_t kFactor = 0xC6A4A7935BD1E995U;
  std::uint64_t result = first ^ kFactor;
  result ^= ShiftMix(second * kFactor) * kFactor;
  result *= kFactor;
  result = ShiftMix(result) * kFactor;
  return ShiftMix(result);
}

}  // namespace sidecar::model
