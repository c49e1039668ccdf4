#include "evaluate/rank_rules.h"

#include <fmt/format.h>

#include <vector>

#include "base/status_macros.h"

namespace sidecar::evaluate {
namespace {

// The batch dimension has no fixed size in Keras's graphs, so it is never taken for a 1.
bool LastIsOne(const Shape& shape) { return shape.rank() >= 2 && shape[shape.rank() - 1] == 1; }

Shape WithoutLast(const Shape& shape) {
  std::vector<std::int64_t> sizes = shape.sizes();
  sizes.pop_back();
  return Shape(std::move(sizes));
}

Shape WithLastOne(const Shape& shape) {
  std::vector<std::int64_t> sizes = shape.sizes();
  sizes.push_back(1);
  return Shape(std::move(sizes));
}

AlignedShapes AlignKeras2(Shape labels, Shape prediction) {
  if (labels.rank() == 1 && prediction.rank() == 2) labels = WithLastOne(labels);
  if (prediction.rank() == labels.rank() + 1 && LastIsOne(prediction)) {
    prediction = WithoutLast(prediction);
  } else if (labels.rank() == prediction.rank() + 1 && LastIsOne(labels)) {
    labels = WithoutLast(labels);
  }
  return {std::move(labels), std::move(prediction)};
}

AlignedShapes AlignKeras3(Shape labels, Shape prediction) {
  if (labels.rank() == prediction.rank() + 1 && LastIsOne(labels)) {
    if (prediction.rank() == 1) {
      prediction = WithLastOne(prediction);
    } else {
      labels = WithoutLast(labels);
    }
  } else if (prediction.rank() == labels.rank() + 1 && LastIsOne(prediction)) {
    if (labels.rank() == 1) {
      labels = WithLastOne(labels);
    } else {
      prediction = WithoutLast(prediction);
    }
  }
  return {std::move(labels), std::move(prediction)};
}

bool WeightsFit(const Shape& weights, const Shape& values) {
  if (weights.rank() > values.rank()) return false;
  for (std::size_t axis = 0; axis < weights.rank(); ++axis) {
    const bool same = weights[axis] == values[axis] || weights[axis] == 1;
    if (!same && weights[axis] != Shape::kUnknown && values[axis] != Shape::kUnknown) return false;
  }
  return true;
}

Shape Leading(const Shape& shape, std::size_t rank) {
  return Shape(std::vector<std::int64_t>(
      shape.sizes().begin(), shape.sizes().begin() + static_cast<std::ptrdiff_t>(rank)));
}

Status CannotWeight(const Shape& values, const Shape& weights) {
  if (values.rank() == 0) {
    return Status(StatusCode::kFailedPrecondition,
                  "sample weights cannot be applied: there is one value for the whole batch, not "
                  "one for each sample");
  }
  return Status(
      StatusCode::kFailedPrecondition,
      fmt::format("sample weights of shape {} do not fit values of shape {} (the first size is the "
                  "batch); give weights of shape {}, or with a size of 1 in place of some",
                  weights.ToString(), values.ToString(), values.ToString()));
}

}  // namespace

AlignedShapes AlignLabels(const Shape& labels, const Shape& prediction, KerasVersion version) {
  return version == KerasVersion::kKeras2 ? AlignKeras2(labels, prediction)
                                          : AlignKeras3(labels, prediction);
}

FunctionInput Align(const OutputView& view, KerasVersion version) {
  AlignedShapes shapes = AlignLabels(view.labels->shape(), view.prediction_shape, version);
  FunctionInput input;
  input.labels = view.labels;
  input.prediction = view.prediction;
  const bool reshaped = shapes.prediction.rank() != view.prediction_shape.rank();
  input.logits = reshaped ? nullptr : view.logits;
  input.in_double = view.dtype == DType::kFloat64;
  input.label_shape = std::move(shapes.labels);
  input.prediction_shape = std::move(shapes.prediction);
  return input;
}

Result<AlignedWeights> AlignWeights(const Shape& values, const Shape& prediction,
                                    const Shape& weights, KerasVersion version, WeightUse use) {
  Shape aligned = weights;
  const bool keras2 = version == KerasVersion::kKeras2;
  if (keras2 && aligned.rank() == 1 && prediction.rank() == 2) aligned = WithLastOne(aligned);
  if (aligned.rank() == values.rank() + 1 && LastIsOne(aligned)) {
    aligned = WithoutLast(aligned);
  } else if (values.rank() == aligned.rank() + 1 && (keras2 || LastIsOne(values))) {
    aligned = WithLastOne(aligned);
  }
  if (aligned.rank() == values.rank() && values.rank() > 0 && WeightsFit(aligned, values)) {
    return AlignedWeights{values, aligned};
  }
  if (use == WeightUse::kMean && aligned.rank() >= 1 && aligned.rank() < values.rank() &&
      WeightsFit(aligned, values)) {
    return AlignedWeights{Leading(values, aligned.rank()), aligned};
  }
  return CannotWeight(values, weights);
}

Result<Weights> MaskedWeights(const OutputView& view, KerasVersion version,
                              std::vector<float>& buffer) {
  if (view.mask == nullptr) return *view.weights;
  if (view.weights == nullptr) return *view.mask;
  const Shape& shape = view.mask->shape;
  SIDECAR_ASSIGN_OR_RETURN_CONTEXT(
      const AlignedWeights aligned,
      AlignWeights(shape, view.prediction_shape, view.weights->shape, version, WeightUse::kLoss),
      "beside the mask");
  Broadcast(view.weights->data, aligned.weights, shape, buffer);
  for (std::size_t i = 0; i < buffer.size(); ++i) buffer[i] *= view.mask->data[i];
  return Weights{shape, buffer};
}

Status ComputeValues(PerSampleFunction& function, const OutputView& view, KerasVersion version,
                     Values& values) {
  const FunctionInput input = Align(view, version);
  SIDECAR_ASSIGN_OR_RETURN(values.shape,
                           function.ValueShape(input.label_shape, input.prediction_shape));
  values.data.resize(ElementCount(values.shape));
  values.mask.clear();
  return function.Compute(input, values);
}

}  // namespace sidecar::evaluate
