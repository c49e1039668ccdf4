#include "evaluate/metrics/r2_score.h"

#include <cmath>
#include <cstdint>
#include <utility>

#include "base/status_macros.h"
#include "evaluate/losses/elementwise.h"
#include "evaluate/rank_rules.h"

namespace sidecar::evaluate {
namespace {

enum class Aggregation : std::uint8_t { kNone, kUniform, kByVariance };

// The state is the number of elements, then the sums of squares, labels, squared errors and
// weights of each column.
constexpr std::size_t kColumnParts = 4;

class R2Score final : public MetricAccumulator {
 public:
  R2Score(Aggregation aggregation, std::int64_t regressors, KerasVersion version)
      : MetricAccumulator(0),
        aggregation_(aggregation),
        regressors_(regressors),
        version_(version) {}

  [[nodiscard]] Status Check(const Shape& labels, const Shape& prediction,
                             const Shape* weights) const override {
    const AlignedShapes shapes = AlignLabels(labels, prediction, version_);
    if (shapes.prediction.rank() != 2 || !SameShapes(shapes.labels, shapes.prediction)) {
      return ShapesDiffer(labels, prediction, "r2_score needs both of shape [batch, values]");
    }
    if (weights == nullptr) return Status();
    return WeightsFor(shapes.prediction, *weights).status();
  }

  Status Update(const OutputView& view) override {
    const Shape* weight_shape = view.weights == nullptr ? nullptr : &view.weights->shape;
    SIDECAR_RETURN_IF_ERROR(Check(view.labels->shape(), view.prediction_shape, weight_shape));
    SIDECAR_ASSIGN_OR_RETURN(const std::span<const float> labels, view.labels->Floats());
    const Shape shape =
        AlignLabels(view.labels->shape(), view.prediction_shape, version_).prediction;
    const auto columns = static_cast<std::size_t>(shape[1]);
    std::span<const float> weights;
    if (view.weights != nullptr) {
      SIDECAR_ASSIGN_OR_RETURN(const Shape aligned, WeightsFor(shape, view.weights->shape));
      Broadcast(view.weights->data, aligned, shape, weights_);
      weights = weights_;
    }
    sums_.assign(kColumnParts * columns, 0.0);
    std::size_t c = 0;
    for (std::size_t i = 0; i < labels.size(); ++i) {
      const float w = weights.empty() ? 1.0F : weights[i];
      const float weighted = labels[i] * w;
      const float error = labels[i] - view.prediction[i];
      sums_[c] += static_cast<double>(labels[i] * weighted);
      sums_[columns + c] += static_cast<double>(weighted);
      sums_[2 * columns + c] += static_cast<double>(error * error * w);
      sums_[3 * columns + c] += static_cast<double>(w);
      if (++c == columns) c = 0;
    }
    if (state_.empty()) state_.resize(1 + sums_.size(), 0.0);
    if (state_.size() != 1 + sums_.size()) {
      return Status(StatusCode::kFailedPrecondition,
                    "the number of values changed between batches");
    }
    Add(state_[0], static_cast<double>(labels.size()));
    for (std::size_t i = 0; i < sums_.size(); ++i) Add(state_[1 + i], sums_[i]);
    return Status();
  }

  [[nodiscard]] MetricValue Result() const override {
    const std::size_t columns = state_.empty() ? 0 : (state_.size() - 1) / kColumnParts;
    std::vector<double> scores;
    double sum = 0;
    double weighted = 0;
    double variance = 0;
    for (std::size_t c = 0; c < columns; ++c) {
      const float total = Total(c, columns);
      const float raw = 1.0F - At(2, c, columns) / total;
      const float score = std::isinf(raw) ? 0.0F : raw;
      sum += static_cast<double>(score);
      weighted += static_cast<double>(total * score);
      variance += static_cast<double>(total);
      scores.push_back(static_cast<double>(Adjusted(score)));
    }
    switch (aggregation_) {
      case Aggregation::kUniform: {
        const auto mean = static_cast<float>(sum / static_cast<double>(columns));
        return static_cast<double>(Adjusted(mean));
      }
      case Aggregation::kByVariance:
        return static_cast<double>(
            Adjusted(static_cast<float>(weighted) / static_cast<float>(variance)));
      case Aggregation::kNone:
        break;
    }
    return scores;
  }

 private:
  // Weights [batch] are for rows.
  [[nodiscard]] sidecar::Result<Shape> WeightsFor(const Shape& values, const Shape& weights) const {
    Shape aligned = weights;
    if (weights.rank() == 1) aligned = Shape{weights[0], 1};
    SIDECAR_ASSIGN_OR_RETURN(AlignedWeights fitting,
                             AlignWeights(values, values, aligned, version_, WeightUse::kLoss));
    return std::move(fitting.weights);
  }

  [[nodiscard]] float At(std::size_t part, std::size_t c, std::size_t columns) const {
    return static_cast<float>(state_[1 + part * columns + c]);
  }

  [[nodiscard]] float Total(std::size_t c, std::size_t columns) const {
    const float mean = At(1, c, columns) / At(3, c, columns);
    return At(0, c, columns) - At(1, c, columns) * mean;
  }

  // Keras falls back to the plain score where there are too few samples.
  [[nodiscard]] float Adjusted(float score) const {
    const double samples = state_.empty() ? 0 : state_[0];
    const auto regressors = static_cast<double>(regressors_);
    if (regressors_ == 0 || regressors >= samples - 1) return score;
    const auto n = static_cast<float>(samples);
    const auto p = static_cast<float>(regressors_);
    return 1.0F - (1.0F - score) * (n - 1.0F) / (n - p - 1.0F);
  }

  Aggregation aggregation_;
  std::int64_t regressors_;
  KerasVersion version_;
  std::vector<float> weights_;
  std::vector<double> sums_;
};

Aggregation ReadAggregation(ObjectConfig& config) {
  if (config.HasNull("class_aggregation")) {
    config.Raw("class_aggregation");
    return Aggregation::kNone;
  }
  const std::string name = config.Text("class_aggregation", "uniform_average");
  if (name == "uniform_average") return Aggregation::kUniform;
  if (name == "variance_weighted_average") return Aggregation::kByVariance;
  config.Mistake("class_aggregation", "null, uniform_average or variance_weighted_average");
  return Aggregation::kUniform;
}

}  // namespace

std::unique_ptr<MetricAccumulator> MakeR2Score(ObjectConfig& config, KerasVersion version) {
  const Aggregation aggregation = ReadAggregation(config);
  const std::int64_t regressors = config.Integer("num_regressors", 0);
  if (regressors < 0) config.Mistake("num_regressors", "an integer that is not negative");
  return std::make_unique<R2Score>(aggregation, regressors, version);
}

}  // namespace sidecar::evaluate
