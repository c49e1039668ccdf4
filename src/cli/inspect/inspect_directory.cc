#include <fmt/format.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/status_macros.h"
#include "cli/inspect/inspectors.h"
#include "watch/directory_listing.h"
#include "watch/latest_checkpoint.h"
#include "watch/state_file.h"

namespace sidecar::cli {
namespace {

void AddCounts(InspectReport& report, const watch::DirectoryCounts& counts) {
  nlohmann::ordered_json json;
  json["index_files"] = counts.index_files;
  json["data_files"] = counts.data_files;
  json["weights_files"] = counts.weights_files;
  json["h5_files"] = counts.h5_files;
  json["keras_files"] = counts.keras_files;
  json["temporary"] = counts.temporary;
  json["others"] = counts.others;
  report.AddField(
      "files", std::move(json),
      fmt::format("{} .index, {} data, {} .weights.h5, {} other .h5, {} .keras, {} "
                  "temporary, {} others",
                  counts.index_files, counts.data_files, counts.weights_files, counts.h5_files,
                  counts.keras_files, counts.temporary, counts.others));
}

void AddState(InspectReport& report, base::FileSystem& fs, const std::string& directory) {
  const Result<watch::CheckpointState> state =
      watch::ReadCheckpointState(fs, base::JoinPath(directory, watch::kStateFileName));
  if (!state.ok()) {
    report.AddField("state_file", nullptr,
                    state.status().code() == StatusCode::kNotFound ? "none" : "damaged");
    if (state.status().code() != StatusCode::kNotFound) report.AddProblem(state.status());
    return;
  }
  nlohmann::ordered_json json;
  json["model_checkpoint_path"] = state->model_checkpoint_path;
  json["all_model_checkpoint_paths"] = state->all_model_checkpoint_paths;
  report.AddField("state_file", std::move(json),
                  fmt::format("newest is {}, {} listed", state->model_checkpoint_path,
                              state->all_model_checkpoint_paths.size()));
}

Status AddCheckpoints(InspectReport& report, base::FileSystem& fs, const std::string& directory) {
  SIDECAR_ASSIGN_OR_RETURN(const std::vector<watch::Candidate> candidates,
                           watch::ListCheckpoints(fs, directory));
  nlohmann::ordered_json json = nlohmann::ordered_json::array();
  std::vector<std::string> names;
  for (const watch::Candidate& candidate : candidates) {
    nlohmann::ordered_json item;
    item["checkpoint"] = candidate.prefix;
    item["number"] = nullptr;
    if (candidate.number) item["number"] = *candidate.number;
    json.push_back(std::move(item));
    names.emplace_back(base::BaseName(candidate.prefix));
  }
  report.AddField(
      "checkpoints", std::move(json),
      names.empty() ? "none" : fmt::format("{}: {}", names.size(), fmt::join(names, " ")));
  return {};
}

}  // namespace

Result<InspectReport> InspectDirectory(base::FileSystem& fs, const std::string& path) {
  InspectReport report(path, "directory", "a directory");
  SIDECAR_ASSIGN_OR_RETURN(const std::vector<std::string> names, fs.List(path));
  AddCounts(report, watch::CountNames(names));
  AddState(report, fs, path);
  SIDECAR_RETURN_IF_ERROR(AddCheckpoints(report, fs, path));
  const Result<std::string> newest = watch::NewestCheckpointPrefix(fs, path);
  if (!newest.ok()) {
    report.AddField("newest", nullptr, newest.status().message());
    return report;
  }
  const Result<InspectReport> checkpoint = InspectCheckpoint(fs, *newest);
  SIDECAR_RETURN_IF_ERROR(checkpoint.status());
  report.AddReport("newest", *checkpoint);
  return report;
}

}  // namespace sidecar::cli
