#include "evaluate/losses/generalized_cross_entropy.h"

#include <cmath>

#include "base/status_macros.h"
#include "evaluate/losses/elementwise.h"

namespace sidecar::evaluate {
namespace {

class GeneralizedCrossEntropy final : public PerSampleFunction {
 public:
  explicit GeneralizedCrossEntropy(float q) : q_(q) {}

  [[nodiscard]] Result<Shape> ValueShape(const Shape& labels,
                                         const Shape& prediction) const override {
    SIDECAR_ASSIGN_OR_RETURN(Shape values, WithoutAxis(prediction, -1));
    if (SameShapes(labels, values)) return values;
    // Keras would pair the labels [batch, 1] of every sample with the scores of every other.
    return ShapesDiffer(labels, prediction,
                        "this loss needs one class number for each row of class scores, without a "
                        "dimension of size 1");
  }

  // (1 - p^q) / q.
  Status Compute(const FunctionInput& input, Values& values) override {
    SIDECAR_ASSIGN_OR_RETURN(const std::span<const std::int64_t> labels, input.labels->Integers());
    const std::size_t classes = labels.empty() ? 0 : input.prediction.size() / labels.size();
    for (std::size_t row = 0; row < labels.size(); ++row) {
      const bool known = static_cast<std::uint64_t>(labels[row]) < classes;
      const std::size_t at = row * classes + static_cast<std::size_t>(known ? labels[row] : 0);
      const float p = known ? input.prediction[at] : 0.0F;
      values.data[row] = (1.0F - std::pow(p, q_)) / q_;
    }
    return Status();
  }

 private:
  float q_;
};

}  // namespace

std::unique_ptr<PerSampleFunction> MakeGeneralizedCrossEntropy(ObjectConfig& config, KerasVersion) {
  const double q = config.Number("q", 0.5);
  if (!(q > 0 && q < 1)) config.Mistake("q", "between 0 and 1");
  return std::make_unique<GeneralizedCrossEntropy>(static_cast<float>(q));
}

}  // namespace sidecar::evaluate
