#include "evaluate/losses/cosine_similarity.h"

#include <cmath>

#include "base/status_macros.h"
#include "evaluate/losses/elementwise.h"

namespace sidecar::evaluate {
namespace {

// The sum along the axis of both sides divided by their lengths, x / sqrt(max(sum(x^2), least)).
class CosineSimilarity final : public PerSampleFunction {
 public:
  CosineSimilarity(std::int64_t axis, double sign, KerasVersion version)
      : axis_(axis), sign_(sign), least_(version == KerasVersion::kKeras2 ? 1e-12 : 1e-14) {}

  [[nodiscard]] Result<Shape> ValueShape(const Shape& labels,
                                         const Shape& prediction) const override {
    if (!SameShapes(labels, prediction)) {
      return ShapesDiffer(labels, prediction, "cosine similarity needs the same shape for both");
    }
    return WithoutAxis(prediction, axis_);
  }

  Status Compute(const FunctionInput& input, Values& values) override {
    SIDECAR_ASSIGN_OR_RETURN(const std::span<const float> labels, input.labels->Floats());
    const AxisLayout layout = LayoutAround(input.prediction_shape, axis_);
    for (std::size_t outer = 0; outer < layout.outer; ++outer) {
      for (std::size_t inner = 0; inner < layout.inner; ++inner) {
        double label_square = 0;
        double prediction_square = 0;
        double product = 0;
        for (std::size_t i = 0; i < layout.size; ++i) {
          const std::size_t at = (outer * layout.size + i) * layout.inner + inner;
          const auto y = static_cast<double>(labels[at]);
          const auto p = static_cast<double>(input.prediction[at]);
          label_square += y * y;
          prediction_square += p * p;
          product += y * p;
        }
        const double length = std::sqrt(AtLeast(label_square) * AtLeast(prediction_square));
        values.data[outer * layout.inner + inner] = static_cast<float>(sign_ * product / length);
      }
    }
    return Status();
  }

 private:
  [[nodiscard]] double AtLeast(double square) const { return square < least_ ? least_ : square; }

  std::int64_t axis_;
  double sign_;
  double least_;
};

}  // namespace

std::unique_ptr<PerSampleFunction> MakeCosineSimilarityLoss(ObjectConfig& config,
                                                            KerasVersion version) {
  return std::make_unique<CosineSimilarity>(config.Integer("axis", -1), -1, version);
}

std::unique_ptr<PerSampleFunction> MakeCosineSimilarity(ObjectConfig& config,
                                                        KerasVersion version) {
  return std::make_unique<CosineSimilarity>(config.Integer("axis", -1), 1, version);
}

}  // namespace sidecar::evaluate
