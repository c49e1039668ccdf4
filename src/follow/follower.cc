#include "follow/follower.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <utility>
#include <vector>

#include "base/log.h"
#include "base/status_macros.h"
#include "follow/follow_log.h"
#include "follow/follow_state.h"
#include "follow/ledger.h"
#include "follow/load.h"
#include "follow/retry.h"
#include "follow/stop_rule.h"
#include "report/log_text.h"
#include "watch/latest_checkpoint.h"
#include "watch/selection.h"
#include "watch/wait_explanation.h"

namespace sidecar::follow {
namespace {

using base::Clock;
using watch::Candidate;

constexpr Clock::Duration kVeryLong = std::chrono::hours(24 * 365 * 10);

/// What was chosen to be evaluated.
struct Task {
  Candidate candidate;
  bool without_state_file = false;
  std::optional<Status> refused;  // why it will not even be opened
};

// Another turn follows, unless this ends the run.
Result<bool> GoOnAfter(const Status& status) {
  if (!status.ok()) return status;
  return false;
}

class Follower {
 public:
  Follower(const FollowContext& context, const FollowOptions& options)
      : context_(context),
        options_(options),
        latest_(context.fs, options.directory, options.poll_interval),
        look_log_(options.directory),
        quiet_since_(Now()),
        explanation_(Now()) {}

  Status Run();
  void Finish();

 private:
  [[nodiscard]] Clock::TimePoint Now() const { return context_.clock.Now(); }
  Result<bool> TakeTurn();
  void MoveTo(FollowState state);
  void BeginWait();
  void Announce(const Candidate& candidate);

  std::optional<Task> Select(const watch::Look& look);
  std::optional<Task> SelectRetry(const watch::Look& look);
  Status Wait(const watch::Look& look);
  [[nodiscard]] watch::WaitSituation Situation(std::chrono::seconds waited) const;

  Result<std::optional<Loaded>> Load(const Task& task);
  [[nodiscard]] const watch::Record* EarlierContent(const Task& task) const;
  void SetAside(const Candidate& candidate);
  Result<EvaluationResult> Evaluate(const Task& task, const Loaded& loaded);
  bool Report(const Task& task, const Loaded& loaded, const EvaluationResult& result);

  Status TakeFailure(const Task& task, const Status& error);
  Status TakeEvaluationFailure(const Task& task, const Status& error);
  Status FailForGood(const Candidate& candidate, const Status& error);
  void PassOver(const Candidate& newer);
  void FlushCallbacks();

  const FollowContext& context_;
  const FollowOptions& options_;
  FollowState state_ = FollowState::kWaiting;

  watch::LatestCheckpoint latest_;
  watch::History history_;
  std::optional<Retry> retry_;
  LookLog look_log_;
  Notices notices_;
  Ledger ledger_;

  // Since when nothing new was published; evaluations move it on.
  Clock::TimePoint quiet_since_;
  watch::ExplanationTimer explanation_;
  std::string announced_digest_;  // of new content under a name used before
  std::string last_tried_;
  std::string last_failure_;  // empty where the last one was evaluated
};

Status Follower::Run() {
  BeginWait();
  while (!context_.stop.requested()) {
    SIDECAR_ASSIGN_OR_RETURN(const bool finished, TakeTurn());
    if (finished) return {};
  }
  return {StatusCode::kCancelled, "stopped on request"};
}

// The main path: watch, select, verify and load, evaluate, report. Whether the stop rule holds now.
Result<bool> Follower::TakeTurn() {
  SIDECAR_ASSIGN_OR_RETURN(const watch::Look look, latest_.LookAt(Now()));
  const std::optional<Task> task = Select(look);
  if (!task) return GoOnAfter(Wait(look));

  const Result<std::optional<Loaded>> loaded = Load(*task);
  if (!loaded.ok()) return GoOnAfter(TakeFailure(*task, loaded.status()));
  if (!loaded->has_value()) return false;

  const Result<EvaluationResult> result = Evaluate(*task, **loaded);
  if (!result.ok()) return GoOnAfter(TakeEvaluationFailure(*task, result.status()));
  return Report(*task, **loaded, *result);
}

void Follower::MoveTo(FollowState state) {
  if (state == state_) return;
  assert(IsLegal(state_, state));
  base::Log(LogLevel::kDebug, "state={} was={}", FollowStateName(state), FollowStateName(state_));
  state_ = state;
}

void Follower::BeginWait() {
  MoveTo(FollowState::kWaiting);
  base::Log(LogLevel::kInfo, "Waiting for new checkpoint at {}", options_.directory);
  explanation_.Restart(Now());
}

// A checkpoint that was not known before.
void Follower::Announce(const Candidate& candidate) {
  base::Log(LogLevel::kInfo, "Found new checkpoint at {}", candidate.prefix);
  quiet_since_ = Now();
  notices_.NoteNumber(candidate, options_.max_evaluations);
}

std::optional<Task> Follower::Select(const watch::Look& look) {
  look_log_.Note(look);
  if (look.newest && retry_ && look.newest->prefix != retry_->seen().prefix &&
      (!look.without_state_file ||
       ChooseNewest(*look.newest, true, history_) != watch::Choice::kNothing)) {
    PassOver(*look.newest);
  }
  if (retry_) return SelectRetry(look);
  if (!look.newest) return std::nullopt;

  Task task{*look.newest, look.without_state_file, std::nullopt};
  if (look.finding == watch::Finding::kOldFormat) task.refused = look.problem;
  const watch::Record* record = history_.Find(task.candidate.prefix);
  // The data files matter only where reading failed: finding them may mean listing the directory.
  if (record != nullptr && record->outcome != watch::Outcome::kEvaluated) {
    StampShards(context_.fs, task.candidate);
  }
  const watch::Choice choice = ChooseNewest(task.candidate, task.without_state_file, history_);
  if (choice == watch::Choice::kNothing) return std::nullopt;
  StampShards(context_.fs, task.candidate);
  if (choice == watch::Choice::kEvaluate) {
    Announce(task.candidate);
    for (const std::string& prefix : look.listed) {
      if (base::BaseName(prefix) != base::BaseName(task.candidate.prefix)) ledger_.Skipped(prefix);
    }
  }
  return task;
}

// The one being tried again, if its time has come or its files changed.
std::optional<Task> Follower::SelectRetry(const watch::Look& look) {
  if (look.newest && look.newest->prefix == retry_->seen().prefix) {
    Candidate now = *look.newest;
    StampShards(context_.fs, now);
    if (FilesDiffer(retry_->seen(), now)) retry_->Restart(std::move(now), Now());
  }
  if (Now() < retry_->next()) return std::nullopt;
  return Task{retry_->seen(), look.without_state_file, std::nullopt};
}

watch::WaitSituation Follower::Situation(std::chrono::seconds waited) const {
  if (retry_) {
    return {options_.directory, waited, retry_->seen().prefix, retry_->error().message()};
  }
  return {options_.directory, waited, last_tried_, last_failure_};
}

Status Follower::Wait(const watch::Look& look) {
  const Clock::TimePoint now = Now();
  Clock::TimePoint until = now + options_.poll_interval;
  if (options_.timeout) {
    const Clock::TimePoint end = quiet_since_ + *options_.timeout;
    if (now >= end) {
      return {StatusCode::kTimeout,
              fmt::format("no new checkpoint for {} s, the timeout; {}",
                          std::chrono::duration<double>(*options_.timeout).count(),
                          DescribeLook(context_.fs, look, options_.directory))};
    }
    until = std::min(until, end);
  }
  if (const auto waited = explanation_.Take(now)) {
    base::LogLine(LogLevel::kInfo, ExplainWait(context_.fs, look, Situation(*waited)));
    base::Log(LogLevel::kInfo, "Waiting for new checkpoint at {}", options_.directory);
  }
  until = std::min(until, explanation_.due());
  if (retry_) until = std::min(until, retry_->next());
  context_.waiter.Wait(until);  // whatever woke it: only a look tells what is there
  return {};
}

// The record of an evaluation that this task would only repeat if the content is the same.
const watch::Record* Follower::EarlierContent(const Task& task) const {
  const std::string& prefix = task.candidate.prefix;
  const watch::Record* record = history_.Find(prefix);
  if (record == nullptr || record->outcome != watch::Outcome::kEvaluated) return nullptr;
  return task.without_state_file || prefix == history_.last_prefix() ? record : nullptr;
}

// Opens, reads and verifies. Nothing: the same content was evaluated already.
Result<std::optional<Loaded>> Follower::Load(const Task& task) {
  MoveTo(FollowState::kLoading);
  const Candidate& candidate = task.candidate;
  if (task.refused) return *task.refused;
  SIDECAR_ASSIGN_OR_RETURN(const std::unique_ptr<checkpoint::VariableSource> source,
                           context_.open(candidate.prefix));
  if (const watch::Record* earlier = EarlierContent(task)) {
    if (earlier->digest == source->digest()) {
      SetAside(candidate);
      return std::optional<Loaded>();
    }
    // Once for each content, however often reading it is tried.
    if (announced_digest_ != source->digest()) Announce(candidate);
    announced_digest_ = source->digest();
  }
  SIDECAR_ASSIGN_OR_RETURN(Loaded loaded,
                           ReadAndVerify(context_.fs, context_.open, context_.evaluation.requests(),
                                         candidate, *source));
  return std::optional<Loaded>(std::move(loaded));
}

// Its content was evaluated already: nothing to do until its files are touched again.
void Follower::SetAside(const Candidate& candidate) {
  history_.Refresh(candidate);
  retry_.reset();
  MoveTo(FollowState::kWaiting);
}

Result<EvaluationResult> Follower::Evaluate(const Task& task, const Loaded& loaded) {
  MoveTo(FollowState::kEvaluating);
  base::Log(LogLevel::kInfo,
            "Evaluation starts: Model weights loaded from latest checkpoint file {}",
            task.candidate.prefix);
  notices_.NoteStep(task.candidate, loaded.info.step);
  const Clock::TimePoint start = Now();
  Result<EvaluationResult> result =
      context_.evaluation.Run(loaded.weights, loaded.info, context_.callbacks, context_.stop);
  quiet_since_ += Now() - start;
  return result;
}

// Whether the stop rule holds now.
bool Follower::Report(const Task& task, const Loaded& loaded, const EvaluationResult& result) {
  retry_.reset();
  history_.Add({watch::Outcome::kEvaluated, task.candidate, loaded.digest});
  ledger_.Evaluated(task.candidate.prefix);
  last_tried_ = task.candidate.prefix;
  last_failure_.clear();
  base::Log(LogLevel::kInfo, "End of evaluation. Metrics: {}", report::MetricsText(result.metrics));
  FlushCallbacks();
  if (ReachesLimit(task.candidate, options_.max_evaluations)) {
    base::LogLine(LogLevel::kInfo, "Last checkpoint evaluated. SidecarEvaluator stops.");
    return true;
  }
  BeginWait();
  return false;
}

// OK to go on.
Status Follower::TakeFailure(const Task& task, const Status& error) {
  const Candidate& candidate = task.candidate;
  const watch::Record* earlier = EarlierContent(task);
  if (earlier != nullptr && earlier->seen.index == candidate.index) {
    // Only the state file was written anew: this content was evaluated while it could be read.
    SetAside(candidate);
    return {};
  }
  switch (error.code()) {
    case StatusCode::kFailedPrecondition:
    case StatusCode::kInvalidArgument:
    case StatusCode::kUnimplemented:
    case StatusCode::kInternal:
      return FailForGood(candidate, error);  // the same content will not do better
    default:
      break;
  }
  const bool repeated = retry_ && retry_->error().message() == error.message();
  if (retry_) {
    retry_->Fail(error, Now());
  } else {
    retry_.emplace(candidate, error, Now(), options_.retry_for);
  }
  base::Log(repeated ? LogLevel::kDebug : LogLevel::kInfo,
            "SidecarEvaluator encountered an error when loading the checkpoint at {}. Retrying. "
            "Error: {}: {}",
            candidate.prefix, PythonErrorName(error.code()), error.message());
  if (retry_->is_over()) return FailForGood(candidate, error);
  MoveTo(FollowState::kRetrying);
  return {};
}

Status Follower::TakeEvaluationFailure(const Task& task, const Status& error) {
  if (error.code() == StatusCode::kUnavailable) return TakeFailure(task, error);
  ledger_.Unusable(task.candidate.prefix, error.code() == StatusCode::kCancelled
                                              ? "stopped while it was evaluated"
                                              : "the evaluation failed: " + error.message());
  if (error.code() == StatusCode::kCancelled) return error;
  return error.WithContext("evaluating " + task.candidate.prefix);
}

// The status that ends the run if the checkpoint reaches the stop rule.
Status Follower::FailForGood(const Candidate& candidate, const Status& error) {
  const std::int64_t attempts = retry_ ? retry_->attempts() : 1;
  retry_.reset();
  history_.Add({watch::Outcome::kFailed, candidate, {}});
  ledger_.Unusable(candidate.prefix, error.message());
  last_tried_ = candidate.prefix;
  last_failure_ = error.message();
  LogWithDetails(
      LogLevel::kError,
      fmt::format("Checkpoint {} cannot be used and is passed over after {} attempt{}: {}: {}",
                  candidate.prefix, attempts, attempts == 1 ? "" : "s",
                  PythonErrorName(error.code()), error.message()),
      error);
  if (ReachesLimit(candidate, options_.max_evaluations)) {
    return LimitReachedByFailure(candidate, *options_.max_evaluations, error);
  }
  BeginWait();
  return {};
}

// Gives up the one being tried again because the directory names another.
void Follower::PassOver(const Candidate& newer) {
  const std::string reason = retry_->error().message();
  base::Log(LogLevel::kWarning,
            "Checkpoint {} is passed over after {} attempt{}, because {} is there now: {}",
            retry_->seen().prefix, retry_->attempts(), retry_->attempts() == 1 ? "" : "s",
            newer.prefix, reason);
  ledger_.Unusable(retry_->seen().prefix, reason);
  last_tried_ = retry_->seen().prefix;
  last_failure_ = reason;
  history_.Add({watch::Outcome::kPassedOver, retry_->seen(), {}});
  retry_.reset();
  MoveTo(FollowState::kWaiting);
}

void Follower::FlushCallbacks() {
  const Status flushed = context_.callbacks.Flush();
  if (flushed.ok()) return;
  base::Log(LogLevel::kWarning, "{}: {}", context_.callbacks.name(), flushed.message());
}

void Follower::Finish() {
  MoveTo(FollowState::kEnded);
  FlushCallbacks();
  if (retry_) {
    ledger_.Unusable(retry_->seen().prefix, "not readable so far: " + retry_->error().message());
  }
  const LogLevel level = ledger_.has_unusable() ? LogLevel::kWarning : LogLevel::kInfo;
  for (const std::string& line : ledger_.Summary()) base::LogLine(level, line);
}

}  // namespace

Status Follow(const FollowContext& context, const FollowOptions& options) {
  FollowOptions bounded = options;
  // Points in time are nanoseconds in 64 bits.
  bounded.poll_interval = std::min(bounded.poll_interval, kVeryLong);
  bounded.retry_for = std::min(bounded.retry_for, kVeryLong);
  if (bounded.timeout) bounded.timeout = std::min(*bounded.timeout, kVeryLong);
  Follower follower(context, bounded);
  Status status = follower.Run();
  follower.Finish();
  return status;
}

}  // namespace sidecar::follow
