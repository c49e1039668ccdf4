#include "evaluate/metrics/iou.h"

#include <fmt/format.h>

#include <cmath>
#include <numeric>
#include <optional>
#include <utility>

#include "base/status_macros.h"
#include "evaluate/losses/elementwise.h"
#include "evaluate/metrics/class_labels.h"
#include "evaluate/metrics/confusion_metric.h"
#include "evaluate/vector_clones.h"

namespace sidecar::evaluate {
namespace {

// A confusion matrix of more classes is refused.
constexpr std::int64_t kMaxClasses = 4096;

// Whether all, truncated, are 0 or 1.
SIDECAR_VECTOR_CLONES bool AllBelowTwo(std::span<const float> values) {
  std::uint32_t others = 0;
  for (const float value : values) others |= value > -1 && value < 2 ? 0U : 1U;
  return others == 0;
}

struct IouOptions {
  std::size_t classes = 0;
  std::vector<std::size_t> targets;
  std::optional<std::int64_t> ignored;
  ClassSource labels;
  ClassSource predictions;
  std::optional<float> threshold;  // predictions are 0 below it and 1 from it on
  bool integers = false;           // the matrix and weights are integers
};

class Iou final : public MetricAccumulator {
 public:
  Iou(IouOptions options, KerasVersion version)
      : MetricAccumulator(options.classes * options.classes),
        options_(std::move(options)),
        version_(version) {}

  [[nodiscard]] Status Check(const Shape& labels, const Shape& prediction,
                             const Shape* weights) const override {
    // Keras 2 gives labels [batch] beside predictions [batch, …] a dimension, which changes nothing
    // after flattening.
    SIDECAR_ASSIGN_OR_RETURN(const Shape truth, ClassNumberShape(labels, options_.labels));
    SIDECAR_ASSIGN_OR_RETURN(const Shape found, ClassNumberShape(prediction, options_.predictions));
    if (!SameCount(truth, found)) {
      return ShapesDiffer(labels, prediction,
                          "there must be as many true as predicted class numbers (class scores: "
                          "sparse_y_pred=false)");
    }
    if (weights == nullptr || SameCount(truth, *weights)) return Status();
    return Status(StatusCode::kFailedPrecondition,
                  fmt::format("sample weights of shape {} do not fit class numbers of shape {}; "
                              "this metric needs one for each",
                              weights->ToString(), truth.ToString()));
  }

  Status Update(const OutputView& view) override {
    const Shape* weight_shape = view.weights == nullptr ? nullptr : &view.weights->shape;
    SIDECAR_RETURN_IF_ERROR(Check(view.labels->shape(), view.prediction_shape, weight_shape));
    SIDECAR_ASSIGN_OR_RETURN(const std::span<const float> labels, view.labels->Floats());
    if (const std::optional<float> threshold = TwoClasses(view)) {
      SIDECAR_ASSIGN_OR_RETURN(const bool binary, view.labels->AreBinary());
      if (binary) {
        CountBinary(*view.labels, labels, view, *threshold);
        return AddToState();
      }
    }
    ReadClassNumbers(labels, view.labels->shape(), options_.labels, version_, truth_);
    if (options_.threshold) {
      found_.resize(view.prediction.size());
      for (std::size_t i = 0; i < found_.size(); ++i) {
        found_[i] = view.prediction[i] >= *options_.threshold ? 1 : 0;
      }
    } else {
      ReadClassNumbers(view.prediction, view.prediction_shape, options_.predictions, version_,
                       found_);
    }
    return AddMatrix(view.weights);
  }

  [[nodiscard]] MetricValue Result() const override {
    float sum = 0;
    float valid = 0;
    for (const std::size_t target : options_.targets) {
      double row = 0;
      double column = 0;
      for (std::size_t c = 0; c < options_.classes; ++c) {
        row += state_[target * options_.classes + c];
        column += state_[c * options_.classes + target];
      }
      const double both = state_[target * options_.classes + target];
      const auto hits = static_cast<float>(both);
      const float either = static_cast<float>(column) + static_cast<float>(row) - hits;
      if (IsKeras3() ? !(either > 1e-9F) : either == 0) continue;
      sum += IsKeras3() ? hits / (either + kIouEpsilon) : hits / either;
      valid += 1;
    }
    return static_cast<double>(IsKeras3() ? sum / (valid + kIouEpsilon) : DivideNoNan(sum, valid));
  }

 private:
  static constexpr float kIouEpsilon = 1e-7F;
  [[nodiscard]] bool IsKeras3() const { return version_ == KerasVersion::kKeras3; }

  // As far as sizes are known.
  static bool SameCount(const Shape& a, const Shape& b) {
    const auto count = [](const Shape& shape) {
      std::int64_t product = 1;
      for (std::size_t axis = 0; axis < shape.rank(); ++axis) {
        // An unknown batch is the same unknown on both sides.
        if (shape[axis] == Shape::kUnknown && axis > 0) return std::int64_t{-1};
        if (shape[axis] != Shape::kUnknown) product *= shape[axis];
      }
      return product;
    };
    const std::int64_t first = count(a);
    const std::int64_t second = count(b);
    return first < 0 || second < 0 || first == second;
  }

  // From which prediction on it is class 1, below that class 0; none where that is not all there
  // can be in this batch.
  [[nodiscard]] std::optional<float> TwoClasses(const OutputView& view) const {
    if (view.weights != nullptr || options_.ignored || options_.classes != 2) return std::nullopt;
    if (options_.threshold || !options_.labels.sparse || !options_.predictions.sparse) {
      return options_.threshold;
    }
    // Class numbers, which are truncated.
    return AllBelowTwo(view.prediction) ? std::optional<float>(1.0F) : std::nullopt;
  }

  // The matrix of labels that are 0 or 1.
  void CountBinary(Labels& labels, std::span<const float> values, const OutputView& view,
                   float threshold) {
    const Shape& shape = view.prediction_shape;
    const std::size_t columns =
        shape.rank() < 2 ? 1 : static_cast<std::size_t>(shape[shape.rank() - 1]);
    const PositiveCounts& counts =
        labels.findings().Positives({threshold, true}, values, view.prediction, columns);
    const std::span<const std::uint32_t> truths = labels.findings().Truths(values, columns);
    const double truth = Total(truths);
    const double found = Total(counts.found);
    const double both = Total(counts.both);
    const auto all = static_cast<double>(values.size());
    matrix_ = {all - truth - found + both, found - both, truth - both, both};
  }

  static double Total(std::span<const std::uint32_t> counts) {
    return static_cast<double>(std::accumulate(counts.begin(), counts.end(), std::uint64_t{0}));
  }

  Status AddMatrix(const Weights* weights) {
    matrix_.assign(state_.size(), 0.0);
    const auto classes = std::uint64_t{options_.classes};
    for (std::size_t i = 0; i < truth_.size(); ++i) {
      if (options_.ignored && truth_[i] == *options_.ignored) continue;
      const auto truth = static_cast<std::uint64_t>(truth_[i]);
      const auto found = static_cast<std::uint64_t>(found_[i]);
      if (truth >= classes || found >= classes) {
        if (IsKeras3()) continue;
        return NoClass(i);
      }
      double weight = 1;
      if (weights != nullptr) {
        weight = static_cast<double>(weights->data[i]);
        if (options_.integers) weight = std::trunc(weight);
      }
      matrix_[truth * classes + found] += weight;
    }
    return AddToState();
  }

  Status AddToState() {
    for (std::size_t i = 0; i < matrix_.size(); ++i) {
      if (matrix_[i] == 0) continue;
      if (options_.integers) {
        state_[i] += matrix_[i];
      } else {
        Add(state_[i], matrix_[i]);
      }
    }
    return Status();
  }

  [[nodiscard]] Status NoClass(std::size_t i) const {
    return Status(StatusCode::kFailedPrecondition,
                  fmt::format("class number {} (predicted: {}) at position {} of the batch: there "
                              "are {} classes, so numbers go from 0 to {}",
                              truth_[i], found_[i], i, options_.classes, options_.classes - 1));
  }

  IouOptions options_;
  KerasVersion version_;
  std::vector<std::int64_t> truth_;
  std::vector<std::int64_t> found_;
  std::vector<double> matrix_;
};

std::size_t ReadClasses(ObjectConfig& config) {
  const std::int64_t classes = config.Integer("num_classes", 0);
  if (classes < 1 || classes > kMaxClasses) {
    config.Mistake("num_classes", fmt::format("an integer from 1 to {}", kMaxClasses));
    return 1;
  }
  return static_cast<std::size_t>(classes);
}

std::vector<std::size_t> ReadTargets(ObjectConfig& config, std::size_t classes,
                                     std::vector<std::int64_t> otherwise) {
  std::vector<std::size_t> targets;
  for (const std::int64_t id : config.Integers("target_class_ids").value_or(std::move(otherwise))) {
    if (id < 0 || static_cast<std::size_t>(id) >= classes) {
      config.Mistake("target_class_ids",
                     fmt::format("a list of integers from 0 to {}", classes - 1));
      continue;
    }
    targets.push_back(static_cast<std::size_t>(id));
  }
  if (targets.empty()) config.Mistake("target_class_ids", "a list of at least one class number");
  return targets;
}

// Keras 3 counts in integers unless told otherwise, Keras 2 in float32.
void ReadDtype(ObjectConfig& config, IouOptions& options, KerasVersion version) {
  options.integers =
      version == KerasVersion::kKeras3 && config.TakeDtypeAmong({"int", "int32", "int64"});
}

struct IouKind {
  bool mean = false;     // over all classes
  bool one_hot = false;  // labels are
};

std::unique_ptr<MetricAccumulator> Make(ObjectConfig& config, IouKind kind, KerasVersion version) {
  IouOptions options;
  options.classes = ReadClasses(config);
  if (kind.mean) {
    for (std::size_t c = 0; c < options.classes; ++c) options.targets.push_back(c);
  } else {
    options.targets = ReadTargets(config, options.classes, {});
  }
  options.ignored = config.OptionalInteger("ignore_class");
  options.labels.sparse = !kind.one_hot && config.Bool("sparse_y_true", true);
  options.predictions.sparse = config.Bool("sparse_y_pred", !kind.one_hot);
  const std::int64_t axis = config.Integer("axis", -1);
  if (version == KerasVersion::kKeras3 && axis != -1) {
    config.Mistake("axis", "-1 (Keras 3 cannot compute the result with another)");
  }
  options.labels.axis = axis;
  options.predictions.axis = axis;
  ReadDtype(config, options, version);
  return std::make_unique<Iou>(std::move(options), version);
}

}  // namespace

std::unique_ptr<MetricAccumulator> MakeIoU(ObjectConfig& config, KerasVersion version) {
  return Make(config, {false, false}, version);
}

std::unique_ptr<MetricAccumulator> MakeMeanIoU(ObjectConfig& config, KerasVersion version) {
  return Make(config, {true, false}, version);
}

std::unique_ptr<MetricAccumulator> MakeOneHotIoU(ObjectConfig& config, KerasVersion version) {
  return Make(config, {false, true}, version);
}

std::unique_ptr<MetricAccumulator> MakeOneHotMeanIoU(ObjectConfig& config, KerasVersion version) {
  return Make(config, {true, true}, version);
}

std::unique_ptr<MetricAccumulator> MakeBinaryIoU(ObjectConfig& config, KerasVersion version) {
  IouOptions options;
  options.classes = 2;
  options.targets = ReadTargets(config, 2, {0, 1});
  options.threshold = static_cast<float>(config.Number("threshold", 0.5));
  ReadDtype(config, options, version);
  return std::make_unique<Iou>(std::move(options), version);
}

}  // namespace sidecar::evaluate
