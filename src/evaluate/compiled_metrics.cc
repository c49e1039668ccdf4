#include "evaluate/compiled_metrics.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/status_macros.h"
#include "evaluate/compile_json.h"
#include "evaluate/compiled_outputs.h"
#include "evaluate/labels.h"
#include "evaluate/metrics/mean.h"
#include "evaluate/rank_rules.h"
#include "tensor/convert.h"

namespace sidecar::evaluate {
namespace {

// keras.metrics.Mean over losses: {total, count}.
using LossMean = std::array<double, 2>;

void AddToMean(LossMean& mean, float value, float weight, float elements) {
  AddFloat32(mean[0], static_cast<double>(value * weight * elements));
  AddFloat32(mean[1], static_cast<double>(weight * elements));
}

// One name of the results and where its value is.
struct ResultSlot {
  std::string name;
  const MetricAccumulator* metric = nullptr;
  const LossMean* loss = nullptr;
};

// The tensors of one output of one batch, converted, and the view of them.
struct BatchOfOutput {
  Labels labels;
  Tensor prediction;
  Tensor logits;
  Tensor weight_values;
  Weights weights;
  Tensor mask_values;
  Weights mask;
  OutputView view;
};

class CompiledMetricsImpl final : public CompiledMetrics {
 public:
  CompiledMetricsImpl(KerasVersion version, std::vector<CompiledOutput> outputs,
                      const DatasetSpec& data, const AddedNames& added);

  void Reset() override;
  Status Update(std::span<const OutputValue> outputs, const Batch& batch, std::int64_t rows,
                const AddedValues& added) override;
  [[nodiscard]] Logs Results() const override;

 private:
  [[nodiscard]] bool IsKeras2() const { return version_ == KerasVersion::kKeras2; }
  void ListResults();
  void PutResult(ResultSlot slot);
  [[nodiscard]] Status CheckBatch(std::span<const OutputValue> outputs, const Batch& batch) const;
  Status Load(const CompiledOutput& output, const OutputValue& value, const Batch& batch,
              std::int64_t rows, BatchOfOutput& loaded) const;
  Status UpdateLoss(std::size_t index, const OutputView& view, std::int64_t rows, LossValue& total);
  Status AddAddedMetrics(const AddedValues& added);
  Status UpdateMetrics(CompiledOutput& output, const OutputView& view) const;

  KerasVersion version_;
  std::vector<CompiledOutput> outputs_;
  std::size_t y_count_;
  std::size_t weight_count_;
  LossMean loss_{};
  std::vector<LossMean> output_losses_;
  std::vector<std::string> added_names_;
  std::vector<LossMean> added_;  // of the model's own metrics
  bool has_loss_ = false;
  std::vector<ResultSlot> results_;
};

CompiledMetricsImpl::CompiledMetricsImpl(KerasVersion version, std::vector<CompiledOutput> outputs,
                                         const DatasetSpec& data, const AddedNames& added)
    : version_(version),
      outputs_(std::move(outputs)),
      y_count_(data.y.size()),
      weight_count_(data.sample_weight.size()),
      output_losses_(outputs_.size()),
      added_names_(added.metrics),
      added_(added.metrics.size()) {
  for (const CompiledOutput& output : outputs_) has_loss_ |= output.loss != nullptr;
  ListResults();
}

// A later result of the same name takes the earlier one's place, as in Python's dict.
void CompiledMetricsImpl::PutResult(ResultSlot slot) {
  for (ResultSlot& there : results_) {
    if (there.name != slot.name) continue;
    there = std::move(slot);
    return;
  }
  results_.push_back(std::move(slot));
}

void CompiledMetricsImpl::ListResults() {
  const auto losses =
      std::count_if(outputs_.begin(), outputs_.end(),
                    [](const CompiledOutput& output) { return output.loss != nullptr; });
  const bool list_losses = IsKeras2() ? outputs_.size() > 1 : losses > 1;
  const auto put_losses = [this, list_losses] {
    for (std::size_t i = 0; i < outputs_.size() && list_losses; ++i) {
      if (outputs_[i].loss == nullptr) continue;
      PutResult({outputs_[i].spec.name + "_loss", nullptr, &output_losses_[i]});
    }
  };
  const auto put_metrics = [this](const std::vector<NamedMetric>& metrics) {
    for (const NamedMetric& metric : metrics) {
      PutResult({metric.name, metric.metric.get(), nullptr});
    }
  };
  const auto put_added = [this] {
    for (std::size_t i = 0; i < added_.size(); ++i) {
      PutResult({added_names_[i], nullptr, &added_[i]});
    }
  };
  PutResult({"loss", nullptr, &loss_});
  if (IsKeras2()) {
    put_losses();
    for (const CompiledOutput& output : outputs_) {
      put_metrics(output.metrics);
      put_metrics(output.weighted_metrics);
    }
    put_added();
    return;
  }
  for (const CompiledOutput& output : outputs_) put_metrics(output.metrics);
  for (const CompiledOutput& output : outputs_) put_metrics(output.weighted_metrics);
  put_losses();
  put_added();
  std::sort(results_.begin(), results_.end(),
            [](const ResultSlot& a, const ResultSlot& b) { return a.name < b.name; });
}

void CompiledMetricsImpl::Reset() {
  loss_ = {};
  std::fill(output_losses_.begin(), output_losses_.end(), LossMean{});
  std::fill(added_.begin(), added_.end(), LossMean{});
  for (CompiledOutput& output : outputs_) {
    for (NamedMetric& metric : output.metrics) metric.metric->Reset();
    for (NamedMetric& metric : output.weighted_metrics) metric.metric->Reset();
  }
}

Logs CompiledMetricsImpl::Results() const {
  Logs logs;
  logs.reserve(results_.size());
  for (const ResultSlot& slot : results_) {
    if (slot.metric != nullptr) {
      logs.emplace_back(slot.name, slot.metric->Result());
    } else {
      logs.emplace_back(slot.name, MeanFloat32((*slot.loss)[0], (*slot.loss)[1]));
    }
  }
  return logs;
}

Status CompiledMetricsImpl::CheckBatch(std::span<const OutputValue> outputs,
                                       const Batch& batch) const {
  if (outputs.size() == outputs_.size() && batch.y.size() == y_count_ &&
      batch.sample_weight.size() == weight_count_) {
    return Status();
  }
  return Status(StatusCode::kFailedPrecondition,
                fmt::format("a batch has {} targets, {} sample weights and {} outputs; by the "
                            "data's spec and the model there are {}, {} and {}",
                            batch.y.size(), batch.sample_weight.size(), outputs.size(), y_count_,
                            weight_count_, outputs_.size()));
}

Status CheckRows(const Tensor& tensor, std::int64_t rows, std::string_view what,
                 const std::string& output) {
  if (tensor.shape().rank() >= 1 && tensor.shape()[0] == rows) return Status();
  return Status(StatusCode::kFailedPrecondition,
                fmt::format("{} of output '{}' have the shape {} in a batch of {} samples", what,
                            output, tensor.shape().ToString(), rows));
}

Status CompiledMetricsImpl::Load(const CompiledOutput& output, const OutputValue& value,
                                 const Batch& batch, std::int64_t rows,
                                 BatchOfOutput& loaded) const {
  const std::string& name = output.spec.name;
  const Tensor& labels = batch.y[*output.targets.labels];
  SIDECAR_RETURN_IF_ERROR(CheckRows(labels, rows, "targets", name));
  SIDECAR_RETURN_IF_ERROR(CheckRows(value.prediction, rows, "predictions", name));
  loaded.labels = Labels(labels);
  SIDECAR_ASSIGN_OR_RETURN(loaded.prediction, tensor::Cast(value.prediction, DType::kFloat32));
  OutputView& view = loaded.view;
  view.labels = &loaded.labels;
  view.prediction_shape = loaded.prediction.shape();
  view.prediction = loaded.prediction.values<float>();
  view.dtype = output.spec.keras_dtype;
  if (value.logits) {
    SIDECAR_ASSIGN_OR_RETURN(loaded.logits, tensor::Cast(*value.logits, DType::kFloat32));
    if (loaded.logits.shape() != view.prediction_shape) {
      return Status(
          StatusCode::kInternal,
          fmt::format("logits of output '{}' have the shape {}, predictions {}", name,
                      loaded.logits.shape().ToString(), view.prediction_shape.ToString()));
    }
    view.logits = loaded.logits.values<float>().data();
  }
  if (output.targets.weights) {
    const Tensor& weights = batch.sample_weight[*output.targets.weights];
    SIDECAR_RETURN_IF_ERROR(CheckRows(weights, rows, "sample weights", name));
    SIDECAR_ASSIGN_OR_RETURN(loaded.weight_values, tensor::Cast(weights, DType::kFloat32));
    loaded.weights = {loaded.weight_values.shape(), loaded.weight_values.values<float>()};
    view.weights = &loaded.weights;
  }
  if (value.mask) {
    SIDECAR_RETURN_IF_ERROR(CheckRows(*value.mask, rows, "the mask", name));
    SIDECAR_ASSIGN_OR_RETURN(loaded.mask_values, tensor::Cast(*value.mask, DType::kFloat32));
    loaded.mask = {loaded.mask_values.shape(), loaded.mask_values.values<float>()};
    view.mask = &loaded.mask;
  }
  return Status();
}

Status CompiledMetricsImpl::UpdateLoss(std::size_t index, const OutputView& view, std::int64_t rows,
                                       LossValue& total) {
  CompiledOutput& output = outputs_[index];
  SIDECAR_ASSIGN_OR_RETURN_CONTEXT(LossValue loss, output.loss->Compute(view),
                                   fmt::format("loss of output '{}'", output.spec.name));
  // Keras 2 counts an output's loss by rows; Keras 3 does not know their number in its graph and
  // takes the mean over batches.
  const bool by_rows = IsKeras2() || loss.elements > 1;
  AddToMean(output_losses_[index], loss.value, by_rows ? static_cast<float>(rows) : 1.0F,
            IsKeras2() ? static_cast<float>(loss.elements) : 1.0F);
  if (output.loss_weight) loss.value *= *output.loss_weight;
  total.value += loss.value;
  total.elements = std::max(total.elements, loss.elements);
  return Status();
}

Status UpdateAll(std::vector<NamedMetric>& metrics, const OutputView& view) {
  for (NamedMetric& metric : metrics) {
    SIDECAR_RETURN_IF_ERROR_CONTEXT(metric.metric->Update(view),
                                    fmt::format("metric '{}'", metric.name));
  }
  return Status();
}

Status CompiledMetricsImpl::UpdateMetrics(CompiledOutput& output, const OutputView& view) const {
  OutputView unweighted = view;
  unweighted.weights = nullptr;
  if (view.mask == nullptr || !IsKeras2()) {
    SIDECAR_RETURN_IF_ERROR(UpdateAll(output.metrics, unweighted));
    return UpdateAll(output.weighted_metrics, view);
  }
  // Every metric of Keras 2 gets the mask as weights, or as part of them.
  unweighted.weights = view.mask;
  SIDECAR_RETURN_IF_ERROR(UpdateAll(output.metrics, unweighted));
  if (output.weighted_metrics.empty()) return Status();
  std::vector<float> buffer;
  SIDECAR_ASSIGN_OR_RETURN_CONTEXT(const Weights weights, MaskedWeights(view, version_, buffer),
                                   fmt::format("output '{}'", output.spec.name));
  OutputView weighted = view;
  weighted.weights = &weights;
  return UpdateAll(output.weighted_metrics, weighted);
}

Status CompiledMetricsImpl::AddAddedMetrics(const AddedValues& added) {
  if (added.metrics.size() != added_.size()) {
    return Status(StatusCode::kInternal, fmt::format("{} values for {} metrics of the model",
                                                     added.metrics.size(), added_.size()));
  }
  for (std::size_t i = 0; i < added_.size(); ++i) {
    const std::span<const float> values = added.metrics[i].values<float>();
    AddFloat32(added_[i][0], Sum(values));
    AddFloat32(added_[i][1], static_cast<double>(values.size()));
  }
  return Status();
}

Status CompiledMetricsImpl::Update(std::span<const OutputValue> outputs, const Batch& batch,
                                   std::int64_t rows, const AddedValues& added) {
  SIDECAR_RETURN_IF_ERROR(CheckBatch(outputs, batch));
  LossValue total{0, 1};
  for (std::size_t i = 0; i < outputs_.size(); ++i) {
    if (!outputs_[i].has_work()) continue;
    BatchOfOutput loaded;
    SIDECAR_RETURN_IF_ERROR(Load(outputs_[i], outputs[i], batch, rows, loaded));
    if (outputs_[i].loss != nullptr) {
      SIDECAR_RETURN_IF_ERROR(UpdateLoss(i, loaded.view, rows, total));
    }
    SIDECAR_RETURN_IF_ERROR(UpdateMetrics(outputs_[i], loaded.view));
  }
  total.value += added.loss;
  // Without a loss the number of samples is not known to Keras 2: each batch counts once.
  AddToMean(loss_, total.value, has_loss_ || !IsKeras2() ? static_cast<float>(rows) : 1.0F,
            IsKeras2() ? static_cast<float>(total.elements) : 1.0F);
  return AddAddedMetrics(added);
}

}  // namespace

Result<std::unique_ptr<CompiledMetrics>> CompiledMetrics::Create(
    const std::string& compile_config, KerasVersion keras_version, std::vector<OutputSpec> outputs,
    const DatasetSpec& data, const AddedNames& added, CompileOrigin origin) {
  constexpr std::string_view kSource = "the compile config";
  nlohmann::json config = nlohmann::json::object();
  if (!compile_config.empty()) {
    SIDECAR_ASSIGN_OR_RETURN(config,
                             ParseBoundedJson(compile_config, kSource, StatusCode::kDataLoss));
    if (config.is_null()) config = nlohmann::json::object();
    SIDECAR_RETURN_IF_ERROR(CheckCompileForm(config, kSource, StatusCode::kDataLoss));
  }
  SIDECAR_ASSIGN_OR_RETURN(
      std::vector<CompiledOutput> compiled,
      CompileOutputs(config, keras_version, std::move(outputs), data, added, origin));
  return std::unique_ptr<CompiledMetrics>(
      std::make_unique<CompiledMetricsImpl>(keras_version, std::move(compiled), data, added));
}

}  // namespace sidecar::evaluate
