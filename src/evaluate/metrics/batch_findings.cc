#include "evaluate/metrics/batch_findings.h"

#include <algorithm>
#include <numeric>

#include "evaluate/metrics/accuracy.h"
#include "evaluate/vector_clones.h"

namespace sidecar::evaluate {
namespace {

// Rows are counted as wider ones that fill registers, so that nothing is left over in each.
constexpr std::size_t kRegister = 16;
constexpr std::size_t kLeastWidth = 256;

std::size_t WidthFor(std::size_t columns) {
  const std::size_t width = std::lcm(columns, kRegister);
  return width >= kLeastWidth || width == 0 ? width : kLeastWidth / width * width;
}

// Adds up the columns that `counts` holds several times.
void Fold(std::vector<std::uint32_t>& counts, std::size_t columns) {
  for (std::size_t begin = columns; begin < counts.size(); begin += columns) {
    for (std::size_t i = 0; i < columns; ++i) counts[i] += counts[begin + i];
  }
  counts.resize(columns);
}

// Adds to `found` and `both`, [width], over rows of that width, of which the last may be shorter.
// Two rows at a time, because the sums have to be fetched and put back.
template <class Positive>
[[gnu::always_inline]] inline void CountRows(std::span<const float> labels,
                                             const float* predictions, std::size_t width,
                                             Positive positive, PositiveCounts& counts) {
  std::uint32_t* const found = counts.found.data();
  std::uint32_t* const both = counts.both.data();
  std::size_t begin = 0;
  for (; begin + 2 * width <= labels.size(); begin += 2 * width) {
    const float* const y = labels.data() + begin;
    const float* const p = predictions + begin;
    for (std::size_t i = 0; i < width; ++i) {
      const std::uint32_t first = positive(p[i]) ? 1U : 0U;
      const std::uint32_t second = positive(p[i + width]) ? 1U : 0U;
      found[i] += first + second;
      both[i] += (y[i] != 0 ? first : 0U) + (y[i + width] != 0 ? second : 0U);
    }
  }
  for (; begin < labels.size(); begin += width) {
    const std::size_t size = std::min(width, labels.size() - begin);
    for (std::size_t i = 0; i < size; ++i) {
      const std::uint32_t own = positive(predictions[begin + i]) ? 1U : 0U;
      found[i] += own;
      both[i] += labels[begin + i] != 0 ? own : 0U;
    }
  }
}

SIDECAR_VECTOR_CLONES void CountAbove(std::span<const float> labels, const float* predictions,
                                      std::size_t width, float threshold, PositiveCounts& counts) {
  CountRows(
      labels, predictions, width, [threshold](float p) { return p > threshold; }, counts);
}

SIDECAR_VECTOR_CLONES void CountFrom(std::span<const float> labels, const float* predictions,
                                     std::size_t width, float threshold, PositiveCounts& counts) {
  CountRows(
      labels, predictions, width, [threshold](float p) { return p >= threshold; }, counts);
}

SIDECAR_VECTOR_CLONES void CountTruths(std::span<const float> labels, std::size_t width,
                                       std::uint32_t* truths) {
  for (std::size_t begin = 0; begin < labels.size(); begin += width) {
    const std::size_t size = std::min(width, labels.size() - begin);
    for (std::size_t i = 0; i < size; ++i) truths[i] += labels[begin + i] != 0 ? 1U : 0U;
  }
}

SIDECAR_VECTOR_CLONES bool AllFinite(std::span<const float> values) {
  std::uint32_t others = 0;
  for (const float value : values) others |= value - value == 0 ? 0U : 1U;
  return others == 0;
}

// Replaces the class of each row by its rank.
SIDECAR_VECTOR_CLONES void ReplaceByRanks(std::span<const float> scores, std::size_t classes,
                                          std::span<std::uint32_t> rows) {
  for (std::size_t row = 0; row < rows.size(); ++row) {
    const float* const own = scores.data() + row * classes;
    const float wanted = own[rows[row]];
    std::uint32_t greater = 0;
    for (std::size_t i = 0; i < classes; ++i) greater += own[i] > wanted ? 1U : 0U;
    rows[row] = greater;
  }
}

// The first 1; rows without one are left to ArgMax(), which tells 0 from -0 where Keras does.
std::size_t ClassOf(std::span<const float> labels, bool binary, KerasVersion version) {
  for (std::size_t i = 0; binary && i < labels.size(); ++i) {
    if (labels[i] != 0) return i;
  }
  return ArgMax(labels, version);
}

}  // namespace

std::uint32_t RankOf(std::int64_t label, std::span<const float> scores) {
  if (label < 0 || static_cast<std::uint64_t>(label) >= scores.size()) {
    return BatchFindings::kNoRank;
  }
  auto rank = static_cast<std::uint32_t>(label);
  if (!AllFinite(scores)) return BatchFindings::kNoRank;
  ReplaceByRanks(scores, scores.size(), {&rank, 1});
  return rank;
}

const PositiveCounts& BatchFindings::Positives(const PositiveFrom& from,
                                               std::span<const float> labels,
                                               std::span<const float> predictions,
                                               std::size_t columns) {
  for (const Counted& counted : counted_) {
    if (counted.from == from && counted.columns == columns) return counted.counts;
  }
  PositiveCounts& counts = counted_.emplace_back(Counted{from, columns, {}}).counts;
  if (columns == 0) return counts;  // steps of 0 elements would have no end
  const std::size_t width = WidthFor(columns);
  counts.found.resize(width);
  counts.both.resize(width);
  const auto count = from.or_equal ? CountFrom : CountAbove;
  count(labels, predictions.data(), width, from.threshold, counts);
  Fold(counts.found, columns);
  Fold(counts.both, columns);
  return counts;
}

std::span<const std::uint32_t> BatchFindings::Truths(std::span<const float> labels,
                                                     std::size_t columns) {
  if (truths_.size() == columns) return truths_;
  const std::size_t width = WidthFor(columns);
  truths_.assign(width, 0U);
  CountTruths(labels, width, truths_.data());
  Fold(truths_, columns);
  return truths_;
}

std::span<const std::uint32_t> BatchFindings::ClassRanks(std::span<const float> labels,
                                                         std::span<const float> scores,
                                                         std::size_t rows, bool binary,
                                                         KerasVersion version) {
  if (class_ranks_.size() == rows) return class_ranks_;
  class_ranks_.resize(rows);
  const std::size_t label_classes = labels.size() / rows;
  const std::size_t classes = scores.size() / rows;
  std::size_t greatest = 0;
  for (std::size_t row = 0; row < rows; ++row) {
    const std::size_t label =
        ClassOf(labels.subspan(row * label_classes, label_classes), binary, version);
    class_ranks_[row] = static_cast<std::uint32_t>(label);
    greatest = std::max(greatest, label);
  }
  if (greatest < classes && AllFinite(scores)) {
    ReplaceByRanks(scores, classes, class_ranks_);
    return class_ranks_;
  }
  for (std::size_t row = 0; row < rows; ++row) {
    class_ranks_[row] = RankOf(class_ranks_[row], scores.subspan(row * classes, classes));
  }
  return class_ranks_;
}

}  // namespace sidecar::evaluate
