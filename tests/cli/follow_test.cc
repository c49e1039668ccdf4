// The main job with the real program: replay publishes recorded checkpoints, run follows.
#include <gmock/gmock.h>

#include <csignal>
#include <filesystem>
#include <set>

#include "cli_fixture.h"

namespace sidecar::test {
namespace {

namespace fs = std::filesystem;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class FollowTest : public CliTest, public ::testing::WithParamInterface<const char*> {
 protected:
  Arguments Run(const std::string& recording, const Arguments& more = {}) const {
    return With("run", recording) +
           Arguments{"--checkpoint-dir", Path("ckpts"), "--json", "--poll-interval", "0.1"} + more;
  }

  // The only event file below a log directory.
  static std::string EventFile(const std::string& log_dir) {
    std::vector<std::string> files;
    for (const auto& entry : fs::directory_iterator(log_dir + "/validation")) {
      files.push_back(entry.path().string());
    }
    EXPECT_EQ(files.size(), 1U);
    return files.empty() ? "" : files.front();
  }

  // What inspect says about the summaries of `tag`.
  static Json Summary(const std::string& log_dir, const std::string& tag) {
    const Outcome inspected = RunSidecar({"inspect", EventFile(log_dir), "--json"});
    EXPECT_EQ(inspected.exit_code, 0) << inspected.err;
    const Json report = Json::parse(inspected.out, nullptr, false);
    if (report.is_object()) {
      for (const Json& found : report["tags"]) {
        if (found["tag"] == tag) return found;
      }
    }
    ADD_FAILURE() << "no tag " << tag << " in " << inspected.out;
    return Json::object();
  }
};

TEST_P(FollowTest, EvaluatesWhatTrainingPublishes) {
  const std::string recording = GetParam();
  ChildProcess run(SidecarProgram(),
                   Run(recording, {"--max-evaluations", "8", "--log-dir", Path("logs")}));
  ASSERT_TRUE(run.WaitForErr("Waiting for new checkpoint at"));  // started before the training
  const Outcome replay = RunSidecar(
      {"replay", Recorded(recording, "ckpts"), Path("ckpts"), "--interval", "0.3", "--keep", "3"});
  EXPECT_EQ(replay.exit_code, 0) << replay.err;
  EXPECT_EQ(replay.out, "");
  const Outcome outcome = run.Finish();
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  // Checkpoints published during an evaluation are skipped; what is evaluated is right, in order,
  // and ends with the last.
  int last = 0;
  const std::vector<std::string> lines = Lines(outcome.out);
  for (const std::string& line : lines) {
    const int number = ExpectAsKeras(line, recording);
    EXPECT_GT(number, last);
    last = number;
  }
  EXPECT_EQ(last, 8);
  EXPECT_THAT(outcome.err, HasSubstr("Last checkpoint evaluated. SidecarEvaluator stops."));
  for (const char* tag :
       {"evaluation_loss_vs_iterations", "evaluation_eval_metrics_vs_iterations"}) {
    const Json summary = Summary(Path("logs"), tag);
    EXPECT_EQ(summary["count"], lines.size());
    EXPECT_EQ(summary["last_step"], 176);
  }
}

TEST_P(FollowTest, EveryCheckpointHasKerassNumbers) {
  const std::string recording = GetParam();
  ChildProcess run(SidecarProgram(), Run(recording, {"--max-evaluations", "8"}));
  for (int number = 1; number <= 8; ++number) {
    CopyCheckpoint(recording, number, Path("ckpts"));
    ASSERT_TRUE(run.WaitForOut("\n", number));
  }
  const Outcome outcome = run.Finish();
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  std::vector<int> numbers;
  for (const std::string& line : Lines(outcome.out)) {
    numbers.push_back(ExpectAsKeras(line, recording));
  }
  EXPECT_THAT(numbers, ElementsAre(1, 2, 3, 4, 5, 6, 7, 8));
}

TEST_P(FollowTest, StartedAfterTrainingItEvaluatesTheNewest) {
  const std::string recording = GetParam();
  const Outcome outcome = RunSidecar(With("run", recording) +
                                     Arguments{"--checkpoint-dir", Recorded(recording, "ckpts"),
                                               "--json", "--max-evaluations", "8"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  const std::vector<std::string> lines = Lines(outcome.out);
  ASSERT_EQ(lines.size(), 1U) << outcome.out;
  EXPECT_EQ(ExpectAsKeras(lines[0], recording), 8);
}

TEST_P(FollowTest, EvaluateAgreesWithKeras) {
  const std::string recording = GetParam();
  const Arguments evaluate = With("evaluate", recording) + Arguments{"--json"};
  Outcome outcome =
      RunSidecar(evaluate + Arguments{"--checkpoint", Recorded(recording, "ckpts/ckpt-3")});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_EQ(ExpectAsKeras(outcome.out, recording), 3);
  for (const char* file : {"ckpts/ckpt-3.index", "ckpts/ckpt-3.data-00000-of-00001"}) {
    outcome = RunSidecar(evaluate + Arguments{"--checkpoint", Recorded(recording, file)});
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    EXPECT_EQ(ExpectAsKeras(outcome.out, recording), 3);
  }
  // A directory, or its state file, stands for the newest.
  for (const char* path : {"ckpts", "ckpts/checkpoint"}) {
    outcome = RunSidecar(evaluate + Arguments{"--checkpoint", Recorded(recording, path)});
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    EXPECT_EQ(ExpectAsKeras(outcome.out, recording), 8);
  }
}

INSTANTIATE_TEST_SUITE_P(Recordings, FollowTest, ::testing::Values("digits_mlp", "digits_cnn"));

using FollowOnceTest = FollowTest;

TEST_F(FollowOnceTest, ResultsForPeopleAreATable) {
  const Outcome outcome =
      RunSidecar(With("evaluate", "digits_mlp") +
                 Arguments{"--checkpoint", Recorded("digits_mlp", "ckpts/ckpt-8"), "--quiet"});
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_EQ(outcome.err, "");
  EXPECT_THAT(outcome.out, HasSubstr("eval_metrics"));
  EXPECT_THAT(outcome.out, HasSubstr("0.9270"));
}

// docs/cli.md: the step is null then, and summaries are written at the checkpoint's number.
TEST_F(FollowOnceTest, AMissingStepIsOneWarning) {
  const std::string model = Golden("models/k2_no_optimizer");
  const auto arguments = [&](const char* command, const Arguments& more) {
    return Arguments{command,
                     "--model",
                     model + "/model.keras",
                     "--data",
                     model + "/data.npz",
                     "--log-dir",
                     Path(command),
                     "--json"} +
           more;
  };
  for (const Outcome& outcome :
       {RunSidecar(arguments("evaluate", {"--checkpoint", model + "/ckpts/ckpt-2"})),
        RunSidecar(
            arguments("run", {"--checkpoint-dir", model + "/ckpts", "--max-evaluations", "1"}))}) {
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    EXPECT_THAT(outcome.out, HasSubstr("\"step\": null"));
    const std::size_t warning = outcome.err.find("warning:");
    EXPECT_NE(warning, std::string::npos) << outcome.err;
    EXPECT_EQ(outcome.err.find("warning:", warning + 1), std::string::npos) << outcome.err;
    EXPECT_THAT(outcome.err, HasSubstr("written at the checkpoint's number"));
  }
}

TEST_F(FollowOnceTest, TheStopRuleHoldsForHigherNumbersToo) {
  CopyCheckpoint("digits_mlp", 5, Path("ckpts"));
  const Outcome outcome = RunSidecar(Run("digits_mlp", {"--max-evaluations", "3"}));
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_EQ(Lines(outcome.out).size(), 1U);
}

TEST_F(FollowOnceTest, TimeoutEndsWith76) {
  Outcome outcome = RunSidecar(Run("digits_mlp", {"--timeout", "0.3"}));
  ExpectError(outcome, 76, Path("ckpts"));
  CopyCheckpoint("digits_mlp", 1, Path("ckpts"));
  outcome = RunSidecar(Run("digits_mlp", {"--timeout", "0.5"}));
  EXPECT_EQ(outcome.exit_code, 76) << outcome.err;
  EXPECT_EQ(Lines(outcome.out).size(), 1U);
}

TEST_F(FollowOnceTest, SignalsEndAWaitingRunAfterItsOutputsAreFlushed) {
  const std::vector<std::pair<int, int>> cases = {{SIGINT, 130}, {SIGTERM, 143}};
  for (const auto& [signal, code] : cases) {
    const std::string logs = Path("logs" + std::to_string(signal));
    CopyCheckpoint("digits_mlp", 2, Path("ckpts"));
    ChildProcess run(SidecarProgram(), Run("digits_mlp", {"--log-dir", logs}));
    ASSERT_TRUE(run.WaitForOut("\n"));
    run.Signal(signal);
    const Outcome outcome = run.Finish();
    EXPECT_EQ(outcome.exit_code, code) << outcome.err;
    EXPECT_EQ(ExpectAsKeras(outcome.out, "digits_mlp"), 2);
    EXPECT_EQ(Summary(logs, "evaluation_loss_vs_iterations")["last_step"], 44);
  }
}

TEST_F(FollowOnceTest, ASignalEndsARunThatNeverSawACheckpoint) {
  ChildProcess run(SidecarProgram(), Run("digits_mlp"));
  ASSERT_TRUE(run.WaitForErr("Waiting for new checkpoint at"));
  run.Signal(SIGTERM);
  EXPECT_EQ(run.Finish().exit_code, 143);
}

TEST_F(FollowOnceTest, ASignalEndsARunInTheMiddleOfAnEvaluation) {
  CopyCheckpoint("digits_mlp", 2, Path("ckpts"));
  // Some seconds of single samples.
  const std::string x = File("x.npy", NpyZeros("|u1", 1, {400'000, 64}));
  const std::string y = File("y.npy", NpyZeros("|u1", 1, {400'000}));
  ChildProcess run(SidecarProgram(), {"run", "--model", Recorded("digits_mlp", "model.keras"),
                                      "--x", x, "--y", y, "--batch-size", "1", "--checkpoint-dir",
                                      Path("ckpts"), "--json", "--log-dir", Path("logs")});
  ASSERT_TRUE(run.WaitForErr("Evaluation starts"));
  run.Signal(SIGTERM);
  const Outcome outcome = run.Finish();
  EXPECT_EQ(outcome.exit_code, 143) << outcome.err;
  EXPECT_EQ(outcome.out, "");
  EXPECT_THAT(outcome.err, HasSubstr("ckpt-2: stopped while it was evaluated"));
  EXPECT_TRUE(fs::is_empty(Path("logs/validation")));
}

TEST_F(FollowOnceTest, ASignalEndsReplayBetweenTwoCheckpoints) {
  ChildProcess replay(SidecarProgram(), {"replay", Recorded("digits_mlp", "ckpts"), Path("ckpts"),
                                         "--interval", "1000"});
  ASSERT_TRUE(replay.WaitForErr("Published"));
  replay.Signal(SIGINT);
  EXPECT_EQ(replay.Finish().exit_code, 130);
  std::set<std::string> names;
  for (const auto& entry : fs::directory_iterator(Path("ckpts"))) {
    names.insert(entry.path().filename().string());
  }
  EXPECT_THAT(names, ElementsAre("checkpoint", "ckpt-1.data-00000-of-00001", "ckpt-1.index"));
}

TEST_F(FollowOnceTest, ARunNobodyReadsAnyMoreEndsWith74) {
  ChildProcess run(SidecarProgram(), Run("digits_mlp"));
  ASSERT_TRUE(run.WaitForErr("Waiting for new checkpoint at"));
  run.CloseOut();
  CopyCheckpoint("digits_mlp", 1, Path("ckpts"));
  const Outcome outcome = run.Finish();
  EXPECT_EQ(outcome.exit_code, 74) << outcome.err;
  EXPECT_THAT(outcome.err, HasSubstr("standard output"));
}

TEST_F(FollowOnceTest, ReplayKeepsTheNewestOnly) {
  const Outcome replay = RunSidecar({"replay", Recorded("digits_cnn", "ckpts"), Path("ckpts"),
                                     "--interval", "0", "--keep", "2", "--quiet"});
  EXPECT_EQ(replay.exit_code, 0);
  EXPECT_EQ(replay.err, "");
  std::set<std::string> names;
  for (const auto& entry : fs::directory_iterator(Path("ckpts"))) {
    names.insert(entry.path().filename().string());
  }
  EXPECT_THAT(names, ElementsAre("checkpoint", "ckpt-7.data-00000-of-00001", "ckpt-7.index",
                                 "ckpt-8.data-00000-of-00001", "ckpt-8.index"));
  EXPECT_EQ(ReadFile(Path("ckpts/checkpoint")),
            ReadFile(Recorded("digits_cnn", "ckpts/checkpoint")));
  EXPECT_EQ(ReadFile(Path("ckpts/ckpt-8.index")),
            ReadFile(Recorded("digits_cnn", "ckpts/ckpt-8.index")));
}

TEST_F(FollowOnceTest, AManagersStateIsPublishedAsRecorded) {
  ASSERT_EQ(
      RunSidecar({"replay", Recorded("digits_mlp", "ckpts"), Path("ckpts"), "--interval", "0"})
          .exit_code,
      0);
  EXPECT_EQ(ReadFile(Path("ckpts/checkpoint")),
            ReadFile(Recorded("digits_mlp", "ckpts/checkpoint")));
}

}  // namespace
}  // namespace sidecar::test
