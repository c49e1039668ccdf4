#include <string>
#include <utility>

#include "base/file_system.h"
#include "base/status_macros.h"
#include "checkpoint/keras_weights_file.h"
#include "cli/commands.h"
#include "cli/evaluation_setup.h"
#include "sidecar/evaluator.h"

namespace sidecar::cli {
namespace {

// Where the weights come from: what was named, or the model file or SavedModel.
Result<std::string> WeightsPath(const EvaluateCommand& command) {
  if (command.checkpoint) return *command.checkpoint;
  const std::string& model = command.evaluation.model;
  if (checkpoint::IsKerasWeightsFile(base::PosixFileSystem(), model)) return model;
  const std::string saved_variables = base::JoinPath(model, "variables/variables");
  if (base::PosixFileSystem().Stat(saved_variables + ".index").ok()) return saved_variables;
  // What is no model at all has no weights either: that says more.
  SIDECAR_RETURN_IF_ERROR(LoadModel(command.evaluation).status());
  return Status(StatusCode::kInvalidArgument,
                model + ": holds no weights; name a checkpoint with --checkpoint");
}

}  // namespace

Status Evaluate(const EvaluateCommand& command) {
  SIDECAR_RETURN_IF_ERROR(CheckReadable("--model", command.evaluation.model));
  SIDECAR_ASSIGN_OR_RETURN(const std::string weights, WeightsPath(command));
  SIDECAR_ASSIGN_OR_RETURN(EvaluationSetup setup, PrepareEvaluation(command.evaluation));
  EvaluateOptions options;
  options.steps = command.evaluation.steps;
  options.callbacks = std::move(setup.callbacks);
  options.checkpoint_root = command.evaluation.checkpoint_root;
  options.threads = command.evaluation.threads;
  // Outputs are written in one go at the end, so that a signal may end the process at any moment.
  return sidecar::Evaluate(setup.model, setup.data, weights, options).status();
}

}  // namespace sidecar::cli
