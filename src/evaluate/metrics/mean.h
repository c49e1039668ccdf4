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

/// keras.metrics.Mean's update: what the (weighted) values of one batch add to its variables. Keras
/// 2 counts every value alike; Keras 3 first averages the values of each sample, and applies the
/// mask only where there are weights. Not thread-safe: keeps buffers.
class MeanUpdate {
 public:
  explicit MeanUpdate(KerasVersion version) : version_(version) {}
  /// What one batch adds to the state.
  struct Addition {
    double total = 0;
    double count = 0;
  };
  /// `view` gives the weights and the shape of the prediction. Changes `values`.
  Result<Addition> Of(Values& values, const OutputView& view);

 private:
  Addition OfUnweighted(const Values& values);
  /// Brings weights, and mask, to the shape of the values.
  Status LoadWeights(Values& values, const OutputView& view);

  KerasVersion version_;
  std::vector<float> weights_;
  std::vector<float> sample_means_;
};

/// total / count in float32, 0 where nothing was counted.
[[nodiscard]] double MeanFloat32(double total, double count);

/// keras.metrics.Mean: the state is {total, count}.
class MeanAccumulator : public MetricAccumulator {
 public:
  MeanAccumulator() : MetricAccumulator(2) {}
  [[nodiscard]] MetricValue Result() const override { return MeanResult(); }

 protected:
  void Add(const MeanUpdate::Addition& addition);
  /// total / count, 0 where nothing was counted.
  [[nodiscard]] double MeanResult() const;
};

/// keras.metrics.MeanMetricWrapper.
class MeanOfFunction final : public MeanAccumulator {
 public:
  MeanOfFunction(std::unique_ptr<PerSampleFunction> function, KerasVersion version);
  [[nodiscard]] Status Check(const Shape& labels, const Shape& prediction,
                             const Shape* weights) const override;
  Status Update(const OutputView& view) override;

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
class MeanOfLoss final : public MeanAccumulator {
 public:
  MeanOfLoss(std::unique_ptr<OutputLoss> loss, KerasVersion version);
  [[nodiscard]] Status Check(const Shape& labels, const Shape& prediction,
                             const Shape* weights) const override;
  Status Update(const OutputView& view) override;

 private:
  [[nodiscard]] bool CanWeigh(const Shape& prediction, const Shape& weights) const;

  std::unique_ptr<OutputLoss> loss_;
  KerasVersion version_;
  MeanUpdate mean_;
  Values values_;
};

}  // namespace sidecar::evaluate
