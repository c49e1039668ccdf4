#include "evaluate/compile_plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/status_macros.h"
#include "evaluate/target_matching.h"

namespace sidecar::evaluate {
namespace {

using nlohmann::json;
using Names = std::vector<std::string>;

Status Mistake(std::string message) {
  return Status(StatusCode::kInvalidArgument, std::move(message));
}

bool IsDict(const json& value) { return value.is_object() && !IsIdentifier(value); }

const json& Member(const json& config, const char* key) {
  static const json kNull;
  const auto found = config.find(key);
  return found == config.end() ? kNull : *found;
}

// The ends of nested lists and dicts in order; dicts by key, as Keras's tree functions do.
void Flatten(const json& value, std::vector<const json*>& ends) {
  if (value.is_array() || IsDict(value)) {
    for (const json& element : value) Flatten(element, ends);
  } else {
    ends.push_back(&value);
  }
}

Status CheckNames(const json& dict, const Names& outputs, std::string_view what) {
  for (const auto& [name, value] : dict.items()) {
    if (std::find(outputs.begin(), outputs.end(), name) != outputs.end()) continue;
    return Mistake(
        fmt::format("{} names an output '{}' that the model does not have; its outputs "
                    "are {}",
                    what, name, Quoted(outputs)));
  }
  return Status();
}

Status WrongLength(std::string_view what, std::size_t found, std::size_t outputs) {
  return Mistake(fmt::format("{} has {} entries for {} output{}", what, found, outputs,
                             outputs == 1 ? "" : "s"));
}

// Losses.

Result<std::optional<Identifier>> ReadLoss(const json& value) {
  if (value.is_null()) return std::optional<Identifier>();
  if (value.is_array() && value.size() == 1) return ReadLoss(value[0]);
  if (!IsIdentifier(value)) {
    return Mistake(fmt::format("loss: {} is no loss for one output", Excerpt(value)));
  }
  SIDECAR_ASSIGN_OR_RETURN(Identifier identifier, ReadIdentifier(value));
  return std::optional<Identifier>(std::move(identifier));
}

Status PlanLosses(const json& loss, KerasVersion version, const Names& names,
                  std::vector<OutputPlan>& plans) {
  if (IsDict(loss)) {
    SIDECAR_RETURN_IF_ERROR(CheckNames(loss, names, "loss"));
    for (std::size_t i = 0; i < names.size(); ++i) {
      if (version == KerasVersion::kKeras3 && !loss.empty() && !loss.contains(names[i])) {
        return Mistake(
            fmt::format("Keras 3 wants a loss, or null, for every output; there is none "
                        "for '{}'",
                        names[i]));
      }
      SIDECAR_ASSIGN_OR_RETURN(plans[i].loss, ReadLoss(Member(loss, names[i].c_str())));
    }
    return Status();
  }
  if (loss.is_array()) {
    std::vector<const json*> losses;
    Flatten(loss, losses);
    // Fewer losses than outputs: the last outputs have none, in both Kerases.
    if (losses.size() > names.size()) return WrongLength("loss", losses.size(), names.size());
    for (std::size_t i = 0; i < losses.size(); ++i) {
      SIDECAR_ASSIGN_OR_RETURN(plans[i].loss, ReadLoss(*losses[i]));
    }
    return Status();
  }
  for (OutputPlan& plan : plans) {
    SIDECAR_ASSIGN_OR_RETURN(plan.loss, ReadLoss(loss));
  }
  return Status();
}

std::optional<float> ReadWeight(const json& value) {
  if (value.is_null()) return std::nullopt;
  return static_cast<float>(value.get<double>());
}

Status PlanWeightDict(const json& loss, const json& weights, KerasVersion version,
                      const Names& names, std::vector<OutputPlan>& plans) {
  SIDECAR_RETURN_IF_ERROR(CheckNames(weights, names, "loss_weights"));
  if (version == KerasVersion::kKeras3) {
    for (const std::string& name : names) {
      if (weights.contains(name)) continue;
      return Mistake(
          fmt::format("Keras 3 wants a loss weight for every output; there is none for "
                      "'{}'",
                      name));
    }
  }
  // Keras 3 gives weights in a dict to losses in a list in the order of the sorted names.
  const bool sorted = version == KerasVersion::kKeras3 && loss.is_array();
  std::size_t position = 0;
  for (const auto& [name, weight] : weights.items()) {
    const auto found = std::find(names.begin(), names.end(), name) - names.begin();
    plans[sorted ? position : static_cast<std::size_t>(found)].loss_weight = ReadWeight(weight);
    ++position;
  }
  return Status();
}

Status PlanWeights(const json& loss, const json& weights, KerasVersion version, const Names& names,
                   std::vector<OutputPlan>& plans) {
  if (weights.is_null() || (!weights.is_number() && weights.empty())) return Status();
  const bool keras3 = version == KerasVersion::kKeras3;
  const bool one_loss_for_all = !loss.is_array() && !IsDict(loss);
  if (keras3 && names.size() > 1 && weights.is_number() != one_loss_for_all) {
    return Mistake(
        "Keras 3 wants loss_weights of the same structure as loss: one number for one "
        "loss, a list or dict for a list or dict");
  }
  if (weights.is_number()) {
    for (OutputPlan& plan : plans) plan.loss_weight = ReadWeight(weights);
    return Status();
  }
  if (weights.is_object()) return PlanWeightDict(loss, weights, version, names, plans);
  if (weights.size() != names.size()) {
    return WrongLength("loss_weights", weights.size(), names.size());
  }
  for (std::size_t i = 0; i < names.size(); ++i) plans[i].loss_weight = ReadWeight(weights[i]);
  return Status();
}

// Metrics.

using MetricList = std::vector<Identifier> OutputPlan::*;

struct MetricArgument {
  const char* key;
  MetricList list;
  KerasVersion version;
};

Status AddMetrics(const json& value, const MetricArgument& argument, OutputPlan& plan) {
  std::vector<const json*> ends;
  Flatten(value, ends);
  for (const json* end : ends) {
    if (end->is_null()) {
      if (argument.version == KerasVersion::kKeras2) continue;
      return Mistake(fmt::format("{}: null among the metrics of an output", argument.key));
    }
    SIDECAR_ASSIGN_OR_RETURN(Identifier identifier, ReadIdentifier(*end));
    (plan.*argument.list).push_back(std::move(identifier));
  }
  return Status();
}

Status AddForEachOutput(const json& metrics, const MetricArgument& argument, const Names& names,
                        std::vector<OutputPlan>& plans) {
  for (std::size_t i = 0; i < names.size(); ++i) {
    const json& own = metrics.is_array() ? metrics[i] : Member(metrics, names[i].c_str());
    if (own.is_null()) continue;
    SIDECAR_RETURN_IF_ERROR(AddMetrics(own, argument, plans[i]));
  }
  return Status();
}

// engine/compile_utils.py: _maybe_broadcast_to_outputs, then _conform_to_outputs.
Status PlanKeras2Metrics(const json& metrics, const MetricArgument& argument, const Names& names,
                         std::vector<OutputPlan>& plans) {
  if (IsDict(metrics)) {
    SIDECAR_RETURN_IF_ERROR(CheckNames(metrics, names, argument.key));
    return AddForEachOutput(metrics, argument, names, plans);
  }
  const auto nested = [](const json& value) { return value.is_array() || IsDict(value); };
  if (names.size() > 1 && metrics.is_array() &&
      std::any_of(metrics.begin(), metrics.end(), nested)) {
    if (metrics.size() != names.size()) {
      return WrongLength(argument.key, metrics.size(), names.size());
    }
    return AddForEachOutput(metrics, argument, names, plans);
  }
  for (OutputPlan& plan : plans) SIDECAR_RETURN_IF_ERROR(AddMetrics(metrics, argument, plan));
  return Status();
}

// trainers/compile_utils.py: CompileMetrics._build_metrics_set.
Status PlanKeras3Metrics(const json& metrics, const MetricArgument& argument, const Names& names,
                         std::vector<OutputPlan>& plans) {
  if (IsIdentifier(metrics)) {
    return Mistake(
        fmt::format("Keras 3 wants {} as a list or dict, not {}", argument.key, Excerpt(metrics)));
  }
  if (names.size() == 1) return AddMetrics(metrics, argument, plans[0]);
  if (metrics.is_array() && metrics.size() != names.size()) {
    return Mistake(
        fmt::format("Keras 3 gives the first of {} to the first output and so on; there "
                    "are {} for {} outputs",
                    argument.key, metrics.size(), names.size()));
  }
  if (metrics.is_object()) SIDECAR_RETURN_IF_ERROR(CheckNames(metrics, names, argument.key));
  return AddForEachOutput(metrics, argument, names, plans);
}

Status PlanMetrics(const json& config, const MetricArgument& argument, const Names& names,
                   std::vector<OutputPlan>& plans) {
  const json& metrics = Member(config, argument.key);
  if (metrics.is_null() || (!metrics.is_string() && metrics.empty())) return Status();
  return argument.version == KerasVersion::kKeras2
             ? PlanKeras2Metrics(metrics, argument, names, plans)
             : PlanKeras3Metrics(metrics, argument, names, plans);
}

}  // namespace

Result<std::vector<OutputPlan>> PlanOutputs(const json& config, KerasVersion version,
                                            const std::vector<std::string>& output_names) {
  std::vector<OutputPlan> plans(output_names.size());
  const json& loss = Member(config, "loss");
  SIDECAR_RETURN_IF_ERROR(PlanLosses(loss, version, output_names, plans));
  SIDECAR_RETURN_IF_ERROR(
      PlanWeights(loss, Member(config, "loss_weights"), version, output_names, plans));
  const MetricArgument arguments[] = {
      {"metrics", &OutputPlan::metrics, version},
      {"weighted_metrics", &OutputPlan::weighted_metrics, version},
  };
  for (const MetricArgument& argument : arguments) {
    SIDECAR_RETURN_IF_ERROR(PlanMetrics(config, argument, output_names, plans));
  }
  return plans;
}

}  // namespace sidecar::evaluate
