// Bad input to the real program: one clear error, the right exit code, nothing half-written.
#include "bad_input.h"

#include <gmock/gmock.h>

#include <filesystem>
#include <map>
#include <set>

namespace sidecar::test {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

TEST_F(BadInputTest, DamagedCheckpointsEndEvaluateWith65) {
  const std::string index = Path("ckpts/ckpt-2.index");
  const std::string data = Path("ckpts/ckpt-2.data-00000-of-00001");
  const auto refused_naming = [this](const std::string& file) {
    return [this, file] { ExpectRefused(EvaluateCheckpoint(Path("ckpts/ckpt-2")), 65, {file}); };
  };
  ForEachDamage(index, 300, refused_naming(index));
  // The first tensors of the shard are the model's; the optimizer's are not read.
  ForEachDamage(data, 100, refused_naming(data));
  WriteFile(data, Flipped(ReadFile(data), 100));
  ExpectRefused(EvaluateCheckpoint(Path("ckpts/ckpt-2")), 65,
                {"'model/layer_with_weights-0/kernel/", data, "checksum"});
  fs::remove(data);
  ExpectRefused(EvaluateCheckpoint(Path("ckpts/ckpt-2")), 65, {data, "missing"});
  fs::remove(index);
  ExpectRefused(EvaluateCheckpoint(Path("ckpts/ckpt-2")), 66, {index, "No such file"});
}

TEST_F(BadInputTest, WhatIsNoCheckpointIsRefused) {
  ExpectRefused(EvaluateCheckpoint(Recorded("digits_mlp", "val.npz")), 69,
                {"val.npz", "'model.weights.h5'"});
  ExpectRefused(EvaluateCheckpoint(File("note.txt", "hello")), 65, {"note.txt"});
  ExpectRefused(EvaluateCheckpoint(Path("none")), 66, {Path("none")});
  fs::create_directory(Path("empty"));
  ExpectRefused(EvaluateCheckpoint(Path("empty")), 66, {Path("empty"), "the directory is empty"});
}

TEST_F(BadInputTest, RunPassesOverADamagedCheckpoint) {
  WriteFile(Path("ckpts/ckpt-2.index"), RandomBytes(500));
  ChildProcess run(SidecarProgram(), With("run", "digits_mlp") +
                                         Arguments{"--checkpoint-dir", Path("ckpts"), "--json",
                                                   "--retry-for", "60", "--max-evaluations", "3"});
  ASSERT_TRUE(run.WaitForErr("ckpt-2"));
  CopyCheckpoint("digits_mlp", 3, Path("ckpts"));
  const Outcome outcome = run.Finish();
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  const std::vector<std::string> lines = Lines(outcome.out);
  ASSERT_EQ(lines.size(), 1U) << outcome.out;
  EXPECT_EQ(ExpectAsKeras(lines[0], "digits_mlp"), 3);
}

TEST_F(BadInputTest, RunEvaluatesACheckpointOnceItIsWhole) {
  const std::string whole = ReadFile(Path("ckpts/ckpt-2.index"));
  WriteFile(Path("ckpts/ckpt-2.index"), whole.substr(0, 100));
  ChildProcess run(SidecarProgram(),
                   With("run", "digits_mlp") + Arguments{"--checkpoint-dir", Path("ckpts"),
                                                         "--json", "--max-evaluations", "2"});
  ASSERT_TRUE(run.WaitForErr("Retrying"));
  WriteFile(Path("ckpts/ckpt-2.index"), whole);
  const Outcome outcome = run.Finish();
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_EQ(ExpectAsKeras(outcome.out, "digits_mlp"), 2);
}

TEST_F(BadInputTest, ADamagedLastCheckpointEndsRunWith65) {
  WriteFile(Path("ckpts/ckpt-2.data-00000-of-00001"),
            Flipped(ReadFile(Path("ckpts/ckpt-2.data-00000-of-00001")), 1000));
  const Outcome outcome = RunSidecar(With("run", "digits_mlp") +
                                     Arguments{"--checkpoint-dir", Path("ckpts"), "--json",
                                               "--retry-for", "0.3", "--max-evaluations", "2"});
  ExpectRefused(outcome, 65, {"ckpt-2", "max_evaluations (2)", "checksum"});
}

TEST_F(BadInputTest, ACheckpointOfAnotherModelIsRefused) {
  const std::string other = Recorded("digits_cnn", "ckpts/ckpt-8");
  ExpectRefused(EvaluateCheckpoint(other), 65,
                {other, "4 of 4 variables",
                 "dense/kernel: checkpoint has float32[3,3,1,8], model "
                 "needs float32[64,48]",
                 "dense/bias: missing", "another model"});
  // A run reports it, and ends where it is the last one that is waited for.
  const Outcome run = RunSidecar(With("run", "digits_mlp") +
                                 Arguments{"--checkpoint-dir", Recorded("digits_cnn", "ckpts"),
                                           "--max-evaluations", "8", "--log-dir", Path("logs")});
  ExpectRefused(run, 65, {"ckpt-8", "4 of 4 variables"});
  EXPECT_THAT(run.err, HasSubstr("is passed over after 1 attempt: FailedPreconditionError"));
}

TEST_F(BadInputTest, AnUnusableStateFileIsNotFatal) {
  for (const std::string& state : {std::string(), RandomBytes(300)}) {
    WriteFile(Path("ckpts/checkpoint"), state);
    const Outcome outcome = RunSidecar(With("run", "digits_mlp") +
                                       Arguments{"--checkpoint-dir", Path("ckpts"), "--timeout",
                                                 "60", "--json", "--max-evaluations", "2"});
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    EXPECT_EQ(ExpectAsKeras(outcome.out, "digits_mlp"), 2);
    EXPECT_THAT(outcome.err, HasSubstr(Path("ckpts/checkpoint") + ": cannot be used; going by"));
    const Outcome once = RunSidecar(With("evaluate", "digits_mlp") +
                                    Arguments{"--checkpoint", Path("ckpts"), "--json"});
    EXPECT_EQ(once.exit_code, 0) << once.err;
    EXPECT_EQ(ExpectAsKeras(once.out, "digits_mlp"), 2);
  }
}

TEST_F(BadInputTest, AMovedDirectorysCheckpointIsFoundByItsName) {
  WriteFile(Path("ckpts/checkpoint"), "model_checkpoint_path: \"/trainer/job/ckpt-1\"\n");
  const Outcome outcome =
      RunSidecar(With("run", "digits_mlp") +
                 Arguments{"--checkpoint-dir", Path("ckpts"), "--json", "--max-evaluations", "1"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_EQ(ExpectAsKeras(outcome.out, "digits_mlp"), 1);
  EXPECT_THAT(outcome.err, HasSubstr("names /trainer/job/ckpt-1, which is outside"));
}

TEST_F(BadInputTest, AStateFileThatNamesAMissingCheckpointIsWaitedOut) {
  WriteFile(Path("ckpts/checkpoint"), "model_checkpoint_path: \"ckpt-9\"\n");
  const Outcome outcome = RunSidecar(Run({"--timeout", "0.5"}));
  ExpectRefused(outcome, 76, {Path("ckpts"), "names " + Path("ckpts/ckpt-9"), "does not exist"});
  EXPECT_THAT(outcome.err,
              HasSubstr("error: Couldn't match files for checkpoint " + Path("ckpts/ckpt-9")));
  ExpectRefused(EvaluateCheckpoint(Path("ckpts")), 66, {Path("ckpts/ckpt-9"), "does not exist"});
}

TEST_F(BadInputTest, DamagedModelsEndWith65) {
  const std::string archive = Path("model.keras");
  fs::copy_file(Recorded("digits_mlp", "model.keras"), archive);
  ForEachDamage(archive, ReadFile(archive).find("Sequential"),
                [&] { ExpectRefused(EvaluateModel(archive), 65, {archive}); });
  WriteFile(archive, Flipped(ReadFile(archive), ReadFile(archive).find("Sequential")));
  ExpectRefused(EvaluateModel(archive), 65, {archive, "'config.json'", "CRC"});
  const std::string json = Path("model.json");
  const std::string whole = ReadFile(Golden("models/k2_legacy_json/model.json"));
  const std::string cut = whole.substr(0, whole.size() / 2);
  const std::map<std::string, std::string> said = {
      {"", "is empty"},
      {"{}", "is not the JSON of a Keras model"},
      {"[1, 2]", "is not the JSON of a Keras model"},
      {cut, "is not valid JSON: error at byte " + std::to_string(cut.size() + 1)},
      {RandomBytes(999), "is not valid JSON: error at byte 1 of 999"},
      {std::string(100000, '['), "is nested deeper than 300 levels"}};
  for (const auto& [text, message] : said) {
    WriteFile(json, text);
    ExpectRefused(EvaluateModel(json), 65, {json, message});
    // Also where no checkpoint is named: not having weights is the least of its faults.
    ExpectRefused(RunSidecar({"evaluate", "--model", json, "--data",
                              Recorded("digits_mlp", "val.npz"), "--log-dir", Path("logs")}),
                  65, {json, message});
  }
}

TEST_F(BadInputTest, FlippedBitsInJsonAreRefusedOrMeanSomethingElse) {
  const std::string whole = ReadFile(Golden("models/k2_legacy_json/model.json"));
  const std::string json = Path("model.json");
  const auto evaluate = [&](const std::string& text) {
    WriteFile(json, text);
    return RunSidecar({"evaluate", "--model", json, "--data",
                       Golden("models/k2_legacy_json/data.npz"), "--loss",
                       "categorical_crossentropy", "--checkpoint",
                       Golden("models/k2_legacy_json/ckpts/ckpt-1"), "--log-dir", Path("logs")});
  };
  const auto flipped_at = [&](const std::string& text) { return Flipped(whole, whole.find(text)); };
  ExpectRefused(evaluate(Flipped(whole, 0)), 65, {json, "is not valid JSON: error at byte 1"});
  ExpectRefused(evaluate(flipped_at("class_name")), 65, {json, "is not the JSON of a Keras model"});
  ExpectRefused(evaluate(flipped_at("batch_input_shape")), 69, {json, "InputLayer 'x_in'"});
  ExpectRefused(evaluate(flipped_at("Dense")), 69, {json, "Tense 'stem_dense'"});
  // JSON has no checksum: what still is the config of some model is taken for it. Nothing else may
  // come of a bit anywhere.
  std::map<int, int> codes;
  for (std::size_t at = 0; at < whole.size(); at += 229) {
    SCOPED_TRACE(at);
    const Outcome outcome = evaluate(Flipped(whole, at));
    ++codes[outcome.exit_code];
    if (outcome.exit_code == 0) {
      fs::remove_all(Path("logs"));
      continue;
    }
    ExpectRefused(outcome, outcome.exit_code == 69 ? 69 : 65, {json});
  }
  EXPECT_GT(codes[65], 5);
}

TEST_F(BadInputTest, WhatIsNoModelIsRefused) {
  ExpectRefused(EvaluateModel(Recorded("digits_mlp", "val.npz")), 65, {"without config.json"});
  ExpectRefused(EvaluateModel(Path("ckpts")), 65, {Path("ckpts"), "saved_model.pb"});
  ExpectRefused(RunSidecar({"evaluate", "--model", Path("ckpts"), "--data",
                            Recorded("digits_mlp", "val.npz")}),
                65, {Path("ckpts"), "saved_model.pb"});
  ExpectRefused(EvaluateModel(Golden("hdf5/k2_cnn.weights.h5")), 65,
                {"k2_cnn.weights.h5", "model_config"});
}

TEST_F(BadInputTest, AModelWithoutWeightsNeedsACheckpoint) {
  const std::string model = Golden("models/k2_legacy_json/model.json");
  ExpectRefused(RunSidecar({"evaluate", "--model", model, "--data",
                            Recorded("digits_mlp", "val.npz"), "--log-dir", Path("logs")}),
                64, {model, "holds no weights", "--checkpoint"});
}

TEST_F(BadInputTest, AZipBombIsRefused) {
  // 80 MB of spaces in 80 kB where a config is expected.
  const std::string bomb(80'000'000, ' ');
  ExpectRefused(EvaluateModel(File("bomb.keras", ZipBytes({{"config.json", bomb, true}}))), 65,
                {"bomb.keras", "config.json"});
  ExpectRefused(EvaluateModel(File("liar.keras",
                                   ZipBytes({{"config.json", bomb.substr(0, 9999), true, 10}}))),
                65, {"liar.keras", "config.json"});
}

}  // namespace
}  // namespace sidecar::test
