// True and false positives and negatives of batches, at each threshold of several lists.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "evaluate/metrics/confusion_input.h"
#include "evaluate/metrics/threshold_union.h"
#include "sidecar/status.h"

namespace sidecar::evaluate {

/// Sums of weights of what exceeds each threshold of a list, by whether the label is positive (not
/// 0), and of all there is: [thresholds, columns], in the order in which the thresholds were given,
/// and [columns].
struct ConfusionSums {
  std::vector<double> true_positives;
  std::vector<double> false_positives;
  std::vector<double> positives;
  std::vector<double> negatives;

  /// Replaces each sum by what `later` has more.
  void TakeFrom(const ConfusionSums& later);
};

/// Which of the counts are wanted.
struct ConfusionPart {
  std::size_t list = 0;   ///< of thresholds, as ThresholdUnion numbers them
  bool by_label = false;  ///< each column for itself, else all together

  bool operator==(const ConfusionPart&) const = default;
};

/// A histogram over what lies between thresholds, which costs no more for many thresholds and lists
/// of them than for one. Batches without weights add up since Clear(), in integers; one with
/// weights stands for itself. Not thread-safe.
class ConfusionCounts {
 public:
  /// Before the first batch: takes a list of thresholds in.
  ConfusionPart Include(const Thresholds& thresholds, bool by_label);
  /// How many buckets each column has.
  [[nodiscard]] std::size_t buckets() const { return thresholds_.buckets(); }
  /// Whether some part wants columns apart.
  [[nodiscard]] bool by_label() const { return by_label_; }

  /// Forgets all batches.
  void Clear();
  /// Adds a batch without weights. kFailedPrecondition where it does not have as many columns as
  /// before.
  Status Add(const ConfusionInput& batch);
  /// Takes a batch with weights in the place of the last one that had some. As Add().
  Status Weigh(const ConfusionInput& batch);

  /// The sums of all batches since Clear() that had no weights.
  void Counted(const ConfusionPart& part, ConfusionSums& sums);
  /// The sums of the last batch that had weights.
  void Weighed(const ConfusionPart& part, ConfusionSums& sums) const;
  /// Thresholds times columns of a part; 0 before the first batch.
  [[nodiscard]] std::size_t size(const ConfusionPart& part) const {
    const std::size_t together = columns_ == 0 ? 0 : 1;
    return thresholds_.list(part.list).size() * (part.by_label ? columns_ : together);
  }

 private:
  Status SetColumns(std::size_t row_size);
  [[nodiscard]] bool compares() const;
  void FindCells(const ConfusionInput& batch);
  void TakeCounts();
  void SumUp(const std::vector<double>& histogram, std::size_t columns, const ConfusionPart& part,
             ConfusionSums& sums) const;

  ThresholdUnion thresholds_;
  bool by_label_ = false;
  std::size_t columns_ = 0;
  std::vector<std::uint32_t> cells_;   // of each value of the last batch
  std::vector<std::uint32_t> counts_;  // [columns, cells]: those of a few columns fit the cache
  std::uint64_t greatest_count_ = 0;   // that there can be in counts_
  std::vector<double> histogram_;      // [cells, columns]: what was in counts_ before
  bool taken_ = false;                 // whether anything was; histogram_ is unspecified before
  std::vector<double> weighed_;        // likewise, of one batch
};

}  // namespace sidecar::evaluate
