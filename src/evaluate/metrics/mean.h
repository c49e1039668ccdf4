// Means of a function's values, of a loss, of numbers.
#pragma once

#include <memory>
#include <vector>

#include "evaluate/losses/output_loss.h"
#include "evaluate/metrics/metric_accumulator.h"
#include "evaluate/per_sample_function.h"
#include "evaluate/values.h"
#include "sidecar/model.h"

namespace sidecar::evaluate {

/// keras.metrics.Mean's update: adds the (weighted) values of one batch to `state`, which is
/// {total, count}. Keras 2 counts every value alike; Keras 3 first averages the values of each
/// sample, and applies the mask only where there are weights. Not thread-safe: keeps buffers.
class MeanUpdate {
 public:
  explicit MeanUpdate(KerasVersion version) : version_(version) {}
  /// `view` gives the weights and the shape of the prediction. Changes `values`.
  Status Add(Values& values, const OutputView& view, std::span<double> state);

 private:
  void AddUnweighted(const Values& values, std::span<double> state);
  /// Brings weights, and mask, to the shape of the values.
  Status LoadWeights(Values& values, const OutputView& view);

  KerasVersion version_;
  std::vector<float> weights_;
  std::vector<float> sample_means_;
};

/// total / count, 0 where nothing was counted.
[[nodiscard]] float MeanResult(std::span<const double> state);

/// keras.metrics.MeanMetricWrapper.
class MeanOfFunction final : public MetricAccumulator {
 public:
  MeanOfFunction(std::unique_ptr<PerSampleFunction> function, KerasVersion version);
  [[nodiscard]] Status Check(const Shape& labels, const Shape& prediction,
                             const Shape* weights) const override;
  Status Update(const OutputView& view) override;
  [[nodiscard]] MetricValue Result() const override;

 private:
  std::unique_ptr<PerSampleFunction> function_;
  KerasVersion version_;
  MeanUpdate mean_;
  Values values_;
  std::vector<float> masked_;
};

/// MeanMetricWrapper around a loss object: a batch counts once, however large, unless the loss is
/// not reduced or, in Keras 2, there are weights, whose sum it counts then. The loss itself gets no
/// weights.
class MeanOfLoss final : public MetricAccumulator {
 public:
  MeanOfLoss(std::unique_ptr<OutputLoss> loss, KerasVersion version);
  [[nodiscard]] Status Check(const Shape& labels, const Shape& prediction,
                             const Shape* weights) const override;
  Status Update(const OutputView& view) override;
  [[nodiscard]] MetricValue Result() const override;

 private:
  [[nodiscard]] bool CanWeigh(const Shape& prediction, const Shape& weights) const;

  std::unique_ptr<OutputLoss> loss_;
  KerasVersion version_;
  MeanUpdate mean_;
  Values values_;
};

}  // namespace sidecar::evaluate
