// Shapes of labels beside class scores [batch, …, classes].
#pragma once

#include <string_view>

#include "sidecar/status.h"
#include "sidecar/tensor.h"

namespace sidecar::evaluate {

/// The shape of one value for each row of scores, for labels that have a dimension of classes too.
/// kFailedPrecondition where the shapes do not go together; `who` names the metric.
Result<Shape> DenseClassShape(const Shape& labels, const Shape& prediction, std::string_view who);

/// The same for labels that are class numbers, with or without a last dimension of size 1.
Result<Shape> SparseClassShape(const Shape& labels, const Shape& prediction, std::string_view who);

}  // namespace sidecar::evaluate
