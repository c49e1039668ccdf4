#include <cmath>

#include "base/status_macros.h"
#include "evaluate/losses/crossentropy.h"
#include "evaluate/losses/elementwise.h"
#include "evaluate/losses/softmax_rows.h"

namespace sidecar::evaluate {
namespace {

class CategoricalCrossentropy final : public PerSampleFunction {
 public:
  CategoricalCrossentropy(bool from_logits, float smoothing, std::int64_t axis,
                          KerasVersion version)
      : from_logits_(from_logits), smoothing_(smoothing), axis_(axis), version_(version) {}

  [[nodiscard]] Result<Shape> ValueShape(const Shape& labels,
                                         const Shape& prediction) const override {
    constexpr std::string_view kWanted =
        "categorical crossentropy needs one label value for each class (integer labels: "
        "sparse_categorical_crossentropy)";
    if (!SameShapes(labels, prediction)) return ShapesDiffer(labels, prediction, kWanted);
    return WithoutAxis(prediction, axis_);
  }

  Status Compute(const FunctionInput& input, Values& values) override {
    const AxisLayout layout = LayoutAround(input.prediction_shape, axis_);
    SIDECAR_ASSIGN_OR_RETURN(std::span<const float> labels, input.labels->Floats());
    labels = ClassesLast(labels, layout, label_buffer_);
    if (smoothing_ != 0) labels = Smooth(labels, SmoothedOver(input.prediction_shape, layout));
    std::span<const float> prediction = input.prediction;
    if (input.logits != nullptr) prediction = {input.logits, prediction.size()};
    prediction = ClassesLast(prediction, layout, prediction_buffer_);
    if (from_logits_ || input.logits != nullptr) {
      ComputeFromLogits(prediction, labels, layout.size, values);
    } else if (input.in_double) {
      ComputeFromProbabilities<double>(prediction, labels, layout.size, values);
    } else {
      ComputeFromProbabilities<float>(prediction, labels, layout.size, values);
    }
    return Status();
  }

 private:
  // Keras 3 takes the last dimension for the classes here, whatever the axis.
  [[nodiscard]] std::size_t SmoothedOver(const Shape& shape, const AxisLayout& layout) const {
    if (version_ == KerasVersion::kKeras2) return layout.size;
    return static_cast<std::size_t>(shape[shape.rank() - 1]);
  }

  std::span<const float> Smooth(std::span<const float> labels, std::size_t classes) {
    smoothed_.resize(labels.size());
    const float rest = smoothing_ / static_cast<float>(classes);
    for (std::size_t i = 0; i < labels.size(); ++i) {
      smoothed_[i] = labels[i] * (1.0F - smoothing_) + rest;
    }
    return smoothed_;
  }

  // tf.nn.softmax_cross_entropy_with_logits.
  void ComputeFromLogits(std::span<const float> logits, std::span<const float> labels,
                         std::size_t classes, Values& values) {
    softmax_.Compute(logits, classes);
    terms_.resize(classes);
    for (std::size_t row = 0; row < values.data.size(); ++row) {
      const float greatest = softmax_.greatest(row);
      const float log_sum = softmax_.log_sum(row);
      const float* const x = logits.data() + row * classes;
      const float* const y = labels.data() + row * classes;
      for (std::size_t i = 0; i < classes; ++i) terms_[i] = y[i] * (log_sum - (x[i] - greatest));
      values.data[row] = static_cast<float>(Sum(terms_));
    }
  }

  template <class Real>
  static void ComputeFromProbabilities(std::span<const float> prediction,
                                       std::span<const float> labels, std::size_t classes,
                                       Values& values) {
    for (std::size_t row = 0; row < values.data.size(); ++row) {
      const auto total = static_cast<Real>(Sum(prediction.subspan(row * classes, classes)));
      double sum = 0;
      for (std::size_t i = row * classes; i < (row + 1) * classes; ++i) {
        const Real p = ClipProbability(static_cast<Real>(prediction[i]) / total);
        // One-hot labels need one logarithm a row; p is clipped or NaN.
        if (labels[i] == 0 && p == p) continue;
        sum -= static_cast<double>(static_cast<Real>(labels[i]) * std::log(p));
      }
      values.data[row] = static_cast<float>(sum);
    }
  }

  bool from_logits_;
  float smoothing_;
  std::int64_t axis_;
  KerasVersion version_;
  SoftmaxRows softmax_;
  std::vector<float> label_buffer_;
  std::vector<float> prediction_buffer_;
  std::vector<float> smoothed_;
  std::vector<float> terms_;
};

}  // namespace

std::unique_ptr<PerSampleFunction> MakeCategoricalCrossentropy(ObjectConfig& config,
                                                               KerasVersion version) {
  const bool from_logits = config.Bool("from_logits", false);
  const auto smoothing = static_cast<float>(config.Number("label_smoothing", 0.0));
  const std::int64_t axis = config.Integer("axis", -1);
  return std::make_unique<CategoricalCrossentropy>(from_logits, smoothing, axis, version);
}

}  // namespace sidecar::evaluate
