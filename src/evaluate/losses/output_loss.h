// A loss: a function of labels and predictions, and how its values become one number.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "evaluate/labels.h"
#include "evaluate/per_sample_function.h"
#include "evaluate/values.h"
#include "sidecar/model.h"
#include "sidecar/status.h"

namespace sidecar::evaluate {

enum class LossReduction {
  kMean,  ///< "auto", "sum_over_batch_size", "mean": divides by the number of values
  kSum,   ///< "sum"
  kNone,  ///< "none"
  kMeanWithSampleWeight,  ///< divides by the sum of the weights
};

/// What a loss gives for one batch.
struct LossValue {
  float value = 0;  ///< the reduced loss; the mean over the values for LossReduction::kNone
  /// How many values there are: 1, or more for LossReduction::kNone.
  std::int64_t elements = 1;
};

/// keras.losses.Loss. Not thread-safe: keeps buffers.
class OutputLoss {
 public:
  OutputLoss(std::unique_ptr<PerSampleFunction> function, LossReduction reduction, std::string name,
             KerasVersion version);

  /// The `dtype` of Keras 3's loss, float32 unless this is called.
  void SetDtype(DType dtype) { dtype_ = dtype; }
  /// Checks shapes before the first batch; sizes may be unknown. `weights` is null where there are
  /// none.
  Status Check(const Shape& labels, const Shape& prediction, const Shape* weights) const;
  /// The loss of one batch. kFailedPrecondition for labels and weights that cannot be.
  Result<LossValue> Compute(const OutputView& view);
  /// The values multiplied by weights and mask, before the reduction, valid until the next call.
  Result<const Values*> WeightedValues(const OutputView& view);

  [[nodiscard]] LossReduction reduction() const { return reduction_; }
  [[nodiscard]] const std::string& name() const { return name_; }

 private:
  Status LoadMask(const OutputView& view);
  void ApplyMask();
  Status BroadcastScalar(const OutputView& view);
  Status ApplyWeights(const OutputView& view);

  std::unique_ptr<PerSampleFunction> function_;
  LossReduction reduction_;
  std::string name_;
  KerasVersion version_;
  DType dtype_ = DType::kFloat32;
  Values values_;
  std::vector<float> repeated_;
  double weight_sum_ = 0;  ///< of the last batch's weights and mask
};

}  // namespace sidecar::evaluate
