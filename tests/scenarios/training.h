// The training side of a scenario: writes, damages and deletes checkpoints in a file system in
// memory.
#pragma once

#include <string>
#include <vector>

#include "base/memory_file_system.h"
#include "sidecar/status.h"

namespace sidecar::scenarios {

/// Not thread-safe.
class Training {
 public:
  Training(base::MemoryFileSystem& fs, std::string directory)
      : fs_(fs), directory_(std::move(directory)) {}

  /// Carries out a command about files (tests/scenarios/README.md lists them). kNotFound if it is
  /// none of those.
  Status Execute(const std::vector<std::string>& words);

 private:
  Status Write(const std::vector<std::string>& words);
  Status Publish(const std::vector<std::string>& words);
  void WriteFile(const std::string& path, const std::string& content, bool in_place);
  void WriteState(const std::vector<std::string>& named, bool in_place);
  Status Delete(const std::string& name);
  [[nodiscard]] std::string Path(const std::string& name) const;

  base::MemoryFileSystem& fs_;
  std::string directory_;
  std::vector<std::string> kept_;  // names in the state file, oldest first
};

}  // namespace sidecar::scenarios
