// The evaluator: follows a directory of checkpoints and evaluates each newest one.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sidecar/callbacks.h"
#include "sidecar/dataset.h"
#include "sidecar/model.h"
#include "sidecar/status.h"

namespace sidecar {

struct SidecarEvaluatorOptions {
  // What is evaluated, and until when.

  /// Batches per evaluation; none: all data.
  std::optional<std::int64_t> steps = std::nullopt;
  /// Stop once the checkpoint whose number is this or higher has been evaluated or has failed for
  /// good. 0 and none: never.
  std::optional<std::int64_t> max_evaluations = std::nullopt;
  /// Called in this order.
  std::vector<CallbackPtr> callbacks = {};
  /// The attribute of the checkpoint's root that is the model; none: found.
  std::optional<std::string> checkpoint_root = std::nullopt;
  /// Start() returns kTimeout when this has passed since the start or since the last newly
  /// published checkpoint.
  std::optional<std::chrono::milliseconds> timeout = std::nullopt;

  // How it waits and runs.

  /// The directory is looked at at least this often, also where the file system sends no
  /// notifications.
  std::chrono::milliseconds poll_interval{1000};
  /// How long a checkpoint that cannot be read is tried again before it has failed for good.
  std::chrono::milliseconds retry_for{60000};
  /// Compute threads; none: what CPU affinity and the cgroup quota allow.
  std::optional<int> threads = std::nullopt;
};

/// tf.keras.experimental.SidecarEvaluator. Not thread-safe, but for Stop().
class SidecarEvaluator {
 public:
  /// `checkpoint_dir` need not exist yet. Mistakes in the arguments are reported by Start().
  SidecarEvaluator(Model model, DatasetPtr data, std::string checkpoint_dir,
                   SidecarEvaluatorOptions options = {});
  ~SidecarEvaluator();
  SidecarEvaluator(const SidecarEvaluator&) = delete;
  SidecarEvaluator& operator=(const SidecarEvaluator&) = delete;

  /// Waits for checkpoints and evaluates them until a stop rule holds. The states of stateful
  /// layers, zero at first, pass from one evaluation to the next, unless a checkpoint holds them.
  /// Checkpoints that cannot be
  /// used are logged and passed over. Returns OK when max_evaluations was reached by an evaluation,
  /// kDataLoss or kFailedPrecondition when it was reached by a checkpoint that failed for good,
  /// kTimeout, kCancelled after Stop(), or why model, data and options cannot work together.
  /// Callbacks have been flushed when it returns.
  Status Start();

  /// Makes Start() return kCancelled as soon as the batches in flight are done. Thread-safe and
  /// async-signal-safe.
  void Stop();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Evaluates one checkpoint once. `checkpoint` is a prefix (`dir/ckpt-7`), or a directory (its
/// newest checkpoint).
struct EvaluateOptions {
  std::optional<std::int64_t> steps = std::nullopt;
  std::vector<CallbackPtr> callbacks = {};
  std::optional<std::string> checkpoint_root = std::nullopt;
  std::optional<int> threads = std::nullopt;
};
Result<EvaluationResult> Evaluate(const Model& model, const DatasetPtr& data,
                                  const std::string& checkpoint,
                                  const EvaluateOptions& options = {});

/// Version of this library, "MAJOR.MINOR.PATCH".
[[nodiscard]] const char* Version();

}  // namespace sidecar
