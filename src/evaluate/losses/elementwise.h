// What functions of the form mean(f(label, prediction)) share.
#pragma once

#include <span>
#include <vector>

#include "evaluate/per_sample_function.h"

namespace sidecar::evaluate {

/// Labels and predictions element by element: where one has size 1 along a dimension and the other
/// more, it is repeated, as TensorFlow does.
class ElementPairs {
 public:
  /// The common shape; kFailedPrecondition where there is none.
  static Result<Shape> CommonShape(const Shape& labels, const Shape& prediction);

  /// Prepares labels() and predictions(), valid until the next call or the end of the input.
  /// `shape` is the common shape.
  Status Load(const FunctionInput& input, const Shape& shape);

  [[nodiscard]] std::span<const float> labels() const { return labels_; }
  [[nodiscard]] std::span<const float> predictions() const { return predictions_; }

 private:
  std::span<const float> labels_;
  std::span<const float> predictions_;
  std::vector<float> repeated_;
};

/// `shape` without the dimension `axis`, counted from the end where negative. kInvalidArgument
/// where there is no such dimension.
Result<Shape> WithoutAxis(const Shape& shape, std::int64_t axis);

/// How an array is laid out around one dimension: element (outer, i, inner) of the dimension's
/// `size` is at (outer * size + i) * inner_count + inner.
struct AxisLayout {
  std::size_t outer = 1;
  std::size_t size = 1;
  std::size_t inner = 1;
};
/// `axis` as WithoutAxis() accepts it; all sizes known.
[[nodiscard]] AxisLayout LayoutAround(const Shape& shape, std::int64_t axis);

/// For each place around the dimension: the mean along it, rounded to float32.
void MeanAlongAxis(std::span<const float> values, const AxisLayout& layout, std::span<float> means);

/// Whether both have the same rank and sizes; an unknown size may be any.
[[nodiscard]] bool SameShapes(const Shape& a, const Shape& b);

/// The error for labels and predictions of these shapes.
[[nodiscard]] Status ShapesDiffer(const Shape& labels, const Shape& prediction,
                                  std::string_view wanted);

}  // namespace sidecar::evaluate
