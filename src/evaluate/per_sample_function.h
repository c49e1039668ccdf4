// A function of labels and predictions: what losses reduce and most metrics average.
#pragma once

#include <cstdint>
#include <span>

#include "evaluate/labels.h"
#include "evaluate/values.h"
#include "sidecar/status.h"
#include "sidecar/tensor.h"

namespace sidecar::evaluate {

/// Labels and predictions whose ranks have been brought together (rank_rules.h).
struct FunctionInput {
  Labels* labels = nullptr;
  Shape label_shape;
  std::span<const float> prediction;
  Shape prediction_shape;
  const float* logits = nullptr;  ///< as in OutputView; null too where Keras loses sight of them
  /// Whether Keras computes in float64. It matters where float32 has no number close by, as for
  /// 1 - 1e-7; elsewhere float32 is close enough.
  bool in_double = false;
};

/// A loss before its reduction, or what a metric is the mean of, for instance (y - p)^2 averaged
/// over the last dimension. Not thread-safe: keeps buffers.
class PerSampleFunction {
 public:
  PerSampleFunction() = default;
  PerSampleFunction(const PerSampleFunction&) = delete;
  PerSampleFunction& operator=(const PerSampleFunction&) = delete;
  virtual ~PerSampleFunction() = default;

  /// The shape of the values for labels and predictions of these shapes, which may have unknown
  /// sizes. kFailedPrecondition where the shapes do not go together.
  [[nodiscard]] virtual Result<Shape> ValueShape(const Shape& labels,
                                                 const Shape& prediction) const = 0;
  /// Computes the values; `shape` is what ValueShape() gave for the shapes of `input` and
  /// values.shape already. kFailedPrecondition for labels that cannot be, naming row, value and
  /// range.
  virtual Status Compute(const FunctionInput& input, Values& values) = 0;
};

}  // namespace sidecar::evaluate
