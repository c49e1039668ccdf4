#include "evaluate/metrics/f_score.h"

#include <fmt/format.h>

#include <cmath>
#include <cstdint>
#include <numeric>
#include <optional>
#include <utility>

#include "base/status_macros.h"
#include "evaluate/losses/elementwise.h"
#include "evaluate/metrics/confusion_metric.h"
#include "evaluate/rank_rules.h"
#include "evaluate/vector_clones.h"

namespace sidecar::evaluate {
namespace {

enum class Average : std::uint8_t { kNone, kMicro, kMacro, kWeighted };

struct FScoreOptions {
  Average average = Average::kNone;
  float beta = 1;
  std::optional<float> threshold;
};

// The state is true positives, false positives, false negatives and label weights, each of them
// one number or one for each class.
constexpr std::size_t kParts = 4;

SIDECAR_VECTOR_CLONES void AddAllFloat32(std::span<const double> values,
                                         std::span<double> variables) {
  for (std::size_t i = 0; i < variables.size(); ++i) AddFloat32(variables[i], values[i]);
}

class FScore final : public MetricAccumulator {
 public:
  FScore(FScoreOptions options, KerasVersion version)
      : MetricAccumulator(options.average == Average::kMicro ? kParts : 0),
        options_(options),
        version_(version) {}

  [[nodiscard]] Status Check(const Shape& labels, const Shape& prediction,
                             const Shape* weights) const override {
    Shape aligned = labels;
    if (version_ == KerasVersion::kKeras2)
      aligned = AlignLabels(labels, prediction, version_).labels;
    if (prediction.rank() != 2 || !SameShapes(aligned, prediction)) {
      return ShapesDiffer(labels, prediction,
                          "F-scores need both of shape [batch, classes] (one-hot labels)");
    }
    if (weights == nullptr) return Status();
    const bool vector = weights->rank() == 1;
    const bool column = weights->rank() == 2 && (*weights)[1] == 1;
    if (vector && version_ == KerasVersion::kKeras3) return Status();
    if ((vector || column) && options_.average == Average::kMicro) return Status();
    return Status(StatusCode::kFailedPrecondition,
                  fmt::format("Keras {} cannot apply sample weights of shape {} to F-scores of "
                              "this average",
                              version_ == KerasVersion::kKeras2 ? 2 : 3, weights->ToString()));
  }

  Status Update(const OutputView& view) override {
    const Shape* weight_shape = view.weights == nullptr ? nullptr : &view.weights->shape;
    SIDECAR_RETURN_IF_ERROR(Check(view.labels->shape(), view.prediction_shape, weight_shape));
    SIDECAR_ASSIGN_OR_RETURN(const std::span<const float> labels, view.labels->Floats());
    classes_ = static_cast<std::size_t>(view.prediction_shape[1]);
    if (classes_ == 0) return Status();
    const bool by_row = view.weights != nullptr && AppliesByRow(*view.weights);
    SIDECAR_ASSIGN_OR_RETURN(const bool binary, view.labels->AreBinary());
    if (binary && !by_row && options_.threshold) {
      Count(view.labels->findings(), *options_.threshold, labels, view.prediction);
    } else if (binary && !by_row) {
      Decide(view.prediction);
      BatchFindings decided;
      Count(decided, 0.5F, labels, positive_);
    } else {
      Decide(view.prediction);
      AddRows(labels, by_row ? view.weights : nullptr);
    }
    const std::size_t size = options_.average == Average::kMicro ? 1 : classes_;
    if (state_.empty()) state_.resize(size * kParts, 0.0);
    if (state_.size() != size * kParts) {
      return Status(StatusCode::kFailedPrecondition,
                    "the number of classes changed between batches");
    }
    const double factor = MisappliedWeights(view.weights);
    if (size == 1) {
      for (std::size_t part = 0; part < kParts; ++part) {
        const auto own = sums_.begin() + static_cast<std::ptrdiff_t>(part * classes_);
        const auto end = own + static_cast<std::ptrdiff_t>(classes_);
        Add(state_[part], std::accumulate(own, end, 0.0) * factor);
      }
    } else if (in_double()) {
      for (std::size_t i = 0; i < state_.size(); ++i) state_[i] += sums_[i];
    } else {
      AddAllFloat32(sums_, state_);
    }
    return Status();
  }

  [[nodiscard]] MetricValue Result() const override {
    const std::size_t size = state_.size() / kParts;
    std::vector<double> scores;
    for (std::size_t c = 0; c < size; ++c) scores.push_back(static_cast<double>(Score(c, size)));
    if (options_.average == Average::kNone) return scores;
    double sum = 0;
    if (options_.average != Average::kWeighted) {
      for (const double score : scores) sum += score;
      return static_cast<double>(
          static_cast<float>(size == 0 ? 0 : sum / static_cast<double>(size)));
    }
    double weight_sum = 0;
    for (std::size_t c = 0; c < size; ++c) weight_sum += state_[3 * size + c];
    for (std::size_t c = 0; c < size; ++c) {
      const float weight =
          Divide(static_cast<float>(state_[3 * size + c]), static_cast<float>(weight_sum));
      sum += static_cast<double>(static_cast<float>(scores[c]) * weight);
    }
    return static_cast<double>(static_cast<float>(sum));
  }

 private:
  // Keras 3 adds epsilon below each line.
  [[nodiscard]] float Divide(float a, float b) const {
    return version_ == KerasVersion::kKeras2 ? DivideNoNan(a, b) : a / (b + 1e-7F);
  }

  [[nodiscard]] float Score(std::size_t c, std::size_t size) const {
    const auto hits = static_cast<float>(state_[c]);
    const float precision = Divide(hits, hits + static_cast<float>(state_[size + c]));
    const float recall = Divide(hits, hits + static_cast<float>(state_[2 * size + c]));
    const float square = options_.beta * options_.beta;
    return Divide(precision * recall, square * precision + recall) * (1.0F + square);
  }

  // Whether each prediction counts as positive.
  void Decide(std::span<const float> prediction) {
    positive_.resize(prediction.size());
    if (options_.threshold) {
      const float threshold = *options_.threshold;
      for (std::size_t i = 0; i < prediction.size(); ++i) {
        positive_[i] = prediction[i] > threshold ? 1.0F : 0.0F;
      }
      return;
    }
    for (std::size_t begin = 0; begin < prediction.size(); begin += classes_) {
      const std::span<const float> row = prediction.subspan(begin, classes_);
      float greatest = row[0];
      for (const float p : row) greatest = p > greatest ? p : greatest;
      for (std::size_t c = 0; c < classes_; ++c) {
        const bool positive = row[c] >= greatest && std::fabs(row[c]) > 1e-9F;
        positive_[begin + c] = positive ? 1.0F : 0.0F;
      }
    }
  }

  // Of labels that are 0 or 1.
  void Count(BatchFindings& findings, float threshold, std::span<const float> labels,
             std::span<const float> predictions) {
    const PositiveCounts& counts =
        findings.Positives({threshold, false}, labels, predictions, classes_);
    const std::span<const std::uint32_t> truths = findings.Truths(labels, classes_);
    sums_.resize(kParts * classes_);
    for (std::size_t c = 0; c < classes_; ++c) {
      sums_[c] = counts.both[c];
      sums_[classes_ + c] = counts.found[c] - counts.both[c];
      sums_[2 * classes_ + c] = truths[c] - counts.both[c];
      sums_[3 * classes_ + c] = truths[c];
    }
  }

  void AddRows(std::span<const float> labels, const Weights* weights) {
    sums_.assign(kParts * classes_, 0.0);
    std::size_t c = 0;
    for (std::size_t i = 0; i < labels.size(); ++i) {
      const float weight = weights != nullptr ? weights->data[i / classes_] : 1.0F;
      const float y = labels[i];
      const float p = positive_[i];
      sums_[c] += static_cast<double>(p * y * weight);
      sums_[classes_ + c] += static_cast<double>(p * (1.0F - y) * weight);
      sums_[2 * classes_ + c] += static_cast<double>((1.0F - p) * y * weight);
      sums_[3 * classes_ + c] += static_cast<double>(y * weight);
      if (++c == classes_) c = 0;
    }
  }

  // Keras gives the weights a last dimension. Weights that have one already, as all have in Keras
  // 2, then meet every sample: [batch, classes] * [batch, 1, 1].
  [[nodiscard]] bool AppliesByRow(const Weights& weights) const {
    return version_ == KerasVersion::kKeras3 && weights.shape.rank() == 1;
  }
  [[nodiscard]] double MisappliedWeights(const Weights* weights) const {
    return weights == nullptr || AppliesByRow(*weights) ? 1.0 : Sum(weights->data);
  }

  FScoreOptions options_;
  KerasVersion version_;
  std::size_t classes_ = 0;
  std::vector<float> positive_;
  std::vector<double> sums_;
};

Average ReadAverage(ObjectConfig& config) {
  const std::string name = config.Text("average", "");
  if (name.empty()) return Average::kNone;
  if (name == "micro") return Average::kMicro;
  if (name == "macro") return Average::kMacro;
  if (name == "weighted") return Average::kWeighted;
  config.Mistake("average", "null, micro, macro or weighted");
  return Average::kNone;
}

std::unique_ptr<MetricAccumulator> Make(ObjectConfig& config, double beta, KerasVersion version) {
  FScoreOptions options;
  options.average = ReadAverage(config);
  options.beta = static_cast<float>(beta);
  const double threshold = config.Number("threshold", -1);
  if (config.Has("threshold")) {
    if (!(threshold > 0 && threshold <= 1)) {
      config.Mistake("threshold", "null, or a number above 0 and at most 1");
    }
    options.threshold = static_cast<float>(threshold);
  }
  return std::make_unique<FScore>(options, version);
}

}  // namespace

std::unique_ptr<MetricAccumulator> MakeFBetaScore(ObjectConfig& config, KerasVersion version) {
  const double beta = config.Number("beta", 1.0);
  if (!(beta > 0)) config.Mistake("beta", "a number above 0");
  return Make(config, beta, version);
}

std::unique_ptr<MetricAccumulator> MakeF1Score(ObjectConfig& config, KerasVersion version) {
  return Make(config, 1.0, version);
}

}  // namespace sidecar::evaluate
