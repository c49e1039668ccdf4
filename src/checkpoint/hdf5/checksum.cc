#include "checkpoint/hdf5/checksum.h"

#include <algorithm>
#include <array>
#include <bit>

namespace sidecar::checkpoint::hdf5 {
namespace {

struct State {
  std::uint32_t a;
  std::uint32_t b;
  std::uint32_t c;
};

void Mix(State& s) {
  s.a -= s.c, s.a ^= std::rotl(s.c, 4), s.c += s.b;
  s.b -= s.a, s.b ^= std::rotl(s.a, 6), s.a += s.c;
  s.c -= s.b, s.c ^= std::rotl(s.b, 8), s.b += s.a;
  s.a -= s.c, s.a ^= std::rotl(s.c, 16), s.c += s.b;
  s.b -= s.a, s.b ^= std::rotl(s.a, 19), s.a += s.c;
  s.c -= s.b, s.c ^= std::rotl(s.b, 4), s.b += s.a;
}

void Finish(State& s) {
  s.c ^= s.b, s.c -= std::rotl(s.b, 14);
  s.a ^= s.c, s.a -= std::rotl(s.c, 11);
  s.b ^= s.a, s.b -= std::rotl(s.a, 25);
  s.c ^= s.b, s.c -= std::rotl(s.b, 16);
  s.a ^= s.c, s.a -= std::rotl(s.c, 4);
  s.b ^= s.a, s.b -= std::rotl(s.a, 14);
  s.c ^= s.b, s.c -= std::rotl(s.b, 24);
}

// Adds up to 12 bytes, as if zeros followed.
void Add(State& s, std::span<const std::byte> bytes) {
  std::array<std::uint32_t, 3> words{};
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    words[i / 4] |= std::to_integer<std::uint32_t>(bytes[i]) << (8U * (i % 4));
  }
  s.a += words[0];
  s.b += words[1];
  s.c += words[2];
}

}  // namespace

std::uint32_t Lookup3(std::span<const std::byte> bytes) {
  const std::uint32_t start = 0xDEADBEEFU + static_cast<std::uint32_t>(bytes.size());
  State state{start, start, start};
  if (bytes.empty()) return state.c;
  while (bytes.size() > 12) {
    Add(state, bytes.first(12));
    Mix(state);
    bytes = bytes.subspan(12);
  }
  Add(state, bytes);
  Finish(state);
  return state.c;
}

std::uint32_t Fletcher32(std::span<const std::byte> bytes) {
  constexpr std::size_t kWordsWithoutOverflow = 360;
  std::uint32_t sum1 = 0;
  std::uint32_t sum2 = 0;
  const auto fold = [](std::uint32_t sum) { return (sum & 0xFFFFU) + (sum >> 16U); };
  while (!bytes.empty()) {
    const std::size_t count = std::min(bytes.size(), 2 * kWordsWithoutOverflow);
    for (std::size_t i = 0; i < count; i += 2) {
      std::uint32_t word = std::to_integer<std::uint32_t>(bytes[i]) << 8U;
      if (i + 1 < count) word |= std::to_integer<std::uint32_t>(bytes[i + 1]);
      sum1 += word;
      sum2 += sum1;
    }
    sum1 = fold(sum1);
    sum2 = fold(sum2);
    bytes = bytes.subspan(count);
  }
  sum1 = fold(sum1);
  sum2 = fold(sum2);
  return (sum2 << 16U) | sum1;
}

}  // namespace sidecar::checkpoint::hdf5
