#include <fmt/format.h>

#include <string>
#include <utility>
#include <vector>

#include "cli/inspect/inspectors.h"
#include "model/loaded_model.h"
#include "model/saved_model/saved_model_description.h"
#include "sidecar/model.h"

namespace sidecar::cli {
namespace {

using model::saved_model::OpDescription;
using model::saved_model::PortDescription;
using model::saved_model::SavedModelDescription;
using model::saved_model::SignatureDescription;

nlohmann::ordered_json PortsJson(const std::vector<PortDescription>& ports) {
  nlohmann::ordered_json json = nlohmann::ordered_json::array();
  for (const PortDescription& port : ports) {
    nlohmann::ordered_json item;
    item["name"] = port.name;
    item["dtype"] = DTypeName(port.dtype);
    item["shape"] = nullptr;
    if (port.has_rank) item["shape"] = ShapeJson(port.shape);
    json.push_back(std::move(item));
  }
  return json;
}

std::string PortsText(const std::vector<PortDescription>& ports) {
  std::string text;
  for (const PortDescription& port : ports) {
    text += fmt::format("{}{} {}{}", text.empty() ? "" : ", ", port.name, DTypeName(port.dtype),
                        port.has_rank ? port.shape.ToString() : "");
  }
  return text;
}

void AddSignatures(InspectReport& report, const std::vector<SignatureDescription>& signatures) {
  nlohmann::ordered_json json = nlohmann::ordered_json::array();
  std::vector<std::vector<std::string>> rows;
  for (const SignatureDescription& signature : signatures) {
    nlohmann::ordered_json item;
    item["name"] = signature.name;
    item["inputs"] = PortsJson(signature.inputs);
    item["outputs"] = PortsJson(signature.outputs);
    item["supported"] = signature.state.ok();
    json.push_back(std::move(item));
    rows.push_back({signature.name, PortsText(signature.inputs), PortsText(signature.outputs),
                    signature.state.ok() ? "" : signature.state.message()});
  }
  report.AddJson("signatures", std::move(json));
  report.AddTable({"SIGNATURE", "INPUTS", "OUTPUTS", ""}, rows);
}

void AddOps(InspectReport& report, const std::vector<OpDescription>& ops) {
  nlohmann::ordered_json json = nlohmann::ordered_json::array();
  std::vector<std::vector<std::string>> rows;
  for (const OpDescription& op : ops) {
    nlohmann::ordered_json item;
    item["op"] = op.name;
    item["count"] = op.count;
    item["supported"] = op.supported;
    if (!op.supported) item["nodes"] = op.nodes;
    json.push_back(std::move(item));
    rows.push_back(
        {op.name, std::to_string(op.count),
         op.supported ? "" : fmt::format("NOT SUPPORTED: {}", fmt::join(op.nodes, ", "))});
  }
  report.AddJson("ops", std::move(json));
  report.AddTable({"OP", "COUNT", ""}, rows);
}

}  // namespace

Result<InspectReport> InspectSavedModel(base::FileSystem& fs, const std::string& path) {
  InspectReport report(path, "saved_model", "a SavedModel");
  const Result<SavedModelDescription> description =
      model::saved_model::DescribeSavedModel(fs, path);
  const Result<Model> loaded =
      description.ok() ? Model::Load(path) : Result<Model>(description.status());
  const StatusCode code = loaded.status().code();
  if (!loaded.ok() && code != StatusCode::kDataLoss && code != StatusCode::kUnimplemented &&
      code != StatusCode::kFailedPrecondition) {
    return loaded.status();
  }
  report.AddJson("supported", loaded.ok() || code != StatusCode::kUnimplemented);
  if (!loaded.ok()) report.AddProblem(loaded.status());
  if (description.ok()) AddSignatures(report, description->signatures);
  if (loaded.ok()) {
    AddModel(report, *loaded->loaded());
    for (const std::string& note : loaded->loaded()->notes)
      report.AddLine("note           " + note);
    report.AddJson("notes", loaded->loaded()->notes);
  }
  if (description.ok()) AddOps(report, description->ops);
  return report;
}

}  // namespace sidecar::cli
