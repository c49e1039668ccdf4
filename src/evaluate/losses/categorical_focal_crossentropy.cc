#include <fmt/format.h>

#include <cmath>
#include <utility>

#include "base/status_macros.h"
#include "evaluate/losses/crossentropy.h"
#include "evaluate/losses/elementwise.h"
#include "evaluate/losses/focal_crossentropy.h"
#include "evaluate/losses/softmax_rows.h"

namespace sidecar::evaluate {
namespace {

struct CategoricalFocalOptions {
  std::vector<float> alpha;  // one for all classes, or one for each
  float gamma = 2.0F;
  bool from_logits = false;
  float smoothing = 0;
  std::int64_t axis = -1;
};

class CategoricalFocalCrossentropy final : public PerSampleFunction {
 public:
  CategoricalFocalCrossentropy(CategoricalFocalOptions options, KerasVersion version)
      : options_(std::move(options)), version_(version) {}

  [[nodiscard]] Result<Shape> ValueShape(const Shape& labels,
                                         const Shape& prediction) const override {
    if (!SameShapes(labels, prediction)) {
      return ShapesDiffer(labels, prediction,
                          "categorical focal crossentropy needs one label value for each class");
    }
    SIDECAR_ASSIGN_OR_RETURN(Shape values, WithoutAxis(prediction, options_.axis));
    SIDECAR_RETURN_IF_ERROR(CheckAlpha(prediction));
    return values;
  }

  Status Compute(const FunctionInput& input, Values& values) override {
    const AxisLayout layout = LayoutAround(input.prediction_shape, options_.axis);
    SIDECAR_ASSIGN_OR_RETURN(std::span<const float> labels, input.labels->Floats());
    labels = ClassesLast(labels, layout, label_buffer_);
    // Only Keras 2 looks for logits here.
    const bool recovered = input.logits != nullptr && version_ == KerasVersion::kKeras2;
    std::span<const float> prediction = input.prediction;
    if (recovered) prediction = {input.logits, prediction.size()};
    prediction = ClassesLast(prediction, layout, prediction_buffer_);
    if (recovered || options_.from_logits) prediction = Softmax(prediction, layout.size);
    const auto classes = static_cast<float>(
        input.prediction_shape[input.prediction_shape.rank() - 1]);  // the last, whatever the axis
    const float rest = options_.smoothing / classes;
    for (std::size_t row = 0; row < values.data.size(); ++row) {
      const std::size_t begin = row * layout.size;
      values.data[row] =
          RowLoss(labels.subspan(begin, layout.size), prediction.subspan(begin, layout.size), rest);
    }
    return Status();
  }

 private:
  // Several alphas go along the last dimension, as in a product of arrays.
  [[nodiscard]] Status CheckAlpha(const Shape& prediction) const {
    const std::int64_t classes = prediction[prediction.rank() - 1];
    const auto given = static_cast<std::int64_t>(options_.alpha.size());
    const bool last =
        options_.axis == -1 || options_.axis == static_cast<std::int64_t>(prediction.rank()) - 1;
    if (given == 1 || ((classes == given || classes == Shape::kUnknown) && last)) return Status();
    return Status(StatusCode::kInvalidArgument,
                  fmt::format("alpha has {} values; it must be one number, or one for each of the "
                              "{} classes along the last axis",
                              given, classes));
  }

  std::span<const float> Softmax(std::span<const float> logits, std::size_t classes) {
    softmax_.Compute(logits, classes);
    probabilities_.resize(logits.size());
    for (std::size_t i = 0; i < logits.size(); ++i) {
      const std::size_t row = i / classes;
      probabilities_[i] = std::exp(logits[i] - softmax_.greatest(row) - softmax_.log_sum(row));
    }
    return probabilities_;
  }

  [[nodiscard]] float RowLoss(std::span<const float> labels, std::span<const float> prediction,
                              float rest) const {
    const auto total = static_cast<float>(Sum(prediction));
    double sum = 0;
    for (std::size_t i = 0; i < labels.size(); ++i) {
      const float y = labels[i] * (1.0F - options_.smoothing) + rest;
      const float p = ClipProbability(prediction[i] / total);
      if (y == 0 && p == p) continue;
      const float alpha = options_.alpha.size() == 1 ? options_.alpha[0] : options_.alpha[i];
      sum += static_cast<double>(std::pow(1.0F - p, options_.gamma) * alpha * (-y * std::log(p)));
    }
    return static_cast<float>(sum);
  }

  CategoricalFocalOptions options_;
  KerasVersion version_;
  SoftmaxRows softmax_;
  std::vector<float> label_buffer_;
  std::vector<float> prediction_buffer_;
  std::vector<float> probabilities_;
};

}  // namespace

std::unique_ptr<PerSampleFunction> MakeCategoricalFocalCrossentropy(ObjectConfig& config,
                                                                    KerasVersion version) {
  CategoricalFocalOptions options;
  for (const double alpha : config.Numbers("alpha").value_or(std::vector<double>{0.25})) {
    options.alpha.push_back(static_cast<float>(alpha));
  }
  if (options.alpha.empty()) config.Mistake("alpha", "a number or a list of numbers");
  options.gamma = static_cast<float>(config.Number("gamma", 2.0));
  options.from_logits = config.Bool("from_logits", false);
  options.smoothing = static_cast<float>(config.Number("label_smoothing", 0.0));
  options.axis = config.Integer("axis", -1);
  return std::make_unique<CategoricalFocalCrossentropy>(std::move(options), version);
}

}  // namespace sidecar::evaluate
