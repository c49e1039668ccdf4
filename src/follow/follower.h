// Follows a checkpoint directory: the main path of the program.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/file_system.h"
#include "base/stop_signal.h"
#include "checkpoint/variable_source.h"
#include "evaluate/evaluation.h"
#include "sidecar/callbacks.h"
#include "sidecar/status.h"
#include "watch/waiter.h"

namespace sidecar::follow {

struct FollowOptions {
  std::string directory;  ///< need not exist yet
  /// Stop once the checkpoint whose number is this or higher has been evaluated or has failed for
  /// good. 0 and none: never.
  std::optional<std::int64_t> max_evaluations;
  /// Give up when this has passed since the start or since the last newly published checkpoint.
  /// Evaluations do not count. None: never.
  std::optional<base::Clock::Duration> timeout;
  /// The directory is looked at at least this often.
  base::Clock::Duration poll_interval = std::chrono::seconds(1);
  /// How long a checkpoint that cannot be read is tried again.
  base::Clock::Duration retry_for = std::chrono::seconds(60);
};

/// Opens the checkpoint with that prefix. Failures as VariableSource::Read().
using OpenCheckpoint =
    std::function<Result<std::unique_ptr<checkpoint::VariableSource>>(const std::string& prefix)>;

/// What a follower works with. All of it must outlive the call.
struct FollowContext {
  base::FileSystem& fs;
  const base::Clock& clock;
  watch::Waiter& waiter;
  const base::StopSignal& stop;
  OpenCheckpoint open;
  evaluate::Evaluation& evaluation;
  Callback& callbacks;  ///< a CallbackList: told by the evaluation, flushed by the follower
};

/// Waits for checkpoints in a directory and evaluates each newest one that has not been used yet,
/// until a stop rule holds. Writes the reference's log lines. Returns
///   - OK when max_evaluations was reached by an evaluation;
///   - kFailedPrecondition (does not fit the model) or kDataLoss (anything else) when it was
///     reached by a checkpoint that failed for good;
///   - kTimeout, kCancelled;
///   - kNotFound when something other than a directory is at options.directory;
///   - what Evaluation::Run() failed with: the data or the model cannot be evaluated. Only its
///     kUnavailable (memory is short, a server is away) counts as the checkpoint's failure and is
///     tried again like one that cannot be read.
/// A checkpoint that cannot be read, or whose files change while they are read, is tried again
/// after 0.1, 0.2, 0.4 … at most 5 s for retry_for, anew from the start when its files change; it
/// is given up at once when the directory names another one. One that does not fit the model
/// (kFailedPrecondition, kUnimplemented) fails for good at once. A checkpoint that failed is looked
/// at again when its files change. The callbacks have been flushed on return.
Status Follow(const FollowContext& context, const FollowOptions& options);

}  // namespace sidecar::follow
