#include "evaluate/metrics/class_scores.h"

#include <fmt/format.h>

#include "base/status_macros.h"
#include "evaluate/losses/elementwise.h"

namespace sidecar::evaluate {
namespace {

bool SameSizes(const Shape& a, const Shape& b, std::size_t rank) {
  for (std::size_t axis = 0; axis < rank; ++axis) {
    if (a[axis] != b[axis] && a[axis] != Shape::kUnknown && b[axis] != Shape::kUnknown) {
      return false;
    }
  }
  return true;
}

}  // namespace

Result<Shape> DenseClassShape(const Shape& labels, const Shape& prediction, std::string_view who) {
  SIDECAR_ASSIGN_OR_RETURN(Shape values, WithoutAxis(prediction, -1));
  if (labels.rank() == prediction.rank() && SameSizes(labels, values, values.rank())) {
    return values;
  }
  return ShapesDiffer(labels, prediction,
                      fmt::format("{} needs one label value for each class (integer labels: the "
                                  "sparse metric)",
                                  who));
}

Result<Shape> SparseClassShape(const Shape& labels, const Shape& prediction, std::string_view who) {
  SIDECAR_ASSIGN_OR_RETURN(Shape values, WithoutAxis(prediction, -1));
  std::size_t rank = labels.rank();
  if (rank == prediction.rank() && rank > 1 && labels[rank - 1] == 1) --rank;
  if (rank == values.rank() && SameSizes(labels, values, rank)) return values;
  return ShapesDiffer(
      labels, prediction,
      fmt::format("{} needs one class number for each row of class scores (one-hot labels: the "
                  "metric without 'sparse')",
                  who));
}

}  // namespace sidecar::evaluate
