// Areas under the receiver operating characteristic, precision-recall and precision-recall-gain
// curves, as Riemann sums over thresholds (tf.keras and Keras 3: metrics/confusion_metrics.py).
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <utility>

#include "evaluate/metrics/confusion.h"
#include "evaluate/metrics/confusion_metric.h"
#include "evaluate/vector_clones.h"

namespace sidecar::evaluate {
namespace {

enum class Curve : std::uint8_t { kRoc, kPr, kPrGain };
enum class Summation : std::uint8_t { kInterpolation, kMinoring, kMajoring };

struct AucOptions {
  Curve curve = Curve::kRoc;
  Summation summation = Summation::kInterpolation;
};

// The four cells at one threshold, of each column.
struct Cells {
  const float* tp;
  const float* fp;
  const float* tn;
  const float* fn;

  [[nodiscard]] Cells From(std::size_t i) const { return {tp + i, fp + i, tn + i, fn + i}; }
};

// Points of a curve: [thresholds * columns].
struct Points {
  std::vector<float> x;
  std::vector<float> y;
};

SIDECAR_VECTOR_CLONES void RocPoints(const Cells& c, std::span<float> x, float* y) {
  for (std::size_t i = 0; i < x.size(); ++i) {
    x[i] = DivideNoNan(c.fp[i], c.fp[i] + c.tn[i]);
    y[i] = DivideNoNan(c.tp[i], c.tp[i] + c.fn[i]);
  }
}

SIDECAR_VECTOR_CLONES void PrPoints(const Cells& c, std::span<float> x, float* y) {
  for (std::size_t i = 0; i < x.size(); ++i) {
    x[i] = DivideNoNan(c.tp[i], c.tp[i] + c.fn[i]);
    y[i] = DivideNoNan(c.tp[i], c.tp[i] + c.fp[i]);
  }
}

// Flach and Kull 2015.
SIDECAR_VECTOR_CLONES void PrGainPoints(const Cells& c, std::span<float> x, float* y) {
  for (std::size_t i = 0; i < x.size(); ++i) {
    const float hits = c.tp[i];
    const float scale = DivideNoNan(hits + c.fn[i], c.tn[i] + c.fp[i]);
    const float recall = 1.0F - scale * DivideNoNan(c.fn[i], hits);
    x[i] = hits == 0 || recall < 0 ? 0.0F : recall;
    y[i] = hits == 0 ? 1.0F : 1.0F - scale * DivideNoNan(c.fp[i], hits);
  }
}

// Adds the areas between the points of one threshold and those of the next, `columns` further on.
SIDECAR_VECTOR_CLONES void AddAreas(const float* x, const float* y, std::size_t columns,
                                    Summation summation, std::span<double> areas) {
  for (std::size_t i = 0; i < areas.size(); ++i) {
    const float a = y[i];
    const float b = y[i + columns];
    const float lower = b < a ? b : a;
    const float upper = a < b ? b : a;
    const float height = summation == Summation::kInterpolation ? (a + b) / 2.0F
                         : summation == Summation::kMinoring    ? lower
                                                                : upper;
    areas[i] += static_cast<double>((x[i] - x[i + columns]) * height);
  }
}

// Davis and Goadrich 2006: true positives are interpolated, not the precision.
void AddInterpolatedPr(const Cells& c, std::size_t columns, std::span<double> areas) {
  for (std::size_t i = 0; i < areas.size(); ++i) {
    const float hits = c.tp[i] - c.tp[i + columns];
    const float above = c.tp[i] + c.fp[i];
    const float below = c.tp[i + columns] + c.fp[i + columns];
    const float slope = DivideNoNan(hits, std::max(above - below, 0.0F));
    const float intercept = c.tp[i + columns] - slope * below;
    const float ratio = above > 0 && below > 0 ? DivideNoNan(above, std::max(below, 0.0F)) : 1.0F;
    const float positives = std::max(c.tp[i + columns] + c.fn[i + columns], 0.0F);
    areas[i] +=
        static_cast<double>(DivideNoNan(slope * (hits + intercept * std::log(ratio)), positives));
  }
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
  // The area of each column, in the order of memory.
  [[nodiscard]] std::vector<float> Areas() const {
    const std::size_t size = Sums(Cell::kTruePositives).size();
    const std::size_t columns = size / options().thresholds.size();
    const Cells cells{Sums(Cell::kTruePositives).data(), Sums(Cell::kFalsePositives).data(),
                      Sums(Cell::kTrueNegatives).data(), Sums(Cell::kFalseNegatives).data()};
    std::vector<double> areas(columns, 0.0);
    if (auc_.curve == Curve::kPr && auc_.summation == Summation::kInterpolation) {
      for (std::size_t i = 0; i + columns < size; i += columns) {
        AddInterpolatedPr(cells.From(i), columns, areas);
      }
    } else {
      const Points points = PointsOf(cells, size);
      for (std::size_t i = 0; i + columns < size; i += columns) {
        AddAreas(points.x.data() + i, points.y.data() + i, columns, auc_.summation, areas);
      }
    }
    std::vector<float> rounded;
    rounded.reserve(areas.size());
    for (const double area : areas) rounded.push_back(static_cast<float>(area));
    return rounded;
  }

  [[nodiscard]] Points PointsOf(const Cells& cells, std::size_t size) const {
    Points points{std::vector<float>(size), std::vector<float>(size)};
    const auto compute = auc_.curve == Curve::kRoc  ? RocPoints
                         : auc_.curve == Curve::kPr ? PrPoints
                                                    : PrGainPoints;
    compute(cells, points.x, points.y.data());
    return points;
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
