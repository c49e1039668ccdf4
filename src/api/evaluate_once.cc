#include "api/open_weights.h"
#include "base/damage.h"
#include "base/status_macros.h"
#include "base/stop_signal.h"
#include "evaluate/evaluation.h"
#include "follow/follow_log.h"
#include "report/callback_list.h"
#include "sidecar/evaluator.h"
#include "watch/checkpoint_number.h"

namespace sidecar {
namespace {

using base::AsDamage;

Result<EvaluationResult> EvaluateWeights(evaluate::Evaluation& evaluation,
                                         api::NamedWeights& weights,
                                         report::CallbackList& callbacks) {
  const base::StopSignal stop;  // one evaluation ends by itself
  Result<std::vector<Tensor>> values = weights.source->Read(evaluation.requests());
  if (!values.ok()) return AsDamage(values.status());
  const Result<std::optional<std::int64_t>> step = weights.source->ReadStep();
  if (!step.ok()) return AsDamage(step.status());
  if (!*step) follow::WarnOfMissingStep(weights.path);
  SIDECAR_RETURN_IF_ERROR(callbacks.CheckOutputs());  // creates directories, so after all inputs
  const EvaluationInfo info{weights.path, watch::CheckpointNumber(weights.path), *step};
  return evaluation.Run(*values, info, callbacks, stop);
}

}  // namespace

Result<EvaluationResult> Evaluate(const Model& model, const DatasetPtr& data,
                                  const std::string& checkpoint, const EvaluateOptions& options) {
  report::CallbackList callbacks(options.callbacks);
  SIDECAR_ASSIGN_OR_RETURN(
      std::unique_ptr<evaluate::Evaluation> evaluation,
      evaluate::Evaluation::Create(model.loaded(), data, {options.steps, options.threads}));
  Result<api::NamedWeights> weights =
      api::OpenWeights(base::PosixFileSystem(), checkpoint, options.checkpoint_root);
  if (!weights.ok()) return AsDamage(weights.status());
  Result<EvaluationResult> result = EvaluateWeights(*evaluation, *weights, callbacks);
  SIDECAR_RETURN_IF_ERROR(result.status());
  SIDECAR_RETURN_IF_ERROR(callbacks.UnflushedFailure());
  return result;
}

}  // namespace sidecar
