#include "follow/follow_log.h"

#include <cstddef>

#include "base/file_system.h"
#include "base/log.h"
#include "watch/state_file.h"

namespace sidecar::follow {
namespace {

constexpr std::size_t kMaxDetails = 20;

}  // namespace

std::string_view PythonErrorName(StatusCode code) {
  switch (code) {
    case StatusCode::kOk:
      return "OK";
    case StatusCode::kUnavailable:
      return "UnavailableError";
    case StatusCode::kNotFound:
      return "NotFoundError";
    case StatusCode::kDataLoss:
      return "DataLossError";
    case StatusCode::kInvalidArgument:
      return "InvalidArgumentError";
    case StatusCode::kFailedPrecondition:
      return "FailedPreconditionError";
    case StatusCode::kUnimplemented:
      return "UnimplementedError";
    case StatusCode::kTimeout:
      return "DeadlineExceededError";
    case StatusCode::kCancelled:
      return "CancelledError";
    case StatusCode::kInternal:
      return "InternalError";
    case StatusCode::kCannotCreate:
    case StatusCode::kIoError:
      return "UnknownError";
  }
  return "UnknownError";
}

void LogWithDetails(LogLevel level, const std::string& line, const Status& status) {
  base::LogLine(level, line);
  const std::size_t count = status.details().size();
  for (std::size_t i = 0; i < count && i < kMaxDetails; ++i) {
    base::Log(level, "  {}", status.details()[i]);
  }
  if (count > kMaxDetails) base::Log(level, "  and {} more", count - kMaxDetails);
}

void LookLog::Note(const watch::Look& look) {
  const std::string problem = look.problem ? look.problem->message() : "";
  const std::string text = (look.without_state_file ? "+" : "") + look.same_number + problem;
  if (text == last_) return;
  last_ = text;
  if (!look.problem) return;
  using watch::Finding;
  const std::string state_file = base::JoinPath(directory_, watch::kStateFileName);
  switch (look.finding) {
    case Finding::kNoDirectory:
    case Finding::kNoStateFile:
    case Finding::kOldFormat:
      return;  // the ordinary wait, and a failure that is reported as such
    case Finding::kNotThere:
    case Finding::kPathRefused:
      base::LogLine(LogLevel::kError, problem);
      return;
    case Finding::kStateFileUnusable:
      base::Log(LogLevel::kWarning, "{}: {}", PythonErrorName(look.problem->code()), problem);
      base::Log(LogLevel::kWarning, "{}: Checkpoint ignored", state_file);
      return;
    case Finding::kUnreadable:
      base::LogLine(LogLevel::kWarning, problem);
      return;
    case Finding::kCheckpoint:
      if (look.without_state_file) {
        base::Log(LogLevel::kWarning, "{}: cannot be used; going by the .index files in {}",
                  state_file, directory_);
        if (!look.same_number.empty()) {
          base::Log(LogLevel::kWarning,
                    "{} and {} have the same number; the one written last is taken",
                    look.same_number, look.newest->prefix);
        }
      } else {
        base::LogLine(LogLevel::kWarning, problem);
      }
      return;
  }
}

void Notices::NoteNumber(const watch::Candidate& candidate,
                         std::optional<std::int64_t> max_evaluations) {
  if (candidate.number) {
    if (last_number_ && *candidate.number < *last_number_) {
      base::Log(LogLevel::kWarning,
                "Checkpoint numbers went down from {} to {}: training seems to have gone back.",
                *last_number_, *candidate.number);
    }
    last_number_ = candidate.number;
    return;
  }
  if (max_evaluations.value_or(0) <= 0 || warned_of_number_) return;
  warned_of_number_ = true;
  base::Log(LogLevel::kWarning,
            "{}: the name does not end in '-' and a number, so max_evaluations ({}) cannot be "
            "reached by it.",
            candidate.prefix, *max_evaluations);
}

void Notices::NoteStep(const watch::Candidate& candidate, std::optional<std::int64_t> step) {
  if (step || warned_of_step_) return;
  warned_of_step_ = true;
  WarnOfMissingStep(candidate.prefix);
}

void WarnOfMissingStep(const std::string& checkpoint) {
  base::Log(LogLevel::kWarning,
            "{}: holds no optimizer iterations, so the evaluation has no step; save the optimizer "
            "with the model.",
            checkpoint);
}

}  // namespace sidecar::follow
