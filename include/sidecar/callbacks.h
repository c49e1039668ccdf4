// Who is told about evaluations: the four hooks of tf.keras callbacks, and the callbacks that come
// with the library.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "sidecar/status.h"

namespace sidecar {

/// A metric's result: one value, or one for each threshold, class or label. Values are the metric's
/// float32 results widened to double, as Keras reports them.
using MetricValue = std::variant<double, std::vector<double>>;

/// Results by name, in the order in which Keras reports them.
using Logs = std::vector<std::pair<std::string, MetricValue>>;

/// What is being evaluated.
struct EvaluationInfo {
  std::string
      checkpoint;  ///< the checkpoint's prefix or file; the model file where its own weights are
  std::optional<std::int64_t> number =
      std::nullopt;  ///< the number at the end of the checkpoint's name
  std::optional<std::int64_t> step =
      std::nullopt;  ///< the optimizer's `iterations` in the checkpoint
};

/// One finished evaluation.
struct EvaluationResult {
  EvaluationInfo info;
  Logs metrics;
  std::int64_t batches = 0;
  std::int64_t examples = 0;
  double seconds = 0;  ///< from the first batch's fetch to the last metric update; steady clock
};

/// Override the hooks you need. They are called from one thread, strictly in order: Begin,
/// OnTestBegin, then for each batch i OnTestBatchBegin(i) and OnTestBatchEnd(i) before anything of
/// batch i + 1, then OnTestEnd and End. Batches may be computed ahead, so a hook does not see a
/// batch being computed. A hook that returns an error or throws is reported in the log; the
/// evaluation and the other callbacks go on.
class Callback {
 public:
  Callback() = default;
  Callback(const Callback&) = delete;
  Callback& operator=(const Callback&) = delete;
  virtual ~Callback() = default;

  /// Before OnTestBegin: which checkpoint, number and step the coming hooks are about, and how many
  /// batches there will be where that is known (Keras: set_model, set_params).
  virtual Status Begin(const EvaluationInfo& info, std::optional<std::int64_t> num_batches);
  /// `logs` is empty.
  virtual Status OnTestBegin(const Logs& logs);
  /// `batch` counts from 0; `logs` is empty.
  virtual Status OnTestBatchBegin(std::int64_t batch, const Logs& logs);
  /// `logs` holds the results over the batches so far.
  virtual Status OnTestBatchEnd(std::int64_t batch, const Logs& logs);
  /// `logs` holds the final results.
  virtual Status OnTestEnd(const Logs& logs);
  /// After OnTestEnd: the evaluation as a whole.
  virtual Status End(const EvaluationResult& result);
  /// Pushes everything written so far to its destination; called after each evaluation and before
  /// the process ends.
  virtual Status Flush();

  /// Whether the batch hooks will do anything for the next batch; asked before each of them.
  /// Results are computed after a batch only if some callback wants them.
  [[nodiscard]] virtual bool wants_batches() const { return true; }
  /// How the callback is called in log messages.
  [[nodiscard]] virtual std::string name() const { return "callback"; }
};

using CallbackPtr = std::shared_ptr<Callback>;

/// Functions for LambdaCallback; empty ones are not called.
struct LambdaCallbackOptions {
  std::function<void(const EvaluationInfo&)> begin = {};
  std::function<void(const Logs&)> on_test_begin = {};
  std::function<void(std::int64_t batch, const Logs&)> on_test_batch_begin = {};
  std::function<void(std::int64_t batch, const Logs&)> on_test_batch_end = {};
  std::function<void(const Logs&)> on_test_end = {};
};

/// A callback made of functions.
CallbackPtr LambdaCallback(LambdaCallbackOptions functions);

/// Writes TensorBoard summaries: one scalar `evaluation_<name>_vs_iterations` for each metric at
/// step = the optimizer's iterations (or the checkpoint's number where the checkpoint has none,
/// with one warning) into an event file in `log_dir`/validation. The file is created at the first
/// evaluation and grows; a new process starts a new one. Each value of a metric with several is
/// written under its own tag with the suffix "_<index>".
CallbackPtr TensorBoard(std::string log_dir);

/// Logs a line at most every `interval_seconds` while an evaluation runs: batches done, and results
/// so far.
CallbackPtr ProgressLogger(double interval_seconds = 10.0);

}  // namespace sidecar
