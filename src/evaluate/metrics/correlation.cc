#include "evaluate/metrics/correlation.h"

#include <cmath>

#include "base/status_macros.h"
#include "evaluate/losses/elementwise.h"

namespace sidecar::evaluate {
namespace {

// Means, variances (of the population) and the covariance of both sides along one line.
struct Moments {
  double label_mean = 0;
  double prediction_mean = 0;
  double label_variance = 0;
  double prediction_variance = 0;
  double covariance = 0;
};

float Pearson(const Moments& m) {
  return static_cast<float>(m.covariance / std::sqrt(m.label_variance * m.prediction_variance));
}

// Keras subtracts the mean of the predictions from the labels too, which adds nothing to the mean
// of the products: those factors sum to zero.
float Concordance(const Moments& m) {
  const double distance = m.label_mean - m.prediction_mean;
  const double below = m.label_variance + m.prediction_variance + distance * distance + 1e-7;
  return static_cast<float>(2 * m.covariance / below);
}

class Correlation final : public PerSampleFunction {
 public:
  Correlation(float (*formula)(const Moments&), std::int64_t axis)
      : formula_(formula), axis_(axis) {}

  [[nodiscard]] Result<Shape> ValueShape(const Shape& labels,
                                         const Shape& prediction) const override {
    if (!SameShapes(labels, prediction)) {
      return ShapesDiffer(labels, prediction, "a correlation needs the same shape for both");
    }
    return WithoutAxis(prediction, axis_);
  }

  Status Compute(const FunctionInput& input, Values& values) override {
    SIDECAR_ASSIGN_OR_RETURN(const std::span<const float> labels, input.labels->Floats());
    const AxisLayout layout = LayoutAround(input.prediction_shape, axis_);
    for (std::size_t outer = 0; outer < layout.outer; ++outer) {
      for (std::size_t inner = 0; inner < layout.inner; ++inner) {
        const std::size_t first = outer * layout.size * layout.inner + inner;
        values.data[outer * layout.inner + inner] =
            formula_(MomentsOf(labels, input.prediction, first, layout));
      }
    }
    return Status();
  }

 private:
  static Moments MomentsOf(std::span<const float> labels, std::span<const float> predictions,
                           std::size_t first, const AxisLayout& layout) {
    Moments m;
    const auto count = static_cast<double>(layout.size);
    for (std::size_t i = 0; i < layout.size; ++i) {
      m.label_mean += static_cast<double>(labels[first + i * layout.inner]) / count;
      m.prediction_mean += static_cast<double>(predictions[first + i * layout.inner]) / count;
    }
    for (std::size_t i = 0; i < layout.size; ++i) {
      const double y = static_cast<double>(labels[first + i * layout.inner]) - m.label_mean;
      const double p =
          static_cast<double>(predictions[first + i * layout.inner]) - m.prediction_mean;
      m.label_variance += y * y / count;
      m.prediction_variance += p * p / count;
      m.covariance += y * p / count;
    }
    return m;
  }

  float (*formula_)(const Moments&);
  std::int64_t axis_;
};

}  // namespace

std::unique_ptr<PerSampleFunction> MakePearsonCorrelation(ObjectConfig& config, KerasVersion) {
  return std::make_unique<Correlation>(Pearson, config.Integer("axis", -1));
}

std::unique_ptr<PerSampleFunction> MakeConcordanceCorrelation(ObjectConfig& config, KerasVersion) {
  return std::make_unique<Correlation>(Concordance, config.Integer("axis", -1));
}

}  // namespace sidecar::evaluate
