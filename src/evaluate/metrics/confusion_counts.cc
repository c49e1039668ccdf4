#include "evaluate/metrics/confusion_counts.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "base/status_macros.h"
#include "evaluate/metrics/batch_findings.h"
#include "evaluate/vector_clones.h"

namespace sidecar::evaluate {
namespace {

// Histograms of more cells are refused.
constexpr std::size_t kMaxCells = std::size_t{1} << 24;

// Values whose columns do not matter are dealt to so many histograms, because adding to a count
// that has just been added to has to wait for that. Where they would be large, one has to do.
constexpr std::size_t kHistograms = 16;
constexpr std::size_t kLargeHistogram = std::size_t{1} << 13;

// Histograms of so many columns are added to at a time.
constexpr std::size_t kColumnBlock = 16;

// Adds the cells of rows to the counts of their columns; a last row may be shorter.
void CountCells(std::span<const std::uint32_t> cells, std::size_t columns, std::size_t size,
                std::uint32_t* counts) {
  for (std::size_t first = 0; first < columns; first += kColumnBlock) {
    const std::size_t width = std::min(kColumnBlock, columns - first);
    std::uint32_t* const block = counts + first * size;
    std::size_t begin = first;
    for (; begin + width <= cells.size(); begin += columns) {
      const std::uint32_t* const row = cells.data() + begin;
      for (std::size_t i = 0; i < width; ++i) ++block[i * size + row[i]];
    }
    for (std::size_t i = 0; begin + i < cells.size(); ++i) ++block[i * size + cells[begin + i]];
  }
}

// Up to so many thresholds, counting what exceeds each is faster than a histogram.
constexpr std::size_t kFewThresholds = 4;

// The cells of one column for such thresholds, ascending.
void CountByComparing(const ConfusionInput& batch, std::span<const float> thresholds,
                      std::uint32_t* counts) {
  BatchFindings findings;
  std::uint32_t all = static_cast<std::uint32_t>(batch.labels().size());
  std::uint32_t truths = findings.Truths(batch.labels(), 1)[0];
  for (std::size_t i = 0; i <= thresholds.size(); ++i) {
    std::uint32_t found = 0;
    std::uint32_t both = 0;
    if (i < thresholds.size()) {
      const PositiveCounts& above =
          findings.Positives({thresholds[i], false}, batch.labels(), batch.predictions(), 1);
      found = above.found[0];
      both = above.both[0];
    }
    std::uint32_t* const cell = counts + 2 * (i + 1);  // no bucket of its own for NaN
    cell[0] += (all - truths) - (found - both);
    cell[1] += truths - both;
    all = found;
    truths = both;
  }
}

SIDECAR_VECTOR_CLONES void AddTo(std::span<double> sums, const double* values) {
  for (std::size_t i = 0; i < sums.size(); ++i) sums[i] += values[i];
}

SIDECAR_VECTOR_CLONES void ReplaceByRest(std::span<double> sums, const double* later) {
  for (std::size_t i = 0; i < sums.size(); ++i) sums[i] = later[i] - sums[i];
}

SIDECAR_VECTOR_CLONES void AddCountsTo(std::span<double> sums, const std::uint32_t* counts) {
  for (std::size_t i = 0; i < sums.size(); ++i) sums[i] += static_cast<double>(counts[i]);
}

// Adds [cells, columns] to [cells].
void AddColumns(const std::vector<double>& histogram, std::size_t columns,
                std::vector<double>& sums) {
  for (std::size_t cell = 0; cell < sums.size(); ++cell) {
    double sum = 0;
    for (std::size_t i = 0; i < columns; ++i) sum += histogram[cell * columns + i];
    sums[cell] += sum;
  }
}

// From [rank, columns] to the order in which thresholds were given.
void SortByGivenOrder(std::span<const std::size_t> ranks, std::size_t columns,
                      std::vector<double>& sums) {
  if (std::is_sorted(ranks.begin(), ranks.end())) return;
  const std::vector<double> by_rank = sums;
  for (std::size_t i = 0; i < ranks.size(); ++i) {
    std::copy_n(by_rank.begin() + static_cast<std::ptrdiff_t>(ranks[i] * columns), columns,
                sums.begin() + static_cast<std::ptrdiff_t>(i * columns));
  }
}

Status OtherColumns() {
  return Status(StatusCode::kFailedPrecondition, "the number of labels changed between batches");
}

}  // namespace

void ConfusionSums::TakeFrom(const ConfusionSums& later) {
  ReplaceByRest(true_positives, later.true_positives.data());
  ReplaceByRest(false_positives, later.false_positives.data());
  ReplaceByRest(positives, later.positives.data());
  ReplaceByRest(negatives, later.negatives.data());
}

ConfusionPart ConfusionCounts::Include(const Thresholds& thresholds, bool by_label) {
  by_label_ |= by_label;
  return {thresholds_.Include(thresholds), by_label};
}

void ConfusionCounts::Clear() {
  if (greatest_count_ != 0) std::fill(counts_.begin(), counts_.end(), 0U);
  greatest_count_ = 0;
  taken_ = false;
}

Status ConfusionCounts::SetColumns(std::size_t row_size) {
  const std::size_t cells = 2 * buckets();
  const bool one = cells > kLargeHistogram || compares();
  const std::size_t columns = by_label_ ? row_size : one ? 1 : kHistograms;
  if (columns == columns_) return Status();
  if (columns_ != 0) return OtherColumns();
  if (cells > kMaxCells / std::max<std::size_t>(columns, 1)) {
    return Status(
        StatusCode::kFailedPrecondition,
        fmt::format("{} thresholds for each of {} labels are too many", cells / 2 - 1, columns));
  }
  columns_ = columns;
  counts_.assign(cells * columns, 0U);
  histogram_.resize(cells * columns);
  return Status();
}

void ConfusionCounts::FindCells(const ConfusionInput& batch) {
  cells_.resize(batch.predictions().size());
  thresholds_.FindCells(batch.predictions(), batch.labels(), cells_);
}

bool ConfusionCounts::compares() const {
  const std::size_t size = thresholds_.compared().size();
  return !by_label_ && size > 0 && size <= kFewThresholds;
}

Status ConfusionCounts::Add(const ConfusionInput& batch) {
  SIDECAR_RETURN_IF_ERROR(SetColumns(batch.row_size()));
  const std::size_t size = batch.predictions().size();
  if (size == 0) return Status();
  greatest_count_ += size / columns_ + 1;
  if (greatest_count_ > std::numeric_limits<std::uint32_t>::max()) {
    TakeCounts();
    greatest_count_ = size / columns_ + 1;
  }
  if (compares()) {
    CountByComparing(batch, thresholds_.compared(), counts_.data());
  } else {
    FindCells(batch);
    CountCells(cells_, columns_, 2 * buckets(), counts_.data());
  }
  return Status();
}

Status ConfusionCounts::Weigh(const ConfusionInput& batch) {
  SIDECAR_RETURN_IF_ERROR(SetColumns(batch.row_size()));
  FindCells(batch);
  weighed_.assign(histogram_.size(), 0.0);
  const std::span<const float> weights = batch.weights();
  std::size_t column = 0;
  for (std::size_t i = 0; i < cells_.size(); ++i) {
    weighed_[cells_[i] * columns_ + column] += static_cast<double>(weights[i]);
    if (++column == columns_) column = 0;
  }
  return Status();
}

void ConfusionCounts::TakeCounts() {
  const std::size_t size = 2 * buckets();
  for (std::size_t first = 0; first < columns_; first += kColumnBlock) {
    const std::size_t end = std::min(first + kColumnBlock, columns_);
    for (std::size_t cell = 0; cell < size; ++cell) {
      double* const sums = histogram_.data() + cell * columns_;
      for (std::size_t column = first; column < end; ++column) {
        const double before = taken_ ? sums[column] : 0.0;
        sums[column] = before + static_cast<double>(counts_[column * size + cell]);
      }
    }
  }
  std::fill(counts_.begin(), counts_.end(), 0U);
  greatest_count_ = 0;
  taken_ = true;
}

// From the greatest threshold down: what exceeds one exceeds those below it. `histogram` is
// [cells, columns].
void ConfusionCounts::SumUp(const std::vector<double>& histogram, std::size_t columns,
                            const ConfusionPart& part, ConfusionSums& sums) const {
  const std::span<const std::uint32_t> exceeded = thresholds_.Exceeded(part.list);
  const Thresholds& thresholds = thresholds_.list(part.list);
  sums.true_positives.resize(thresholds.size() * columns);
  sums.false_positives.resize(thresholds.size() * columns);
  sums.positives.assign(columns, 0.0);
  sums.negatives.assign(columns, 0.0);
  std::size_t bucket = exceeded.size();
  const auto add_down_to = [&](std::size_t rank) {
    for (; bucket > 0 && exceeded[bucket - 1] >= rank; --bucket) {
      AddTo(sums.negatives, histogram.data() + (2 * bucket - 2) * columns);
      AddTo(sums.positives, histogram.data() + (2 * bucket - 1) * columns);
    }
  };
  for (std::size_t rank = thresholds.size(); rank > 0; --rank) {
    add_down_to(rank);
    const auto at = static_cast<std::ptrdiff_t>((rank - 1) * columns);
    std::copy(sums.positives.begin(), sums.positives.end(), sums.true_positives.begin() + at);
    std::copy(sums.negatives.begin(), sums.negatives.end(), sums.false_positives.begin() + at);
  }
  add_down_to(0);
  SortByGivenOrder(thresholds.ranks(), columns, sums.true_positives);
  SortByGivenOrder(thresholds.ranks(), columns, sums.false_positives);
}

void ConfusionCounts::Counted(const ConfusionPart& part, ConfusionSums& sums) {
  if (part.by_label) {
    if (greatest_count_ != 0) TakeCounts();
    SumUp(histogram_, columns_, part, sums);
    return;
  }
  std::vector<double> together(2 * buckets(), 0.0);
  if (taken_) AddColumns(histogram_, columns_, together);
  for (std::size_t column = 0; column < columns_; ++column) {
    AddCountsTo(together, counts_.data() + column * together.size());
  }
  SumUp(together, 1, part, sums);
}

void ConfusionCounts::Weighed(const ConfusionPart& part, ConfusionSums& sums) const {
  if (part.by_label) {
    SumUp(weighed_, columns_, part, sums);
    return;
  }
  std::vector<double> together(2 * buckets(), 0.0);
  AddColumns(weighed_, columns_, together);
  SumUp(together, 1, part, sums);
}

}  // namespace sidecar::evaluate
