// The compile config of CompileOptions.
#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <utility>

#include "base/status_macros.h"
#include "evaluate/compile_config.h"
#include "evaluate/compile_json.h"

namespace sidecar::evaluate {
namespace {

using nlohmann::json;

Result<json> ParseObject(const KerasObject& object) {
  return ParseBoundedJson(object.json(), "the description of a loss or metric",
                          StatusCode::kInvalidArgument);
}

Result<json> ParseList(const std::vector<Metric>& metrics) {
  json list = json::array();
  for (const Metric& metric : metrics) {
    SIDECAR_ASSIGN_OR_RETURN(json object, ParseObject(metric));
    list.push_back(std::move(object));
  }
  return list;
}

Result<json> ParseMetrics(const std::vector<Metric>& metrics,
                          const std::map<std::string, std::vector<Metric>>& by_output) {
  if (by_output.empty()) return metrics.empty() ? Result<json>(json()) : ParseList(metrics);
  json dict = json::object();
  for (const auto& [output, list] : by_output) {
    SIDECAR_ASSIGN_OR_RETURN(dict[output], ParseList(list));
  }
  return dict;
}

Result<json> ParseLoss(const CompileOptions& options) {
  if (options.losses.empty()) return options.loss ? ParseObject(*options.loss) : json();
  json dict = json::object();
  for (const auto& [output, loss] : options.losses) {
    SIDECAR_ASSIGN_OR_RETURN(dict[output], ParseObject(loss));
  }
  return dict;
}

}  // namespace

Result<std::string> CompileConfigFromOptions(const CompileOptions& options) {
  json config = json::object();
  SIDECAR_ASSIGN_OR_RETURN(config["loss"], ParseLoss(options));
  config["loss_weights"] = options.loss_weights.empty() ? json() : json(options.loss_weights);
  SIDECAR_ASSIGN_OR_RETURN(config["metrics"],
                           ParseMetrics(options.metrics, options.output_metrics));
  SIDECAR_ASSIGN_OR_RETURN(config["weighted_metrics"],
                           ParseMetrics(options.weighted_metrics, options.output_weighted_metrics));
  SIDECAR_RETURN_IF_ERROR(
      CheckCompileForm(config, "the compile options", StatusCode::kInvalidArgument));
  return config.dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace sidecar::evaluate
