// One checkpoint over the data: the loop of `model.evaluate`.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "base/stop_signal.h"
#include "checkpoint/variable_source.h"
#include "model/loaded_model.h"
#include "sidecar/callbacks.h"
#include "sidecar/dataset.h"
#include "sidecar/status.h"
#include "sidecar/tensor.h"

namespace sidecar::evaluate {

struct EvaluationOptions {
  std::optional<std::int64_t> steps;  ///< batches per evaluation; none: all data
  std::optional<int> threads;         ///< none: what CPU affinity and the cgroup quota allow
};

/// A model, data, losses and metrics that fit each other, ready for one checkpoint after another.
/// Not thread-safe.
class Evaluation {
 public:
  /// Matches data with inputs and outputs, resolves the compile config, prepares the engine. What
  /// can never work is found here, before the first checkpoint: kFailedPrecondition (shapes, types,
  /// names, lengths), kInvalidArgument (neither loss nor metrics, …), kUnimplemented (naming all
  /// layers, losses and metrics that are not supported).
  static Result<std::unique_ptr<Evaluation>> Create(std::shared_ptr<const model::LoadedModel> model,
                                                    DatasetPtr data, EvaluationOptions options);
  virtual ~Evaluation() = default;
  Evaluation(const Evaluation&) = delete;
  Evaluation& operator=(const Evaluation&) = delete;

  /// What to read from a checkpoint, in the order in which Run() takes the values.
  [[nodiscard]] virtual std::span<const checkpoint::VariableRequest> requests() const = 0;

  /// Evaluates with these weights and tells `callbacks` (may be a CallbackList) about it. A pass
  /// over the data that fails (kFailedPrecondition, kDataLoss, kIoError, …) is the data's or the
  /// model's failure and ends a run; kCancelled when `stop` was requested, after the batches in
  /// flight.
  virtual Result<EvaluationResult> Run(std::span<const Tensor> weights, const EvaluationInfo& info,
                                       Callback& callbacks, const base::StopSignal& stop) = 0;

 protected:
  Evaluation() = default;
};

}  // namespace sidecar::evaluate
