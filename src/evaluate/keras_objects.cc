// Descriptions of losses and metrics made in code: include/sidecar/losses.h, metrics.h, model.h.
#include <nlohmann/json.hpp>
#include <utility>

#include "sidecar/losses.h"
#include "sidecar/metrics.h"

namespace sidecar {
namespace {

using nlohmann::json;

std::string Text(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::string Object(const char* module, const char* class_name, json config) {
  return Text({{"module", module},
               {"class_name", class_name},
               {"config", std::move(config)},
               {"registered_name", nullptr}});
}

const char* ReductionName(losses::Reduction reduction) {
  switch (reduction) {
    case losses::Reduction::kSumOverBatchSize:
      return "sum_over_batch_size";
    case losses::Reduction::kSum:
      return "sum";
    case losses::Reduction::kNone:
      return "none";
    case losses::Reduction::kMean:
      return "mean";
    case losses::Reduction::kMeanWithSampleWeight:
      break;
  }
  return "mean_with_sample_weight";
}

Loss MakeLoss(const char* class_name, losses::Reduction reduction, const std::string& name,
              json config = json::object()) {
  config["name"] = name;
  config["reduction"] = ReductionName(reduction);
  return Loss(KerasObject(Object("keras.losses", class_name, std::move(config))));
}

Metric MakeMetric(const char* class_name, const std::string& name, json config = json::object()) {
  config["name"] = name;
  return Metric(KerasObject(Object("keras.metrics", class_name, std::move(config))));
}

template <class T>
json OrNull(const std::optional<T>& value) {
  return value ? json(*value) : json();
}

}  // namespace

Loss::Loss(const char* name) : Loss(std::string(name)) {}
Loss::Loss(const std::string& name) : KerasObject(Text(name)) {}
Metric::Metric(const char* name) : Metric(std::string(name)) {}
Metric::Metric(const std::string& name) : KerasObject(Text(name)) {}

namespace losses {

Loss SparseCategoricalCrossentropy(const SparseCategoricalCrossentropyOptions& options) {
  return MakeLoss(
      "SparseCategoricalCrossentropy", options.reduction, options.name,
      {{"from_logits", options.from_logits}, {"ignore_class", OrNull(options.ignore_class)}});
}

Loss CategoricalCrossentropy(const CategoricalCrossentropyOptions& options) {
  return MakeLoss("CategoricalCrossentropy", options.reduction, options.name,
                  {{"from_logits", options.from_logits},
                   {"label_smoothing", options.label_smoothing},
                   {"axis", options.axis}});
}

Loss BinaryCrossentropy(const BinaryCrossentropyOptions& options) {
  return MakeLoss("BinaryCrossentropy", options.reduction, options.name,
                  {{"from_logits", options.from_logits},
                   {"label_smoothing", options.label_smoothing},
                   {"axis", options.axis}});
}

Loss MeanSquaredError(const MeanSquaredErrorOptions& options) {
  return MakeLoss("MeanSquaredError", options.reduction, options.name);
}

Loss MeanAbsoluteError(const MeanAbsoluteErrorOptions& options) {
  return MakeLoss("MeanAbsoluteError", options.reduction, options.name);
}

Loss Huber(const HuberOptions& options) {
  return MakeLoss("Huber", options.reduction, options.name, {{"delta", options.delta}});
}

}  // namespace losses

namespace metrics {

Metric Accuracy(const std::string& name) { return MakeMetric("Accuracy", name); }

Metric BinaryAccuracy(const BinaryAccuracyOptions& options) {
  return MakeMetric("BinaryAccuracy", options.name, {{"threshold", options.threshold}});
}

Metric CategoricalAccuracy(const std::string& name) {
  return MakeMetric("CategoricalAccuracy", name);
}

Metric SparseCategoricalAccuracy(const std::string& name) {
  return MakeMetric("SparseCategoricalAccuracy", name);
}

Metric TopKCategoricalAccuracy(const TopKCategoricalAccuracyOptions& options) {
  return MakeMetric("TopKCategoricalAccuracy", options.name, {{"k", options.k}});
}

Metric SparseTopKCategoricalAccuracy(const SparseTopKCategoricalAccuracyOptions& options) {
  return MakeMetric("SparseTopKCategoricalAccuracy", options.name, {{"k", options.k}});
}

Metric SparseCategoricalCrossentropy(const SparseCategoricalCrossentropyOptions& options) {
  return MakeMetric(
      "SparseCategoricalCrossentropy", options.name,
      {{"from_logits", options.from_logits}, {"ignore_class", OrNull(options.ignore_class)}});
}

Metric CategoricalCrossentropy(const CategoricalCrossentropyOptions& options) {
  return MakeMetric("CategoricalCrossentropy", options.name,
                    {{"from_logits", options.from_logits},
                     {"label_smoothing", options.label_smoothing},
                     {"axis", options.axis}});
}

Metric BinaryCrossentropy(const BinaryCrossentropyOptions& options) {
  return MakeMetric(
      "BinaryCrossentropy", options.name,
      {{"from_logits", options.from_logits}, {"label_smoothing", options.label_smoothing}});
}

Metric MeanSquaredError(const std::string& name) { return MakeMetric("MeanSquaredError", name); }

Metric MeanAbsoluteError(const std::string& name) { return MakeMetric("MeanAbsoluteError", name); }

Metric FromLoss(const Loss& loss) { return Metric(static_cast<const KerasObject&>(loss)); }

}  // namespace metrics
}  // namespace sidecar
