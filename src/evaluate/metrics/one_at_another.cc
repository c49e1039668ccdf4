// The best value of one ratio among the thresholds at which another has at least a given value.
#include <algorithm>
#include <utility>

#include "evaluate/metrics/confusion.h"
#include "evaluate/metrics/confusion_metric.h"

namespace sidecar::evaluate {
namespace {

// cell / (cell + other).
struct CellRatio {
  Cell cell;
  Cell other;
};
constexpr CellRatio kSensitivity{Cell::kTruePositives, Cell::kFalseNegatives};  // recall, too
constexpr CellRatio kSpecificity{Cell::kTrueNegatives, Cell::kFalsePositives};
constexpr CellRatio kPrecision{Cell::kTruePositives, Cell::kFalsePositives};

// The order of the variables.
std::vector<Cell> AllCells(KerasVersion version) {
  if (version == KerasVersion::kKeras2) {
    return {Cell::kTruePositives, Cell::kTrueNegatives, Cell::kFalsePositives,
            Cell::kFalseNegatives};
  }
  return {Cell::kTruePositives, Cell::kFalsePositives, Cell::kTrueNegatives, Cell::kFalseNegatives};
}

class OneAtAnother final : public ConfusionMetric {
 public:
  OneAtAnother(ConfusionOptions options, CellRatio wanted, CellRatio given, float least,
               KerasVersion version)
      : ConfusionMetric(std::move(options), AllCells(version), version),
        wanted_(wanted),
        given_(given),
        least_(least) {}

  [[nodiscard]] MetricValue Result() const override {
    const std::vector<float> given = Values(given_);
    const std::vector<float> wanted = Values(wanted_);
    float best = 0;
    for (std::size_t i = 0; i < given.size(); ++i) {
      if (given[i] >= least_) best = std::max(best, wanted[i]);
    }
    return static_cast<double>(best);
  }

 private:
  // At each threshold.
  [[nodiscard]] std::vector<float> Values(const CellRatio& ratio) const {
    const std::span<const float> cells = Sums(ratio.cell);
    const std::span<const float> others = Sums(ratio.other);
    std::vector<float> values(cells.size());
    for (std::size_t i = 0; i < values.size(); ++i) {
      values[i] = DivideNoNan(cells[i], cells[i] + others[i]);
    }
    return values;
  }

  CellRatio wanted_;
  CellRatio given_;
  float least_;
};

std::unique_ptr<MetricAccumulator> Make(ObjectConfig& config, KerasVersion version,
                                        const char* argument, CellRatio wanted, CellRatio given) {
  const double least = config.Number(argument, -1);
  if (!(least >= 0 && least <= 1)) config.Mistake(argument, "from 0 to 1");
  std::int64_t count = config.Integer("num_thresholds", 200);
  if (count < 1 || count > kMaxThresholds) {
    config.Mistake("num_thresholds", "an integer from 1 to 1048576");
    count = 1;
  }
  ConfusionOptions options{Thresholds::Even(static_cast<std::size_t>(count))};
  options.class_id = config.OptionalInteger("class_id");
  return std::make_unique<OneAtAnother>(std::move(options), wanted, given,
                                        static_cast<float>(least), version);
}

}  // namespace

std::unique_ptr<MetricAccumulator> MakeSensitivityAtSpecificity(ObjectConfig& config,
                                                                KerasVersion version) {
  return Make(config, version, "specificity", kSensitivity, kSpecificity);
}

std::unique_ptr<MetricAccumulator> MakeSpecificityAtSensitivity(ObjectConfig& config,
                                                                KerasVersion version) {
  return Make(config, version, "sensitivity", kSpecificity, kSensitivity);
}

std::unique_ptr<MetricAccumulator> MakePrecisionAtRecall(ObjectConfig& config,
                                                         KerasVersion version) {
  return Make(config, version, "recall", kPrecision, kSensitivity);
}

std::unique_ptr<MetricAccumulator> MakeRecallAtPrecision(ObjectConfig& config,
                                                         KerasVersion version) {
  return Make(config, version, "precision", kSensitivity, kPrecision);
}

}  // namespace sidecar::evaluate
