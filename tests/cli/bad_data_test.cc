// Bad data to the real program: one clear error, the right exit code, nothing half-written.
#include <gmock/gmock.h>

#include <filesystem>

#include "bad_input.h"

namespace sidecar::test {
namespace {

namespace fs = std::filesystem;

class BadDataTest : public BadInputTest {
 protected:
  // Five samples for digits_mlp.
  BadDataTest() {
    File("x.npy", NpyZeros("<f4", 4, {5, 64}));
    File("y.npy", NpyZeros("<i8", 8, {5}));
  }

  Outcome WithX(const std::string& npy) const {
    return EvaluateData({"--x", File("other_x.npy", npy), "--y", Path("y.npy")});
  }
  Outcome WithY(const std::string& npy) const {
    return EvaluateData({"--x", Path("x.npy"), "--y", File("other_y.npy", npy)});
  }
  Outcome WithWeights(const std::string& npy) const {
    return EvaluateData(
        {"--x", Path("x.npy"), "--y", Path("y.npy"), "--sample-weight", File("weights.npy", npy)});
  }
};

TEST_F(BadDataTest, DamagedArchivesEndWith65) {
  const std::string data = Path("val.npz");
  fs::copy_file(Recorded("digits_mlp", "val.npz"), data);
  ForEachDamage(data, ReadFile(data).size() / 3, [&] {
    ExpectRefused(EvaluateData({"--data", data}), 65, {data});
  });
  WriteFile(data, Flipped(ReadFile(data), ReadFile(data).size() / 3));
  ExpectRefused(EvaluateData({"--data", data}), 65, {data, "'x.npy'", "CRC"});
}

TEST_F(BadDataTest, DamagedArraysEndWith65) {
  const std::string whole = ReadFile(Path("x.npy"));
  ExpectRefused(WithX(""), 65, {"other_x.npy", "is not a .npy file"});
  ExpectRefused(WithX(RandomBytes(500)), 65, {"other_x.npy", "is not a .npy file"});
  ExpectRefused(WithX(whole.substr(0, 200)), 65,
                {"other_x.npy", "float32 elements of shape [5,64] take 1280 bytes, found 72"});
}

TEST_F(BadDataTest, ZipBombsAreRefused) {
  // 80 MB of zeros in 80 kB; a member that holds more than it declares; one whose header declares
  // 2^60 elements.
  const std::string bomb = NpyZeros("<f4", 4, {20'000'000});
  ExpectRefused(EvaluateData({"--data", File("bomb.npz", ZipBytes({{"x.npy", bomb, true}}))}), 65,
                {"bomb.npz"});
  const std::string small = NpyZeros("<f4", 4, {2000, 64});
  ExpectRefused(
      EvaluateData({"--data", File("liar.npz", ZipBytes({{"x.npy", small, true, 1000}}))}), 65,
      {"liar.npz", "'x.npy'"});
  const std::string huge = NpyBytes("<f4", {1LL << 40, 1LL << 20}, "abcd");
  ExpectRefused(EvaluateData({"--data", File("huge.npz", ZipBytes({{"x.npy", huge}}))}), 65,
                {"huge.npz"});
}

TEST_F(BadDataTest, AnEmptyDataSetEndsWith65) {
  const std::string x = NpyZeros("<f4", 4, {0, 64});
  const std::string y = NpyZeros("<i8", 8, {0});
  ExpectRefused(EvaluateData({"--x", File("no_x.npy", x), "--y", File("no_y.npy", y)}), 65,
                {"the data set is empty: x has 0, y has 0"});
  const std::string archive = File("none.npz", ZipBytes({{"x.npy", x}, {"y.npy", y}}));
  ExpectRefused(EvaluateData({"--data", archive}), 65, {archive, "the data set is empty"});
  // A run would never have anything to report.
  ExpectRefused(RunSidecar({"run", "--model", Recorded("digits_mlp", "model.keras"), "--data",
                            archive, "--checkpoint-dir", Path("ckpts"), "--log-dir", Path("logs")}),
                65, {archive, "the data set is empty"});
  const std::string nothing = File("nothing.npz", ZipBytes({}));
  ExpectRefused(EvaluateData({"--data", nothing}), 65, {nothing, "no array x", "holds nothing"});
}

TEST_F(BadDataTest, InputsOfAnotherShapeEndWith65) {
  ExpectRefused(WithX(NpyZeros("<f4", 4, {5, 65})), 65,
                {"'pixels' takes samples of shape [64], the data's have shape [65]"});
  ExpectRefused(WithX(NpyZeros("<f4", 4, {5, 8, 8})), 65, {"'pixels'", "[64]", "[8,8]"});
  ExpectRefused(WithX(NpyZeros("<f4", 4, {5})), 65, {"'pixels'", "[64]", "[]"});
}

TEST_F(BadDataTest, InputsOfAnotherTypeAreRefused) {
  ExpectRefused(WithX(NpyZeros("<U4", 16, {5, 64})), 65,
                {"'pixels' takes float32, the data is string"});
  ExpectRefused(WithX(NpyZeros("<c8", 8, {5, 64})), 65,
                {"'pixels' takes float32, the data is complex64"});
  ExpectRefused(WithX(NpyBytes("|O", {5, 64}, "pickled")), 69, {"other_x.npy", "'|O'", "pickled"});
  ExpectRefused(WithX(NpyZeros("<M8[s]", 8, {5, 64})), 69, {"other_x.npy", "'<M8[s]'", "dates"});
}

TEST_F(BadDataTest, TargetsOfAnotherTypeEndWith65) {
  ExpectRefused(WithY(NpyZeros("<U3", 12, {5})), 65, {"y holds strings", "must be real numbers"});
  ExpectRefused(WithY(NpyZeros("<c8", 8, {5})), 65, {"y holds complex64", "must be real numbers"});
  ExpectRefused(WithWeights(NpyZeros("<U3", 12, {5})), 65, {"sample_weight holds strings"});
}

TEST_F(BadDataTest, TargetsAndWeightsOfAnotherShapeEndWith65) {
  ExpectRefused(WithY(NpyZeros("<i8", 8, {5, 10})), 65,
                {"loss of output 'dense_1'", "[?,10]", "one-hot labels: categorical_crossentropy"});
  ExpectRefused(WithY(NpyZeros("<i8", 8, {5, 2, 2})), 65, {"output 'dense_1'", "[?,2,2]"});
  ExpectRefused(WithWeights(NpyZeros("<f4", 4, {5, 3})), 65, {"sample weights of shape [?,3]"});
  ExpectRefused(EvaluateData({"--x", Path("x.npy")}), 65,
                {"no targets (y)", "'dense_1'", "'SparseCategoricalCrossentropy'"});
}

TEST_F(BadDataTest, UnequalLengthsEndWith65) {
  ExpectRefused(WithX(NpyZeros("<f4", 4, {6, 64})), 65, {"x has 6, y has 5"});
  ExpectRefused(WithY(NpyZeros("<i8", 8, {4})), 65, {"x has 5, y has 4"});
  ExpectRefused(WithWeights(NpyZeros("<f4", 4, {1})), 65, {"y has 5, sample_weight has 1"});
}

TEST_F(BadDataTest, BatchesThatStatesAreNotOfEndWith65) {
  const std::string folder = Golden("models/k2_stateful/");
  const auto evaluate = [&](const Arguments& data) {
    return RunSidecar(Arguments{"evaluate", "--model", folder + "model.keras", "--checkpoint",
                                folder + "ckpts/ckpt-1"} +
                      data);
  };
  ExpectError(evaluate({"--data", folder + "data.npz"}), 65, "give --batch-size 16");
  const std::string x = File("short_x.npy", NpyZeros("<f4", 4, {40, 6, 3}));
  const std::string y = File("short_y.npy", NpyZeros("<i8", 8, {40}));
  const Arguments data = {"--x", x, "--y", y, "--batch-size", "16"};
  ExpectErrorWith(evaluate(data), 65, {"batch 2 has 8 samples", "a multiple of 16", "--steps"});
  const Outcome outcome = evaluate(data + Arguments{"--steps", "2"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
}

TEST_F(BadDataTest, LabelsOutsideTheClassesEndWith65) {
  const std::string label_10("\x01\0\0\0\0\0\0\0\x0a\0\0\0\0\0\0\0", 16);
  const std::string negative("\x01\0\0\0\0\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff", 16);
  const std::string x = File("two.npy", NpyZeros("<f4", 4, {2, 64}));
  const std::string bad = File("ten.npy", NpyBytes("<i8", {2}, label_10));
  ExpectRefused(EvaluateData({"--x", x, "--y", bad}), 65,
                {"batch 0", "'dense_1'", "label 10 in row 1", "from 0 to 9"});
  ExpectRefused(EvaluateData({"--x", x, "--y", File("minus.npy", NpyBytes("<i8", {2}, negative))}),
                65, {"label -1 in row 1", "from 0 to 9"});
  const std::string nan("\0\0\xc0\x7f", 4);
  ExpectRefused(WithY(NpyBytes("<f4", {5}, nan + nan + nan + nan + nan)), 65,
                {"label nan in row 0", "is no class number"});
  // A run ends, too: the data will not get better.
  ExpectRefused(
      RunSidecar({"run", "--model", Recorded("digits_mlp", "model.keras"), "--x", x, "--y", bad,
                  "--checkpoint-dir", Path("ckpts"), "--quiet", "--log-dir", Path("logs")}),
      65, {"evaluating " + Path("ckpts/ckpt-2"), "label 10 in row 1"});
}

TEST_F(BadDataTest, KindsThatAreNotReadEndWith69) {
  for (const char* name : {"d.csv", "d.csv.gz", "d.tfrecord", "d.tfrecord.gz"}) {
    ExpectRefused(EvaluateData({"--data", File(name, "x")}), 69, {name, ".npz and .npy"});
  }
  ExpectRefused(EvaluateData({"--data", Path("ckpts")}), 69, {Path("ckpts"), ".npz and .npy"});
  ExpectRefused(EvaluateData({"--data", Path("train-*.tfrecord")}), 69, {"train-*.tfrecord"});
}

TEST_F(BadDataTest, DirectoriesInTheirPlaceEndWith66) {
  for (const char* option : {"--x", "--y", "--sample-weight"}) {
    Arguments arguments = {option, Path("ckpts")};
    if (std::string(option) != "--x") arguments = Arguments{"--x", Path("x.npy")} + arguments;
    ExpectRefused(EvaluateData(arguments), 66, {Path("ckpts"), "is a directory", option});
  }
  ExpectRefused(EvaluateData({"--x", Path("x.npy"), "--compile", Path("ckpts")}), 66,
                {Path("ckpts"), "--compile"});
}

TEST_F(BadDataTest, AMalformedCompileConfigEndsWith64) {
  const Arguments data = {"--x", Path("x.npy"), "--y", Path("y.npy")};
  const std::vector<std::pair<std::string, std::string>> said = {
      {"", "is not JSON"},
      {"{", "is not JSON: wrong at byte"},
      {"[]", "an object with loss and metrics is needed"},
      {R"({"loss": 5})", "loss is 5"},
      {R"({"loss": "mse", "metrix": ["mae"]})", "unknown key 'metrix'"}};
  for (const auto& [text, message] : said) {
    const std::string compile = File("compile.json", text);
    ExpectRefused(EvaluateData(data + Arguments{"--compile", compile}), 64, {compile, message});
  }
  ExpectRefused(EvaluateData(data + Arguments{"--loss", "mess", "--metrics", "acc,mea,mes"}), 64,
                {"no loss 'mess', no metric 'mea', no metric 'mes'"});
}

}  // namespace
}  // namespace sidecar::test
