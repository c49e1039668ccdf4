#include <utility>

#include "base/clock.h"
#include "base/file_system.h"
#include "base/status_macros.h"
#include "base/stop_signal.h"
#include "checkpoint/tf_checkpoint.h"
#include "evaluate/evaluation.h"
#include "follow/follower.h"
#include "report/callback_list.h"
#include "sidecar/evaluator.h"
#include "watch/notifier.h"

namespace sidecar {
namespace {

Status CheckOptions(const std::string& checkpoint_dir, const SidecarEvaluatorOptions& options) {
  const auto wrong = [](const std::string& message) {
    return Status(StatusCode::kInvalidArgument, message);
  };
  if (checkpoint_dir.empty())
    return wrong("checkpoint_dir is empty: name the directory that training writes to");
  if (options.max_evaluations && *options.max_evaluations < 0) {
    return wrong("max_evaluations is " + std::to_string(*options.max_evaluations) +
                 ": it must be 0 (never) or more");
  }
  if (options.poll_interval.count() <= 0) return wrong("poll_interval must be more than 0");
  if (options.retry_for.count() < 0) return wrong("retry_for must not be negative");
  if (options.timeout && options.timeout->count() < 0) return wrong("timeout must not be negative");
  if (options.threads && *options.threads < 1) return wrong("threads must be at least 1");
  return {};
}

}  // namespace

struct SidecarEvaluator::Impl {
  Model model;
  DatasetPtr data;
  std::string checkpoint_dir;
  SidecarEvaluatorOptions options;
  base::StopSignal stop;
};

SidecarEvaluator::SidecarEvaluator(Model model, DatasetPtr data, std::string checkpoint_dir,
                                   SidecarEvaluatorOptions options)
    : impl_(new Impl{
          std::move(model), std::move(data), std::move(checkpoint_dir), std::move(options), {}}) {}

SidecarEvaluator::~SidecarEvaluator() = default;

Status SidecarEvaluator::Start() {
  const SidecarEvaluatorOptions& options = impl_->options;
  SIDECAR_RETURN_IF_ERROR(CheckOptions(impl_->checkpoint_dir, options));
  base::FileSystem& fs = base::PosixFileSystem();
  base::Clock& clock = base::SystemClock();

  // A model, data and metrics that cannot work together, and outputs that cannot be created, are
  // found before the wait; outputs last, since looking creates directories.
  SIDECAR_ASSIGN_OR_RETURN(std::unique_ptr<evaluate::Evaluation> evaluation,
                           evaluate::Evaluation::Create(impl_->model.loaded(), impl_->data,
                                                        {options.steps, options.threads}));
  report::CallbackList callbacks(options.callbacks, clock);
  SIDECAR_RETURN_IF_ERROR(callbacks.CheckOutputs());

  const std::unique_ptr<watch::Waiter> waiter =
      watch::WatchDirectory(impl_->checkpoint_dir, clock, impl_->stop);
  const follow::FollowContext context{fs,
                                      clock,
                                      *waiter,
                                      impl_->stop,
                                      [&](const std::string& prefix) {
                                        return checkpoint::OpenTfCheckpoint(
                                            fs, prefix, options.checkpoint_root);
                                      },
                                      *evaluation,
                                      callbacks};
  follow::FollowOptions follow_options;
  follow_options.directory = impl_->checkpoint_dir;
  follow_options.max_evaluations = options.max_evaluations;
  follow_options.timeout = options.timeout;
  follow_options.poll_interval = options.poll_interval;
  follow_options.retry_for = options.retry_for;
  SIDECAR_RETURN_IF_ERROR(follow::Follow(context, follow_options));
  return callbacks.UnflushedFailure();
}

void SidecarEvaluator::Stop() { impl_->stop.Request(); }

}  // namespace sidecar
