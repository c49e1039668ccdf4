#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/status_macros.h"
#include "evaluate/custom/registry.h"
#include "evaluate/metrics/mean.h"
#include "evaluate/metrics/metric_table.h"

namespace sidecar::evaluate {
namespace {

bool IsKeras2(KerasVersion version) { return version == KerasVersion::kKeras2; }

Made<NamedMetric> NotSupported(std::string what) { return {nullptr, std::move(what)}; }

Made<NamedMetric> Named(std::string name, std::unique_ptr<MetricAccumulator> metric) {
  auto named = std::make_unique<NamedMetric>();
  named->name = std::move(name);
  named->metric = std::move(metric);
  return {std::move(named), ""};
}

Made<NamedMetric> UnknownName(const std::string& name) {
  return {nullptr, fmt::format("metric '{}'", name), true};
}

// Mean and its like take values, not labels and predictions: Keras fails on the first batch.
bool TakesOneArgument(const std::string& class_name) {
  constexpr std::string_view kNames[] = {"Mean", "Sum", "MeanTensor", "SumOverBatchSize",
                                         "mean", "sum"};
  return std::find(std::begin(kNames), std::end(kNames), class_name) != std::end(kNames);
}

const MetricEntry* FindClass(std::string_view name, KerasVersion version) {
  for (const MetricEntry& entry : MetricTable()) {
    if (entry.class_name == name && IsKnown(entry.known, version)) return &entry;
  }
  return nullptr;
}

// Functions among the metrics, by their own name or a string of Keras 2.
const MetricEntry* FindFunction(std::string_view name) {
  for (const MetricEntry& entry : MetricTable()) {
    if (entry.function_name.empty()) continue;
    if (entry.function_name == name || HasName(entry.keras2_names, name)) return &entry;
  }
  return nullptr;
}

// Keras 3's strings all stand for classes.
const MetricEntry* FindKeras3String(std::string_view name) {
  for (const MetricEntry& entry : MetricTable()) {
    if (!IsKnown(entry.known, KerasVersion::kKeras3)) continue;
    if (entry.class_name == name || entry.snake_name == name || HasName(entry.keras3_names, name)) {
      return &entry;
    }
  }
  return nullptr;
}

// Where a function's name is looked for first. Names stand for metrics; a function that Keras
// serialised is found among the losses, which matters for cosine_similarity, whose sign differs.
enum class Lookup : std::uint8_t { kMetricsFirst, kLossesFirst };

// The function that a name stands for.
struct FoundFunction {
  FunctionFactory make = nullptr;
  bool known = false;
};
FoundFunction FindAnyFunction(std::string_view name, Lookup lookup, KerasVersion version) {
  const LossEntry* const loss = FindLossFunction(name, version);
  if (loss != nullptr && lookup == Lookup::kLossesFirst) return {loss->make, true};
  if (const MetricEntry* entry = FindFunction(name)) return {entry->make_function, true};
  if (loss != nullptr) return {loss->make, true};
  return {};
}

Result<Made<NamedMetric>> MakeClass(const MetricEntry& entry, const nlohmann::json& arguments,
                                    const std::string& given, KerasVersion version) {
  ObjectConfig config(arguments, fmt::format("metric '{}'", given));
  if (entry.make == nullptr) return NotSupported(fmt::format("metric '{}'", given));
  const std::string_view otherwise =
      IsKeras2(version) ? entry.keras2_default : entry.keras3_default;
  const bool named = config.Has("name");
  std::string name = config.Text("name", std::string(otherwise));
  std::unique_ptr<MetricAccumulator> metric = entry.make(config, version);
  metric->SetDtype(config.FloatDtype(version));
  SIDECAR_RETURN_IF_ERROR(config.Finish());
  if (!config.unsupported().empty()) {
    return NotSupported(fmt::format("metric '{}' with {}", given, config.unsupported()));
  }
  Made<NamedMetric> made = Named(std::move(name), std::move(metric));
  made.object->counted = entry.counted && !named;
  return made;
}

Made<NamedMetric> NotRegistered(const char* what, const std::string& name) {
  return NotSupported(fmt::format("{} '{}' (code of your own)", what, name));
}

// A metric that the user registered.
Result<Made<NamedMetric>> MakeRegistered(const Identifier& identifier, KerasVersion version) {
  ObjectConfig config(identifier.config, fmt::format("metric '{}'", identifier.name));
  std::string name = config.Text("name", identifier.name);
  SIDECAR_ASSIGN_OR_RETURN(std::unique_ptr<MetricAccumulator> metric,
                           MakeCustomMetric(identifier, config, version));
  SIDECAR_RETURN_IF_ERROR(config.mistake());
  return Named(std::move(name), std::move(metric));
}

// MeanMetricWrapper around a function that the user registered as a loss.
Result<Made<NamedMetric>> MakeRegisteredWrapper(const Identifier& function,
                                                const nlohmann::json& arguments,
                                                const std::string& default_name,
                                                KerasVersion version) {
  ObjectConfig config(arguments, fmt::format("metric '{}'", function.name));
  std::string name = config.Text("name", default_name);
  SIDECAR_ASSIGN_OR_RETURN(std::unique_ptr<PerSampleFunction> made,
                           MakeCustomLoss(function, config));
  SIDECAR_RETURN_IF_ERROR(config.mistake());
  return Named(std::move(name), std::make_unique<MeanOfFunction>(std::move(made), version));
}

// MeanMetricWrapper(function, **arguments).
Result<Made<NamedMetric>> MakeWrapper(const std::string& function, const nlohmann::json& arguments,
                                      const std::string& default_name, Lookup lookup,
                                      KerasVersion version) {
  const FoundFunction found = FindAnyFunction(function, lookup, version);
  if (!found.known) {
    return NotRegistered("metric function", function);
  }
  if (found.make == nullptr) return NotSupported(fmt::format("metric '{}'", function));
  ObjectConfig config(arguments, fmt::format("metric '{}'", function));
  config.Raw("fn");
  std::string name = config.Text("name", default_name);
  const DType dtype = config.FloatDtype(version);
  std::unique_ptr<PerSampleFunction> made = found.make(config, version);
  SIDECAR_RETURN_IF_ERROR(config.Finish());
  if (!config.unsupported().empty()) {
    return NotSupported(fmt::format("metric '{}' with {}", function, config.unsupported()));
  }
  auto metric = std::make_unique<MeanOfFunction>(std::move(made), version);
  metric->SetDtype(dtype);
  return Named(std::move(name), std::move(metric));
}

// A loss object, whose name is the metric's unless a wrapper gives another.
Result<Made<NamedMetric>> MakeFromLoss(const Identifier& identifier, std::string name,
                                       KerasVersion version) {
  SIDECAR_ASSIGN_OR_RETURN(Made<OutputLoss> loss, MakeLoss(identifier, version));
  if (loss.object == nullptr) return NotSupported(std::move(loss.unsupported));
  if (name.empty()) name = loss.object->name();
  return Named(std::move(name), std::make_unique<MeanOfLoss>(std::move(loss.object), version));
}

// MeanMetricWrapper as an object: around a function or a loss object.
Result<Made<NamedMetric>> MakeFromWrapper(const Identifier& identifier, KerasVersion version) {
  constexpr const char* kDefaultName = "mean_metric_wrapper";
  SIDECAR_ASSIGN_OR_RETURN(const Identifier function, ReadFunction(identifier.config["fn"]));
  if (function.from_losses) {
    ObjectConfig config(identifier.config, fmt::format("metric '{}'", identifier.name));
    config.Raw("fn");
    std::string name = config.Text("name", kDefaultName);
    const DType dtype = config.FloatDtype(version);
    SIDECAR_RETURN_IF_ERROR(config.Finish());
    if (!config.unsupported().empty()) {
      return NotSupported(fmt::format("metric '{}' with {}", name, config.unsupported()));
    }
    SIDECAR_ASSIGN_OR_RETURN(Made<NamedMetric> made,
                             MakeFromLoss(function, std::move(name), version));
    if (made.object != nullptr) made.object->metric->SetDtype(dtype);
    return made;
  }
  if (HasCustomLoss(function)) {
    return MakeRegisteredWrapper(function, identifier.config, kDefaultName, version);
  }
  if (function.kind == Identifier::Kind::kFunction && !function.custom) {
    const Lookup lookup =
        identifier.config["fn"].is_string() ? Lookup::kMetricsFirst : Lookup::kLossesFirst;
    return MakeWrapper(function.name, identifier.config, kDefaultName, lookup, version);
  }
  return NotRegistered("metric around", function.name);
}

Result<Made<NamedMetric>> MakeFromObject(const Identifier& identifier, KerasVersion version) {
  if (identifier.from_losses) return MakeFromLoss(identifier, "", version);
  if (identifier.name == "MeanMetricWrapper" && identifier.config.contains("fn")) {
    return MakeFromWrapper(identifier, version);
  }
  const MetricEntry* entry = FindClass(identifier.name, version);
  // Keras 3's classes answer to their strings in this form, too.
  if (entry == nullptr && !IsKeras2(version)) entry = FindKeras3String(identifier.name);
  if (entry == nullptr) return NotRegistered("metric", identifier.name);
  return MakeClass(*entry, identifier.config, identifier.name, version);
}

// A registered loss among metrics: an object is a Loss, a name or function is wrapped.
Result<Made<NamedMetric>> MakeFromCustomLoss(const Identifier& identifier, KerasVersion version) {
  if (identifier.kind == Identifier::Kind::kClass) return MakeFromLoss(identifier, "", version);
  return MakeRegisteredWrapper(identifier, nlohmann::json::object(), identifier.name, version);
}

Result<Made<NamedMetric>> MakeFromString(const std::string& name, KerasVersion version) {
  if (!IsKeras2(version)) {
    const MetricEntry* entry = FindKeras3String(name);
    if (entry == nullptr) return UnknownName(name);
    return MakeClass(*entry, {{"name", name}}, name, version);
  }
  if (const MetricEntry* entry = FindFunction(name)) {
    if (entry->make_function == nullptr) return NotSupported(fmt::format("metric '{}'", name));
    return MakeWrapper(name, nlohmann::json::object(), name, Lookup::kMetricsFirst, version);
  }
  const MetricEntry* entry = FindClass(name, version);
  if (entry == nullptr) return UnknownName(name);
  return MakeClass(*entry, nlohmann::json::object(), name, version);
}

std::string Lower(std::string text) {
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return text;
}

// The function that a string stands for that is resolved by shape; empty for other strings.
std::string ResolveByShape(const std::string& name, const LabelShapes& shapes,
                           KerasVersion version) {
  const std::string lower = Lower(name);
  const bool accuracy = lower == "accuracy" || lower == "acc";
  const bool crossentropy = IsKeras2(version) && (lower == "crossentropy" || lower == "ce");
  if (!accuracy && !crossentropy) return {};
  const std::string end = accuracy ? "accuracy" : "crossentropy";
  switch (FindLabelKind(shapes)) {
    case LabelKind::kBinary:
      return "binary_" + end;
    case LabelKind::kSparse:
      return "sparse_categorical_" + end;
    case LabelKind::kCategorical:
      break;
  }
  return "categorical_" + end;
}

}  // namespace

LabelKind FindLabelKind(const LabelShapes& shapes) {
  // The batch dimension has no fixed size in Keras's graphs, so it is never taken for a 1.
  const auto last = [](const Shape& shape) {
    return shape.rank() < 2 ? Shape::kUnknown : shape[shape.rank() - 1];
  };
  const std::int64_t prediction = last(shapes.prediction);
  if (prediction == 1) return LabelKind::kBinary;
  const bool column = last(shapes.labels) == 1 && prediction > 1;
  if (shapes.labels.rank() < shapes.prediction.rank() || column) return LabelKind::kSparse;
  return LabelKind::kCategorical;
}

Result<Made<NamedMetric>> MakeMetric(const Identifier& identifier, const LabelShapes& shapes,
                                     KerasVersion version) {
  if (HasCustomMetric(identifier)) return MakeRegistered(identifier, version);
  if (HasCustomLoss(identifier)) return MakeFromCustomLoss(identifier, version);
  if (identifier.custom) return NotRegistered("metric", identifier.name);
  if (identifier.kind != Identifier::Kind::kFunction && TakesOneArgument(identifier.name)) {
    return Status(StatusCode::kInvalidArgument,
                  fmt::format("metric '{}' takes values, not labels and predictions, so Keras "
                              "cannot compile it; for the mean of a function use "
                              "MeanMetricWrapper with fn",
                              identifier.name));
  }
  switch (identifier.kind) {
    case Identifier::Kind::kString: {
      const std::string function = ResolveByShape(identifier.name, shapes, version);
      if (function.empty()) return MakeFromString(identifier.name, version);
      return MakeWrapper(function, nlohmann::json::object(), identifier.name, Lookup::kMetricsFirst,
                         version);
    }
    case Identifier::Kind::kFunction:
      return MakeWrapper(identifier.name, nlohmann::json::object(), identifier.name,
                         Lookup::kLossesFirst, version);
    case Identifier::Kind::kClass:
      break;
  }
  return MakeFromObject(identifier, version);
}

}  // namespace sidecar::evaluate
