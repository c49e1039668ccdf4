#include "cli/command_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <variant>
#include <vector>

namespace sidecar::cli {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Arguments = std::vector<std::string>;

const Arguments kRun = {"run", "--model", "m.keras", "--data", "d.npz", "--checkpoint-dir", "c"};

Arguments Plus(Arguments arguments, const Arguments& more) {
  arguments.insert(arguments.end(), more.begin(), more.end());
  return arguments;
}

template <class Command>
Command Parsed(const Arguments& arguments) {
  Result<CommandLine> line = ParseCommandLine(arguments);
  EXPECT_TRUE(line.ok()) << line.status();
  if (!line.ok() || !std::holds_alternative<Command>(*line)) {
    ADD_FAILURE() << "another command";
    return Command();
  }
  return std::get<Command>(*line);
}

std::string Refusal(const Arguments& arguments) {
  const Result<CommandLine> line = ParseCommandLine(arguments);
  if (line.ok()) return "accepted";
  EXPECT_EQ(line.status().code(), StatusCode::kInvalidArgument);
  return line.status().message();
}

TEST(CommandLineTest, RunTakesItsDefaultsFromTheContract) {
  const auto run = Parsed<RunCommand>(kRun);
  EXPECT_EQ(run.evaluation.model, "m.keras");
  EXPECT_EQ(run.evaluation.data, "d.npz");
  EXPECT_EQ(run.checkpoint_dir, "c");
  EXPECT_EQ(run.evaluation.batch_size, 32);
  EXPECT_EQ(run.evaluation.steps, std::nullopt);
  EXPECT_EQ(run.evaluation.threads, std::nullopt);
  EXPECT_EQ(run.evaluation.keras_version, std::nullopt);
  EXPECT_EQ(run.evaluation.log_dir, std::nullopt);
  EXPECT_FALSE(run.evaluation.json);
  EXPECT_EQ(run.evaluation.verbosity, Verbosity::kNormal);
  EXPECT_EQ(run.max_evaluations, std::nullopt);
  EXPECT_EQ(run.timeout, std::nullopt);
  EXPECT_EQ(run.poll_interval, std::chrono::seconds(1));
  EXPECT_EQ(run.retry_for, std::chrono::seconds(60));
}

TEST(CommandLineTest, RunReadsEveryOption) {
  const auto run = Parsed<RunCommand>(Plus(kRun, {"--compile",
                                                  "c.json",
                                                  "--loss",
                                                  "mse",
                                                  "--metrics",
                                                  "accuracy,mae",
                                                  "--keras-version",
                                                  "3",
                                                  "--checkpoint-root",
                                                  "net",
                                                  "--batch-size",
                                                  "010",
                                                  "--steps",
                                                  "7",
                                                  "--log-dir",
                                                  "logs",
                                                  "--threads",
                                                  "2",
                                                  "--json",
                                                  "--verbose",
                                                  "--max-evaluations",
                                                  "0",
                                                  "--timeout=2.5",
                                                  "--poll-interval",
                                                  "0.05",
                                                  "--retry-for",
                                                  "0"}));
  EXPECT_EQ(run.evaluation.compile, "c.json");
  EXPECT_EQ(run.evaluation.loss, "mse");
  EXPECT_THAT(run.evaluation.metrics, ElementsAre("accuracy", "mae"));
  EXPECT_EQ(run.evaluation.keras_version, KerasVersion::kKeras3);
  EXPECT_EQ(run.evaluation.checkpoint_root, "net");
  EXPECT_EQ(run.evaluation.batch_size, 10);
  EXPECT_EQ(run.evaluation.steps, 7);
  EXPECT_EQ(run.evaluation.log_dir, "logs");
  EXPECT_EQ(run.evaluation.threads, 2);
  EXPECT_TRUE(run.evaluation.json);
  EXPECT_EQ(run.evaluation.verbosity, Verbosity::kVerbose);
  EXPECT_EQ(run.max_evaluations, 0);
  EXPECT_EQ(run.timeout, std::chrono::milliseconds(2500));
  EXPECT_EQ(run.poll_interval, std::chrono::milliseconds(50));
  EXPECT_EQ(run.retry_for, std::chrono::milliseconds(0));
}

TEST(CommandLineTest, ArraysMayBeNamedAndRepeated) {
  const auto evaluate =
      Parsed<EvaluateCommand>({"evaluate", "--model", "m.keras", "--x", "a=1.npy", "--x", "b=2.npy",
                               "--y=./c=3.npy", "--sample-weight", "w.npy"});
  const data::ArrayFiles& arrays = evaluate.evaluation.arrays;
  ASSERT_EQ(arrays.x.size(), 2U);
  EXPECT_EQ(arrays.x[0].name, "a");
  EXPECT_EQ(arrays.x[0].path, "1.npy");
  EXPECT_EQ(arrays.x[1].name, "b");
  ASSERT_EQ(arrays.y.size(), 1U);
  EXPECT_EQ(arrays.y[0].name, "");
  EXPECT_EQ(arrays.y[0].path, "./c=3.npy");
  ASSERT_EQ(arrays.sample_weight.size(), 1U);
  EXPECT_EQ(evaluate.checkpoint, std::nullopt);
}

TEST(CommandLineTest, ReplayAndInspectTakeTheirPaths) {
  const auto replay = Parsed<ReplayCommand>({"replay", "a", "b", "--interval", "0", "--keep", "3"});
  EXPECT_EQ(replay.source, "a");
  EXPECT_EQ(replay.destination, "b");
  EXPECT_EQ(replay.interval, std::chrono::milliseconds(0));
  EXPECT_EQ(replay.keep, 3);
  const auto inspect = Parsed<InspectCommand>({"inspect", "--json", "p"});
  EXPECT_EQ(inspect.path, "p");
  EXPECT_TRUE(inspect.json);
  EXPECT_TRUE(Parsed<VersionCommand>({"--version", "--json"}).json);
}

TEST(CommandLineTest, RefusesValuesOutOfRangeNamingTheOption) {
  const std::vector<Arguments> cases = {{"--batch-size", "0"},
                                        {"--batch-size", "-1"},
                                        {"--batch-size", "1e3"},
                                        {"--batch-size", "3.5"},
                                        {"--batch-size", "99999999999"},
                                        {"--steps", "0"},
                                        {"--steps", "x"},
                                        {"--threads", "0"},
                                        {"--threads", "100000"},
                                        {"--max-evaluations", "-1"},
                                        {"--timeout", "0"},
                                        {"--timeout", "nan"},
                                        {"--timeout", "inf"},
                                        {"--timeout", "1e300"},
                                        {"--poll-interval", "0"},
                                        {"--poll-interval", "-1"},
                                        {"--retry-for", "-0.1"},
                                        {"--keras-version", "1"},
                                        {"--metrics", "a,,b"},
                                        {"--metrics", ","}};
  for (const Arguments& option : cases) {
    EXPECT_THAT(Refusal(Plus(kRun, option)),
                AllOf(HasSubstr(option[0]), HasSubstr("'" + option[1] + "'")));
  }
}

TEST(CommandLineTest, RefusesWhatItDoesNotKnow) {
  EXPECT_THAT(Refusal(Plus(kRun, {"--batchsize", "3"})),
              AllOf(HasSubstr("'--batchsize'"), HasSubstr("--batch-size")));
  EXPECT_THAT(Refusal(Plus(kRun, {"--policy", "every"})), HasSubstr("unknown option '--policy'"));
  EXPECT_THAT(Refusal(Plus(kRun, {"-q"})), HasSubstr("unknown option '-q'"));
  EXPECT_THAT(Refusal(Plus(kRun, {"stray"})), HasSubstr("unknown argument 'stray'"));
  EXPECT_THAT(Refusal({"evalute"}), AllOf(HasSubstr("'evalute'"), HasSubstr("evaluate")));
  EXPECT_THAT(Refusal({"results", "file"}), HasSubstr("unknown command 'results'"));
  EXPECT_THAT(Refusal({"evaluate", "--checkpoint-dir", "c", "--model", "m", "--data", "d"}),
              HasSubstr("unknown option '--checkpoint-dir'"));
  EXPECT_THAT(Refusal({"inspect", "a", "b"}), HasSubstr("'b'"));
  EXPECT_EQ(Refusal({"--zzzzzzzz"}), "unknown option '--zzzzzzzz'. See 'sidecar --help'");
}

TEST(CommandLineTest, RefusesWhatIsMissing) {
  EXPECT_THAT(Refusal({}), HasSubstr("no command"));
  EXPECT_THAT(Refusal({"run", "--data", "d", "--checkpoint-dir", "c"}), HasSubstr("--model"));
  EXPECT_THAT(Refusal({"run", "--model", "m", "--checkpoint-dir", "c"}), HasSubstr("--data"));
  EXPECT_THAT(Refusal({"run", "--model", "m", "--data", "d"}), HasSubstr("--checkpoint-dir"));
  EXPECT_THAT(Refusal({"evaluate", "--model", "m", "--y", "y.npy"}), HasSubstr("--x"));
  EXPECT_THAT(Refusal({"inspect"}), HasSubstr("PATH"));
  EXPECT_THAT(Refusal({"replay", "a"}), HasSubstr("DST"));
  EXPECT_EQ(Refusal(Plus(kRun, {"--log-dir"})), "--log-dir needs a value");
  EXPECT_THAT(Refusal(Plus(kRun, {"--log-dir", ""})), HasSubstr("--log-dir"));
  EXPECT_THAT(Refusal(Plus(kRun, {"--log-dir", "--json"})),
              AllOf(HasSubstr("--log-dir"), HasSubstr("'--json'")));
}

TEST(CommandLineTest, RefusesWhatExcludesEachOtherOrStandsTwice) {
  EXPECT_THAT(Refusal(Plus(kRun, {"--x", "x.npy"})), AllOf(HasSubstr("--data"), HasSubstr("--x")));
  EXPECT_THAT(Refusal(Plus(kRun, {"--sample-weight", "w.npy"})), HasSubstr("--sample-weight"));
  EXPECT_THAT(Refusal(Plus(kRun, {"--quiet", "--verbose"})), HasSubstr("--quiet"));
  EXPECT_EQ(Refusal(Plus(kRun, {"--model", "other"})),
            "--model stands more than once; it takes one value");
}

TEST(CommandLineTest, HelpNamesEveryOptionAndExitCode) {
  const std::string help = Parsed<HelpCommand>({"run", "--help"}).text;
  for (const char* part : {"--model",
                           "--compile",
                           "--loss",
                           "--metrics",
                           "--data",
                           "--x",
                           "--y",
                           "--sample-weight",
                           "--batch-size",
                           "--steps",
                           "--keras-version",
                           "--checkpoint-root",
                           "--log-dir",
                           "--threads",
                           "--json",
                           "--quiet",
                           "--verbose",
                           "--checkpoint-dir",
                           "--max-evaluations",
                           "--timeout",
                           "--poll-interval",
                           "--retry-for",
                           "  64",
                           "  65",
                           "  66",
                           "  69",
                           "  70",
                           "  73",
                           "  74",
                           "  76",
                           " 130",
                           " 143"}) {
    EXPECT_THAT(help, HasSubstr(part));
  }
  EXPECT_THAT(help, Not(HasSubstr("\n\n\n")));
  EXPECT_THAT(Parsed<HelpCommand>({"--help"}).text, HasSubstr("replay"));
}

}  // namespace
}  // namespace sidecar::cli
