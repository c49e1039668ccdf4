// The float32 variables in which Keras keeps true and false positives and negatives.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "evaluate/metrics/confusion_counts.h"

namespace sidecar::evaluate {

/// One of the four cells of a confusion matrix.
enum class Cell : std::uint8_t { kTruePositives, kFalsePositives, kTrueNegatives, kFalseNegatives };

/// The four cells, each [thresholds, columns], of one part of some counts.
///
/// Keras adds each batch to float32 variables. Without weights those hold whole numbers, and up to
/// 2^24 their sums are exact in any order: batches are then only counted, and the variables are
/// brought up to date when someone looks at them. With weights, and beyond 2^24, each batch is
/// added to them as in Keras.
class ConfusionVariables {
 public:
  /// `thresholds` is the length of the part's list.
  ConfusionVariables(const ConfusionPart& part, std::size_t thresholds);

  [[nodiscard]] const ConfusionPart& part() const { return part_; }

  /// Sets all to 0; the counts must be cleared, too.
  void Reset();
  /// Before and after `counts` gets a batch without weights that adds up to `most` to a variable.
  /// After: kFailedPrecondition where the variables are those of another number of columns.
  void BeforeCounting(ConfusionCounts& counts, double most);
  Status AfterCounting(ConfusionCounts& counts, double most);
  /// After `counts` got a batch with weights; Settle() must have been called before it.
  Status AddWeighed(const ConfusionCounts& counts);
  /// Adds what was counted but not added yet.
  void Settle(ConfusionCounts& counts);

  /// Empty before the first batch where the number of columns depends on it.
  [[nodiscard]] std::span<const float> values(Cell cell);
  /// Gives one cell other values. The other cells become as large, if need be of zeros.
  void Load(Cell cell, std::span<const double> values);

 private:
  [[nodiscard]] Status CheckSize(const ConfusionCounts& counts) const;
  void Add(const ConfusionSums& sums);
  void Fill();
  [[nodiscard]] double Room();

  ConfusionPart part_;
  std::array<std::vector<float>, 4> cells_;  // by Cell
  bool fresh_ = false;                       // whether what they hold stands for 0
  ConfusionSums added_;                      // how much of the counts was added
  bool has_added_ = false;                   // whether any was
  ConfusionSums sums_;                       // a buffer
  double waiting_ = 0;          // how much was counted since then, at most, for one variable
  std::optional<double> room_;  // how much can be added without rounding, where that is known
};

}  // namespace sidecar::evaluate
