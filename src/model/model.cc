#include "sidecar/model.h"

#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "base/file_system.h"
#include "base/status_macros.h"
#include "model/builder/sequential.h"
#include "model/keras/json_text.h"
#include "model/keras/model_file.h"
#include "model/keras/model_reader.h"
#include "model/loaded_model.h"
#include "model/saved_model/saved_model_file.h"

namespace sidecar {
namespace {

using nlohmann::json;

Result<json> Parsed(const KerasObject& object, const std::string& what) {
  auto parsed = model::keras::ParseJson(object.json(), what);
  if (parsed.ok()) return parsed;
  return Status(StatusCode::kInvalidArgument, parsed.status().message());
}

Result<json> MetricList(const std::vector<Metric>& metrics, const std::string& what) {
  json list = json::array();
  for (const Metric& metric : metrics) {
    SIDECAR_ASSIGN_OR_RETURN(json item, Parsed(metric, what));
    list.push_back(std::move(item));
  }
  return list;
}

Result<json> MetricConfig(const std::vector<Metric>& metrics,
                          const std::map<std::string, std::vector<Metric>>& by_output,
                          const std::string& what) {
  if (by_output.empty()) {
    if (metrics.empty()) return json();
    return MetricList(metrics, what);
  }
  json config = json::object();
  for (const auto& [output, list] : by_output) {
    SIDECAR_ASSIGN_OR_RETURN(config[output], MetricList(list, what));
  }
  return config;
}

Result<json> LossConfig(const CompileOptions& options) {
  if (options.losses.empty()) {
    if (!options.loss) return json();
    return Parsed(*options.loss, "loss");
  }
  json config = json::object();
  for (const auto& [output, loss] : options.losses) {
    SIDECAR_ASSIGN_OR_RETURN(config[output], Parsed(loss, "losses"));
  }
  return config;
}

}  // namespace

Result<Model> Model::Load(const std::string& path, const LoadOptions& options) {
  base::FileSystem& fs = base::PosixFileSystem();
  const bool is_saved_model = model::saved_model::IsDirectory(fs, path);
  if (!is_saved_model && (options.signature || !options.output_names.empty())) {
    return Status(StatusCode::kInvalidArgument,
                  fmt::format("{}: is no SavedModel: {} has no meaning for it", path,
                              options.signature ? "--signature" : "--output-names"));
  }
  SIDECAR_ASSIGN_OR_RETURN(auto loaded, is_saved_model
                                            ? model::saved_model::LoadSavedModel(fs, path, options)
                                            : model::keras::LoadModelFile(fs, path, options));
  return Model(std::move(loaded));
}

Result<Model> Model::FromJson(const std::string& json_text, const LoadOptions& options) {
  SIDECAR_ASSIGN_OR_RETURN(
      auto loaded, model::keras::ReadModel(json_text, {.source = "the model's JSON",
                                                       .keras_version = options.keras_version}));
  return Model(std::move(loaded));
}

Result<Model> Model::Sequential(const std::vector<Layer>& layers, const LoadOptions& options) {
  SIDECAR_ASSIGN_OR_RETURN(const std::string text, model::SequentialJson(layers));
  SIDECAR_ASSIGN_OR_RETURN(
      auto loaded, model::keras::ReadModel(text, {.source = "code",
                                                  .keras_version = options.keras_version,
                                                  .default_version = KerasVersion::kKeras2}));
  return Model(std::move(loaded));
}

Status Model::Compile(const CompileOptions& options) {
  json config;
  SIDECAR_ASSIGN_OR_RETURN(config["loss"], LossConfig(options));
  config["loss_weights"] = options.loss_weights.empty() ? json() : json(options.loss_weights);
  SIDECAR_ASSIGN_OR_RETURN(config["metrics"],
                           MetricConfig(options.metrics, options.output_metrics, "metrics"));
  SIDECAR_ASSIGN_OR_RETURN(
      config["weighted_metrics"],
      MetricConfig(options.weighted_metrics, options.output_weighted_metrics, "weighted_metrics"));
  loaded_->compile_config = config.dump(-1, ' ', false, json::error_handler_t::replace);
  loaded_->compiled_by_user = true;
  return Status();
}

Status Model::CompileFromJson(const std::string& json_text) {
  auto config = model::keras::ParseJson(json_text, "the compile config");
  if (config.ok() && !config->is_object()) {
    return {StatusCode::kInvalidArgument,
            fmt::format("the compile config is {}; an object with loss and metrics is allowed",
                        model::keras::Excerpt(*config))};
  }
  SIDECAR_RETURN_IF_ERROR(config.status());
  loaded_->compile_config = json_text;
  loaded_->compiled_by_user = true;
  return Status();
}

const std::string& Model::name() const { return loaded_->name; }

std::vector<std::string> Model::input_names() const {
  std::vector<std::string> names;
  for (const model::ModelInput& input : loaded_->inputs) names.push_back(input.name);
  return names;
}

std::vector<std::string> Model::output_names() const {
  std::vector<std::string> names;
  for (const model::ModelOutput& output : loaded_->outputs) names.push_back(output.name);
  return names;
}

KerasVersion Model::keras_version() const { return loaded_->keras_version; }

}  // namespace sidecar
