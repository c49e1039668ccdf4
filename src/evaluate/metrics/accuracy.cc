#include "evaluate/metrics/accuracy.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>

#include "base/status_macros.h"
#include "evaluate/losses/elementwise.h"
#include "evaluate/losses/vector_math.h"
#include "evaluate/metrics/class_scores.h"
#include "evaluate/vector_clones.h"

namespace sidecar::evaluate {
namespace {

// Values for each element: `match(labels, predictions, values)` makes them 1 or 0.
template <class Match>
class ElementMatches final : public PerSampleFunction {
 public:
  ElementMatches(Match match, bool mean_of_last) : match_(match), mean_of_last_(mean_of_last) {}

  [[nodiscard]] Result<Shape> ValueShape(const Shape& labels,
                                         const Shape& prediction) const override {
    SIDECAR_ASSIGN_OR_RETURN(Shape common, ElementPairs::CommonShape(labels, prediction));
    if (mean_of_last_) return WithoutAxis(common, -1);
    return common;
  }

  Status Compute(const FunctionInput& input, Values& values) override {
    SIDECAR_ASSIGN_OR_RETURN(const Shape common,
                             ElementPairs::CommonShape(input.label_shape, input.prediction_shape));
    SIDECAR_RETURN_IF_ERROR(pairs_.Load(input, common));
    const std::span<const float> labels = pairs_.labels();
    const std::span<const float> predictions = pairs_.predictions();
    matches_.resize(labels.size());
    match_(labels, predictions.data(), matches_.data());
    if (mean_of_last_) {
      MeanOfRows(matches_, values.data.size(), values.data);
    } else {
      values.data.swap(matches_);
    }
    return Status();
  }

 private:
  Match match_;
  bool mean_of_last_;
  ElementPairs pairs_;
  std::vector<float> matches_;
};

SIDECAR_VECTOR_CLONES void MatchEqual(std::span<const float> labels, const float* predictions,
                                      float* matches) {
  for (std::size_t i = 0; i < labels.size(); ++i) {
    matches[i] = labels[i] == predictions[i] ? 1.0F : 0.0F;
  }
}

SIDECAR_VECTOR_CLONES void MatchAbove(std::span<const float> labels, const float* predictions,
                                      float threshold, float* matches) {
  for (std::size_t i = 0; i < labels.size(); ++i) {
    matches[i] = labels[i] == (predictions[i] > threshold ? 1.0F : 0.0F) ? 1.0F : 0.0F;
  }
}

struct Equal {
  void operator()(std::span<const float> labels, const float* predictions, float* matches) const {
    MatchEqual(labels, predictions, matches);
  }
};

struct EqualAboveThreshold {
  float threshold = 0.5F;
  void operator()(std::span<const float> labels, const float* predictions, float* matches) const {
    MatchAbove(labels, predictions, threshold, matches);
  }
};

class CategoricalAccuracy final : public PerSampleFunction {
 public:
  explicit CategoricalAccuracy(KerasVersion version) : version_(version) {}

  [[nodiscard]] Result<Shape> ValueShape(const Shape& labels,
                                         const Shape& prediction) const override {
    return DenseClassShape(labels, prediction, "categorical accuracy");
  }

  Status Compute(const FunctionInput& input, Values& values) override {
    SIDECAR_ASSIGN_OR_RETURN(const std::span<const float> labels, input.labels->Floats());
    const std::size_t rows = values.data.size();
    const std::size_t label_classes = rows == 0 ? 0 : labels.size() / rows;
    const std::size_t classes = rows == 0 ? 0 : input.prediction.size() / rows;
    for (std::size_t row = 0; row < rows; ++row) {
      const std::size_t wanted =
          ArgMax(labels.subspan(row * label_classes, label_classes), version_);
      const std::size_t found = ArgMax(input.prediction.subspan(row * classes, classes), version_);
      values.data[row] = wanted == found ? 1.0F : 0.0F;
    }
    return Status();
  }

 private:
  KerasVersion version_;
};

class SparseCategoricalAccuracy final : public PerSampleFunction {
 public:
  explicit SparseCategoricalAccuracy(KerasVersion version) : version_(version) {}

  [[nodiscard]] Result<Shape> ValueShape(const Shape& labels,
                                         const Shape& prediction) const override {
    return SparseClassShape(labels, prediction, "sparse categorical accuracy");
  }

  Status Compute(const FunctionInput& input, Values& values) override {
    SIDECAR_ASSIGN_OR_RETURN(const std::span<const float> labels, input.labels->Floats());
    const std::size_t rows = values.data.size();
    const std::size_t classes = rows == 0 ? 0 : input.prediction.size() / rows;
    for (std::size_t row = 0; row < rows; ++row) {
      const std::size_t found = ArgMax(input.prediction.subspan(row * classes, classes), version_);
      values.data[row] = labels[row] == static_cast<float>(found) ? 1.0F : 0.0F;
    }
    return Status();
  }

 private:
  KerasVersion version_;
};

}  // namespace

SIDECAR_VECTOR_CLONES std::size_t ArgMax(std::span<const float> values, KerasVersion version) {
  const float greatest = Greatest(values);
  if (greatest == -std::numeric_limits<float>::infinity()) return 0;
  if (greatest == 0 && version == KerasVersion::kKeras3) {
    const auto positive = std::find_if(values.begin(), values.end(), [](float value) {
      return value == 0 && !std::signbit(value);
    });
    if (positive != values.end()) return static_cast<std::size_t>(positive - values.begin());
  }
  // Blocks without it are passed over by vector instructions. Within one: from the back and without
  // a branch, which would be mispredicted most of the time.
  constexpr std::size_t kBlock = 16;
  std::size_t begin = 0;
  for (; begin + kBlock <= values.size(); begin += kBlock) {
    std::uint32_t here = 0;
    for (std::size_t i = 0; i < kBlock; ++i) here |= values[begin + i] == greatest ? 1U : 0U;
    if (here != 0) break;
  }
  std::size_t best = 0;
  for (std::size_t i = std::min(begin + kBlock, values.size()); i-- > begin;) {
    best = values[i] == greatest ? i : best;
  }
  return best;
}

std::unique_ptr<PerSampleFunction> MakeAccuracy(ObjectConfig&, KerasVersion) {
  return std::make_unique<ElementMatches<Equal>>(Equal{}, false);
}

std::unique_ptr<PerSampleFunction> MakeBinaryAccuracy(ObjectConfig& config, KerasVersion) {
  const auto threshold = static_cast<float>(config.Number("threshold", 0.5));
  return std::make_unique<ElementMatches<EqualAboveThreshold>>(EqualAboveThreshold{threshold},
                                                               false);
}

std::unique_ptr<PerSampleFunction> MakeBinaryAccuracyFunction(ObjectConfig& config,
                                                              KerasVersion version) {
  const auto threshold = static_cast<float>(config.Number("threshold", 0.5));
  return std::make_unique<ElementMatches<EqualAboveThreshold>>(EqualAboveThreshold{threshold},
                                                               version == KerasVersion::kKeras2);
}

std::unique_ptr<PerSampleFunction> MakeCategoricalAccuracy(ObjectConfig&, KerasVersion version) {
  return std::make_unique<CategoricalAccuracy>(version);
}

std::unique_ptr<PerSampleFunction> MakeSparseCategoricalAccuracy(ObjectConfig&,
                                                                 KerasVersion version) {
  return std::make_unique<SparseCategoricalAccuracy>(version);
}

}  // namespace sidecar::evaluate
