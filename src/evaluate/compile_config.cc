#include "evaluate/compile_config.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>
#include <vector>

#include "base/json_builder.h"
#include "base/status_macros.h"
#include "evaluate/compile_json.h"
#include "evaluate/identifier.h"

namespace sidecar::evaluate {
namespace {

using nlohmann::json;

// Serialised objects nest a few levels; what is deeper is an attack or damage.
constexpr int kMaxNesting = 32;

// The byte where brackets outside strings nest too deep, or npos.
std::size_t FindTooDeep(std::string_view text) {
  int depth = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      if (c == '\\') ++i;
      in_string = c != '"';
    } else if (c == '"') {
      in_string = true;
    } else if (c == '[' || c == '{') {
      if (++depth > kMaxNesting) return i;
    } else if (c == ']' || c == '}') {
      --depth;
    }
  }
  return std::string_view::npos;
}

bool IsObjectOfClass(const json& value) {
  return value.is_object() && value.contains("class_name");
}

// A tree of lists and dicts with losses or metrics, or null, at the ends.
Status CheckTree(const json& value, const std::string& where, StatusCode malformed) {
  if (value.is_null() || value.is_string()) return Status();
  if (IsObjectOfClass(value)) {
    if (value["class_name"] == "__lambda__") {
      return Status(StatusCode::kUnimplemented,
                    fmt::format("{} is a lambda: its Python code cannot be run; give a loss or "
                                "metric of Keras in its place with --compile",
                                where));
    }
    return ReadIdentifier(value).status().ok()
               ? Status()
               : Status(malformed, ReadIdentifier(value).status().WithContext(where).message());
  }
  if (!value.is_array() && !value.is_object()) {
    return Status(malformed, fmt::format("{} is {}; a name, an object with class_name and config, "
                                         "or a list or dict of those is needed",
                                         where, Excerpt(value)));
  }
  for (const auto& [key, element] : value.items()) {
    const std::string place =
        value.is_array() ? fmt::format("{}[{}]", where, key) : fmt::format("{}.{}", where, key);
    SIDECAR_RETURN_IF_ERROR(CheckTree(element, place, malformed));
  }
  return Status();
}

Status CheckWeightTree(const json& value, const std::string& where, StatusCode malformed) {
  if (value.is_null() || value.is_number()) return Status();
  if (!value.is_array() && !value.is_object()) {
    return Status(malformed, fmt::format("{} is {}; a number, or a list or dict of numbers is "
                                         "needed",
                                         where, Excerpt(value)));
  }
  for (const auto& [key, element] : value.items()) {
    if (element.is_number() || element.is_null()) continue;
    return Status(malformed,
                  fmt::format("{}: {} is {}; a number is needed", where, key, Excerpt(element)));
  }
  return Status();
}

// A slip of the pen must not pass for a model without metrics. The rest of what compile() takes in
// either Keras has nothing to do with an evaluation.
Status CheckKeys(const json& config, const std::string& source) {
  constexpr std::string_view kKeys[] = {"loss",
                                        "loss_weights",
                                        "metrics",
                                        "optimizer",
                                        "optimizer_config",
                                        "weighted_metrics",
                                        "run_eagerly",
                                        "jit_compile",
                                        "steps_per_execution",
                                        "auto_scale_loss",
                                        "from_serialized",
                                        "pss_evaluation_shards",
                                        "sample_weight_mode"};
  std::vector<std::string> unknown;
  for (const auto& [key, value] : config.items()) {
    if (std::find(std::begin(kKeys), std::end(kKeys), key) == std::end(kKeys)) {
      unknown.push_back(fmt::format("'{}'", key));
    }
  }
  if (unknown.empty()) return Status();
  return Status(StatusCode::kInvalidArgument,
                fmt::format("{}: unknown key{} {}; a compile config has loss, loss_weights, "
                            "metrics and weighted_metrics",
                            source, unknown.size() == 1 ? "" : "s", fmt::join(unknown, ", ")));
}

// A name, or JSON text where it starts like an object, list or string.
Result<json> ReadOption(const std::string& text, std::string_view option) {
  const std::size_t start = text.find_first_not_of(" \t\r\n");
  if (start == std::string::npos) {
    return Status(StatusCode::kInvalidArgument, fmt::format("{} is empty", option));
  }
  if (text[start] != '{' && text[start] != '[' && text[start] != '"') return json(text);
  return ParseBoundedJson(text, option, StatusCode::kInvalidArgument);
}

Result<json> ReadBase(const std::string& base, const CompileOverrides& overrides) {
  json config = json::object();
  if (overrides.file_text) {
    SIDECAR_ASSIGN_OR_RETURN(config, ParseBoundedJson(*overrides.file_text, overrides.file_name,
                                                      StatusCode::kInvalidArgument));
    SIDECAR_RETURN_IF_ERROR(
        CheckCompileForm(config, overrides.file_name, StatusCode::kInvalidArgument));
    SIDECAR_RETURN_IF_ERROR(CheckKeys(config, overrides.file_name));
  } else if (!base.empty()) {
    constexpr std::string_view kSource = "the model's compile config";
    SIDECAR_ASSIGN_OR_RETURN(config, ParseBoundedJson(base, kSource, StatusCode::kDataLoss));
    if (config.is_null()) config = json::object();
    if (!config.is_object()) return CheckCompileForm(config, kSource, StatusCode::kDataLoss);
  }
  return config;
}

}  // namespace

Result<json> ParseBoundedJson(std::string_view text, std::string_view source,
                              StatusCode malformed) {
  if (text.size() > kMaxCompileConfigBytes) {
    return Status(malformed, fmt::format("{} has {} bytes; at most {} are read", source,
                                         text.size(), kMaxCompileConfigBytes));
  }
  const std::size_t deep = FindTooDeep(text);
  if (deep != std::string_view::npos) {
    return Status(malformed, fmt::format("{}, byte {}: more than {} brackets within each other",
                                         source, deep, kMaxNesting));
  }
  const base::JsonLimits limits{.bytes = kMaxCompileConfigBytes, .depth = std::size_t{kMaxNesting}};
  base::JsonBuilder builder(text, limits, base::PythonWords::kText);
  if (builder.Parse()) return builder.TakeDocument();
  if (!builder.problem().empty()) {
    return Status(malformed, fmt::format("{} {}", source, builder.problem()));
  }
  const auto error = builder.error().value_or(base::JsonBuilder::SyntaxError());
  if (!error.is_syntax)
    return Status(malformed, fmt::format("{} is not JSON: {}", source, error.text));
  return Status(malformed, fmt::format("{} is not JSON: wrong at byte {} of {}", source,
                                       error.byte == 0 ? 0 : error.byte - 1, text.size()));
}

Status CheckCompileForm(const json& config, std::string_view source, StatusCode malformed) {
  if (!config.is_object()) {
    return Status(malformed, fmt::format("{} is {}; an object with loss and metrics is needed",
                                         source, Excerpt(config)));
  }
  for (const char* key : {"loss", "metrics", "weighted_metrics"}) {
    if (!config.contains(key)) continue;
    SIDECAR_RETURN_IF_ERROR(CheckTree(config[key], fmt::format("{}: {}", source, key), malformed));
  }
  if (!config.contains("loss_weights")) return Status();
  return CheckWeightTree(config["loss_weights"], fmt::format("{}: loss_weights", source),
                         malformed);
}

Status CheckCompileConfig(std::string_view text, std::string_view source, StatusCode malformed) {
  SIDECAR_ASSIGN_OR_RETURN(const json config, ParseBoundedJson(text, source, malformed));
  return CheckCompileForm(config, source, malformed);
}

Result<std::string> MergeCompileConfig(const std::string& base, const CompileOverrides& overrides) {
  SIDECAR_ASSIGN_OR_RETURN(json config, ReadBase(base, overrides));
  if (overrides.loss) {
    SIDECAR_ASSIGN_OR_RETURN(config["loss"], ReadOption(*overrides.loss, "--loss"));
  }
  if (overrides.metrics) {
    json metrics = json::array();
    for (const std::string& text : *overrides.metrics) {
      SIDECAR_ASSIGN_OR_RETURN(json metric, ReadOption(text, "--metrics"));
      metrics.push_back(std::move(metric));
    }
    config["metrics"] = std::move(metrics);
  }
  const bool options = overrides.loss || overrides.metrics;
  if (options && !overrides.file_text) {
    // What the options replaced need not have been right before.
    SIDECAR_RETURN_IF_ERROR(CheckCompileForm(config,
                                             "the model's compile config with --loss and "
                                             "--metrics",
                                             StatusCode::kInvalidArgument));
  } else if (!base.empty() || overrides.file_text) {
    const StatusCode malformed =
        overrides.file_text ? StatusCode::kInvalidArgument : StatusCode::kDataLoss;
    SIDECAR_RETURN_IF_ERROR(CheckCompileForm(
        config, overrides.file_text ? overrides.file_name : "the model's compile config",
        malformed));
  }
  if (config.empty()) return std::string();
  return config.dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace sidecar::evaluate
