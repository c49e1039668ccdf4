#include <cmath>

#include "base/status_macros.h"
#include "evaluate/losses/binary_terms.h"
#include "evaluate/losses/elementwise.h"
#include "evaluate/losses/focal_crossentropy.h"

namespace sidecar::evaluate {
namespace {

struct BinaryFocalOptions {
  bool balance = false;
  float alpha = 0.25F;
  float gamma = 2.0F;
  bool from_logits = false;
  float smoothing = 0;
  std::int64_t axis = -1;
};

float Sigmoid(float x) { return 1.0F / (1.0F + std::exp(-x)); }

class BinaryFocalCrossentropy final : public PerSampleFunction {
 public:
  BinaryFocalCrossentropy(BinaryFocalOptions options, KerasVersion version)
      : options_(options), version_(version), terms_of_(version), double_terms_of_(version) {}

  [[nodiscard]] Result<Shape> ValueShape(const Shape& labels,
                                         const Shape& prediction) const override {
    SIDECAR_ASSIGN_OR_RETURN(const Shape common, ElementPairs::CommonShape(labels, prediction));
    return WithoutAxis(common, options_.axis);
  }

  Status Compute(const FunctionInput& input, Values& values) override {
    SIDECAR_ASSIGN_OR_RETURN(const Shape common,
                             ElementPairs::CommonShape(input.label_shape, input.prediction_shape));
    // Keras 3 computes sigmoid(prediction) itself under from_logits and so has its logits; Keras 2
    // hands the prediction on, whose own logits win.
    const bool recover =
        input.logits != nullptr && !(options_.from_logits && version_ == KerasVersion::kKeras3);
    FunctionInput chosen = input;
    if (recover) chosen.prediction = {input.logits, input.prediction.size()};
    SIDECAR_RETURN_IF_ERROR(pairs_.Load(input, common));
    SIDECAR_RETURN_IF_ERROR(entropy_pairs_.Load(chosen, common));
    const bool logits = recover || options_.from_logits;
    const std::span<const float> labels = pairs_.labels();
    const std::span<const float> predictions = pairs_.predictions();
    const std::span<const float> entropy = entropy_pairs_.predictions();
    terms_.resize(labels.size());
    for (std::size_t i = 0; i < terms_.size(); ++i) {
      const float y = labels[i] * (1.0F - options_.smoothing) + 0.5F * options_.smoothing;
      const float p = options_.from_logits ? Sigmoid(predictions[i]) : predictions[i];
      const float crossentropy = logits ? BinaryTermFromLogit(entropy[i], y)
                                 : input.in_double
                                     ? static_cast<float>(double_terms_of_.FromProbability(
                                           static_cast<double>(entropy[i]), static_cast<double>(y)))
                                     : terms_of_.FromProbability(entropy[i], y);
      terms_[i] = Weigh(y, p) * crossentropy;
    }
    MeanAlongAxis(terms_, LayoutAround(common, options_.axis), values.data);
    return Status();
  }

 private:
  [[nodiscard]] float Weigh(float y, float p) const {
    const float certainty = y * p + (1.0F - y) * (1.0F - p);
    const float focus = std::pow(1.0F - certainty, options_.gamma);
    if (!options_.balance) return focus;
    return (y * options_.alpha + (1.0F - y) * (1.0F - options_.alpha)) * focus;
  }

  BinaryFocalOptions options_;
  KerasVersion version_;
  BinaryTerms<float> terms_of_;
  BinaryTerms<double> double_terms_of_;
  ElementPairs pairs_;
  ElementPairs entropy_pairs_;
  std::vector<float> terms_;
};

}  // namespace

std::unique_ptr<PerSampleFunction> MakeBinaryFocalCrossentropy(ObjectConfig& config,
                                                               KerasVersion version) {
  BinaryFocalOptions options;
  options.balance = config.Bool("apply_class_balancing", false);
  options.alpha = static_cast<float>(config.Number("alpha", 0.25));
  options.gamma = static_cast<float>(config.Number("gamma", 2.0));
  options.from_logits = config.Bool("from_logits", false);
  options.smoothing = static_cast<float>(config.Number("label_smoothing", 0.0));
  options.axis = config.Integer("axis", -1);
  return std::make_unique<BinaryFocalCrossentropy>(options, version);
}

}  // namespace sidecar::evaluate
