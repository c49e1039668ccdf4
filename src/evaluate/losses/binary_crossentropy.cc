#include "base/status_macros.h"
#include "evaluate/losses/binary_terms.h"
#include "evaluate/losses/crossentropy.h"
#include "evaluate/losses/elementwise.h"
#include "evaluate/vector_clones.h"

namespace sidecar::evaluate {
namespace {

SIDECAR_VECTOR_CLONES void TermsFromLogits(const float* logits, const float* labels, float keep,
                                           float add, std::span<float> terms) {
  for (std::size_t i = 0; i < terms.size(); ++i) {
    terms[i] = BinaryTermFromLogit(logits[i], labels[i] * keep + add);
  }
}

class BinaryCrossentropy final : public PerSampleFunction {
 public:
  BinaryCrossentropy(bool from_logits, float smoothing, std::int64_t axis, KerasVersion version)
      : from_logits_(from_logits),
        smoothing_(smoothing),
        axis_(axis),
        terms_of_(version),
        double_terms_of_(version) {}

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
    } else if (input.in_double) {
      ComputeFromProbabilities(double_terms_of_);
    } else {
      ComputeFromProbabilities(terms_of_);
    }
    MeanAlongAxis(terms_, LayoutAround(common, axis_), values.data);
    return Status();
  }

 private:
  void ComputeFromLogits() {
    TermsFromLogits(pairs_.predictions().data(), pairs_.labels().data(), 1.0F - smoothing_,
                    0.5F * smoothing_, terms_);
  }

  template <class Real>
  void ComputeFromProbabilities(const BinaryTerms<Real>& terms_of) {
    const std::span<const float> labels = pairs_.labels();
    const std::span<const float> predictions = pairs_.predictions();
    for (std::size_t i = 0; i < terms_.size(); ++i) {
      const float y = labels[i] * (1.0F - smoothing_) + 0.5F * smoothing_;
      terms_[i] = static_cast<float>(
          terms_of.FromProbability(static_cast<Real>(predictions[i]), static_cast<Real>(y)));
    }
  }

  bool from_logits_;
  float smoothing_;
  std::int64_t axis_;
  BinaryTerms<float> terms_of_;
  BinaryTerms<double> double_terms_of_;
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
