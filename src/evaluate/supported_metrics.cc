#include "evaluate/supported_metrics.h"

#include <string_view>

#include "evaluate/losses/loss_table.h"
#include "evaluate/metrics/metric_table.h"

namespace sidecar::evaluate {
namespace {

void AddNames(std::string_view names, std::vector<std::string>& list) {
  while (!names.empty()) {
    const std::size_t end = names.find(' ');
    list.emplace_back(names.substr(0, end));
    if (end == std::string_view::npos) break;
    names.remove_prefix(end + 1);
  }
}

SupportedName Refused(const char* class_name, const char* reason) {
  SupportedName name;
  name.class_name = class_name;
  name.reason = reason;
  return name;
}

}  // namespace

std::vector<SupportedName> SupportedLosses() {
  std::vector<SupportedName> losses;
  losses.push_back({"", {}, {"crossentropy", "ce"}, true});
  for (const LossEntry& entry : LossTable()) {
    SupportedName& loss = losses.emplace_back();
    loss.class_name = entry.class_name;
    loss.supported = entry.make != nullptr;
    if (IsKnown(entry.known, KerasVersion::kKeras2)) {
      AddNames(entry.function_name, loss.keras2_names);
      AddNames(entry.keras2_names, loss.keras2_names);
    }
    if (IsKnown(entry.known, KerasVersion::kKeras3)) {
      AddNames(entry.function_name, loss.keras3_names);
      AddNames(entry.keras3_names, loss.keras3_names);
    }
  }
  losses.push_back(Refused("Loss", "the base class; register your own with RegisterLoss"));
  return losses;
}

std::vector<SupportedName> SupportedMetrics() {
  std::vector<SupportedName> metrics;
  metrics.push_back({"", {"accuracy", "acc"}, {"accuracy", "acc"}, true});
  metrics.push_back({"", {"crossentropy", "ce"}, {}, true});
  metrics.push_back({"MeanMetricWrapper", {}, {}, true});
  for (const MetricEntry& entry : MetricTable()) {
    SupportedName& metric = metrics.emplace_back();
    metric.class_name = entry.class_name;
    metric.supported = entry.make != nullptr;
    if (IsKnown(entry.known, KerasVersion::kKeras2)) {
      if (entry.class_name != "Accuracy") AddNames(entry.function_name, metric.keras2_names);
      AddNames(entry.keras2_names, metric.keras2_names);
    }
    if (IsKnown(entry.known, KerasVersion::kKeras3)) {
      if (entry.class_name != "Accuracy") AddNames(entry.snake_name, metric.keras3_names);
      AddNames(entry.keras3_names, metric.keras3_names);
    }
  }
  constexpr const char* kTakesValues =
      "takes values, not labels and predictions, so that `evaluate` fails in Keras too";
  for (const char* name : {"Mean", "MeanTensor", "Sum"}) {
    metrics.push_back(Refused(name, kTakesValues));
  }
  metrics.push_back(Refused("Metric", "the base class; register your own with RegisterMetric"));
  return metrics;
}

}  // namespace sidecar::evaluate
