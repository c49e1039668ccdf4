#include "evaluate/metrics/mean.h"

#include <utility>

#include "base/status_macros.h"
#include "evaluate/rank_rules.h"

namespace sidecar::evaluate {
namespace {

std::size_t SampleCount(const Values& values) {
  return values.shape.rank() == 0 ? 1 : static_cast<std::size_t>(values.shape[0]);
}

}  // namespace

MeanUpdate::Addition MeanUpdate::OfUnweighted(const Values& values) {
  const std::size_t samples = SampleCount(values);
  if (version_ == KerasVersion::kKeras2 || samples == values.data.size()) {
    return {Sum(values.data), static_cast<double>(values.data.size())};
  }
  sample_means_.resize(samples);
  MeanOfRows(values.data, samples, sample_means_);
  return {Sum(sample_means_), static_cast<double>(samples)};
}

Status MeanUpdate::LoadWeights(Values& values, const OutputView& view) {
  Weights weights = view.weights != nullptr ? *view.weights : Weights{};
  if (view.weights != nullptr) {
    SIDECAR_ASSIGN_OR_RETURN(AlignedWeights aligned,
                             AlignWeights(values.shape, view.prediction_shape, weights.shape,
                                          version_, WeightUse::kMean));
    if (aligned.values.rank() < values.shape.rank() && values.mask.empty()) {
      const std::size_t rows = ElementCount(aligned.values);
      MeanOfRows(values.data, rows, values.data);
      values.data.resize(rows);
      values.shape = aligned.values;
    } else {
      // Under a mask the weights get every dimension of the values.
      std::vector<std::int64_t> sizes = aligned.weights.sizes();
      sizes.resize(values.shape.rank(), 1);
      aligned.weights = Shape(std::move(sizes));
    }
    if (aligned.weights == values.shape) {
      weights_.assign(weights.data.begin(), weights.data.end());
    } else {
      Broadcast(weights.data, aligned.weights, values.shape, weights_);
    }
  } else {
    weights_.assign(values.data.size(), 1.0F);
  }
  for (std::size_t i = 0; i < values.mask.size(); ++i) {
    if (values.mask[i] == 0) weights_[i] *= 0.0F;
  }
  return Status();
}

Result<MeanUpdate::Addition> MeanUpdate::Of(Values& values, const OutputView& view) {
  const bool keras2 = version_ == KerasVersion::kKeras2;
  if (view.weights == nullptr && (values.mask.empty() || !keras2)) return OfUnweighted(values);
  SIDECAR_RETURN_IF_ERROR(LoadWeights(values, view));
  for (std::size_t i = 0; i < values.data.size(); ++i) values.data[i] *= weights_[i];
  const std::size_t samples = SampleCount(values);
  if (keras2 || samples == values.data.size()) return Addition{Sum(values.data), Sum(weights_)};
  MeanOfRows(values.data, samples, values.data);
  MeanOfRows(weights_, samples, weights_);
  return Addition{Sum({values.data.data(), samples}), Sum({weights_.data(), samples})};
}

void MeanAccumulator::Add(const MeanUpdate::Addition& addition) {
  MetricAccumulator::Add(state_[0], addition.total);
  MetricAccumulator::Add(state_[1], addition.count);
}

double MeanFloat32(double total, double count) {
  if (count == 0) return 0;
  return static_cast<double>(static_cast<float>(total) / static_cast<float>(count));
}

double MeanAccumulator::MeanResult() const {
  if (!in_double()) return MeanFloat32(state_[0], state_[1]);
  return state_[1] == 0 ? 0 : state_[0] / state_[1];
}

MeanOfFunction::MeanOfFunction(std::unique_ptr<PerSampleFunction> function, KerasVersion version)
    : function_(std::move(function)), version_(version), mean_(version) {}

Status MeanOfFunction::Check(const Shape& labels, const Shape& prediction,
                             const Shape* weights) const {
  const AlignedShapes shapes = AlignLabels(labels, prediction, version_);
  SIDECAR_ASSIGN_OR_RETURN(const Shape values,
                           function_->ValueShape(shapes.labels, shapes.prediction));
  if (weights == nullptr) return Status();
  return AlignWeights(values, prediction, *weights, version_, WeightUse::kMean).status();
}

// Keras 2 casts the prediction to the metric's dtype first, Keras 3 the function's values.
Status MeanOfFunction::Update(const OutputView& output) {
  OutputView view = version_ == KerasVersion::kKeras2 ? output.CastTo(dtype()) : output;
  SIDECAR_RETURN_IF_ERROR(ComputeValues(*function_, view, version_, values_));
  Weights weights;
  if (view.mask != nullptr && version_ == KerasVersion::kKeras3) {
    SIDECAR_ASSIGN_OR_RETURN(weights, MaskedWeights(view, version_, masked_));
    view.weights = &weights;
  }
  SIDECAR_ASSIGN_OR_RETURN(const MeanUpdate::Addition addition, mean_.Of(values_, view));
  Add(addition);
  return Status();
}

MeanOfLoss::MeanOfLoss(std::unique_ptr<OutputLoss> loss, KerasVersion version)
    : loss_(std::move(loss)), version_(version), mean_(version) {}

// Weights of one dimension Keras 2 takes for ones of none; beside predictions [batch, values] it
// has given them a second one before.
bool MeanOfLoss::CanWeigh(const Shape& prediction, const Shape& weights) const {
  const bool widened = weights.rank() == 1 && prediction.rank() == 2;
  return version_ == KerasVersion::kKeras2 && (widened || weights.rank() > 1);
}

Status MeanOfLoss::Check(const Shape& labels, const Shape& prediction, const Shape* weights) const {
  const bool reduced = loss_->reduction() != LossReduction::kNone;
  if (weights != nullptr && reduced && !CanWeigh(prediction, *weights)) {
    return Status(StatusCode::kInvalidArgument,
                  "a loss object among weighted_metrics gives one value for each batch, which "
                  "sample weights cannot be applied to; use the metric of that name instead");
  }
  return loss_->Check(labels, prediction, nullptr);
}

Status MeanOfLoss::Update(const OutputView& view) {
  OutputView without_weights = version_ == KerasVersion::kKeras2 ? view.CastTo(dtype()) : view;
  without_weights.weights = nullptr;
  if (loss_->reduction() == LossReduction::kNone) {
    SIDECAR_ASSIGN_OR_RETURN(const Values* values, loss_->WeightedValues(without_weights));
    values_.shape = values->shape;
    values_.data = values->data;
    SIDECAR_ASSIGN_OR_RETURN(const MeanUpdate::Addition addition, mean_.Of(values_, view));
    Add(addition);
    return Status();
  }
  SIDECAR_ASSIGN_OR_RETURN(const LossValue value, loss_->Compute(without_weights));
  if (view.mask != nullptr && version_ == KerasVersion::kKeras3) {
    return Status(
        StatusCode::kFailedPrecondition,
        "a loss object among metrics gives one value for each batch, which Keras 3 cannot "
        "apply the output's mask to; use the metric of that name instead");
  }
  const double weight = view.weights == nullptr ? 1 : Sum(view.weights->data);
  Add({static_cast<double>(value.value) * weight, weight});
  return Status();
}

}  // namespace sidecar::evaluate
