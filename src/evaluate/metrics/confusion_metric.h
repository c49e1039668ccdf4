// What metrics made of true and false positives and negatives share.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "evaluate/metrics/confusion_counts.h"
#include "evaluate/metrics/metric_accumulator.h"
#include "sidecar/model.h"

namespace sidecar::evaluate {

/// One of the four cells of a confusion matrix.
enum class Cell : std::uint8_t { kTruePositives, kFalsePositives, kTrueNegatives, kFalseNegatives };

class ConfusionGroup;

/// A metric whose state is some of the cells, each [thresholds, columns], in Keras's order.
///
/// Keras adds each batch to float32 variables. Without weights those hold whole numbers, and up to
/// 2^24 their sums are exact in any order: batches are then only counted in a histogram, and the
/// variables are brought up to date when someone looks at them. With weights, and beyond 2^24, each
/// batch is added to them as in Keras.
class ConfusionMetric : public MetricAccumulator {
 public:
  ConfusionMetric(ConfusionOptions options, std::vector<Cell> cells, KerasVersion version);
  ~ConfusionMetric() override;
  ConfusionMetric(const ConfusionMetric&) = delete;
  ConfusionMetric& operator=(const ConfusionMetric&) = delete;
  [[nodiscard]] Status Check(const Shape& labels, const Shape& prediction,
                             const Shape* weights) const override;
  Status Update(const OutputView& view) override;

 protected:
  /// The sums of a cell that is part of the state; empty before the first batch where it depends
  /// on shapes.
  [[nodiscard]] std::span<const double> Sums(Cell cell) const;
  [[nodiscard]] const ConfusionOptions& options() const { return counts_.options(); }

 private:
  friend class ConfusionGroup;
  friend void ShareCounts(std::span<MetricAccumulator* const> metrics);
  void Settle() const override;
  // Adds what `counts` has summed up.
  void AddSums(const ConfusionCounts& counts);

  ConfusionCounts counts_;  // used by the first of a group, else for checks only
  std::vector<Cell> cells_;
  std::shared_ptr<ConfusionGroup> group_;
};

/// Lets those among `metrics` that count the same count once. From then on all of them must get the
/// same batches, in this order, and be reset together.
void ShareCounts(std::span<MetricAccumulator* const> metrics);

/// a / b in float32, 0 where b is 0.
[[nodiscard]] inline float DivideNoNan(float a, float b) { return b == 0 ? 0.0F : a / b; }

}  // namespace sidecar::evaluate
