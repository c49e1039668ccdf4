#include "evaluate/losses/hinge.h"

#include <algorithm>
#include <limits>

#include "evaluate/losses/mean_of_elements.h"

namespace sidecar::evaluate {
namespace {

class HingeLoss final : public PerSampleFunction {
 public:
  explicit HingeLoss(bool squared) : squared_(squared) {}

  [[nodiscard]] Result<Shape> ValueShape(const Shape& labels,
                                         const Shape& prediction) const override {
    SIDECAR_ASSIGN_OR_RETURN(const Shape common, ElementPairs::CommonShape(labels, prediction));
    return WithoutAxis(common, -1);
  }

  Status Compute(const FunctionInput& input, Values& values) override {
    SIDECAR_ASSIGN_OR_RETURN(const Shape common,
                             ElementPairs::CommonShape(input.label_shape, input.prediction_shape));
    SIDECAR_RETURN_IF_ERROR(pairs_.Load(input, common));
    const std::span<const float> labels = pairs_.labels();
    const std::span<const float> predictions = pairs_.predictions();
    const bool binary = std::all_of(labels.begin(), labels.end(),
                                    [](float label) { return label == 0 || label == 1; });
    const float factor = binary ? 2.0F : 1.0F;
    const float offset = binary ? 1.0F : 0.0F;
    terms_.resize(labels.size());
    for (std::size_t i = 0; i < terms_.size(); ++i) {
      const float margin = 1.0F - (factor * labels[i] - offset) * predictions[i];
      const float hinge = margin < 0 ? 0.0F : margin;  // NaN stays NaN
      terms_[i] = squared_ ? hinge * hinge : hinge;
    }
    MeanOfRows(terms_, values.data.size(), values.data);
    return Status();
  }

 private:
  bool squared_;
  ElementPairs pairs_;
  std::vector<float> terms_;
};

// max(max((1 - y) p) - sum(y p) + 1, 0) over the last dimension.
class CategoricalHinge final : public PerSampleFunction {
 public:
  [[nodiscard]] Result<Shape> ValueShape(const Shape& labels,
                                         const Shape& prediction) const override {
    SIDECAR_ASSIGN_OR_RETURN(const Shape common, ElementPairs::CommonShape(labels, prediction));
    return WithoutAxis(common, -1);
  }

  Status Compute(const FunctionInput& input, Values& values) override {
    SIDECAR_ASSIGN_OR_RETURN(const Shape common,
                             ElementPairs::CommonShape(input.label_shape, input.prediction_shape));
    SIDECAR_RETURN_IF_ERROR(pairs_.Load(input, common));
    const std::span<const float> labels = pairs_.labels();
    const std::span<const float> predictions = pairs_.predictions();
    const std::size_t rows = values.data.size();
    const std::size_t columns = rows == 0 ? 0 : labels.size() / rows;
    for (std::size_t row = 0; row < rows; ++row) {
      double positive = 0;
      float negative = -std::numeric_limits<float>::infinity();
      for (std::size_t i = row * columns; i < (row + 1) * columns; ++i) {
        positive += static_cast<double>(labels[i] * predictions[i]);
        const float other = (1.0F - labels[i]) * predictions[i];
        negative = other <= negative ? negative : other;  // NaN stays NaN
      }
      const float hinge = negative - static_cast<float>(positive) + 1.0F;
      values.data[row] = hinge < 0 ? 0.0F : hinge;
    }
    return Status();
  }

 private:
  ElementPairs pairs_;
};

}  // namespace

std::unique_ptr<PerSampleFunction> MakeHinge(ObjectConfig&, KerasVersion) {
  return std::make_unique<HingeLoss>(false);
}

std::unique_ptr<PerSampleFunction> MakeSquaredHinge(ObjectConfig&, KerasVersion) {
  return std::make_unique<HingeLoss>(true);
}

std::unique_ptr<PerSampleFunction> MakeCategoricalHinge(ObjectConfig&, KerasVersion) {
  return std::make_unique<CategoricalHinge>();
}

}  // namespace sidecar::evaluate
