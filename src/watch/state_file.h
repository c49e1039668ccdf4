// The text file `checkpoint` in which TensorFlow's writers name the newest checkpoint.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/file_system.h"
#include "sidecar/status.h"

namespace sidecar::watch {

/// The name of the state file in a checkpoint directory.
inline constexpr std::string_view kStateFileName = "checkpoint";

/// The content of a state file, paths as they stand there (tensorflow/python/training/
/// checkpoint_state.proto).
struct CheckpointState {
  std::string model_checkpoint_path;  ///< the newest; never empty in a state that was read
  std::vector<std::string> all_model_checkpoint_paths;  ///< oldest first, the newest last
  std::vector<double> all_model_checkpoint_timestamps;  ///< seconds, one for each path, or none
  std::optional<double> last_preserved_timestamp;       ///< seconds

  friend bool operator==(const CheckpointState&, const CheckpointState&) = default;
};

/// Reads protocol buffer text format as far as a state file can hold it: scalar fields, lists in
/// brackets, single and double quotes, adjacent literals, C escapes, comments, `;` and `,`. The
/// last value of a field that is not repeated counts, as for TensorFlow. Fails with kDataLoss
/// naming the line and what was found there: unknown fields, damaged or cut-off text, paths that
/// are not UTF-8 or hold a NUL, or no `model_checkpoint_path`.
Result<CheckpointState> ParseCheckpointState(std::string_view text);

/// Reads the file at `path`. Of a file above 16 MiB only the first line counts: that is where
/// writers put `model_checkpoint_path`. Fails as ParseCheckpointState() and FileSystem, messages
/// beginning with the path.
Result<CheckpointState> ReadCheckpointState(base::FileSystem& fs, const std::string& path);

/// The text that TensorFlow's writers would put into the file.
[[nodiscard]] std::string FormatCheckpointState(const CheckpointState& state);

}  // namespace sidecar::watch
