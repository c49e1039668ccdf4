#include <cmath>

#include "base/status_macros.h"
#include "evaluate/losses/crossentropy.h"
#include "evaluate/losses/elementwise.h"
#include "evaluate/losses/vector_math.h"

namespace sidecar::evaluate {
namespace {

// tf.nn.sigmoid_cross_entropy_with_logits.
float FromLogit(float x, float y) {
  const float positive = x < 0 ? 0.0F : x;  // NaN stays NaN
  return positive - x * y + Log1pUpToOne(ExpNotPositive(-std::fabs(x)));
}

// y * ln(p), where y is mostly 0: then the logarithm is not needed, for p is clipped or NaN.
float TimesLog(float y, float p) { return y == 0 && p == p ? 0.0F : y * std::log(p); }

class BinaryCrossentropy final : public PerSampleFunction {
 public:
  BinaryCrossentropy(bool from_logits, float smoothing, std::int64_t axis, KerasVersion version)
      : from_logits_(from_logits),
        smoothing_(smoothing),
        axis_(axis),
        // Keras 2 adds epsilon once more inside the logarithms. TensorFlow's graph optimizer turns
        // its 1 - p + epsilon into (1 + epsilon) - p, which rounds otherwise near p = 1.
        inner_epsilon_(version == KerasVersion::kKeras2 ? kEpsilon : 0.0F),
        inner_one_(1.0F + inner_epsilon_) {}

  [[nodiscard]] Result<Shape> ValueShape(const Shape& labels,
                                         const Shape& prediction) const override {
    SIDECAR_ASSIGN_OR_RETURN(const Shape common, ElementPairs::CommonShape(labels, prediction));
    return WithoutAxis(common, axis_);
  }

  Status Compute(const FunctionInput& input, Values& values) override {
    SIDECAR_ASSIGN_OR_RETURN(const Shape common,
                             ElementPairs::CommonShape(input.label_shape, input.prediction_shape));
    FunctionInput chosen = input;
    if (input.logits != nullptr) chosen.prediction = {input.logits, input.prediction.size()};
    SIDECAR_RETURN_IF_ERROR(pairs_.Load(chosen, common));
    terms_.resize(pairs_.labels().size());
    if (from_logits_ || input.logits != nullptr) {
      ComputeFromLogits();
    } else {
      ComputeFromProbabilities();
    }
    Reduce(LayoutAround(common, axis_), values);
    return Status();
  }

 private:
  void ComputeFromLogits() {
    const std::span<const float> labels = pairs_.labels();
    const std::span<const float> logits = pairs_.predictions();
    const float keep = 1.0F - smoothing_;
    const float add = 0.5F * smoothing_;
    for (std::size_t i = 0; i < terms_.size(); ++i) {
      terms_[i] = FromLogit(logits[i], labels[i] * keep + add);
    }
  }

  void ComputeFromProbabilities() {
    const std::span<const float> labels = pairs_.labels();
    const std::span<const float> predictions = pairs_.predictions();
    for (std::size_t i = 0; i < terms_.size(); ++i) {
      const float y = labels[i] * (1.0F - smoothing_) + 0.5F * smoothing_;
      const float p = ClipProbability(predictions[i]);
      terms_[i] = -(TimesLog(y, p + inner_epsilon_) + TimesLog(1.0F - y, inner_one_ - p));
    }
  }

  // The mean of the terms along the axis.
  void Reduce(const AxisLayout& layout, Values& values) const {
    if (layout.inner == 1) {
      MeanOfRows(terms_, values.data.size(), values.data);
      return;
    }
    for (std::size_t outer = 0; outer < layout.outer; ++outer) {
      for (std::size_t inner = 0; inner < layout.inner; ++inner) {
        double sum = 0;
        for (std::size_t i = 0; i < layout.size; ++i) {
          sum += static_cast<double>(terms_[(outer * layout.size + i) * layout.inner + inner]);
        }
        values.data[outer * layout.inner + inner] =
            static_cast<float>(sum / static_cast<double>(layout.size));
      }
    }
  }

  bool from_logits_;
  float smoothing_;
  std::int64_t axis_;
  float inner_epsilon_;
  float inner_one_;
  ElementPairs pairs_;
  std::vector<float> terms_;
};

}  // namespace

std::unique_ptr<PerSampleFunction> MakeBinaryCrossentropy(ObjectConfig& config,
                                                          KerasVersion version) {
  const bool from_logits = config.Bool("from_logits", false);
  const auto smoothing = static_cast<float>(config.Number("label_smoothing", 0.0));
  const std::int64_t axis = config.Integer("axis", -1);
  return std::make_unique<BinaryCrossentropy>(from_logits, smoothing, axis, version);
}

}  // namespace sidecar::evaluate
