#include "evaluate/metrics/threshold_union.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "evaluate/vector_clones.h"

namespace sidecar::evaluate {
namespace {

// So many elements are worked on at a time that they stay in the first cache.
constexpr std::size_t kChunk = 1024;

// Up to so many thresholds comparing with each is faster than a search.
constexpr std::size_t kFew = 8;

SIDECAR_VECTOR_CLONES void SetToNumbers(std::span<const float> predictions, std::uint32_t* cells) {
  for (std::size_t i = 0; i < predictions.size(); ++i) {
    cells[i] = predictions[i] == predictions[i] ? 1U : 0U;
  }
}

SIDECAR_VECTOR_CLONES void AddSteps(std::span<const float> predictions, float last,
                                    std::uint32_t* cells) {
  for (std::size_t i = 0; i < predictions.size(); ++i) cells[i] += StepsBelow(predictions[i], last);
}

SIDECAR_VECTOR_CLONES void AddAbove(std::span<const float> predictions, float threshold,
                                    std::uint32_t* cells) {
  for (std::size_t i = 0; i < predictions.size(); ++i) {
    cells[i] += predictions[i] > threshold ? 1U : 0U;
  }
}

// SetToNumbers() and AddSteps() at once.
SIDECAR_VECTOR_CLONES void SetToSteps(std::span<const float> predictions, float last,
                                      std::uint32_t* cells) {
  for (std::size_t i = 0; i < predictions.size(); ++i) {
    const float p = predictions[i];
    cells[i] = StepsBelow(p, last) + (p == p ? 1U : 0U);
  }
}

SIDECAR_VECTOR_CLONES void AppendLabels(std::span<const float> labels, std::uint32_t* cells) {
  for (std::size_t i = 0; i < labels.size(); ++i) {
    cells[i] = 2 * cells[i] + (labels[i] != 0 ? 1U : 0U);
  }
}

// Floats in ascending order as integers without gaps.
std::int64_t OrderOf(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  const auto magnitude = static_cast<std::int64_t>(bits & 0x7FFFFFFFU);
  return (bits >> 31U) != 0 ? -magnitude : magnitude;
}
float FloatOf(std::int64_t rank) {
  const auto magnitude = static_cast<std::uint32_t>(rank < 0 ? -rank : rank);
  return std::bit_cast<float>(rank < 0 ? magnitude | 0x80000000U : magnitude);
}

}  // namespace

std::size_t ThresholdUnion::Include(const Thresholds& thresholds) {
  const auto there = std::find(lists_.begin(), lists_.end(), thresholds);
  if (there != lists_.end()) return static_cast<std::size_t>(there - lists_.begin());
  lists_.push_back(thresholds);
  exceeded_.clear();
  if (thresholds.even()) {
    const auto last = static_cast<float>(thresholds.size() - 1);
    if (std::find(even_.begin(), even_.end(), last) == even_.end()) even_.push_back(last);
  } else {
    other_.insert(other_.end(), thresholds.values().begin(), thresholds.values().end());
    std::sort(other_.begin(), other_.end());
    other_.erase(std::unique(other_.begin(), other_.end()), other_.end());
  }
  return lists_.size() - 1;
}

std::size_t ThresholdUnion::buckets() const {
  return BucketOf(std::numeric_limits<float>::infinity()) + 1;
}

std::size_t ThresholdUnion::BucketOf(float prediction) const {
  if (std::isnan(prediction)) return 0;
  std::size_t bucket = 1;
  for (const float last : even_) bucket += StepsBelow(prediction, last);
  const auto end = std::lower_bound(other_.begin(), other_.end(), prediction);
  return bucket + static_cast<std::size_t>(end - other_.begin());
}

// Visits the least prediction of each bucket that there is. Sums that no prediction has are then
// filled in from below.
void ThresholdUnion::Tabulate() const {
  const std::int64_t greatest = OrderOf(std::numeric_limits<float>::infinity());
  const std::size_t last = BucketOf(FloatOf(greatest));
  exceeded_.assign(lists_.size(), std::vector<std::uint32_t>(last + 1, 0U));
  std::int64_t least = -greatest;
  for (std::size_t bucket = 0; bucket != last;) {
    bucket = BucketOf(FloatOf(least));
    for (std::size_t number = 0; number < lists_.size(); ++number) {
      const std::size_t count = lists_[number].CountExceeded(FloatOf(least));
      exceeded_[number][bucket] = static_cast<std::uint32_t>(count);
    }
    std::int64_t above = greatest;  // in a greater bucket, unless this is the last
    while (above - least > 1) {
      const std::int64_t middle = least + (above - least) / 2;
      (BucketOf(FloatOf(middle)) > bucket ? above : least) = middle;
    }
    least = above;
  }
  for (std::vector<std::uint32_t>& list : exceeded_) {
    for (std::size_t i = 1; i < list.size(); ++i) list[i] = std::max(list[i], list[i - 1]);
  }
}

std::span<const std::uint32_t> ThresholdUnion::Exceeded(std::size_t number) const {
  if (exceeded_.empty()) Tabulate();
  return exceeded_[number];
}

void ThresholdUnion::FindCells(std::span<const float> predictions, std::span<const float> labels,
                               std::span<std::uint32_t> cells) const {
  for (std::size_t begin = 0; begin < predictions.size(); begin += kChunk) {
    const std::size_t size = std::min(kChunk, predictions.size() - begin);
    const std::span<const float> block = predictions.subspan(begin, size);
    std::uint32_t* const found = cells.data() + begin;
    if (even_.empty()) {
      SetToNumbers(block, found);
    } else {
      SetToSteps(block, even_.front(), found);
    }
    for (std::size_t i = 1; i < even_.size(); ++i) AddSteps(block, even_[i], found);
    if (other_.size() <= kFew) {
      for (const float threshold : other_) AddAbove(block, threshold, found);
    } else {
      for (std::size_t i = 0; i < size; ++i) {
        const auto end = std::lower_bound(other_.begin(), other_.end(), block[i]);
        found[i] += static_cast<std::uint32_t>(end - other_.begin());
      }
    }
    AppendLabels(labels.subspan(begin, size), found);
  }
}

}  // namespace sidecar::evaluate
