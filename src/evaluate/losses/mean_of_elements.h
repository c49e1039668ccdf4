// Functions of the form mean over the last dimension of f(label, prediction).
#pragma once

#include <utility>
#include <vector>

#include "base/status_macros.h"
#include "evaluate/losses/elementwise.h"
#include "evaluate/per_sample_function.h"

namespace sidecar::evaluate {

/// scale * mean over the last dimension of element(label, prediction), in float32 as Keras
/// computes it. `Element` is a function object that compilers can inline.
template <class Element>
class MeanOfElements final : public PerSampleFunction {
 public:
  explicit MeanOfElements(Element element, float scale = 1)
      : element_(std::move(element)), scale_(scale) {}

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
    elements_.resize(predictions.size());
    for (std::size_t i = 0; i < elements_.size(); ++i) {
      elements_[i] = element_(labels[i], predictions[i]);
    }
    MeanOfRows(elements_, values.data.size(), values.data);
    if (scale_ != 1) {
      for (float& value : values.data) value *= scale_;
    }
    return Status();
  }

 private:
  Element element_;
  float scale_;
  ElementPairs pairs_;
  std::vector<float> elements_;
};

}  // namespace sidecar::evaluate
