#include <iostream>
#include <memory>
#include <utility>

#include "base/file_system.h"
#include "base/status_macros.h"
#include "cli/commands.h"
#include "cli/evaluation_setup.h"
#include "cli/signals.h"
#include "sidecar/evaluator.h"

namespace sidecar::cli {
namespace {

// Ends the run when results cannot be delivered any more: nobody would see the coming ones.
class StopWithoutReader final : public Callback {
 public:
  Status End(const EvaluationResult& /*result*/) override {
    if (!std::cout && evaluator_ != nullptr) evaluator_->Stop();
    return {};
  }
  [[nodiscard]] bool wants_batches() const override { return false; }
  [[nodiscard]] std::string name() const override { return "standard output"; }

  void Attach(SidecarEvaluator& evaluator) { evaluator_ = &evaluator; }

 private:
  SidecarEvaluator* evaluator_ = nullptr;
};

// A directory that does not exist yet is waited for; a file in its place never becomes one.
Status CheckCheckpointDir(const std::string& path) {
  const Result<base::FileInfo> info = base::PosixFileSystem().Stat(path);
  if (!info.ok() || info->kind == base::FileInfo::Kind::kDirectory) return {};
  return {StatusCode::kNotFound,
          path + ": is a file; --checkpoint-dir names the directory that training writes to"};
}

SidecarEvaluatorOptions EvaluatorOptions(const RunCommand& command,
                                         std::vector<CallbackPtr> callbacks) {
  SidecarEvaluatorOptions options;
  options.steps = command.evaluation.steps;
  options.max_evaluations = command.max_evaluations;
  options.callbacks = std::move(callbacks);
  options.checkpoint_root = command.evaluation.checkpoint_root;
  options.timeout = command.timeout;
  options.poll_interval = command.poll_interval;
  options.retry_for = command.retry_for;
  options.threads = command.evaluation.threads;
  return options;
}

}  // namespace

Status Run(const RunCommand& command) {
  SIDECAR_RETURN_IF_ERROR(CheckCheckpointDir(command.checkpoint_dir));
  SIDECAR_ASSIGN_OR_RETURN(EvaluationSetup setup, PrepareEvaluation(command.evaluation));
  const auto reader_watch = std::make_shared<StopWithoutReader>();
  setup.callbacks.push_back(reader_watch);
  SidecarEvaluator evaluator(std::move(setup.model), std::move(setup.data), command.checkpoint_dir,
                             EvaluatorOptions(command, std::move(setup.callbacks)));
  reader_watch->Attach(evaluator);
  const StopOnSignal on_signal([](void* target) { static_cast<SidecarEvaluator*>(target)->Stop(); },
                               &evaluator);
  Status status = evaluator.Start();
  // Stopped for want of a reader: standard output's own failure says more.
  if (status.code() == StatusCode::kCancelled && ReceivedSignal() == 0) return {};
  return status;
}

}  // namespace sidecar::cli
