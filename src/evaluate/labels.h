// One output of one batch as losses and metrics see it: predictions, labels, weights.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "evaluate/metrics/batch_findings.h"
#include "evaluate/values.h"
#include "sidecar/status.h"
#include "sidecar/tensor.h"

namespace sidecar::evaluate {

/// The labels of one output, converted at most once to each type that some loss or metric wants.
/// Not thread-safe.
class Labels {
 public:
  Labels() = default;
  explicit Labels(Tensor tensor) : tensor_(std::move(tensor)) {}

  [[nodiscard]] const Shape& shape() const { return tensor_.shape(); }
  /// The labels as float32. kUnimplemented for element types without a conversion.
  Result<std::span<const float>> Floats();
  /// The labels as int64, truncated towards zero. kFailedPrecondition for labels that are NaN or
  /// beyond int64.
  Result<std::span<const std::int64_t>> Integers();
  /// Whether all labels, as float32, are 0 or 1. As Floats().
  Result<bool> AreBinary();
  /// Of these labels and the predictions beside them, the same for all who ask.
  [[nodiscard]] BatchFindings& findings() { return findings_; }

 private:
  Tensor tensor_;
  std::optional<Tensor> floats_;
  std::optional<Tensor> integers_;
  std::optional<bool> binary_;
  BatchFindings findings_;
};

/// One output of one batch. Everything is borrowed.
struct OutputView {
  Labels* labels = nullptr;
  Shape prediction_shape;
  std::span<const float> prediction;
  /// The input of the softmax or sigmoid that made the prediction, of the same shape; null where
  /// there is none.
  const float* logits = nullptr;
  const Weights* weights = nullptr;  ///< null: every sample counts once
  /// 1 for what counts and 0 for what Keras masks, over the leading dimensions of the prediction;
  /// null: everything counts. Losses apply it; metrics of Keras 2 find it in their weights already,
  /// in Keras 3 only means of functions look at it.
  const Weights* mask = nullptr;
  /// What Keras computes the prediction in. The numbers here are float32 all the same.
  DType dtype = DType::kFloat32;

  /// What Keras's cast to `to` makes of it: another tensor has no logits behind it.
  [[nodiscard]] OutputView CastTo(DType to) const {
    OutputView cast = *this;
    if (to != dtype) cast.logits = nullptr;
    cast.dtype = to;
    return cast;
  }
};

}  // namespace sidecar::evaluate
