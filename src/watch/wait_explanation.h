// Says what an evaluator that finds nothing is waiting for.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/file_system.h"
#include "watch/latest_checkpoint.h"

namespace sidecar::watch {

/// What the wait is about.
struct WaitSituation {
  std::string directory;
  std::chrono::seconds waited{0};
  /// The checkpoint tried last (empty: none so far), and why it could not be used (empty: it
  /// could).
  std::string last_checkpoint;
  std::string last_failure;
};

/// One line: that nothing (or nothing newer) came for so long, what was looked for, what is in the
/// directory, and what to do. Begins with the reference's "No checkpoints appear to be found after
/// 30 seconds." where none was ever found. Lists the directory.
[[nodiscard]] std::string ExplainWait(base::FileSystem& fs, const Look& look,
                                      const WaitSituation& situation);

/// What is in the directory, in a few words: "5 .index files but no file named 'checkpoint'".
[[nodiscard]] std::string DescribeDirectory(base::FileSystem& fs, const std::string& directory);

/// What the look found, and what is in the directory.
[[nodiscard]] std::string DescribeLook(base::FileSystem& fs, const Look& look,
                                       const std::string& directory);

/// When explanations are due: after 30 s and every 30 s, from the fifth on every 5 minutes. Not
/// thread-safe.
class ExplanationTimer {
 public:
  explicit ExplanationTimer(base::Clock::TimePoint start) { Restart(start); }
  /// A new wait begins.
  void Restart(base::Clock::TimePoint start);
  [[nodiscard]] base::Clock::TimePoint due() const { return due_; }
  /// How long the wait has lasted if an explanation is due now; the next one is then scheduled.
  [[nodiscard]] std::optional<std::chrono::seconds> Take(base::Clock::TimePoint now);

 private:
  base::Clock::TimePoint start_;
  base::Clock::TimePoint due_;
  std::int64_t given_ = 0;
};

}  // namespace sidecar::watch
