#include "watch/latest_checkpoint.h"

#include <fmt/format.h>

#include <filesystem>

#include "base/status_macros.h"
#include "watch/checkpoint_number.h"
#include "watch/state_file.h"
#include "watch/wait_explanation.h"

namespace sidecar::watch {
namespace {

using Kind = base::FileInfo::Kind;

// The path without "." and "..", as far as that can be told from the text alone.
std::string Normal(const std::string& path) {
  std::string normal = std::filesystem::path(path).lexically_normal().string();
  while (normal.size() > 1 && normal.back() == '/') normal.pop_back();
  return normal;
}

bool IsSameDirectory(base::FileSystem& fs, const std::string& a, const std::string& b) {
  const Result<base::FileInfo> first = fs.Stat(a);
  const Result<base::FileInfo> second = fs.Stat(b);
  return first.ok() && second.ok() && first->inode != 0 && first->inode == second->inode &&
         first->device == second->device;
}

Look Nothing(Finding finding, std::optional<Status> problem = std::nullopt) {
  Look look;
  look.finding = finding;
  look.problem = std::move(problem);
  return look;
}

// What stands at `prefix`.
Look LookAtPrefix(base::FileSystem& fs, const std::string& prefix, const base::FileInfo& state) {
  Candidate candidate{prefix, CheckpointNumber(prefix), {}, state, {}};
  const Result<base::FileInfo> index = fs.Stat(prefix + ".index");
  if (index.ok() && index->kind == Kind::kRegular) {
    candidate.index = *index;
    Look look;
    look.finding = Finding::kCheckpoint;
    look.newest = std::move(candidate);
    return look;
  }
  if (!index.ok() && index.status().code() != StatusCode::kNotFound) {
    return Nothing(Finding::kUnreadable, index.status());
  }
  const Result<base::FileInfo> old = fs.Stat(prefix);
  if (old.ok() && old->kind == Kind::kRegular) {
    candidate.index = *old;
    Look look;
    look.finding = Finding::kOldFormat;
    look.newest = std::move(candidate);
    look.problem =
        Status(StatusCode::kFailedPrecondition,
               prefix +
                   ": is a checkpoint of TensorFlow's old format V1 (one file), which is not read; "
                   "save it with tf.train.Checkpoint or in format V2");
    return look;
  }
  // The reference's words (tensorflow/python/checkpoint/checkpoint_management.py).
  Look look = Nothing(Finding::kNotThere, Status(StatusCode::kNotFound,
                                                 "Couldn't match files for checkpoint " + prefix));
  look.named = prefix;
  return look;
}

// The names in a state file as prefixes in the directory, for reports only.
std::vector<std::string> ListedPrefixes(const CheckpointState& state,
                                        const std::string& directory) {
  std::vector<std::string> prefixes;
  prefixes.reserve(state.all_model_checkpoint_paths.size());
  for (const std::string& path : state.all_model_checkpoint_paths) {
    prefixes.push_back(base::JoinPath(
        directory, path.starts_with('/') ? base::BaseName(path) : std::string_view(path)));
  }
  return prefixes;
}

}  // namespace

LatestCheckpoint::LatestCheckpoint(base::FileSystem& fs, std::string directory,
                                   base::Clock::Duration patience)
    : fs_(fs), directory_(std::move(directory)), patience_(patience) {}

Result<Look> LatestCheckpoint::LookAt(base::Clock::TimePoint now) {
  const Result<base::FileInfo> directory = fs_.Stat(directory_);
  if (!directory.ok()) {
    const bool missing = directory.status().code() == StatusCode::kNotFound;
    return Nothing(missing ? Finding::kNoDirectory : Finding::kUnreadable, directory.status());
  }
  if (directory->kind != Kind::kDirectory) {
    return Status(StatusCode::kNotFound,
                  directory_ +
                      ": is not a directory; name the directory that training writes its "
                      "checkpoints to");
  }
  const std::string state_path = base::JoinPath(directory_, kStateFileName);
  const Result<base::FileInfo> state = fs_.Stat(state_path);
  if (state.ok()) return ReadState(*state, now);
  if (state.status().code() != StatusCode::kNotFound) {
    return Nothing(Finding::kUnreadable, state.status());
  }
  // Without one from the start the writer may simply be at its first checkpoint. One that was there
  // and does not come back is no different from a damaged one.
  if (!seen_state_file_) return Nothing(Finding::kNoStateFile, state.status());
  return LookWithoutStateFile(Finding::kNoStateFile, state.status(), {}, now);
}

Look LatestCheckpoint::ReadState(const base::FileInfo& state, base::Clock::TimePoint now) {
  const Result<CheckpointState> content =
      ReadCheckpointState(fs_, base::JoinPath(directory_, kStateFileName));
  if (!content.ok()) {
    return LookWithoutStateFile(Finding::kStateFileUnusable, content.status(), state, now);
  }
  seen_state_file_ = true;
  unusable_since_.reset();
  Look look = Resolve(content->model_checkpoint_path, state);
  look.listed = ListedPrefixes(*content, directory_);
  return look;
}

// A path inside the directory is used; otherwise the checkpoint of the same base name in the
// directory; otherwise it is refused (docs/cli.md).
Look LatestCheckpoint::Resolve(const std::string& named, const base::FileInfo& state) const {
  const bool absolute = named.starts_with('/');
  if (!absolute) {
    const std::string normal = Normal(named);
    if (normal != ".." && !normal.starts_with("../")) {
      return LookAtPrefix(fs_, base::JoinPath(directory_, named), state);
    }
  } else {
    const std::string directory = Normal(directory_);
    const std::string inside = directory == "/" ? directory : directory + "/";
    if (Normal(named).starts_with(inside)) return LookAtPrefix(fs_, named, state);
  }
  const std::string in_directory = base::JoinPath(directory_, base::BaseName(named));
  if (absolute && IsSameDirectory(fs_, std::string(base::DirectoryName(named)), directory_)) {
    return LookAtPrefix(fs_, in_directory, state);
  }
  Look look = LookAtPrefix(fs_, in_directory, state);
  if (look.finding == Finding::kCheckpoint) {
    look.problem = Status(
        StatusCode::kNotFound,
        fmt::format("the state file names {}, which is outside {}; the checkpoint of that name in "
                    "the directory is used",
                    named, directory_));
  } else if (look.finding == Finding::kNotThere) {
    look.finding = Finding::kPathRefused;
    look.problem =
        Status(StatusCode::kNotFound,
               fmt::format("the state file names {}, which is outside {}, and the directory has no "
                           "checkpoint {}",
                           named, directory_, base::BaseName(named)));
  }
  return look;
}

Look LatestCheckpoint::LookWithoutStateFile(Finding finding, const Status& problem,
                                            const base::FileInfo& state,
                                            base::Clock::TimePoint now) {
  if (!unusable_since_) unusable_since_ = now;
  if (now - *unusable_since_ < patience_) return Nothing(finding, problem);
  const Result<std::vector<Candidate>> found = ListCheckpoints(fs_, directory_);
  if (!found.ok()) return Nothing(Finding::kUnreadable, found.status());
  if (found->empty()) return Nothing(finding, problem);
  Look look;
  look.finding = Finding::kCheckpoint;
  look.newest = found->back();
  look.newest->state = state;
  look.problem = problem;
  look.without_state_file = true;
  if (found->size() > 1) {
    const Candidate& other = *(found->end() - 2);
    if (other.number && other.number == look.newest->number) look.same_number = other.prefix;
  }
  return look;
}

Result<std::string> NewestCheckpointPrefix(base::FileSystem& fs, const std::string& directory) {
  LatestCheckpoint latest(fs, directory, base::Clock::Duration::zero());
  SIDECAR_ASSIGN_OR_RETURN(const Look look, latest.LookAt({}));
  if (look.finding == Finding::kOldFormat) return *look.problem;
  if (look.newest) return look.newest->prefix;
  return Status(StatusCode::kNotFound, fmt::format("{}: no checkpoint found: {}", directory,
                                                   DescribeLook(fs, look, directory)));
}

}  // namespace sidecar::watch
