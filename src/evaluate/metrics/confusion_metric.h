// What metrics made of true and false positives and negatives share.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "evaluate/metrics/confusion_counts.h"
#include "evaluate/metrics/metric_accumulator.h"
#include "sidecar/model.h"

namespace sidecar::evaluate {

/// One of the four cells of a confusion matrix.
enum class Cell : std::uint8_t { kTruePositives, kFalsePositives, kTrueNegatives, kFalseNegatives };

/// A metric whose state is some of the cells, each [thresholds, columns], in Keras's order.
class ConfusionMetric : public MetricAccumulator {
 public:
  ConfusionMetric(ConfusionOptions options, std::vector<Cell> cells, KerasVersion version);
  [[nodiscard]] Status Check(const Shape& labels, const Shape& prediction,
                             const Shape* weights) const override;
  Status Update(const OutputView& view) override;

 protected:
  /// The sums of a cell that is part of the state; empty before the first batch where it depends
  /// on shapes.
  [[nodiscard]] std::span<const double> Sums(Cell cell) const;
  [[nodiscard]] const ConfusionOptions& options() const { return counts_.options(); }

 private:
  ConfusionCounts counts_;
  std::vector<Cell> cells_;
};

/// a / b in float32, 0 where b is 0.
[[nodiscard]] inline float DivideNoNan(float a, float b) { return b == 0 ? 0.0F : a / b; }

}  // namespace sidecar::evaluate
