// Publishes recorded checkpoints with the order of operations that TensorFlow's writers have.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/file_system.h"
#include "cli/replay/recording.h"
#include "sidecar/status.h"

namespace sidecar::cli {

/// Publishes one checkpoint at a time. Not thread-safe.
///
/// The order is that of tensorflow/core/util/tensor_bundle/tensor_bundle.cc and
/// tensorflow/python/checkpoint/checkpoint_management.py: each data file is written under a
/// temporary name and renamed into place; the index is written in place under its final name; the
/// state file is replaced through a rename; then checkpoints beyond `keep` are deleted, oldest
/// first, each index before its data files; and the state file is written once more.
class Publisher {
 public:
  /// `keep`: how many of the newest checkpoints stay; none: all. `fs` and `clock` must outlive the
  /// publisher.
  Publisher(base::FileSystem& fs, const base::Clock& clock, Recording recording,
            std::string destination, std::optional<std::int64_t> keep);

  [[nodiscard]] bool done() const { return next_ == recording_.checkpoints.size(); }
  [[nodiscard]] std::size_t count() const { return recording_.checkpoints.size(); }

  /// Publishes the next checkpoint and returns its name; done() must be false. Files of the same
  /// names are replaced. After a failure nothing half-written stands under a final name, and the
  /// state file names a checkpoint that was published before or none.
  Result<std::string> PublishNext();

 private:
  struct Kept {
    std::size_t index = 0;  ///< in recording_.checkpoints
    double timestamp = 0;
  };

  Status CopyFile(const std::string& source_name, const std::string& target);
  Status CopyContent(const base::ReadableFile& source, base::WritableFile& target);
  Status PublishFiles(const RecordedCheckpoint& checkpoint);
  Status RemoveIfThere(const std::string& path);
  Status WriteState();
  Status DeleteOld();

  base::FileSystem& fs_;
  const base::Clock& clock_;
  Recording recording_;
  std::string destination_;
  std::optional<std::int64_t> keep_;
  std::size_t next_ = 0;
  std::vector<Kept> kept_;
  double last_preserved_timestamp_ = 0;
};

}  // namespace sidecar::cli
