#include "cli/replay/publisher.h"

#include <algorithm>
#include <cstddef>
#include <memory>
#include <span>
#include <utility>

#include "base/status_macros.h"
#include "watch/state_file.h"

namespace sidecar::cli {
namespace {

constexpr std::size_t kCopyBytes = std::size_t{1} << 20U;

}  // namespace

Publisher::Publisher(base::FileSystem& fs, const base::Clock& clock, Recording recording,
                     std::string destination, std::optional<std::int64_t> keep)
    : fs_(fs),
      clock_(clock),
      recording_(std::move(recording)),
      destination_(std::move(destination)),
      keep_(keep) {
  // CheckpointManager starts one second in the past (checkpoint_management.py, __init__).
  last_preserved_timestamp_ =
      recording_.last_preserved_timestamp.value_or(clock_.WallSeconds() - 1.0);
}

Result<std::string> Publisher::PublishNext() {
  const RecordedCheckpoint& checkpoint = recording_.checkpoints[next_];
  SIDECAR_RETURN_IF_ERROR(fs_.CreateDirectories(destination_));
  SIDECAR_RETURN_IF_ERROR(PublishFiles(checkpoint));
  kept_.push_back({next_, checkpoint.timestamp.value_or(clock_.WallSeconds())});
  ++next_;
  SIDECAR_RETURN_IF_ERROR(WriteState());
  SIDECAR_RETURN_IF_ERROR(DeleteOld());
  // A CheckpointManager writes the state a second time, whether it deleted anything or not.
  if (recording_.writer == Recording::Writer::kCheckpointManager) {
    SIDECAR_RETURN_IF_ERROR(WriteState());
  }
  return checkpoint.name;
}

Status Publisher::PublishFiles(const RecordedCheckpoint& checkpoint) {
  for (const std::string& name : checkpoint.data_files) {
    const std::string target = base::JoinPath(destination_, name);
    const std::string temporary = target + ".tempstate" + std::to_string(next_ + 1);
    SIDECAR_RETURN_IF_ERROR(CopyFile(name, temporary));
    SIDECAR_RETURN_IF_ERROR(fs_.Rename(temporary, target));
  }
  const std::string index = checkpoint.name + ".index";
  return CopyFile(index, base::JoinPath(destination_, index));
}

Status Publisher::CopyFile(const std::string& source_name, const std::string& target) {
  SIDECAR_ASSIGN_OR_RETURN(const std::unique_ptr<base::ReadableFile> source,
                           fs_.OpenForRead(base::JoinPath(recording_.directory, source_name)));
  SIDECAR_RETURN_IF_ERROR(RemoveIfThere(target));
  SIDECAR_ASSIGN_OR_RETURN(const std::unique_ptr<base::WritableFile> file, fs_.CreateNew(target));
  Status status = CopyContent(*source, *file);
  // The first failure counts; that cleaning up fails, too, changes nothing about it.
  if (!status.ok()) static_cast<void>(fs_.Remove(target));
  return status;
}

Status Publisher::CopyContent(const base::ReadableFile& source, base::WritableFile& target) {
  std::vector<std::byte> buffer(kCopyBytes);
  std::uint64_t offset = 0;
  while (true) {
    SIDECAR_ASSIGN_OR_RETURN(const std::size_t count, source.ReadAt(offset, buffer));
    if (count == 0) return {};
    SIDECAR_RETURN_IF_ERROR(target.Append(std::span(buffer).first(count)));
    offset += count;
  }
}

Status Publisher::RemoveIfThere(const std::string& path) {
  const Status status = fs_.Remove(path);
  return status.code() == StatusCode::kNotFound ? Status() : status;
}

Status Publisher::WriteState() {
  watch::CheckpointState state;
  state.model_checkpoint_path = recording_.checkpoints[kept_.back().index].name;
  if (recording_.writer == Recording::Writer::kSaveWeights) {
    state.all_model_checkpoint_paths = {state.model_checkpoint_path};
  } else {
    for (const Kept& kept : kept_) {
      state.all_model_checkpoint_paths.push_back(recording_.checkpoints[kept.index].name);
      state.all_model_checkpoint_timestamps.push_back(kept.timestamp);
    }
    state.last_preserved_timestamp = last_preserved_timestamp_;
  }
  return base::WriteFileAtomically(fs_, base::JoinPath(destination_, watch::kStateFileName),
                                   watch::FormatCheckpointState(state));
}

Status Publisher::DeleteOld() {
  while (keep_ && std::cmp_greater(kept_.size(), *keep_)) {
    const RecordedCheckpoint& oldest = recording_.checkpoints[kept_.front().index];
    kept_.erase(kept_.begin());
    SIDECAR_RETURN_IF_ERROR(RemoveIfThere(base::JoinPath(destination_, oldest.name + ".index")));
    for (const std::string& name : oldest.data_files) {
      SIDECAR_RETURN_IF_ERROR(RemoveIfThere(base::JoinPath(destination_, name)));
    }
  }
  return {};
}

}  // namespace sidecar::cli
