#include "scenarios/scenario_runner.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "base/clock.h"
#include "base/memory_file_system.h"
#include "base/status_macros.h"
#include "base/stop_signal.h"
#include "follow/follower.h"
#include "scenarios/fake_checkpoint.h"
#include "scenarios/training.h"
#include "sidecar/log.h"
#include "watch/waiter.h"

namespace sidecar::scenarios {
namespace {

constexpr char kDirectory[] = "/ckpts";
// A follower that looks more often than this without time passing is in a busy loop.
constexpr int kMaxIdleWaits = 1000;

Status Wrong(const std::string& message) { return {StatusCode::kDataLoss, message}; }

struct During {
  std::string moment;
  std::string prefix;
  std::string command;
  int line = 0;
};

struct FileFault {
  std::string operation;
  std::string path;
  std::int64_t times = 1;
  Status status;
};

class Runner final : public watch::Waiter, public evaluate::Evaluation, public Callback {
 public:
  Runner(const Scenario& scenario, const FaultPlan& fault)
      : scenario_(scenario),
        plan_(fault),
        training_(memory_, scenario.header.contains("directory") ? scenario.header.at("directory")
                                                                 : std::string(kDirectory)),
        files_(memory_, [this](std::string_view operation, const std::string& path) {
          return FileOperation(operation, path);
        }) {
    request_.name = "dense/kernel";
    request_.shape = Shape{1};
  }

  RunResult Run();

  // Waiter: time passes and training goes on while the follower waits.
  watch::Wake Wait(base::Clock::TimePoint until) override;
  // Evaluation.
  [[nodiscard]] std::span<const checkpoint::VariableRequest> requests() const override {
    return {&request_, 1};
  }
  Result<EvaluationResult> Run(std::span<const Tensor> weights, const EvaluationInfo& info,
                               Callback& callbacks, const base::StopSignal& stop) override;
  // Callback.
  Status Flush() override {
    ++flushes_;
    return {};
  }

 private:
  Status FileOperation(std::string_view operation, const std::string& path);
  void Happen(const std::string& moment, const std::string& prefix);
  Result<follow::FollowOptions> Options() const;
  void Fail(int line, const std::string& message) {
    result_.failures.push_back(fmt::format("{}:{}: {}", scenario_.path, line, message));
  }
  void Step(const Line& line);
  Status Execute(const std::string& text, int line);
  Status Plan(const std::string& text, int line);
  Status PlanFault(const std::vector<std::string>& words);
  Status Expect(const std::vector<std::string>& words);
  Status ExpectLog(const std::vector<std::string>& words) const;
  [[nodiscard]] bool Finished() const { return next_ == scenario_.lines.size(); }

  const Scenario& scenario_;
  FaultPlan plan_;
  RunResult result_;
  base::MemoryFileSystem memory_;
  Training training_;
  base::FaultyFileSystem files_;
  base::FakeClock clock_;
  base::StopSignal stop_;
  checkpoint::VariableRequest request_;

  std::size_t next_ = 0;
  std::optional<base::Clock::TimePoint> advance_to_;
  bool changed_ = false;
  int idle_waits_ = 0;
  base::Clock::TimePoint last_wait_;
  std::vector<During> during_;
  std::vector<FileFault> file_faults_;
  std::optional<Status> evaluation_failure_;
  std::optional<base::Clock::TimePoint> fault_began_;

  std::vector<std::string> log_;
  std::vector<std::string> evaluated_;
  int flushes_ = 0;
  std::optional<Status> ended_;
};

Status Runner::FileOperation(std::string_view operation, const std::string& path) {
  ++result_.operations;
  const Status error(StatusCode::kIoError,
                     fmt::format("{}: cannot {}: Input/output error", path, operation));
  if (plan_.operation > 0) {
    if (result_.operations == plan_.operation) fault_began_ = clock_.Now();
    const bool now = result_.operations == plan_.operation ||
                     (plan_.persistent && fault_began_ &&
                      clock_.Now() - *fault_began_ < std::chrono::seconds(5));
    if (now) return error;
  }
  for (FileFault& fault : file_faults_) {
    if (fault.times > 0 && fault.operation == operation &&
        path.find(fault.path) != std::string::npos) {
      --fault.times;
      return fault.status;
    }
  }
  return {};
}

void Runner::Happen(const std::string& moment, const std::string& prefix) {
  for (std::size_t i = 0; i < during_.size(); ++i) {
    if (during_[i].moment != moment || base::BaseName(prefix) != during_[i].prefix) continue;
    const During happening = during_[i];
    during_.erase(during_.begin() + static_cast<std::ptrdiff_t>(i--));
    const Status status = Execute(happening.command, happening.line);
    if (!status.ok()) Fail(happening.line, status.message());
  }
}

Result<EvaluationResult> Runner::Run(std::span<const Tensor> weights, const EvaluationInfo& info,
                                     Callback&, const base::StopSignal& stop) {
  Happen("evaluation", info.checkpoint);
  if (stop.requested()) return Status(StatusCode::kCancelled, "stopped on request");
  if (evaluation_failure_) {
    Status failure = *evaluation_failure_;
    evaluation_failure_.reset();
    return failure;
  }
  EvaluationResult result;
  result.info = info;
  result.metrics = {{"loss", static_cast<double>(weights[0].values<float>()[0])}};
  evaluated_.push_back(
      fmt::format("{}{}", base::BaseName(info.checkpoint),
                  info.step ? fmt::format("@{}", *info.step) : std::string("@none")));
  return result;
}

Result<follow::FollowOptions> Runner::Options() const {
  follow::FollowOptions options;
  options.directory =
      scenario_.header.contains("directory") ? scenario_.header.at("directory") : kDirectory;
  if (!scenario_.header.contains("options")) return options;
  SIDECAR_ASSIGN_OR_RETURN(const std::vector<std::string> words,
                           SplitWords(scenario_.header.at("options")));
  for (const std::string& word : words) {
    const std::size_t equals = word.find('=');
    const std::string key = word.substr(0, equals);
    const std::string value = equals == std::string::npos ? "" : word.substr(equals + 1);
    if (key == "max_evaluations") {
      options.max_evaluations = std::stoll(value);
      continue;
    }
    SIDECAR_ASSIGN_OR_RETURN(const std::chrono::nanoseconds duration, ParseDuration(value));
    if (key == "timeout") {
      options.timeout = duration;
    } else if (key == "poll_interval") {
      options.poll_interval = duration;
    } else if (key == "retry_for") {
      options.retry_for = duration;
    } else {
      return Wrong("unknown option " + key);
    }
  }
  return options;
}

watch::Wake Runner::Wait(base::Clock::TimePoint until) {
  idle_waits_ = clock_.Now() == last_wait_ ? idle_waits_ + 1 : 0;
  last_wait_ = clock_.Now();
  if (idle_waits_ > kMaxIdleWaits) {
    Fail(scenario_.lines[std::min(next_, scenario_.lines.size() - 1)].number, "busy loop");
    stop_.Request();
  }
  const bool notified =
      !scenario_.header.contains("notifications") || scenario_.header.at("notifications") != "off";
  while (true) {
    if (stop_.requested()) return watch::Wake::kStop;
    const bool looks_now =
        advance_to_ || Finished() || scenario_.lines[next_].text.starts_with("expect");
    if (looks_now && changed_ && notified) {
      changed_ = false;
      return watch::Wake::kChange;
    }
    if (advance_to_) {
      const base::Clock::TimePoint now = clock_.Now();
      const base::Clock::TimePoint next = std::max(now, std::min(until, *advance_to_));
      clock_.Advance(next - now);
      if (next >= *advance_to_) advance_to_.reset();
      if (next >= until) return watch::Wake::kDeadline;
      continue;
    }
    if (Finished()) {
      Fail(scenario_.lines.back().number, "the scenario is over, but the follower still waits");
      stop_.Request();
      continue;
    }
    const Line& line = scenario_.lines[next_++];
    Step(line);
  }
}

void Runner::Step(const Line& line) {
  const Status status = Execute(line.text, line.number);
  if (status.ok()) return;
  Fail(line.number, status.message());
  stop_.Request();
}

Status Runner::Execute(const std::string& text, int line) {
  if (text.starts_with("during ")) return Plan(text, line);
  SIDECAR_ASSIGN_OR_RETURN(const std::vector<std::string> words, SplitWords(text));
  const std::string& verb = words.front();
  if (verb == "expect") return Expect(words);
  if (verb == "fail") return PlanFault(words);
  if (verb == "stop") {
    stop_.Request();
    return {};
  }
  if (verb == "advance" && words.size() == 2) {
    SIDECAR_ASSIGN_OR_RETURN(const std::chrono::nanoseconds duration, ParseDuration(words[1]));
    // Inside a happening the time passes at once.
    if (next_ > 0 && scenario_.lines[next_ - 1].number == line && !ended_) {
      advance_to_ = clock_.Now() + duration;
    } else {
      clock_.Advance(duration);
      if (advance_to_) *advance_to_ += duration;
    }
    return {};
  }
  changed_ = true;
  return training_.Execute(words);
}

// "during open|read|evaluation NAME: command"
Status Runner::Plan(const std::string& text, int line) {
  const std::size_t colon = text.find(": ");
  if (colon == std::string::npos) return Wrong("expected 'during MOMENT NAME: command'");
  SIDECAR_ASSIGN_OR_RETURN(const std::vector<std::string> words, SplitWords(text.substr(0, colon)));
  if (words.size() != 3 || (words[1] != "open" && words[1] != "read" && words[1] != "evaluation")) {
    return Wrong("expected 'during open|read|evaluation NAME: command'");
  }
  during_.push_back({words[1], words[2], text.substr(colon + 2), line});
  return {};
}

// "fail OPERATION PATH [times=N] [code=stale]" or "fail evaluation CODE TEXT"
Status Runner::PlanFault(const std::vector<std::string>& words) {
  if (words.size() < 3) return Wrong("fail: expected an operation and a path");
  if (words[1] == "evaluation") {
    for (int code = 1; code <= static_cast<int>(StatusCode::kInternal); ++code) {
      if (StatusCodeName(static_cast<StatusCode>(code)) == words[2]) {
        evaluation_failure_ = Status(static_cast<StatusCode>(code), words.at(3));
        return {};
      }
    }
    return Wrong("fail evaluation: unknown code " + words[2]);
  }
  const bool stale = FindOption(words, "code").value_or("") == "stale";
  file_faults_.push_back({words[1], words[2], std::stoll(FindOption(words, "times").value_or("1")),
                          stale ? Status(StatusCode::kUnavailable, words[2] + ": Stale file handle")
                                : Status(StatusCode::kIoError, words[2] + ": Input/output error")});
  return {};
}

Status Runner::ExpectLog(const std::vector<std::string>& words) const {
  const std::string& text = words.back();
  const auto count = std::count_if(log_.begin(), log_.end(), [&](const std::string& line) {
    return line.find(text) != std::string::npos;
  });
  if (words[1] == "no") {
    return count == 0 ? Status() : Wrong(fmt::format("logged {} times: {}", count, text));
  }
  const std::string times = FindOption(words, "times").value_or("");
  if (times.empty() ? count > 0 : std::to_string(count) == times) return {};
  std::string lines;
  for (const std::string& line : log_) lines += "\n    " + line;
  return Wrong(fmt::format("expected in the log{}, found {} times: {}{}",
                           times.empty() ? "" : " " + times + " times", count, text, lines));
}

Status Runner::Expect(const std::vector<std::string>& words) {
  if (words.size() < 2) return Wrong("expect what?");
  const std::string& what = words[1];
  if (what == "log" || (what == "no" && words.size() > 3 && words[2] == "log")) {
    return ExpectLog(words);
  }
  if (what == "evaluated") {
    const std::vector<std::string> expected(words.begin() + 2, words.end());
    if (evaluated_ == expected) return {};
    std::string lines;
    for (const std::string& line : log_) lines += "\n    " + line;
    return Wrong(fmt::format("evaluated: {}{}", fmt::join(evaluated_, " "), lines));
  }
  if (what == "waiting") return ended_ ? Wrong("ended: " + ended_->ToString()) : Status();
  if (what == "flushed") return flushes_ > 0 ? Status() : Wrong("never flushed");
  if (what == "exit" && words.size() == 3) {
    if (!ended_) return Wrong("the follower still waits");
    const std::string exit = std::to_string(ExitCode(ended_->code()));
    return exit == words[2] ? Status() : Wrong("exit " + exit + ": " + ended_->ToString());
  }
  if (what == "message" && words.size() == 3) {
    if (!ended_) return Wrong("the follower still waits");
    return ended_->message().find(words[2]) != std::string::npos ? Status()
                                                                 : Wrong(ended_->message());
  }
  return Wrong("expect: unknown " + what);
}

RunResult Runner::Run() {
  const Result<follow::FollowOptions> options = Options();
  if (!options.ok()) {
    Fail(1, options.status().message());
    return result_;
  }
  SetLogSink([this](LogLevel, std::string_view line) { log_.emplace_back(line); });
  // What stands before `start` is there before the follower is.
  const auto start = std::find_if(scenario_.lines.begin(), scenario_.lines.end(),
                                  [](const Line& line) { return line.text == "start"; });
  if (start != scenario_.lines.end()) {
    for (; scenario_.lines[next_].text != "start"; ++next_) Step(scenario_.lines[next_]);
    ++next_;
    changed_ = false;
  }
  const FakeHook hook = [this](const std::string& moment, const std::string& prefix) {
    Happen(moment, prefix);
  };
  const follow::FollowContext context{
      files_,
      clock_,
      *this,
      stop_,
      [&](const std::string& prefix) { return OpenFakeCheckpoint(files_, prefix, hook); },
      *this,
      *this};
  ended_ = follow::Follow(context, *options);
  for (; !Finished(); ++next_) {
    const Line& line = scenario_.lines[next_];
    if (!line.text.starts_with("expect")) {
      Fail(line.number, "the run ended before this line: " + ended_->ToString());
      break;
    }
    Step(line);
  }
  for (const During& left : during_) Fail(left.line, "this moment never came");
  SetLogSink({});
  return result_;
}

}  // namespace

RunResult RunScenario(const Scenario& scenario, const FaultPlan& fault) {
  return Runner(scenario, fault).Run();
}

}  // namespace sidecar::scenarios
