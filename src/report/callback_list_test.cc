#include "report/callback_list.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <stdexcept>

#include "report/progress_logger.h"
#include "sidecar/log.h"

namespace sidecar::report {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

/// Collects log lines while it lives.
class LogLines {
 public:
  LogLines() {
    SetLogSink([this](LogLevel, std::string_view line) { lines_.emplace_back(line); });
  }
  LogLines(const LogLines&) = delete;
  LogLines& operator=(const LogLines&) = delete;
  ~LogLines() { SetLogSink({}); }
  [[nodiscard]] const std::vector<std::string>& lines() const { return lines_; }

 private:
  std::vector<std::string> lines_;
};

/// Notes the hooks it was called for; fails in them as told.
class NotingCallback final : public Callback {
 public:
  NotingCallback(std::string name, std::vector<std::string>& notes)
      : name_(std::move(name)), notes_(notes) {}

  std::function<Status()> outcome = [] { return Status(); };
  bool batches = true;

  Status Begin(const EvaluationInfo& info, std::optional<std::int64_t> num_batches) override {
    return Note(fmt::format("begin {} {}", info.checkpoint, num_batches.value_or(-1)));
  }
  Status OnTestBegin(const Logs& logs) override {
    return Note(fmt::format("test_begin {}", logs.size()));
  }
  Status OnTestBatchBegin(std::int64_t batch, const Logs& logs) override {
    return Note(fmt::format("batch_begin {} {}", batch, logs.size()));
  }
  Status OnTestBatchEnd(std::int64_t batch, const Logs& logs) override {
    return Note(fmt::format("batch_end {} {}", batch, logs.size()));
  }
  Status OnTestEnd(const Logs& logs) override {
    return Note(fmt::format("test_end {}", logs.size()));
  }
  Status End(const EvaluationResult& result) override {
    return Note(fmt::format("end {}", result.batches));
  }
  Status Flush() override { return Note("flush"); }
  [[nodiscard]] bool wants_batches() const override { return batches; }
  [[nodiscard]] std::string name() const override { return name_; }

 private:
  Status Note(const std::string& text) {
    notes_.push_back(name_ + ": " + text);
    return outcome();
  }

  std::string name_;
  std::vector<std::string>& notes_;
};

class CallbackListTest : public testing::Test {
 protected:
  LogLines log_;
  std::vector<std::string> notes_;
  std::shared_ptr<NotingCallback> a_ = std::make_shared<NotingCallback>("a", notes_);
  std::shared_ptr<NotingCallback> b_ = std::make_shared<NotingCallback>("b", notes_);
  base::FakeClock clock_;
  const Logs logs_ = {{"loss", 0.5}};
};

TEST_F(CallbackListTest, PassesEachHookOnInOrder) {
  CallbackList list({a_, nullptr, b_}, clock_);
  EvaluationInfo info;
  info.checkpoint = "ckpt-1";
  EvaluationResult result;
  result.batches = 1;
  EXPECT_TRUE(list.Begin(info, 1).ok());
  EXPECT_TRUE(list.OnTestBegin({}).ok());
  EXPECT_TRUE(list.OnTestBatchBegin(0, {}).ok());
  EXPECT_TRUE(list.OnTestBatchEnd(0, logs_).ok());
  EXPECT_TRUE(list.OnTestEnd(logs_).ok());
  EXPECT_TRUE(list.End(result).ok());
  EXPECT_TRUE(list.Flush().ok());
  EXPECT_THAT(notes_, ElementsAre("a: begin ckpt-1 1", "b: begin ckpt-1 1", "a: test_begin 0",
                                  "b: test_begin 0", "a: batch_begin 0 0", "b: batch_begin 0 0",
                                  "a: batch_end 0 1", "b: batch_end 0 1", "a: test_end 1",
                                  "b: test_end 1", "a: end 1", "b: end 1", "a: flush", "b: flush"));
  EXPECT_THAT(log_.lines(), IsEmpty());
  EXPECT_EQ(list.failures(), 0);
}

TEST_F(CallbackListTest, GivesBatchesOnlyToThoseThatWantThem) {
  a_->batches = false;
  CallbackList list({a_, b_}, clock_);
  EXPECT_TRUE(list.wants_batches());
  EXPECT_TRUE(list.OnTestBatchBegin(0, {}).ok());
  EXPECT_TRUE(list.OnTestBatchEnd(0, logs_).ok());
  EXPECT_THAT(notes_, ElementsAre("b: batch_begin 0 0", "b: batch_end 0 1"));
  // Asked anew before each batch.
  b_->batches = false;
  EXPECT_TRUE(list.OnTestBatchBegin(1, {}).ok());
  EXPECT_FALSE(list.wants_batches());
  EXPECT_TRUE(list.OnTestBatchEnd(1, {}).ok());
  EXPECT_THAT(notes_, SizeIs(2));
  EXPECT_FALSE(CallbackList({a_}, clock_).wants_batches());
  EXPECT_FALSE(CallbackList({}, clock_).wants_batches());
}

TEST_F(CallbackListTest, ReportsFailuresAndGoesOn) {
  const std::pair<std::function<Status()>, const char*> outcomes[] = {
      {[] { return Status(StatusCode::kIoError, "no space"); }, "no space"},
      {[]() -> Status { throw std::runtime_error("oops"); }, "oops"},
      {[]() -> Status { throw 7; }, "not a std::exception"},
  };
  for (const auto& [outcome, text] : outcomes) {
    const LogLines log;
    a_->outcome = outcome;
    notes_.clear();
    CallbackList list({a_, b_}, clock_);
    EXPECT_TRUE(list.OnTestEnd(logs_).ok());
    EXPECT_THAT(notes_, ElementsAre("a: test_end 1", "b: test_end 1"));
    ASSERT_EQ(log.lines().size(), 1U);
    EXPECT_THAT(log.lines()[0], HasSubstr("callback 'a' failed in OnTestEnd: "));
    EXPECT_THAT(log.lines()[0], HasSubstr(text));
    EXPECT_EQ(list.failures(), 1);
  }
}

TEST_F(CallbackListTest, ReportsRepeatedFailuresOnceAMinute) {
  a_->outcome = [] { return Status(StatusCode::kInternal, "bad"); };
  CallbackList list({a_}, clock_);
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(list.OnTestBatchEnd(i, logs_).ok());
  EXPECT_TRUE(list.OnTestEnd(logs_).ok());
  EXPECT_EQ(log_.lines().size(), 2U);
  clock_.Advance(std::chrono::minutes(1));
  EXPECT_TRUE(list.OnTestBatchEnd(10, logs_).ok());
  ASSERT_EQ(log_.lines().size(), 3U);
  EXPECT_THAT(log_.lines()[2], HasSubstr("(9 failures before this one were not reported)"));
  EXPECT_EQ(list.failures(), 12);
}

TEST_F(CallbackListTest, RemembersAFailureUntilAFlushSucceeds) {
  CallbackList list({a_, b_}, clock_);
  EXPECT_TRUE(list.UnflushedFailure().ok());
  a_->outcome = [] { return Status(StatusCode::kIoError, "no space"); };
  EXPECT_TRUE(list.OnTestEnd(logs_).ok());
  EXPECT_TRUE(list.Flush().ok());
  EXPECT_EQ(list.UnflushedFailure().code(), StatusCode::kIoError);
  EXPECT_EQ(list.UnflushedFailure().message(), "a: no space");
  a_->outcome = [] { return Status(); };
  EXPECT_TRUE(list.Flush().ok());
  EXPECT_TRUE(list.UnflushedFailure().ok());
}

TEST_F(CallbackListTest, AsksOutputsWhetherTheyCanBeCreated) {
  class Output final : public Callback, public OutputCallback {
   public:
    Status CheckOutput() override { return {StatusCode::kCannotCreate, "no such place"}; }
  };
  EXPECT_TRUE(CallbackList({a_}, clock_).CheckOutputs().ok());
  EXPECT_EQ(CallbackList({a_, std::make_shared<Output>()}, clock_).CheckOutputs().code(),
            StatusCode::kCannotCreate);
}

TEST(LambdaCallbackTest, CallsTheFunctionsItHas) {
  std::vector<std::string> notes;
  LambdaCallbackOptions functions;
  functions.begin = [&](const EvaluationInfo& info) { notes.push_back(info.checkpoint); };
  functions.on_test_end = [&](const Logs& logs) { notes.push_back(logs[0].first); };
  const CallbackPtr callback = LambdaCallback(functions);
  EXPECT_FALSE(callback->wants_batches());
  EvaluationInfo info;
  info.checkpoint = "ckpt-1";
  EXPECT_TRUE(callback->Begin(info, std::nullopt).ok());
  EXPECT_TRUE(callback->OnTestBegin({}).ok());
  EXPECT_TRUE(callback->OnTestBatchBegin(0, {}).ok());
  EXPECT_TRUE(callback->OnTestBatchEnd(0, {}).ok());
  EXPECT_TRUE(callback->OnTestEnd({{"loss", 1.0}}).ok());
  EXPECT_THAT(notes, ElementsAre("ckpt-1", "loss"));

  functions.on_test_begin = [&](const Logs&) { notes.emplace_back("test_begin"); };
  functions.on_test_batch_begin = [&](std::int64_t i, const Logs&) {
    notes.push_back(fmt::format("batch_begin {}", i));
  };
  functions.on_test_batch_end = [&](std::int64_t i, const Logs&) {
    notes.push_back(fmt::format("batch_end {}", i));
  };
  const CallbackPtr batches = LambdaCallback(functions);
  EXPECT_TRUE(batches->wants_batches());
  notes.clear();
  EXPECT_TRUE(batches->OnTestBegin({}).ok());
  EXPECT_TRUE(batches->OnTestBatchBegin(3, {}).ok());
  EXPECT_TRUE(batches->OnTestBatchEnd(3, {}).ok());
  EXPECT_THAT(notes, ElementsAre("test_begin", "batch_begin 3", "batch_end 3"));
}

TEST(ProgressLoggerTest, LogsAtMostOnceAnInterval) {
  const LogLines log;
  base::FakeClock clock;
  const CallbackPtr logger = MakeProgressLogger(10, clock);
  EvaluationInfo info;
  info.checkpoint = "ckpts/ckpt-7";
  EXPECT_TRUE(logger->Begin(info, 100).ok());
  for (int batch = 0; batch < 25; ++batch) {
    clock.Advance(std::chrono::seconds(1));
    EXPECT_EQ(logger->wants_batches(), batch == 9 || batch == 19);
    EXPECT_TRUE(logger->OnTestBatchEnd(batch, {{"loss", 0.25}, {"accuracy", 0.0001}}).ok());
  }
  EXPECT_THAT(
      log.lines(),
      ElementsAre("Evaluating ckpts/ckpt-7: 10/100 batches, loss=0.2500 accuracy=1.0000e-04",
                  "Evaluating ckpts/ckpt-7: 20/100 batches, loss=0.2500 accuracy=1.0000e-04"));
}

TEST(ProgressLoggerTest, StartsItsIntervalWithEachEvaluation) {
  const LogLines log;
  base::FakeClock clock;
  const CallbackPtr logger = MakeProgressLogger(10, clock);
  for (int evaluation = 0; evaluation < 3; ++evaluation) {
    EXPECT_TRUE(logger->Begin({}, std::nullopt).ok());
    clock.Advance(std::chrono::seconds(9));
    EXPECT_TRUE(logger->OnTestBatchEnd(0, {}).ok());
  }
  EXPECT_THAT(log.lines(), IsEmpty());
  EXPECT_TRUE(MakeProgressLogger(0, clock)->OnTestBatchEnd(0, {{"loss", 1.0}}).ok());
  EXPECT_THAT(log.lines(), ElementsAre("Evaluating : 1 batches, loss=1.0000"));
}

}  // namespace
}  // namespace sidecar::report
