// The log lines of a follower: worded as the reference's where it has one.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "sidecar/log.h"
#include "sidecar/status.h"
#include "watch/latest_checkpoint.h"

namespace sidecar::follow {

/// The class name that TensorFlow's error for this code has in Python ("DataLossError"); kIoError
/// is "UnknownError" as for EIO there.
[[nodiscard]] std::string_view PythonErrorName(StatusCode code);

/// Logs one line and the status's details below it, at most 20 lines of them.
void LogWithDetails(LogLevel level, const std::string& line, const Status& status);

/// Logs what is unusual about looks, each time it changes. Not thread-safe.
class LookLog {
 public:
  explicit LookLog(std::string directory) : directory_(std::move(directory)) {}
  void Note(const watch::Look& look);

 private:
  std::string directory_;
  std::string last_;
};

/// That an evaluation has no step; who writes summaries then only informs where they go.
void WarnOfMissingStep(const std::string& checkpoint);

/// What is worth saying about checkpoints that can be used all the same. Not thread-safe.
class Notices {
 public:
  /// Numbers that go down; a name without number while there is a limit (the first only).
  void NoteNumber(const watch::Candidate& candidate, std::optional<std::int64_t> max_evaluations);
  /// A checkpoint without a step (the first only).
  void NoteStep(const watch::Candidate& candidate, std::optional<std::int64_t> step);

 private:
  std::optional<std::int64_t> last_number_;
  bool warned_of_number_ = false;
  bool warned_of_step_ = false;
};

}  // namespace sidecar::follow
