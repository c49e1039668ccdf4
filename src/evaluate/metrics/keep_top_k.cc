#include "evaluate/metrics/keep_top_k.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <limits>
#include <vector>

#include "evaluate/vector_clones.h"

namespace sidecar::evaluate {
namespace {

constexpr float kNotAmongTopK = -1e10F;
constexpr float kLowest = -std::numeric_limits<float>::infinity();

// So many rows are worked on side by side, one in each lane of the registers.
constexpr std::size_t kRows = 16;

// Up to so many greatest values inserting is faster than a selection.
constexpr std::size_t kMaxInserted = 16;

// values[row][i] becomes lanes[i][row]; there are kRows or fewer rows.
void Interleave(std::span<const float> values, std::size_t row_size, float* lanes) {
  const std::size_t rows = values.size() / row_size;
  for (std::size_t i = 0; i < row_size; ++i) {
    float* const to = lanes + i * kRows;
    const float* const from = values.data() + i;
    if (rows == kRows) {
      for (std::size_t row = 0; row < kRows; ++row) to[row] = from[row * row_size];
    } else {
      for (std::size_t row = 0; row < rows; ++row) to[row] = from[row * row_size];
    }
  }
}

// Registers by hand: compilers do not find out about them in loops like these.
using Lanes4 [[gnu::vector_size(16)]] = float;

// The k-th greatest value of each lane: each value goes into the descending list of the greatest so
// far and pushes out the least. NaN is never greater.
template <class Register>
[[gnu::always_inline]] inline void InsertAll(const float* lanes, std::size_t row_size,
                                             std::size_t k, float* least) {
  constexpr std::size_t kWidth = sizeof(Register) / sizeof(float);
  constexpr std::size_t kRegisters = kRows / kWidth;
  Register best[kMaxInserted * kRegisters];
  for (std::size_t i = 0; i < k * kRegisters; ++i) best[i] = Register{} + kLowest;
  for (std::size_t i = 0; i < row_size * kRegisters; ++i) {
    Register carried;
    std::memcpy(&carried, lanes + i * kWidth, sizeof(carried));
    for (std::size_t rank = 0; rank < k; ++rank) {
      Register& there = best[rank * kRegisters + i % kRegisters];
      const Register greater = carried > there ? carried : there;
      carried = carried > there ? there : carried;
      there = greater;
    }
  }
  std::memcpy(least, &best[(k - 1) * kRegisters], kRows * sizeof(float));
}

void InsertAnywhere(const float* lanes, std::size_t row_size, std::size_t k, float* least) {
  InsertAll<Lanes4>(lanes, row_size, k, least);
}

using FindLeastFunction = void (*)(const float* lanes, std::size_t row_size, std::size_t k,
                                   float* least);

#if defined(__x86_64__)
// Registers that a processor does not have would be taken apart into single values.
using Lanes8 [[gnu::vector_size(32)]] = float;
using Lanes16 [[gnu::vector_size(64)]] = float;
[[gnu::target("avx2")]] void InsertAvx2(const float* lanes, std::size_t row_size, std::size_t k,
                                        float* least) {
  InsertAll<Lanes8>(lanes, row_size, k, least);
}
[[gnu::target("avx512f")]] void InsertAvx512(const float* lanes, std::size_t row_size,
                                             std::size_t k, float* least) {
  InsertAll<Lanes16>(lanes, row_size, k, least);
}
FindLeastFunction ChooseFindLeast() {
  if (__builtin_cpu_supports("avx512f") != 0) return InsertAvx512;
  return __builtin_cpu_supports("avx2") != 0 ? InsertAvx2 : InsertAnywhere;
}
#else
FindLeastFunction ChooseFindLeast() { return InsertAnywhere; }
#endif

float SelectLeast(std::span<const float> row, std::vector<float>& greatest) {
  std::partial_sort_copy(row.begin(), row.end(), greatest.begin(), greatest.end(),
                         [](float a, float b) { return a > b || (a == a && b != b); });
  return std::max(kLowest, greatest.back());  // the lowest where that is NaN
}

// Returns how many values there are from `least` on.
SIDECAR_VECTOR_CLONES std::uint32_t KeepFrom(float least, std::span<float> row) {
  std::uint32_t kept = 0;
  for (float& value : row) {
    kept += value >= least ? 1U : 0U;
    value = value >= least ? value : kNotAmongTopK;
  }
  return kept;
}

void KeepRow(float least, std::size_t k, std::span<float> row) {
  std::uint32_t kept = KeepFrom(least, row);
  // Of those that equal the least the last ones have to go.
  for (std::size_t i = row.size(); kept > k && i-- > 0;) {
    if (row[i] != least) continue;
    row[i] = kNotAmongTopK;
    --kept;
  }
}

}  // namespace

void KeepTopK(std::span<float> values, std::size_t row_size, std::size_t k) {
  static const FindLeastFunction kFindLeast = ChooseFindLeast();
  std::vector<float> lanes(row_size * kRows, kLowest);
  std::vector<float> greatest(k);
  float least[kRows];
  for (std::size_t begin = 0; begin < values.size(); begin += kRows * row_size) {
    const std::size_t end = std::min(begin + kRows * row_size, values.size());
    const std::span<float> block = values.subspan(begin, end - begin);
    if (k <= kMaxInserted) {
      Interleave(block, row_size, lanes.data());
      kFindLeast(lanes.data(), row_size, k, least);
    }
    for (std::size_t row = 0; row * row_size < block.size(); ++row) {
      const std::span<float> own = block.subspan(row * row_size, row_size);
      KeepRow(k <= kMaxInserted ? least[row] : SelectLeast(own, greatest), k, own);
    }
  }
}

}  // namespace sidecar::evaluate
