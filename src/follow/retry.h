// When a checkpoint that could not be read is tried again.
#pragma once

#include <cstdint>

#include "base/clock.h"
#include "sidecar/status.h"
#include "watch/directory_listing.h"

namespace sidecar::follow {

/// The attempts at one checkpoint: after 0.1, 0.2, 0.4 … at most 5 s, until `retry_for` has passed
/// since the first failure; the last attempt comes just then. Not thread-safe.
class Retry {
 public:
  /// `seen` as it was before the first attempt, which failed with `error`.
  Retry(watch::Candidate seen, Status error, base::Clock::TimePoint now,
        base::Clock::Duration retry_for);

  /// Another attempt failed.
  void Fail(Status error, base::Clock::TimePoint now);
  /// The files changed: attempts begin anew, the first at once.
  void Restart(watch::Candidate seen, base::Clock::TimePoint now);

  [[nodiscard]] const watch::Candidate& seen() const { return seen_; }
  [[nodiscard]] const Status& error() const { return error_; }
  [[nodiscard]] std::int64_t attempts() const { return attempts_; }
  [[nodiscard]] base::Clock::TimePoint next() const { return next_; }
  /// The last failure came so late that there is no further attempt.
  [[nodiscard]] bool is_over() const { return over_; }

 private:
  watch::Candidate seen_;
  Status error_;
  base::Clock::Duration retry_for_;
  base::Clock::TimePoint deadline_;
  base::Clock::TimePoint next_;
  base::Clock::Duration delay_;
  std::int64_t attempts_ = 0;
  bool over_ = false;
  bool fresh_ = true;  // no failure yet with these files
};

}  // namespace sidecar::follow
