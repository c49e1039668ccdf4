// Areas under the receiver operating characteristic, precision-recall and precision-recall-gain
// curves, as Riemann sums over thresholds (tf.keras and Keras 3: metrics/confusion_metrics.py).
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <utility>

#include "evaluate/metrics/confusion.h"
#include "evaluate/metrics/confusion_metric.h"

namespace sidecar::evaluate {
namespace {

enum class Curve : std::uint8_t { kRoc, kPr, kPrGain };
enum class Summation : std::uint8_t { kInterpolation, kMinoring, kMajoring };

struct AucOptions {
  Curve curve = Curve::kRoc;
  Summation summation = Summation::kInterpolation;
};

// The four cells at one threshold.
struct Cells {
  float tp = 0;
  float fp = 0;
  float tn = 0;
  float fn = 0;
};

struct Point {
  float x = 0;
  float y = 0;
};

Point RocPoint(const Cells& c) {
  return {DivideNoNan(c.fp, c.fp + c.tn), DivideNoNan(c.tp, c.tp + c.fn)};
}

Point PrPoint(const Cells& c) {
  return {DivideNoNan(c.tp, c.tp + c.fn), DivideNoNan(c.tp, c.tp + c.fp)};
}

// Flach and Kull 2015.
Point PrGainPoint(const Cells& c) {
  if (c.tp == 0) return {0, 1};
  const float scale = DivideNoNan(c.tp + c.fn, c.tn + c.fp);
  const float recall = 1.0F - scale * DivideNoNan(c.fn, c.tp);
  return {recall < 0 ? 0.0F : recall, 1.0F - scale * DivideNoNan(c.fp, c.tp)};
}

// Davis and Goadrich 2006: true positives are interpolated, not the precision.
float InterpolatedPr(const Cells& a, const Cells& b) {
  const float hits = a.tp - b.tp;
  const float above = a.tp + a.fp;
  const float below = b.tp + b.fp;
  const float slope = DivideNoNan(hits, std::max(above - below, 0.0F));
  const float intercept = b.tp - slope * below;
  const float ratio = above > 0 && below > 0 ? DivideNoNan(above, std::max(below, 0.0F)) : 1.0F;
  return DivideNoNan(slope * (hits + intercept * std::log(ratio)), std::max(b.tp + b.fn, 0.0F));
}

class Auc final : public ConfusionMetric {
 public:
  Auc(ConfusionOptions options, AucOptions auc, std::vector<Cell> cells, KerasVersion version)
      : ConfusionMetric(std::move(options), std::move(cells), version), auc_(auc) {}

  [[nodiscard]] MetricValue Result() const override {
    const std::vector<float> areas = Areas();
    if (!options().by_label) return static_cast<double>(areas[0]);
    const std::vector<float>& weights = options().label_weights;
    double sum = 0;
    double weight_sum = 0;
    for (std::size_t label = 0; label < areas.size(); ++label) {
      const float weight = weights.size() == areas.size() ? weights[label] : 1.0F;
      sum += static_cast<double>(areas[label] * weight);
      weight_sum += static_cast<double>(weight);
    }
    return static_cast<double>(
        DivideNoNan(static_cast<float>(sum), static_cast<float>(weight_sum)));
  }

 private:
  [[nodiscard]] float Step(const Cells& a, const Cells& b) const {
    if (auc_.curve == Curve::kPr && auc_.summation == Summation::kInterpolation) {
      return InterpolatedPr(a, b);
    }
    const auto point = auc_.curve == Curve::kRoc  ? RocPoint
                       : auc_.curve == Curve::kPr ? PrPoint
                                                  : PrGainPoint;
    const Point from = point(a);
    const Point to = point(b);
    const float height = auc_.summation == Summation::kInterpolation ? (from.y + to.y) / 2.0F
                         : auc_.summation == Summation::kMinoring    ? std::min(from.y, to.y)
                                                                     : std::max(from.y, to.y);
    return (from.x - to.x) * height;
  }

  // The area of each column, in the order of memory.
  [[nodiscard]] std::vector<float> Areas() const {
    const std::span<const float> tp = Sums(Cell::kTruePositives);
    const std::span<const float> fp = Sums(Cell::kFalsePositives);
    const std::span<const float> tn = Sums(Cell::kTrueNegatives);
    const std::span<const float> fn = Sums(Cell::kFalseNegatives);
    const auto at = [&](std::size_t i) { return Cells{tp[i], fp[i], tn[i], fn[i]}; };
    const std::size_t columns = tp.size() / options().thresholds.size();
    std::vector<double> areas(columns, 0.0);
    for (std::size_t i = columns; i < tp.size(); ++i) {
      areas[i % columns] += static_cast<double>(Step(at(i - columns), at(i)));
    }
    std::vector<float> rounded;
    rounded.reserve(areas.size());
    for (const double area : areas) rounded.push_back(static_cast<float>(area));
    return rounded;
  }

  AucOptions auc_;
};

Curve ReadCurve(ObjectConfig& config) {
  const std::string name = config.Text("curve", "ROC");
  if (name == "ROC" || name == "roc") return Curve::kRoc;
  if (name == "PR" || name == "pr") return Curve::kPr;
  if (name == "PR_GAIN" || name == "pr_gain" || name == "PRGAIN" || name == "prgain") {
    return Curve::kPrGain;
  }
  config.Mistake("curve", "ROC, PR or PR_GAIN (Keras 2), PRGAIN (Keras 3)");
  return Curve::kRoc;
}

Summation ReadSummation(ObjectConfig& config) {
  const std::string name = config.Text("summation_method", "interpolation");
  if (name == "interpolation" || name == "Interpolation") return Summation::kInterpolation;
  if (name == "minoring" || name == "Minoring") return Summation::kMinoring;
  if (name == "majoring" || name == "Majoring") return Summation::kMajoring;
  config.Mistake("summation_method", "interpolation, minoring or majoring");
  return Summation::kInterpolation;
}

Thresholds ReadThresholds(ObjectConfig& config) {
  std::int64_t count = config.Integer("num_thresholds", 200);
  if (std::optional<std::vector<double>> given = config.Numbers("thresholds")) {
    return Thresholds::BetweenEnds(std::move(*given));
  }
  if (count < 2 || count > kMaxThresholds) {
    config.Mistake("num_thresholds", "an integer from 2 to 1048576");
    count = 2;
  }
  return Thresholds::EvenBeyondEnds(static_cast<std::size_t>(count));
}

}  // namespace

std::unique_ptr<MetricAccumulator> MakeAuc(ObjectConfig& config, KerasVersion version) {
  ConfusionOptions options{ReadThresholds(config)};
  AucOptions auc{ReadCurve(config), ReadSummation(config)};
  options.by_label = config.Bool("multi_label", false);
  options.from_logits = config.Bool("from_logits", false);
  options.num_labels = config.OptionalInteger("num_labels");
  if (options.num_labels && !options.by_label) {
    config.Mistake("num_labels", "absent where multi_label is false");
  }
  for (const double weight : config.Numbers("label_weights").value_or(std::vector<double>())) {
    if (!(weight >= 0)) config.Mistake("label_weights", "a list of numbers that are not negative");
    options.label_weights.push_back(static_cast<float>(weight));
  }
  std::vector<Cell> cells = {Cell::kTruePositives, Cell::kFalsePositives, Cell::kTrueNegatives,
                             Cell::kFalseNegatives};
  if (version == KerasVersion::kKeras2) std::swap(cells[1], cells[2]);
  return std::make_unique<Auc>(std::move(options), auc, std::move(cells), version);
}

}  // namespace sidecar::evaluate
