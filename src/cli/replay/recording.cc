#include "cli/replay/recording.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "base/status_macros.h"
#include "watch/directory_listing.h"
#include "watch/state_file.h"

namespace sidecar::cli {
namespace {

// The names of a checkpoint's data files among `names`, which are sorted.
std::vector<std::string> DataFiles(const std::vector<std::string>& names,
                                   const std::string& checkpoint) {
  std::vector<std::string> files;
  const std::string start = checkpoint + ".data-";
  for (auto name = std::lower_bound(names.begin(), names.end(), start);
       name != names.end() && name->starts_with(start); ++name) {
    if (!watch::IsTemporaryName(*name)) files.push_back(*name);
  }
  return files;
}

void ReadWriter(base::FileSystem& fs, Recording& recording) {
  const std::string path = base::JoinPath(recording.directory, watch::kStateFileName);
  const Result<watch::CheckpointState> state = watch::ReadCheckpointState(fs, path);
  if (!state.ok()) {
    recording.warnings.push_back(state.status().message() +
                                 "; publishing as a CheckpointManager would");
    return;
  }
  const std::vector<std::string>& paths = state->all_model_checkpoint_paths;
  const std::vector<double>& times = state->all_model_checkpoint_timestamps;
  if (times.empty() && !state->last_preserved_timestamp && paths.size() <= 1) {
    recording.writer = Recording::Writer::kSaveWeights;
    return;
  }
  recording.last_preserved_timestamp = state->last_preserved_timestamp;
  for (std::size_t i = 0; i < std::min(paths.size(), times.size()); ++i) {
    for (RecordedCheckpoint& checkpoint : recording.checkpoints) {
      if (checkpoint.name == base::BaseName(paths[i])) checkpoint.timestamp = times[i];
    }
  }
}

}  // namespace

Result<Recording> ReadRecording(base::FileSystem& fs, const std::string& directory) {
  SIDECAR_ASSIGN_OR_RETURN(const base::FileInfo info, fs.Stat(directory));
  if (info.kind != base::FileInfo::Kind::kDirectory) {
    return Status(StatusCode::kNotFound,
                  directory + ": is a file; replay needs a directory with checkpoints");
  }
  SIDECAR_ASSIGN_OR_RETURN(std::vector<std::string> names, fs.List(directory));
  std::sort(names.begin(), names.end());
  SIDECAR_ASSIGN_OR_RETURN(const std::vector<watch::Candidate> candidates,
                           watch::ListCheckpoints(fs, directory));
  Recording recording;
  recording.directory = directory;
  for (const watch::Candidate& candidate : candidates) {
    const std::string name(base::BaseName(candidate.prefix));
    if (!candidate.number) {
      recording.warnings.push_back(
          fmt::format("{}: left out, its name does not end in -NUMBER", candidate.prefix));
      continue;
    }
    std::vector<std::string> data_files = DataFiles(names, name);
    if (data_files.empty()) {
      recording.warnings.push_back(fmt::format("{}: has no data file", candidate.prefix));
    }
    recording.checkpoints.push_back({name, *candidate.number, std::move(data_files), {}});
  }
  if (recording.checkpoints.empty()) {
    return Status(StatusCode::kNotFound,
                  fmt::format("{}: holds no checkpoint to publish ({} files, none of them named "
                              "NAME-NUMBER.index)",
                              directory, names.size()));
  }
  ReadWriter(fs, recording);
  return recording;
}

}  // namespace sidecar::cli
