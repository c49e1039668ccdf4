#include "evaluate/metrics/keep_top_k.h"

#include <algorithm>
#include <cstdint>
#include <functional>
#include <limits>
#include <vector>

#include "evaluate/vector_clones.h"

namespace sidecar::evaluate {
namespace {

constexpr float kNotAmongTopK = -1e10F;

constexpr std::size_t kLanes = 16;

// After so many steps up a selection is faster.
constexpr int kMaxSteps = 8;

// How many values of a row lie above a bound and how many do not lie below it, and the least one
// above.
struct Position {
  std::uint32_t above = 0;
  std::uint32_t at_least = 0;
  float next = std::numeric_limits<float>::infinity();
};

// The k-th greatest of the greatest values of each of some interleaved parts of the row: at most
// the k-th greatest of the row, and often that.
SIDECAR_VECTOR_CLONES float LowerBound(std::span<const float> row, std::size_t k) {
  constexpr float kLowest = -std::numeric_limits<float>::infinity();
  float greatest[kLanes];
  for (float& value : greatest) value = kLowest;
  std::size_t i = 0;
  for (; i + kLanes <= row.size(); i += kLanes) {
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      const float value = row[i + lane];
      greatest[lane] = value > greatest[lane] ? value : greatest[lane];
    }
  }
  for (std::size_t lane = 0; i < row.size(); ++i, ++lane) {
    greatest[lane] = row[i] > greatest[lane] ? row[i] : greatest[lane];
  }
  std::uint32_t above[kLanes] = {};
  for (const float other : greatest) {
    for (std::size_t lane = 0; lane < kLanes; ++lane) above[lane] += other > greatest[lane] ? 1 : 0;
  }
  float bound = std::numeric_limits<float>::infinity();
  for (std::size_t lane = 0; lane < kLanes; ++lane) {
    const bool among = above[lane] < k;
    bound = among && greatest[lane] < bound ? greatest[lane] : bound;
  }
  return bound;
}

// Lanes as in LowerBound(), because compilers do not reorder minima of floats.
SIDECAR_VECTOR_CLONES Position Locate(std::span<const float> row, float bound) {
  constexpr float kNone = std::numeric_limits<float>::infinity();
  std::uint32_t above[kLanes] = {};
  std::uint32_t at_least[kLanes] = {};
  float next[kLanes];
  for (float& value : next) value = kNone;
  const auto take = [&](std::size_t lane, float value) {
    above[lane] += value > bound ? 1U : 0U;
    at_least[lane] += value >= bound ? 1U : 0U;
    const float candidate = value > bound ? value : kNone;
    next[lane] = candidate < next[lane] ? candidate : next[lane];
  };
  std::size_t i = 0;
  for (; i + kLanes <= row.size(); i += kLanes) {
    for (std::size_t lane = 0; lane < kLanes; ++lane) take(lane, row[i + lane]);
  }
  for (std::size_t lane = 0; i < row.size(); ++i, ++lane) take(lane, row[i]);
  Position found;
  for (std::size_t lane = 0; lane < kLanes; ++lane) {
    found.above += above[lane];
    found.at_least += at_least[lane];
    found.next = next[lane] < found.next ? next[lane] : found.next;
  }
  return found;
}

SIDECAR_VECTOR_CLONES void KeepFrom(float least, std::span<float> row) {
  for (float& value : row) value = value >= least ? value : kNotAmongTopK;
}

// The k-th greatest value of a row and how many there are from it on.
struct Least {
  float value = 0;
  Position position;
};

Least FindLeast(std::span<const float> row, std::size_t k, std::vector<float>& greatest) {
  if (k <= kLanes) {
    float bound = LowerBound(row, k);
    for (int step = 0; step < kMaxSteps; ++step) {
      const Position position = Locate(row, bound);
      if (position.above < k) return {bound, position};
      bound = position.next;
    }
  }
  greatest.resize(k);
  std::partial_sort_copy(row.begin(), row.end(), greatest.begin(), greatest.end(),
                         [](float a, float b) { return a > b || (a == a && b != b); });
  constexpr float kLowest = -std::numeric_limits<float>::infinity();
  const float least = greatest.back() > kLowest ? greatest.back() : kLowest;  // may be NaN
  return {least, Locate(row, least)};
}

}  // namespace

void KeepTopK(std::span<float> values, std::size_t row_size, std::size_t k) {
  std::vector<float> greatest;
  for (std::size_t begin = 0; begin < values.size(); begin += row_size) {
    const std::span<float> row = values.subspan(begin, row_size);
    const auto [least, position] = FindLeast(row, k, greatest);
    if (position.at_least <= k) {
      KeepFrom(least, row);
      continue;
    }
    // Of those that equal the least the first ones are kept.
    auto equal_left = static_cast<std::int64_t>(k) - std::int64_t{position.above};
    for (float& value : row) {
      if (value > least || (value == least && equal_left-- > 0)) continue;
      value = kNotAmongTopK;
    }
  }
}

}  // namespace sidecar::evaluate
