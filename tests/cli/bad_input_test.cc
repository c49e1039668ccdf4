// Bad input to the real program: one clear error, the right exit code, nothing half-written.
#include <gmock/gmock.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <random>

#include "cli_fixture.h"

namespace sidecar::test {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

std::string Flipped(std::string bytes, std::size_t at) {
  bytes[at] = static_cast<char>(bytes[at] ^ 0x10);
  return bytes;
}

std::string RandomBytes(std::size_t count) {
  std::mt19937 generator(7);
  std::string bytes(count, '\0');
  for (char& byte : bytes) byte = static_cast<char>(generator() & 0xFFU);
  return bytes;
}

class BadInputTest : public CliTest {
 protected:
  BadInputTest() {
    CopyCheckpoint("digits_mlp", 1, Path("ckpts"));
    CopyCheckpoint("digits_mlp", 2, Path("ckpts"));
  }

  Outcome EvaluateCheckpoint(const std::string& checkpoint) const {
    return RunSidecar(With("evaluate", "digits_mlp") + Arguments{"--checkpoint", checkpoint});
  }

  Outcome EvaluateModel(const std::string& model) const {
    return RunSidecar({"evaluate", "--model", model, "--data", Recorded("digits_mlp", "val.npz"),
                       "--checkpoint", Path("ckpts/ckpt-2")});
  }

  Outcome EvaluateData(const Arguments& data) const {
    return RunSidecar(Arguments{"evaluate", "--model", Recorded("digits_mlp", "model.keras"),
                                "--checkpoint", Path("ckpts/ckpt-2")} +
                      data);
  }

  // Damaged forms of `path`, one after the other in its place; `expect` runs the program. A bit of
  // the byte at `flipped` is wrong in one of them.
  template <class Expect>
  void ForEachDamage(const std::string& path, std::size_t flipped, const Expect& expect) {
    const std::string whole = ReadFile(path);
    for (const std::string& bytes :
         {std::string(), whole.substr(0, whole.size() / 2), whole.substr(0, whole.size() - 1),
          Flipped(whole, flipped), RandomBytes(4096)}) {
      WriteFile(path, bytes);
      expect();
    }
    WriteFile(path, whole);
  }
};

TEST_F(BadInputTest, DamagedCheckpointsEndEvaluateWith65) {
  const auto refused = [&] { ExpectError(EvaluateCheckpoint(Path("ckpts/ckpt-2")), 65, "ckpt-2"); };
  ForEachDamage(Path("ckpts/ckpt-2.index"), 300, refused);
  // The first tensors of the shard are the model's; the optimizer's are not read.
  ForEachDamage(Path("ckpts/ckpt-2.data-00000-of-00001"), 100, refused);
  fs::remove(Path("ckpts/ckpt-2.data-00000-of-00001"));
  ExpectError(EvaluateCheckpoint(Path("ckpts/ckpt-2")), 65, "ckpt-2");
  fs::remove(Path("ckpts/ckpt-2.index"));
  ExpectError(EvaluateCheckpoint(Path("ckpts/ckpt-2")), 66, "ckpt-2");
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
  ExpectError(outcome, 65, "ckpt-2");
}

TEST_F(BadInputTest, ACheckpointOfAnotherModelIsRefused) {
  ExpectError(EvaluateCheckpoint(Recorded("digits_cnn", "ckpts/ckpt-8")), 65, "ckpt-8");
}

TEST_F(BadInputTest, AnUnusableStateFileIsNotFatal) {
  for (const std::string& state : {std::string(), RandomBytes(300)}) {
    WriteFile(Path("ckpts/checkpoint"), state);
    const Outcome outcome = RunSidecar(With("run", "digits_mlp") +
                                       Arguments{"--checkpoint-dir", Path("ckpts"), "--timeout",
                                                 "60", "--json", "--max-evaluations", "2"});
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    EXPECT_EQ(ExpectAsKeras(outcome.out, "digits_mlp"), 2);
  }
}

TEST_F(BadInputTest, AMovedDirectorysCheckpointIsFoundByItsName) {
  WriteFile(Path("ckpts/checkpoint"), "model_checkpoint_path: \"/trainer/job/ckpt-1\"\n");
  const Outcome outcome =
      RunSidecar(With("run", "digits_mlp") +
                 Arguments{"--checkpoint-dir", Path("ckpts"), "--json", "--max-evaluations", "1"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_EQ(ExpectAsKeras(outcome.out, "digits_mlp"), 1);
}

TEST_F(BadInputTest, AStateFileThatNamesAMissingCheckpointIsWaitedOut) {
  WriteFile(Path("ckpts/checkpoint"), "model_checkpoint_path: \"ckpt-9\"\n");
  const Outcome outcome = RunSidecar(
      With("run", "digits_mlp") + Arguments{"--checkpoint-dir", Path("ckpts"), "--timeout", "0.5"});
  EXPECT_EQ(outcome.exit_code, 76) << outcome.err;
  EXPECT_EQ(outcome.out, "");
}

TEST_F(BadInputTest, DamagedModelsEndWith65) {
  const std::string archive = Path("model.keras");
  fs::copy_file(Recorded("digits_mlp", "model.keras"), archive);
  ForEachDamage(archive, ReadFile(archive).find("Sequential"),
                [&] { ExpectError(EvaluateModel(archive), 65, archive); });
  const std::string json = Path("model.json");
  fs::copy_file(Golden("models/k2_legacy_json/model.json"), json);
  const std::string whole = ReadFile(json);
  for (const std::string& text :
       {std::string(), std::string("{}"), whole.substr(0, whole.size() / 2), RandomBytes(999),
        std::string(100000, '['), std::string("[1, 2]")}) {
    WriteFile(json, text);
    ExpectError(EvaluateModel(json), 65, json);
  }
}

TEST_F(BadInputTest, AModelWithoutWeightsNeedsACheckpoint) {
  ExpectError(RunSidecar({"evaluate", "--model", Golden("models/k2_legacy_json/model.json"),
                          "--data", Recorded("digits_mlp", "val.npz")}),
              64, "--checkpoint");
}

TEST_F(BadInputTest, DamagedDataEndWith65) {
  const std::string data = Path("val.npz");
  fs::copy_file(Recorded("digits_mlp", "val.npz"), data);
  ForEachDamage(data, ReadFile(data).size() / 3, [&] {
    ExpectError(EvaluateData({"--data", data}), 65, data);
  });
}

TEST_F(BadInputTest, AZipBombIsRefused) {
  // 80 MB of zeros in 80 kB; and a member that holds more than it declares.
  const std::string bomb = NpyZeros("<f4", 4, {20'000'000});
  ExpectError(EvaluateData({"--data", File("bomb.npz", ZipBytes({{"x.npy", bomb, true}}))}), 65,
              "bomb.npz");
  const std::string small = NpyZeros("<f4", 4, {2000, 64});
  ExpectError(EvaluateData({"--data", File("liar.npz", ZipBytes({{"x.npy", small, true, 1000}}))}),
              65, "liar.npz");
  // The header of the array declares 2^60 elements.
  const std::string huge = NpyBytes("<f4", {1LL << 40, 1LL << 20}, "abcd");
  ExpectError(EvaluateData({"--data", File("huge.npz", ZipBytes({{"x.npy", huge}}))}), 65,
              "huge.npz");
}

TEST_F(BadInputTest, DataThatDoNotFitTheModelEndWith65) {
  const std::string x = File("x.npy", NpyZeros("<f4", 4, {5, 64}));
  const std::string y = File("y.npy", NpyZeros("<i8", 8, {5}));
  EXPECT_EQ(EvaluateData({"--x", x, "--y", y}).exit_code, 0);
  // Another number of features, another rank, other lengths, text, nothing at all, no targets.
  ExpectError(EvaluateData({"--x", File("wide.npy", NpyZeros("<f4", 4, {5, 65})), "--y", y}), 65,
              "65");
  ExpectError(EvaluateData({"--x", File("deep.npy", NpyZeros("<f4", 4, {5, 8, 8})), "--y", y}), 65,
              "8");
  ExpectError(EvaluateData({"--x", File("long.npy", NpyZeros("<f4", 4, {6, 64})), "--y", y}), 65,
              "6");
  ExpectError(EvaluateData({"--x", File("empty.npy", NpyZeros("<f4", 4, {0, 64})), "--y",
                            File("none.npy", NpyZeros("<i8", 8, {0}))}),
              65, "");
  ExpectError(EvaluateData({"--x", x}), 65, "");
  ExpectError(EvaluateData({"--x", File("text.npy", NpyZeros("<U4", 16, {5, 64})), "--y", y}), 65,
              "takes float32, the data is string");
  ExpectError(EvaluateData({"--x", File("complex.npy", NpyZeros("<c8", 8, {5, 64})), "--y", y}), 65,
              "");
}

TEST_F(BadInputTest, LabelsOutsideTheClassesEndWith65) {
  const std::string x = File("x.npy", NpyZeros("<f4", 4, {2, 64}));
  const std::string label_10("\x01\0\0\0\0\0\0\0\x0a\0\0\0\0\0\0\0", 16);
  ExpectError(EvaluateData({"--x", x, "--y", File("y.npy", NpyBytes("<i8", {2}, label_10))}), 65,
              "10");
  const std::string negative("\x01\0\0\0\0\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff", 16);
  ExpectError(EvaluateData({"--x", x, "--y", File("n.npy", NpyBytes("<i8", {2}, negative))}), 65,
              "-1");
  // A run ends, too: the data will not get better.
  ExpectError(RunSidecar({"run", "--model", Recorded("digits_mlp", "model.keras"), "--x", x, "--y",
                          Path("y.npy"), "--checkpoint-dir", Path("ckpts"), "--quiet"}),
              65, "10");
}

TEST_F(BadInputTest, AMalformedCompileConfigEndsWith64) {
  for (const char* text : {"", "{", "[]", R"({"loss": 5})"}) {
    const std::string compile = File("compile.json", text);
    const Outcome outcome =
        RunSidecar(With("evaluate", "digits_mlp") +
                   Arguments{"--checkpoint", Path("ckpts/ckpt-2"), "--compile", compile});
    ExpectError(outcome, 64, compile);
  }
}

}  // namespace
}  // namespace sidecar::test
