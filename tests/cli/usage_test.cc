// The command line of the real program: help, version, wrong usage, files that are not there.
#include <gmock/gmock.h>

#include <filesystem>

#include "cli_fixture.h"

namespace sidecar::test {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

class UsageTest : public CliTest {
 protected:
  // A complete command line; what a test adds to it is what is wrong.
  Arguments Run() const {
    return With("run", "digits_mlp") + Arguments{"--checkpoint-dir", Path("ckpts")};
  }
};

TEST_F(UsageTest, HelpGoesToStandardOutput) {
  for (const Arguments& arguments :
       {Arguments{"--help"}, Arguments{"run", "--help"}, Arguments{"evaluate", "--help"},
        Arguments{"inspect", "-h"}, Arguments{"replay", "--help"}}) {
    const Outcome outcome = RunSidecar(arguments);
    EXPECT_EQ(outcome.exit_code, 0);
    EXPECT_THAT(outcome.out, HasSubstr("Usage: sidecar"));
    EXPECT_EQ(outcome.err, "");
    for (const std::string& line : Lines(outcome.out)) EXPECT_LE(line.size(), 100U) << line;
  }
}

TEST_F(UsageTest, VersionIsPrintedForPeopleAndMachines) {
  const Outcome text = RunSidecar({"--version"});
  EXPECT_EQ(text.exit_code, 0);
  EXPECT_THAT(text.out, StartsWith("sidecar "));
  const Outcome json = RunSidecar({"--version", "--json"});
  EXPECT_EQ(json.exit_code, 0);
  const Json version = Json::parse(json.out);
  EXPECT_EQ("sidecar " + version["version"].get<std::string>() + "\n", text.out);
  EXPECT_THAT(version["openvino"].get<std::string>(), StartsWith("2026."));
  EXPECT_TRUE(version.contains("compiler"));
}

TEST_F(UsageTest, WrongUsageEndsWith64) {
  ExpectError(RunSidecar({}), 64, "no command");
  ExpectError(RunSidecar({"walk"}), 64, "'walk'");
  ExpectError(RunSidecar(Run() + Arguments{"--batchsize", "3"}), 64, "--batch-size");
  ExpectError(RunSidecar(Run() + Arguments{"--batch-size", "0"}), 64, "--batch-size");
  ExpectError(RunSidecar(Run() + Arguments{"--steps", "-3"}), 64, "--steps");
  ExpectError(RunSidecar(Run() + Arguments{"--timeout", "soon"}), 64, "--timeout");
  ExpectError(RunSidecar(Run() + Arguments{"--x", "x.npy"}), 64, "--data and --x");
  ExpectError(RunSidecar({"run"}), 64, "--model");
  ExpectError(RunSidecar(With("run", "digits_mlp")), 64, "--checkpoint-dir");
  ExpectError(RunSidecar({"replay", "a"}), 64, "DST");
}

TEST_F(UsageTest, OptionsOfLaterVersionsAreRefused) {
  for (const char* option :
       {"--policy",      "--results",         "--once",         "--done-file",   "--export-best",
        "--export-dir",  "--csv-log",         "--on-test-end",  "--grace",       "--on-rewind",
        "--fail-on-nan", "--follow-symlinks", "--run-name",     "--status-file", "--listen",
        "--label",       "--columns",         "--features",     "--split",       "--image-size",
        "--label-mode",  "--color-mode",      "--interpolation"}) {
    ExpectError(RunSidecar(Run() + Arguments{option, "value"}), 64, option);
  }
}

TEST_F(UsageTest, FilesThatAreNotThereEndWith66) {
  const std::string missing = Path("missing");
  const std::string model = Recorded("digits_mlp", "model.keras");
  const std::string data = Recorded("digits_mlp", "val.npz");
  ExpectError(RunSidecar({"evaluate", "--model", missing, "--data", data}), 66, missing);
  ExpectError(RunSidecar({"evaluate", "--model", model, "--data", missing}), 66, missing);
  ExpectError(RunSidecar({"evaluate", "--model", model, "--x", missing}), 66, missing);
  ExpectError(RunSidecar(Run() + Arguments{"--compile", missing}), 66, missing);
  ExpectError(RunSidecar(With("evaluate", "digits_mlp") + Arguments{"--checkpoint", missing}), 66,
              missing);
  ExpectError(RunSidecar({"inspect", missing}), 66, missing);
  ExpectError(RunSidecar({"replay", missing, Path("to")}), 66, missing);
  EXPECT_FALSE(std::filesystem::exists(Path("to")));
}

TEST_F(UsageTest, AFileInTheCheckpointDirectorysPlaceEndsWith66) {
  const std::string file = File("file", "");
  ExpectError(RunSidecar(With("run", "digits_mlp") + Arguments{"--checkpoint-dir", file}), 66,
              file);
}

TEST_F(UsageTest, AnOutputThatCannotBeCreatedEndsWith73BeforeTheWait) {
  const std::string file = File("file", "");
  ExpectError(RunSidecar(Run() + Arguments{"--log-dir", file + "/logs"}), 73, file);
  ExpectError(RunSidecar(Run() + Arguments{"--log-dir", file}), 73, file);
  // Where not even root can make a directory.
  ExpectError(RunSidecar(Run() + Arguments{"--log-dir", "/proc/logs"}), 73, "/proc/logs");
  ExpectError(RunSidecar(With("evaluate", "digits_mlp") + Arguments{"--log-dir", "/proc/logs"}), 73,
              "/proc/logs");
  ExpectError(
      RunSidecar({"replay", Recorded("digits_mlp", "ckpts"), file + "/to", "--interval", "0"}), 73,
      file);
}

TEST_F(UsageTest, ResultsThatCannotBeWrittenEndWith74) {
  const Arguments evaluate = With("evaluate", "digits_mlp") +
                             Arguments{"--checkpoint", Recorded("digits_mlp", "ckpts/ckpt-8")};
  Outcome outcome = ChildProcess(SidecarProgram(), evaluate, "/dev/full").Finish();
  EXPECT_EQ(outcome.exit_code, 74) << outcome.err;
  EXPECT_THAT(outcome.err, HasSubstr("standard output"));
  outcome = ChildProcess(SidecarProgram(), {"--help"}, "/dev/full").Finish();
  EXPECT_EQ(outcome.exit_code, 74) << outcome.err;
}

TEST_F(UsageTest, TheCompileConfigDecidesWhatIsAllowed) {
  const Arguments uncompiled = {"evaluate",
                                "--model",
                                Golden("models/k2_legacy_json/model.json"),
                                "--data",
                                Golden("models/k2_legacy_json/data.npz"),
                                "--checkpoint",
                                Golden("models/k2_legacy_json/ckpts")};
  ExpectError(RunSidecar(uncompiled), 64, "loss");
  // Keras 2 reports a loss of 0 where none is given, Keras 3 has to have one.
  const Outcome keras2 =
      RunSidecar(uncompiled + Arguments{"--metrics", "accuracy", "--json", "--keras-version", "2"});
  EXPECT_EQ(keras2.exit_code, 0) << keras2.err;
  EXPECT_THAT(keras2.out, HasSubstr("\"loss\": 0.0"));
  ExpectError(RunSidecar(uncompiled + Arguments{"--metrics", "accuracy", "--keras-version", "3"}),
              64, "--loss");
}

TEST_F(UsageTest, WhatIsNotSupportedEndsWith69NamingIt) {
  const Arguments checkpoint = {"--checkpoint", Recorded("digits_mlp", "ckpts/ckpt-8")};
  const std::string compile =
      File("compile.json", R"({"loss": {"class_name": "MyLoss", "config": {}, "module": "mine",
                           "registered_name": "mine>MyLoss"}, "metrics": ["mae"]})");
  ExpectError(
      RunSidecar(With("evaluate", "digits_mlp") + checkpoint + Arguments{"--compile", compile}), 69,
      "MyLoss");
  const std::string model = File(
      "model.json",
      R"({"class_name": "Sequential", "keras_version": "2.15.0", "backend": "tensorflow", "config":
          {"name": "s", "layers": [
          {"class_name": "InputLayer", "config": {"batch_input_shape": [null, 64],
           "dtype": "float32", "sparse": false, "ragged": false, "name": "i"}},
          {"class_name": "MyLayer", "config": {"name": "mine"}}]}})");
  ExpectError(RunSidecar({"evaluate", "--model", model, "--data", Recorded("digits_mlp", "val.npz"),
                          "--loss", "mse", "--checkpoint", Recorded("digits_mlp", "ckpts/ckpt-8")}),
              69, "MyLayer");
}

// The losses and metrics of users' own, as Keras saves those that were not registered with it.
TEST_F(UsageTest, AModelsOwnLossesAndMetricsAreAllNamed) {
  Json config = Json::parse(ReadFile(Golden("models/k2_legacy_json/model.json")));
  config["compile_config"] = Json::parse(R"({"optimizer": "rmsprop", "loss": {"module": "builtins",
      "class_name": "function", "config": "my_loss", "registered_name": "function"}, "metrics":
      [{"module": "builtins", "class_name": "function", "config": "my_metric", "registered_name":
      "function"}, {"module": null, "class_name": "MyMean", "config": {"name": "m"},
      "registered_name": "MyMean"}, "mae"], "loss_weights": null, "weighted_metrics": null})");
  const std::string model =
      File("model.keras", ZipBytes({{"config.json", config.dump()},
                                    {"metadata.json", R"({"keras_version": "2.21.0"})"}}));
  const Arguments evaluate = {"evaluate",
                              "--model",
                              model,
                              "--data",
                              Golden("models/k2_legacy_json/data.npz"),
                              "--checkpoint",
                              Golden("models/k2_legacy_json/ckpts/ckpt-1")};
  ExpectErrorWith(RunSidecar(evaluate), 69, {"'my_loss'", "'my_metric'", "'MyMean'", "--compile"});
  const Outcome replaced = RunSidecar(
      evaluate + Arguments{"--loss", "categorical_crossentropy", "--metrics", "accuracy"});
  EXPECT_EQ(replaced.exit_code, 0) << replaced.err;
}

}  // namespace
}  // namespace sidecar::test
