// Checkpoints recorded from a training, as `replay` publishes them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/file_system.h"
#include "sidecar/status.h"

namespace sidecar::cli {

struct RecordedCheckpoint {
  std::string name;  ///< "ckpt-3"
  std::int64_t number = 0;
  std::vector<std::string> data_files;  ///< their names, in the order of the shards
  std::optional<double> timestamp;      ///< when it was saved, where the state file tells
};

struct Recording {
  /// Who wrote the state file: the two leave different contents.
  enum class Writer : std::uint8_t {
    kCheckpointManager,  ///< lists all checkpoints that are kept, with timestamps
    kSaveWeights,        ///< names the newest one only
  };
  std::string directory;
  std::vector<RecordedCheckpoint> checkpoints;  ///< by number
  Writer writer = Writer::kCheckpointManager;
  std::optional<double> last_preserved_timestamp;
  std::vector<std::string> warnings;  ///< what was left out, and why
};

/// Looks at what `directory` holds. Nothing is read but names and the state file: damaged
/// checkpoints are published as damaged ones. Checkpoints without a number are left out with a
/// warning. Without a usable state file (a warning, too) the writer is taken for a
/// CheckpointManager. Fails with kNotFound when the directory is not there or holds no checkpoint.
Result<Recording> ReadRecording(base::FileSystem& fs, const std::string& directory);

}  // namespace sidecar::cli
