#include "evaluate/losses/output_loss.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "base/status_macros.h"
#include "evaluate/rank_rules.h"

namespace sidecar::evaluate {

OutputLoss::OutputLoss(std::unique_ptr<PerSampleFunction> function, LossReduction reduction,
                       std::string name, KerasVersion version)
    : function_(std::move(function)),
      reduction_(reduction),
      name_(std::move(name)),
      version_(version) {}

Status OutputLoss::Check(const Shape& labels, const Shape& prediction, const Shape* weights) const {
  const AlignedShapes shapes = AlignLabels(labels, prediction, version_);
  SIDECAR_ASSIGN_OR_RETURN(const Shape values,
                           function_->ValueShape(shapes.labels, shapes.prediction));
  const bool repeated = values.rank() == 0 && version_ == KerasVersion::kKeras3;
  if (weights == nullptr || repeated) return Status();
  return AlignWeights(values, prediction, *weights, version_, WeightUse::kLoss).status();
}

// Under the mean, values that count are raised by total / valid, so that dividing by the number of
// all values comes to dividing by the number of those that count.
void OutputLoss::ApplyMask() {
  if (values_.mask.empty()) return;
  const auto total = static_cast<float>(values_.mask.size());
  const auto valid = static_cast<float>(std::count(values_.mask.begin(), values_.mask.end(), 1));
  float weight = 1;
  float ignored = 0;
  if (reduction_ == LossReduction::kMean) {
    const bool keras3 = version_ == KerasVersion::kKeras3;
    // Where nothing counts, Keras 2 multiplies 0 by infinity.
    if (valid == 0 && !keras3) ignored = std::numeric_limits<float>::quiet_NaN();
    weight = valid == 0 ? 0 : total / valid;
  }
  weight_sum_ = static_cast<double>(valid * weight);
  for (std::size_t i = 0; i < values_.data.size(); ++i) {
    values_.data[i] *= values_.mask[i] != 0 ? weight : ignored;
  }
}

// Keras joins the mask of the output with that of the function's values.
Status OutputLoss::LoadMask(const OutputView& view) {
  if (view.mask == nullptr) return Status();
  SIDECAR_ASSIGN_OR_RETURN_CONTEXT(const AlignedWeights aligned,
                                   AlignWeights(values_.shape, view.prediction_shape,
                                                view.mask->shape, version_, WeightUse::kLoss),
                                   "the mask of the output");
  Broadcast(view.mask->data, aligned.weights, values_.shape, repeated_);
  if (values_.mask.empty()) values_.mask.assign(values_.data.size(), 1);
  for (std::size_t i = 0; i < repeated_.size(); ++i) {
    if (repeated_[i] == 0) values_.mask[i] = 0;
  }
  return Status();
}

// One value for the whole batch meets weights, or a mask: Keras 3 repeats it.
Status OutputLoss::BroadcastScalar(const OutputView& view) {
  const bool alone = view.weights == nullptr && view.mask == nullptr;
  if (values_.shape.rank() != 0 || version_ == KerasVersion::kKeras2 || alone) return Status();
  SIDECAR_ASSIGN_OR_RETURN(const Weights weights, MaskedWeights(view, version_, repeated_));
  values_.shape = weights.shape;
  values_.data.assign(weights.data.size(), values_.data[0]);
  return Status();
}

Status OutputLoss::ApplyWeights(const OutputView& view) {
  weight_sum_ = static_cast<double>(values_.data.size());
  if (view.weights == nullptr) {
    ApplyMask();
    return Status();
  }
  SIDECAR_ASSIGN_OR_RETURN(const AlignedWeights aligned,
                           AlignWeights(values_.shape, view.prediction_shape, view.weights->shape,
                                        version_, WeightUse::kLoss));
  std::span<const float> weights = view.weights->data;
  double weight_sum = Sum(weights);
  if (aligned.weights != values_.shape) {
    Broadcast(weights, aligned.weights, values_.shape, repeated_);
    weights = repeated_;
  }
  if (!values_.mask.empty()) {
    weight_sum = 0;
    for (std::size_t i = 0; i < weights.size(); ++i) {
      if (values_.mask[i] != 0) weight_sum += static_cast<double>(weights[i]);
    }
  }
  for (std::size_t i = 0; i < values_.data.size(); ++i) values_.data[i] *= weights[i];
  ApplyMask();
  weight_sum_ = weight_sum;
  return Status();
}

// Keras 3 casts the prediction to the loss's dtype first; Keras 2 computes in the prediction's.
Result<const Values*> OutputLoss::WeightedValues(const OutputView& output) {
  const OutputView view = version_ == KerasVersion::kKeras3 ? output.CastTo(dtype_) : output;
  SIDECAR_RETURN_IF_ERROR(ComputeValues(*function_, view, version_, values_));
  SIDECAR_RETURN_IF_ERROR(BroadcastScalar(view));
  SIDECAR_RETURN_IF_ERROR(LoadMask(view));
  SIDECAR_RETURN_IF_ERROR(ApplyWeights(view));
  return static_cast<const Values*>(&values_);
}

Result<LossValue> OutputLoss::Compute(const OutputView& view) {
  SIDECAR_RETURN_IF_ERROR(WeightedValues(view).status());
  const auto sum = static_cast<float>(Sum(values_.data));
  const auto count = static_cast<float>(values_.data.size());
  switch (reduction_) {
    case LossReduction::kSum:
      return LossValue{sum, 1};
    case LossReduction::kMeanWithSampleWeight: {
      const auto divisor = static_cast<float>(weight_sum_);
      return LossValue{divisor == 0 ? 0.0F : sum / divisor, 1};
    }
    case LossReduction::kNone:
      return LossValue{count == 0 ? 0.0F : sum / count,
                       static_cast<std::int64_t>(values_.data.size())};
    case LossReduction::kMean:
      break;
  }
  return LossValue{count == 0 ? 0.0F : sum / count, 1};
}

}  // namespace sidecar::evaluate
