// How Keras brings the ranks of labels, predictions and weights together. Sizes may be unknown.
#pragma once

#include <vector>

#include "evaluate/labels.h"
#include "evaluate/per_sample_function.h"
#include "evaluate/values.h"
#include "sidecar/model.h"
#include "sidecar/status.h"
#include "sidecar/tensor.h"

namespace sidecar::evaluate {

/// Shapes under which a function gets labels and predictions. Only dimensions of size 1 come or
/// go, so the elements stay where they are.
struct AlignedShapes {
  Shape labels;
  Shape prediction;
};

/// Keras 2: match_dtype_and_rank, then squeeze_or_expand_dimensions; Keras 3:
/// squeeze_or_expand_to_same_rank. A batch of one row is no dimension of size 1.
[[nodiscard]] AlignedShapes AlignLabels(const Shape& labels, const Shape& prediction,
                                        KerasVersion version);

/// What `function` is to compute for an output: aligned shapes, and logits only where Keras still
/// finds them, which is where the prediction kept its shape.
[[nodiscard]] FunctionInput Align(const OutputView& view, KerasVersion version);

/// Values and weights of the same rank: each size of the weights is that of the values or 1.
struct AlignedWeights {
  Shape values;  ///< the dimensions of the values after these are to be averaged first
  Shape weights;
};

/// Who asks: a loss multiplies values by weights, Mean also averages values over dimensions that
/// the weights do not have.
enum class WeightUse { kLoss, kMean };

/// kFailedPrecondition where weights of this shape cannot be applied to these values, or where
/// Keras would apply them along the wrong dimension.
Result<AlignedWeights> AlignWeights(const Shape& values, const Shape& prediction,
                                    const Shape& weights, KerasVersion version, WeightUse use);

/// The weights of `view` times its mask, in `buffer`; either of both where there is only one. The
/// view must have one at least. kFailedPrecondition where their shapes do not go together.
Result<Weights> MaskedWeights(const OutputView& view, KerasVersion version,
                              std::vector<float>& buffer);

/// Computes `function` on an output: aligns, checks shapes, and fills `values`.
Status ComputeValues(PerSampleFunction& function, const OutputView& view, KerasVersion version,
                     Values& values);

}  // namespace sidecar::evaluate
