// What metrics made of true and false positives and negatives share.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "evaluate/metrics/confusion_input.h"
#include "evaluate/metrics/confusion_variables.h"
#include "evaluate/metrics/metric_accumulator.h"
#include "sidecar/model.h"

namespace sidecar::evaluate {

class ConfusionGroup;

/// A metric whose state is some of the cells, each [thresholds, columns], in Keras's order.
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
  [[nodiscard]] std::span<const float> Sums(Cell cell) const;
  [[nodiscard]] const ConfusionOptions& options() const { return input_.options(); }

 private:
  friend class ConfusionGroup;
  friend void ShareCounts(std::span<MetricAccumulator* const> metrics, std::size_t max_buckets);
  void Settle() const override;
  void TakeState() override;
  void Clear() override;

  ConfusionInput input_;  // used by the first of a group, else for checks only
  std::vector<Cell> cells_;
  std::shared_ptr<ConfusionGroup> group_;
  std::shared_ptr<ConfusionVariables> variables_;  // may be those of others, too
};

/// Lets those among `metrics` that count the same values count them once, in histograms of up to
/// `max_buckets` for each column. Before the first batch; from then on all of them must get the
/// same batches, in this order, and be reset together.
void ShareCounts(std::span<MetricAccumulator* const> metrics, std::size_t max_buckets);

/// a / b in float32, 0 where b is 0.
[[nodiscard]] inline float DivideNoNan(float a, float b) { return b == 0 ? 0.0F : a / b; }

}  // namespace sidecar::evaluate
