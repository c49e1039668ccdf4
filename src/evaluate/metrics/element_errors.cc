#include "evaluate/metrics/element_errors.h"

#include <fmt/format.h>

#include <cmath>
#include <utility>

#include "base/status_macros.h"
#include "evaluate/losses/elementwise.h"
#include "evaluate/metrics/confusion_metric.h"
#include "evaluate/metrics/mean.h"
#include "evaluate/rank_rules.h"

namespace sidecar::evaluate {
namespace {

// (p - y)^2 of each element.
class SquaredErrors final : public PerSampleFunction {
 public:
  [[nodiscard]] Result<Shape> ValueShape(const Shape& labels,
                                         const Shape& prediction) const override {
    return ElementPairs::CommonShape(labels, prediction);
  }

  Status Compute(const FunctionInput& input, Values& values) override {
    SIDECAR_RETURN_IF_ERROR(pairs_.Load(input, values.shape));
    const std::span<const float> labels = pairs_.labels();
    const std::span<const float> predictions = pairs_.predictions();
    for (std::size_t i = 0; i < labels.size(); ++i) {
      const float error = predictions[i] - labels[i];
      values.data[i] = error * error;
    }
    return Status();
  }

 private:
  ElementPairs pairs_;
};

// |y - p| / normalizer of each element, 0 where the normalizer is.
class RelativeErrors final : public PerSampleFunction {
 public:
  explicit RelativeErrors(std::vector<float> normalizer) : normalizer_(std::move(normalizer)) {}

  [[nodiscard]] Result<Shape> ValueShape(const Shape& labels,
                                         const Shape& prediction) const override {
    if (!SameShapes(labels, prediction)) {
      return ShapesDiffer(labels, prediction, "mean_relative_error needs the same shape for both");
    }
    const auto given = static_cast<std::int64_t>(normalizer_.size());
    const std::int64_t last = prediction.rank() < 2 ? 1 : prediction[prediction.rank() - 1];
    if (given == 1 || last == given || last == Shape::kUnknown) return prediction;
    return Status(StatusCode::kFailedPrecondition,
                  fmt::format("normalizer has {} values for predictions of shape {}", given,
                              prediction.ToString()));
  }

  Status Compute(const FunctionInput& input, Values& values) override {
    SIDECAR_ASSIGN_OR_RETURN(const std::span<const float> labels, input.labels->Floats());
    for (std::size_t i = 0; i < labels.size(); ++i) {
      values.data[i] = DivideNoNan(std::fabs(labels[i] - input.prediction[i]),
                                   normalizer_[i % normalizer_.size()]);
    }
    return Status();
  }

 private:
  std::vector<float> normalizer_;
};

class RootMeanSquaredError final : public MeanAccumulator {
 public:
  explicit RootMeanSquaredError(KerasVersion version) : version_(version), mean_(version) {}

  [[nodiscard]] Status Check(const Shape& labels, const Shape& prediction,
                             const Shape* weights) const override {
    const AlignedShapes shapes = AlignLabels(labels, prediction, version_);
    SIDECAR_ASSIGN_OR_RETURN(const Shape values,
                             errors_.ValueShape(shapes.labels, shapes.prediction));
    if (weights == nullptr) return Status();
    return AlignWeights(values, prediction, *weights, version_, WeightUse::kMean).status();
  }

  Status Update(const OutputView& view) override {
    SIDECAR_RETURN_IF_ERROR(ComputeValues(errors_, view, version_, values_));
    SIDECAR_ASSIGN_OR_RETURN(const MeanUpdate::Addition addition, mean_.Of(values_, view));
    Add(addition);
    return Status();
  }

  [[nodiscard]] MetricValue Result() const override {
    const double mean = MeanResult();
    if (in_double()) return std::sqrt(mean);
    return static_cast<double>(std::sqrt(static_cast<float>(mean)));
  }

 private:
  KerasVersion version_;
  SquaredErrors errors_;
  MeanUpdate mean_;
  Values values_;
};

}  // namespace

std::unique_ptr<MetricAccumulator> MakeRootMeanSquaredError(ObjectConfig&, KerasVersion version) {
  return std::make_unique<RootMeanSquaredError>(version);
}

std::unique_ptr<MetricAccumulator> MakeMeanRelativeError(ObjectConfig& config,
                                                         KerasVersion version) {
  std::vector<float> normalizer;
  for (const double value : config.Numbers("normalizer").value_or(std::vector<double>())) {
    normalizer.push_back(static_cast<float>(value));
  }
  if (normalizer.empty()) {
    config.Mistake("normalizer", "a number or a list of numbers");
    normalizer.push_back(1);
  }
  return std::make_unique<MeanOfFunction>(std::make_unique<RelativeErrors>(std::move(normalizer)),
                                          version);
}

}  // namespace sidecar::evaluate
