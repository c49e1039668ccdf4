// Which checkpoint a directory offers as its newest: tf.train.latest_checkpoint, made to survive
// state files that are damaged, stale or from another machine.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/file_system.h"
#include "sidecar/status.h"
#include "watch/directory_listing.h"

namespace sidecar::watch {

/// What a look at the directory found.
enum class Finding : std::uint8_t {
  kCheckpoint,         ///< a checkpoint with an index file
  kNoDirectory,        ///< the directory is not there (yet)
  kNoStateFile,        ///< no file named `checkpoint`
  kStateFileUnusable,  ///< empty, torn, garbage or unreadable; and nothing found without it
  kPathRefused,        ///< names a path outside the directory, and no such name is inside
  kNotThere,           ///< names a checkpoint that has no index file
  kOldFormat,          ///< names a checkpoint of TensorFlow's format V1
  kUnreadable,         ///< the directory or a file in it cannot be looked at
};

struct Look {
  Finding finding = Finding::kNoDirectory;
  /// The newest checkpoint; present for kCheckpoint and kOldFormat (whose file stands for the
  /// index).
  std::optional<Candidate> newest;
  /// Why there is none, or what is unusual: a damaged state file, a path from elsewhere. One line.
  std::optional<Status> problem;
  /// The prefix that the state file names, for kNotThere.
  std::string named;
  /// Prefixes that the state file lists, in its order.
  std::vector<std::string> listed;
  /// The newest was found by listing the directory, because the state file cannot be used.
  bool without_state_file = false;
  /// The prefix of another checkpoint with the same number, where it was found that way.
  std::string same_number;
};

/// Looks at one directory again and again. Not thread-safe.
class LatestCheckpoint {
 public:
  /// A state file that cannot be used is believed to be in the middle of being written for
  /// `patience` after it was first seen so; then the index files of the directory count. `fs` must
  /// outlive this object.
  LatestCheckpoint(base::FileSystem& fs, std::string directory, base::Clock::Duration patience);

  /// Reads the state file anew. Fails with kNotFound if something other than a directory is at the
  /// directory's path; all other trouble is a Finding. `now` comes from one steady clock.
  Result<Look> LookAt(base::Clock::TimePoint now);

 private:
  Look ReadState(const base::FileInfo& state, base::Clock::TimePoint now);
  [[nodiscard]] Look Resolve(const std::string& named, const base::FileInfo& state) const;
  Look LookWithoutStateFile(Finding finding, const Status& problem, const base::FileInfo& state,
                            base::Clock::TimePoint now);

  base::FileSystem& fs_;
  std::string directory_;
  base::Clock::Duration patience_;
  bool seen_state_file_ = false;  // a usable one
  std::optional<base::Clock::TimePoint> unusable_since_;
};

/// One look without patience: the prefix of the directory's newest checkpoint, for callers that do
/// not wait. kNotFound naming the directory and what is in it where there is none.
Result<std::string> NewestCheckpointPrefix(base::FileSystem& fs, const std::string& directory);

}  // namespace sidecar::watch
