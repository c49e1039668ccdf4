#include "evaluate/losses/hinge.h"

#include <algorithm>
#include <limits>

#include "evaluate/losses/mean_of_elements.h"

namespace sidecar::evaluate {
namespace {

class HingeLoss final : public FunctionOfRows {
 public:
  explicit HingeLoss(bool squared) : squared_(squared) {}

  void ComputeRows(std::span<const float> labels, std::span<const float> predictions,
                   Values& values) override {
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
  }

 private:
  bool squared_;
  std::vector<float> terms_;
};

// max(max((1 - y) p) - sum(y p) + 1, 0) over the last dimension.
class CategoricalHinge final : public FunctionOfRows {
 public:
  void ComputeRows(std::span<const float> labels, std::span<const float> predictions,
                   Values& values) override {
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
  }
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
