#include <fmt/format.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/status_macros.h"
#include "checkpoint/keras_weights_file.h"
#include "cli/inspect/inspectors.h"
#include "model/loaded_model.h"
#include "sidecar/model.h"

namespace sidecar::cli {
namespace {

template <class Port>
void AddPort(const Port& port, bool known, nlohmann::ordered_json& json, std::string& text) {
  const Shape shape = port.shape.WithFirst(Shape::kUnknown);
  nlohmann::ordered_json item;
  item["name"] = port.name;
  item["dtype"] = known ? nlohmann::ordered_json(DTypeName(port.dtype)) : nullptr;
  item["shape"] = known ? ShapeJson(shape) : nullptr;
  json.push_back(std::move(item));
  text += fmt::format("{}{} {}", text.empty() ? "" : ", ", port.name,
                      known ? fmt::format("{}{}", DTypeName(port.dtype), shape.ToString())
                            : "(of a shape that the data decide)");
}

void AddPorts(InspectReport& report, const model::LoadedModel& model) {
  nlohmann::ordered_json inputs = nlohmann::ordered_json::array();
  nlohmann::ordered_json outputs = nlohmann::ordered_json::array();
  std::string inputs_text;
  std::string outputs_text;
  for (const model::ModelInput& input : model.inputs) {
    AddPort(input, input.declared, inputs, inputs_text);
  }
  for (const model::ModelOutput& output : model.outputs) {
    AddPort(output, model.graph != nullptr, outputs, outputs_text);
  }
  report.AddField("inputs", std::move(inputs), inputs_text);
  report.AddField("outputs", std::move(outputs), outputs_text);
}

/// Where checkpoints keep a variable, below the model: the first way that is tried.
std::string PlaceOf(const checkpoint::VariableRequest& request) {
  std::string place = request.full_name;
  for (const checkpoint::PathStep& step : request.graph_path) {
    for (const std::string& name : step.alternatives.front())
      place += (place.empty() ? "" : "/") + name;
  }
  return place;
}

void AddVariables(InspectReport& report, const model::LoadedModel& model) {
  nlohmann::ordered_json json = nlohmann::ordered_json::array();
  std::vector<std::vector<std::string>> rows;
  std::uint64_t parameters = 0;
  std::uint64_t trainable = 0;
  for (const model::ModelVariable& variable : model.variables) {
    const checkpoint::VariableRequest& request = variable.request;
    const Result<std::int64_t> count = request.shape.NumElements();
    const auto elements = static_cast<std::uint64_t>(count.ok() ? *count : 0);
    // Keras's summary counts what is read by inference; seeds and the like are no parameters.
    if (request.needed) parameters += elements;
    if (request.needed && request.trainable) trainable += elements;
    nlohmann::ordered_json item;
    item["name"] = request.name;
    item["dtype"] = DTypeName(request.dtype);
    item["shape"] = ShapeJson(request.shape);
    item["trainable"] = request.trainable;
    item["needed"] = request.needed;
    item["place"] = PlaceOf(request);
    json.push_back(std::move(item));
    rows.push_back({request.name, std::string(DTypeName(request.dtype)), request.shape.ToString(),
                    GroupedNumber(elements),
                    !request.needed     ? "not read"
                    : request.trainable ? "trainable"
                                        : "not trainable",
                    PlaceOf(request)});
  }
  report.AddField(
      "parameters", parameters,
      fmt::format("{} ({} trainable)", GroupedNumber(parameters), GroupedNumber(trainable)));
  report.AddJson("trainable_parameters", trainable);
  report.AddJson("variables", std::move(json));
  report.AddTable({"VARIABLE", "DTYPE", "SHAPE", "ELEMENTS", "", "IN CHECKPOINTS"}, rows);
}

void AddCompileConfig(InspectReport& report, const std::string& config) {
  // What is not JSON here was not read as JSON either: it is shown as text.
  nlohmann::ordered_json json = nlohmann::ordered_json::parse(config, nullptr, false);
  if (config.empty() || json.is_discarded()) json = nullptr;
  nlohmann::ordered_json shown = nlohmann::ordered_json::object();
  for (const char* key : {"loss", "loss_weights", "metrics", "weighted_metrics"}) {
    if (json.is_object() && json.contains(key)) shown[key] = json[key];
  }
  const std::string text =
      shown.empty() ? "none" : shown.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  report.AddField("compile", std::move(shown), text);
}

}  // namespace

void AddModel(InspectReport& report, const model::LoadedModel& model) {
  report.AddJson("supported", true);
  report.AddField("name", model.name, model.name);
  report.AddField(
      "keras_version", static_cast<int>(model.keras_version),
      fmt::format("{} ({})", static_cast<int>(model.keras_version), model.keras_version_reason));
  AddPorts(report, model);
  if (!model.states.empty()) {
    const std::int64_t rows = model.states.front().shape[0];
    report.AddField("batch_size", rows, fmt::format("{}, as layers are stateful", rows));
  }
  report.AddField("layers", model.layers,
                  model.layers.empty() ? "the file does not say"
                                       : fmt::format("{}", fmt::join(model.layers, ", ")));
  AddCompileConfig(report, model.compile_config);
  if (model.graph != nullptr) {
    AddVariables(report, model);
  } else {
    report.AddField("variables", nullptr, "as the shapes of the data make them");
  }
}

Result<InspectReport> InspectModel(base::FileSystem& fs, const std::string& path) {
  InspectReport report(path, "model", "a Keras model");
  const Result<Model> loaded = Model::Load(path);
  if (!loaded.ok()) {
    const StatusCode code = loaded.status().code();
    if (code != StatusCode::kDataLoss && code != StatusCode::kUnimplemented &&
        code != StatusCode::kFailedPrecondition) {
      return loaded.status();
    }
    report.AddJson("supported", code != StatusCode::kUnimplemented);
    report.AddProblem(loaded.status());
    return report;
  }
  AddModel(report, *loaded->loaded());
  if (path.ends_with(".keras")) {
    SIDECAR_ASSIGN_OR_RETURN(const std::optional<InspectReport> weights,
                             InspectArchiveWeights(fs, path));
    if (weights) report.AddReport("weights", *weights);
  } else if (checkpoint::IsKerasWeightsFile(fs, path)) {  // a whole model in HDF5
    SIDECAR_ASSIGN_OR_RETURN(const InspectReport weights, InspectWeightsFile(fs, path));
    report.AddReport("weights", weights);
  }
  return report;
}

}  // namespace sidecar::cli
