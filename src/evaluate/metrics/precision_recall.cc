// Counts of one cell, precision and recall.
#include <utility>

#include "evaluate/metrics/confusion.h"
#include "evaluate/metrics/confusion_metric.h"

namespace sidecar::evaluate {
namespace {

// One number where there is one threshold, else a list.
MetricValue OneOrMany(std::vector<double> values) {
  if (values.size() == 1) return values[0];
  return values;
}

class CellCount final : public ConfusionMetric {
 public:
  CellCount(ConfusionOptions options, Cell cell, KerasVersion version)
      : ConfusionMetric(std::move(options), {cell}, version) {}

  [[nodiscard]] MetricValue Result() const override {
    return OneOrMany({state().begin(), state().end()});
  }
};

// true positives / (true positives + the other cell).
class Ratio final : public ConfusionMetric {
 public:
  Ratio(ConfusionOptions options, Cell other, KerasVersion version)
      : ConfusionMetric(std::move(options), {Cell::kTruePositives, other}, version),
        other_(other) {}

  [[nodiscard]] MetricValue Result() const override {
    const std::span<const float> hits = Sums(Cell::kTruePositives);
    const std::span<const float> others = Sums(other_);
    std::vector<double> ratios;
    for (std::size_t i = 0; i < hits.size(); ++i) {
      ratios.push_back(static_cast<double>(DivideNoNan(hits[i], hits[i] + others[i])));
    }
    return OneOrMany(std::move(ratios));
  }

 private:
  Cell other_;
};

template <Cell kCell>
std::unique_ptr<MetricAccumulator> MakeCount(ObjectConfig& config, KerasVersion version) {
  ConfusionOptions options{Thresholds::FromConfig(config, 0.5)};
  return std::make_unique<CellCount>(std::move(options), kCell, version);
}

std::unique_ptr<MetricAccumulator> MakeRatio(ObjectConfig& config, Cell other,
                                             KerasVersion version) {
  const std::optional<std::int64_t> top_k = config.OptionalInteger("top_k");
  if (top_k && *top_k < 1) config.Mistake("top_k", "at least 1");
  ConfusionOptions options{Thresholds::FromConfig(config, top_k ? -1e10 : 0.5)};
  options.top_k = top_k;
  options.class_id = config.OptionalInteger("class_id");
  return std::make_unique<Ratio>(std::move(options), other, version);
}

}  // namespace

std::unique_ptr<MetricAccumulator> MakeTruePositives(ObjectConfig& config, KerasVersion version) {
  return MakeCount<Cell::kTruePositives>(config, version);
}

std::unique_ptr<MetricAccumulator> MakeFalsePositives(ObjectConfig& config, KerasVersion version) {
  return MakeCount<Cell::kFalsePositives>(config, version);
}

std::unique_ptr<MetricAccumulator> MakeTrueNegatives(ObjectConfig& config, KerasVersion version) {
  return MakeCount<Cell::kTrueNegatives>(config, version);
}

std::unique_ptr<MetricAccumulator> MakeFalseNegatives(ObjectConfig& config, KerasVersion version) {
  return MakeCount<Cell::kFalseNegatives>(config, version);
}

std::unique_ptr<MetricAccumulator> MakePrecision(ObjectConfig& config, KerasVersion version) {
  return MakeRatio(config, Cell::kFalsePositives, version);
}

std::unique_ptr<MetricAccumulator> MakeRecall(ObjectConfig& config, KerasVersion version) {
  return MakeRatio(config, Cell::kFalseNegatives, version);
}

}  // namespace sidecar::evaluate
