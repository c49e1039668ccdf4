// What an evaluation leaves behind: TensorBoard's summaries, JSON lines, the table.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <sstream>

#include "base/memory_file_system.h"
#include "report/callback_list.h"
#include "report/console.h"
#include "report/events/event_reader.h"
#include "report/json_lines.h"
#include "report/tensorboard.h"
#include "sidecar/log.h"

namespace sidecar::report {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

EvaluationInfo Info(std::optional<std::int64_t> number, std::optional<std::int64_t> step) {
  EvaluationInfo info;
  info.checkpoint = "ckpts/ckpt-" + std::to_string(number.value_or(0));
  info.number = number;
  info.step = step;
  return info;
}

class TensorBoardTest : public testing::Test {
 protected:
  TensorBoardTest() {
    SetLogSink([this](LogLevel, std::string_view line) { log_.emplace_back(line); });
  }
  ~TensorBoardTest() override { SetLogSink({}); }

  void Evaluate(const EvaluationInfo& info, const Logs& logs) {
    EXPECT_TRUE(callback_->Begin(info, 1).ok());
    EXPECT_TRUE(callback_->OnTestBegin({}).ok());
    EXPECT_TRUE(callback_->OnTestEnd(logs).ok());
    EXPECT_TRUE(callback_->Flush().ok());
  }

  /// "tag@step=value" of each summary in log_dir/validation.
  std::vector<std::string> Summaries() {
    std::vector<std::string> summaries;
    const std::vector<std::string> names = fs_.List("logs/validation").value();
    for (const std::string& name : names) {
      EventReader reader = EventReader::Open(fs_, "logs/validation/" + name).value();
      while (const auto event = reader.Next().value()) {
        for (const EventValue& value : event->values)
          summaries.push_back(fmt::format("{}@{}={}", value.tag, event->step, *value.scalar));
      }
      EXPECT_EQ(reader.torn_bytes(), 0U);
    }
    return summaries;
  }

  base::MemoryFileSystem fs_;
  base::FakeClock clock_;
  std::vector<std::string> log_;
  CallbackPtr callback_ = MakeTensorBoard("logs", fs_, clock_);
};

TEST_F(TensorBoardTest, WritesEachResultAtTheOptimizersStep) {
  Evaluate(Info(1, 32), {{"loss", 0.5}, {"eval_metrics", 0.25}});
  Evaluate(Info(2, 64), {{"loss", 0.125}, {"eval_metrics", 1.0}});
  EXPECT_THAT(Summaries(), ElementsAre("evaluation_loss_vs_iterations@32=0.5",
                                       "evaluation_eval_metrics_vs_iterations@32=0.25",
                                       "evaluation_loss_vs_iterations@64=0.125",
                                       "evaluation_eval_metrics_vs_iterations@64=1"));
  EXPECT_EQ(fs_.List("logs/validation")->size(), 1U);
  EXPECT_THAT(log_, IsEmpty());
}

TEST_F(TensorBoardTest, WritesNothingBeforeTheFirstEvaluation) {
  EXPECT_TRUE(callback_->Flush().ok());
  EXPECT_FALSE(fs_.Stat("logs").ok());
  EXPECT_FALSE(callback_->wants_batches());
}

TEST_F(TensorBoardTest, WritesVectorsAndNonFiniteValues) {
  Evaluate(Info(1, 0), {{"f1", std::vector<double>{0.5, kNan}}, {"loss", -kInfinity}});
  EXPECT_THAT(Summaries(), ElementsAre("evaluation_f1_vs_iterations_0@0=0.5",
                                       "evaluation_f1_vs_iterations_1@0=nan",
                                       "evaluation_loss_vs_iterations@0=-inf"));
}

TEST_F(TensorBoardTest, TakesTheNumberWhereThereIsNoStepWithOneWarning) {
  Evaluate(Info(7, std::nullopt), {{"loss", 1.0}});
  Evaluate(Info(8, std::nullopt), {{"loss", 2.0}});
  EXPECT_THAT(Summaries(), ElementsAre("evaluation_loss_vs_iterations@7=1",
                                       "evaluation_loss_vs_iterations@8=2"));
  ASSERT_EQ(log_.size(), 1U);
  EXPECT_THAT(log_[0], HasSubstr("ckpts/ckpt-7: has no optimizer iterations"));
}

TEST_F(TensorBoardTest, SkipsAnEvaluationWithoutAnyNumber) {
  Evaluate(Info(std::nullopt, std::nullopt), {{"loss", 1.0}});
  EXPECT_FALSE(fs_.Stat("logs").ok());
  ASSERT_EQ(log_.size(), 1U);
  EXPECT_THAT(log_[0], HasSubstr("not written"));
}

TEST_F(TensorBoardTest, LosesNothingWhenTheDiskIsFullForAWhile) {
  bool full = true;
  base::FaultyFileSystem faulty(fs_, [&](std::string_view operation, const std::string& path) {
    if (full && operation == "append") return Status(StatusCode::kIoError, path + ": disk full");
    return Status();
  });
  CallbackList list({MakeTensorBoard("logs", faulty, clock_)}, clock_);
  EXPECT_TRUE(list.Begin(Info(1, 10), 1).ok());
  EXPECT_TRUE(list.OnTestEnd({{"loss", 1.0}}).ok());
  EXPECT_TRUE(list.Flush().ok());
  EXPECT_EQ(list.UnflushedFailure().code(), StatusCode::kIoError);
  full = false;
  EXPECT_TRUE(list.Flush().ok());
  EXPECT_TRUE(list.UnflushedFailure().ok());
  EXPECT_THAT(Summaries(), ElementsAre("evaluation_loss_vs_iterations@10=1"));
}

TEST_F(TensorBoardTest, ChecksItsDirectoryBeforehand) {
  EXPECT_TRUE(CheckLogDir("logs", fs_).ok());
  EXPECT_TRUE(fs_.Stat("logs/validation").ok());
  // A file in the directory's place.
  const Status file = CheckLogDir(SIDECAR_TEST_DATA "/README.md", base::PosixFileSystem());
  EXPECT_EQ(file.code(), StatusCode::kCannotCreate);
  EXPECT_THAT(file.message(), HasSubstr("README.md/validation"));
  const base::FaultyFileSystem::Hook read_only = [](std::string_view operation,
                                                    const std::string& path) {
    if (operation != "writable") return Status();
    return Status(StatusCode::kCannotCreate, path + ": Read-only file system");
  };
  base::FaultyFileSystem faulty(fs_, read_only);
  EXPECT_EQ(CheckLogDir("logs", faulty).code(), StatusCode::kCannotCreate);
  EXPECT_EQ(CallbackList({MakeTensorBoard("logs", faulty, clock_)}, clock_).CheckOutputs().code(),
            StatusCode::kCannotCreate);
}

EvaluationResult MakeResult() {
  EvaluationResult result;
  result.info = Info(7, 700);
  result.metrics = {{"loss", 0.31}, {"eval_metrics", 0.9125}};
  result.batches = 79;
  result.examples = 10000;
  result.seconds = 0.412;
  return result;
}

TEST(JsonLineTest, IsTheContractsExample) {
  EXPECT_EQ(JsonLine(MakeResult()),
            R"({"checkpoint": "ckpts/ckpt-7", "number": 7, "step": 700, )"
            R"("metrics": {"loss": 0.31, "eval_metrics": 0.9125}, "batches": 79, )"
            R"("examples": 10000, "seconds": 0.412})");
}

TEST(JsonLineTest, WritesWhatJsonHasNoNumbersFor) {
  EvaluationResult result = MakeResult();
  result.info = Info(std::nullopt, std::nullopt);
  result.info.checkpoint = "a\"b\\c\n\xFF";
  result.metrics = {{"v", std::vector<double>{1, kNan, kInfinity, -kInfinity}},
                    {"none", std::vector<double>{}},
                    {"third", static_cast<double>(1.0F / 3.0F)},
                    {"loss", kNan}};
  const nlohmann::json json = nlohmann::json::parse(JsonLine(result));
  EXPECT_EQ(json["checkpoint"], "a\"b\\c\n\xEF\xBF\xBD");
  EXPECT_TRUE(json["number"].is_null());
  EXPECT_TRUE(json["step"].is_null());
  EXPECT_EQ(json["metrics"]["v"], nlohmann::json({1.0, "nan", "inf", "-inf"}));
  EXPECT_EQ(json["metrics"]["none"], nlohmann::json::array());
  EXPECT_EQ(json["metrics"]["third"].get<double>(), static_cast<double>(1.0F / 3.0F));
  EXPECT_EQ(json["metrics"]["loss"], "nan");
}

TEST(JsonLinesTest, WritesALineForEachEvaluation) {
  std::ostringstream out;
  const CallbackPtr callback = JsonLines(out);
  EXPECT_TRUE(callback->End(MakeResult()).ok());
  EXPECT_TRUE(callback->End(MakeResult()).ok());
  EXPECT_EQ(out.str(), JsonLine(MakeResult()) + "\n" + JsonLine(MakeResult()) + "\n");
  out.setstate(std::ios::badbit);
  EXPECT_EQ(callback->End(MakeResult()).code(), StatusCode::kIoError);
  EXPECT_EQ(callback->Flush().code(), StatusCode::kIoError);
}

TEST(ConsoleTableTest, AlignsRowsBelowOneHeader) {
  std::ostringstream out;
  const CallbackPtr callback = ConsoleTable(out);
  EvaluationResult result = MakeResult();
  EXPECT_TRUE(callback->End(result).ok());
  result.info = Info(128, std::nullopt);
  result.metrics = {{"loss", 0.0001}, {"eval_metrics", kNan}};
  EXPECT_TRUE(callback->End(result).ok());
  result.metrics = {{"loss", 1.5}};
  EXPECT_TRUE(callback->End(result).ok());
  EXPECT_EQ(out.str(),
            "checkpoint      step         loss  eval_metrics  batches  seconds\n"
            "ckpt-7           700       0.3100        0.9125       79    0.412\n"
            "ckpt-128           -   1.0000e-04           nan       79    0.412\n"
            "checkpoint      step         loss  batches  seconds\n"
            "ckpt-128           -       1.5000       79    0.412\n");
  out.setstate(std::ios::badbit);
  EXPECT_EQ(callback->End(result).code(), StatusCode::kIoError);
}

}  // namespace
}  // namespace sidecar::report
