// Functions of the form mean over the last dimension of f(label, prediction).
#pragma once

#include <span>
#include <utility>
#include <vector>

#include "base/status_macros.h"
#include "evaluate/losses/elementwise.h"
#include "evaluate/per_sample_function.h"

namespace sidecar::evaluate {

/// A function of labels and predictions brought to one shape, with a value for each row of their
/// last dimension.
class FunctionOfRows : public PerSampleFunction {
 public:
  [[nodiscard]] Result<Shape> ValueShape(const Shape& labels, const Shape& prediction) const final {
    SIDECAR_ASSIGN_OR_RETURN(const Shape common, ElementPairs::CommonShape(labels, prediction));
    return WithoutAxis(common, -1);
  }

  Status Compute(const FunctionInput& input, Values& values) final {
    SIDECAR_ASSIGN_OR_RETURN(const Shape common,
                             ElementPairs::CommonShape(input.label_shape, input.prediction_shape));
    SIDECAR_RETURN_IF_ERROR(pairs_.Load(input, common));
    ComputeRows(pairs_.labels(), pairs_.predictions(), values);
    return Status();
  }

 private:
  /// Labels and predictions have as many elements; `values.data` has one for each row.
  virtual void ComputeRows(std::span<const float> labels, std::span<const float> predictions,
                           Values& values) = 0;

  ElementPairs pairs_;
};

/// scale * mean over the last dimension of element(label, prediction), in float32 as Keras
/// computes it. `Element` is a function object that compilers can inline.
template <class Element>
class MeanOfElements final : public FunctionOfRows {
 public:
  explicit MeanOfElements(Element element, float scale = 1)
      : element_(std::move(element)), scale_(scale) {}

  void ComputeRows(std::span<const float> labels, std::span<const float> predictions,
                   Values& values) override {
    elements_.resize(predictions.size());
    for (std::size_t i = 0; i < elements_.size(); ++i) {
      elements_[i] = element_(labels[i], predictions[i]);
    }
    MeanOfRows(elements_, values.data.size(), values.data);
    if (scale_ != 1) {
      for (float& value : values.data) value *= scale_;
    }
  }

 private:
  Element element_;
  float scale_;
  std::vector<float> elements_;
};

}  // namespace sidecar::evaluate
