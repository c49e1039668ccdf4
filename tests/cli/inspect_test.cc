// `sidecar inspect` on whole and damaged things of every kind.
#include <gmock/gmock.h>

#include <filesystem>

#include "cli_fixture.h"

namespace sidecar::test {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class InspectTest : public CliTest {
 protected:
  // The JSON of a run that ends with `code`.
  static Json Inspected(const std::string& path, int code = 0) {
    const Outcome outcome = RunSidecar({"inspect", path, "--json"});
    EXPECT_EQ(outcome.exit_code, code) << outcome.err;
    const Json json = Json::parse(outcome.out, nullptr, false);
    EXPECT_TRUE(json.is_object()) << outcome.out;
    EXPECT_EQ(Lines(outcome.out).size(), 1U);
    if (!json.is_object()) return Json::object();
    EXPECT_EQ(json.value("ok", false), code == 0);
    EXPECT_EQ(json["problems"].empty(), code == 0);
    const Outcome text = RunSidecar({"inspect", path});
    EXPECT_EQ(text.exit_code, code);
    EXPECT_EQ(text.err, outcome.err);
    EXPECT_FALSE(text.out.empty());
    return json;
  }

  static Json Variable(const Json& json, const std::string& key) {
    for (const Json& variable : json["variables"]) {
      if (variable["key"] == key) return variable;
    }
    ADD_FAILURE() << "no variable " << key;
    return Json::object();
  }
};

TEST_F(InspectTest, DescribesACheckpoint) {
  const std::string prefix = Recorded("digits_mlp", "ckpts/ckpt-3");
  for (const std::string& path : {prefix, prefix + ".index", prefix + ".data-00000-of-00001"}) {
    const Json json = Inspected(path);
    EXPECT_EQ(json["kind"], "checkpoint");
    EXPECT_EQ(json["number"], 3);
    EXPECT_EQ(json["step"], 66);
    const Json kernel =
        Variable(json, "model/layer_with_weights-0/kernel/.ATTRIBUTES/VARIABLE_VALUE");
    EXPECT_EQ(kernel["dtype"], "float32");
    EXPECT_EQ(kernel["shape"], Json({64, 48}));
    EXPECT_EQ(kernel["bytes"], 64 * 48 * 4);
    EXPECT_EQ(kernel["ok"], true);
  }
}

TEST_F(InspectTest, NamesWhatIsDamagedInACheckpoint) {
  CopyCheckpoint("digits_mlp", 1, Path("ckpts"));
  const std::string data = Path("ckpts/ckpt-1.data-00000-of-00001");
  const std::string whole = ReadFile(data);
  std::string flipped = whole;
  flipped[2000] = static_cast<char>(flipped[2000] ^ 1);
  WriteFile(data, flipped);
  int damaged = 0;
  const Json json = Inspected(Path("ckpts/ckpt-1"), 65);
  for (const Json& variable : json["variables"]) damaged += variable["ok"] == false ? 1 : 0;
  EXPECT_EQ(damaged, 1);
  WriteFile(data, whole.substr(0, 100));
  Inspected(Path("ckpts/ckpt-1"), 65);
  fs::remove(data);
  Inspected(Path("ckpts/ckpt-1"), 65);
  WriteFile(Path("ckpts/ckpt-1.index"), "garbage");
  Inspected(Path("ckpts/ckpt-1"), 65);
}

TEST_F(InspectTest, DescribesADirectory) {
  const Json json = Inspected(Recorded("digits_mlp", "ckpts"));
  EXPECT_EQ(json["kind"], "directory");
  EXPECT_EQ(json["checkpoints"].size(), 8U);
  EXPECT_EQ(json["checkpoints"][7]["number"], 8);
  EXPECT_EQ(json["state_file"]["model_checkpoint_path"], "ckpt-8");
  EXPECT_EQ(json["newest"]["number"], 8);
  EXPECT_EQ(json["newest"]["step"], 176);
  fs::create_directory(Path("empty"));
  EXPECT_EQ(Inspected(Path("empty"))["newest"], nullptr);
}

TEST_F(InspectTest, DescribesAModel) {
  const Json json = Inspected(Recorded("digits_mlp", "model.keras"));
  EXPECT_EQ(json["kind"], "model");
  EXPECT_EQ(json["name"], "digits_mlp");
  EXPECT_EQ(json["keras_version"], 2);
  EXPECT_EQ(json["inputs"][0]["shape"], Json({nullptr, 64}));
  EXPECT_EQ(json["outputs"][0]["shape"], Json({nullptr, 10}));
  EXPECT_EQ(json["parameters"], 64 * 48 + 48 + 48 * 10 + 10);
  EXPECT_EQ(json["variables"].size(), 4U);
  EXPECT_TRUE(json["compile"].contains("loss"));
  EXPECT_FALSE(json.contains("batch_size"));
  EXPECT_EQ(Inspected(Golden("models/k3_stateful/model.keras"))["batch_size"], 16);
}

TEST_F(InspectTest, DescribesArrays) {
  const Json json = Inspected(Recorded("digits_cnn", "val.npz"));
  EXPECT_EQ(json["kind"], "npz");
  EXPECT_EQ(json["arrays"][0]["name"], "x");
  EXPECT_EQ(json["arrays"][0]["shape"], Json({397, 8, 8, 1}));
  EXPECT_EQ(json["arrays"][1]["dtype"], "int64");
  const std::string npy = File("a.npy", NpyZeros("<i2", 2, {3, 2}));
  EXPECT_EQ(Inspected(npy)["arrays"][0]["dtype"], "int16");
  Inspected(File("b.npy", ReadFile(npy).substr(0, 130)), 65);
}

TEST_F(InspectTest, UnknownKindsAreDamaged) {
  const Outcome outcome = RunSidecar({"inspect", File("what", "hello")});
  ExpectError(outcome, 65, Path("what"));
}

TEST_F(InspectTest, DescribesASavedModel) {
  const Json json = Inspected(Golden("saved_models/k2_save_functional/model"));
  EXPECT_EQ(json["kind"], "saved_model");
  EXPECT_EQ(Inspected(Golden("saved_models/k2_save_functional/model/saved_model.pb")), json);
  EXPECT_EQ(json["supported"], true);
  EXPECT_EQ(json["keras_version"], 2);
  EXPECT_EQ(json["signatures"][0]["name"], "serving_default");
  EXPECT_EQ(json["signatures"][0]["inputs"][0],
            Json({{"name", "deep"}, {"dtype", "float32"}, {"shape", {nullptr, 4}}}));
  EXPECT_EQ(json["outputs"][0]["name"], "score");  // the model's order, not the signature's
  EXPECT_EQ(json["variables"][0]["name"], "deep_dense/kernel");
  EXPECT_EQ(json["variables"][0]["place"], "layer_with_weights-0/kernel");
  EXPECT_EQ(json["compile"]["loss"]["score"], "mse");
  for (const Json& op : json["ops"]) EXPECT_EQ(op["supported"], true) << op;
}

TEST_F(InspectTest, NamesEveryUnsupportedOp) {
  const Json json = Inspected(Golden("saved_models/k3_unsupported_ops/model"), 69);
  EXPECT_EQ(json["supported"], false);
  std::vector<std::string> nodes;
  for (const Json& op : json["ops"]) {
    if (op["supported"] == false) nodes.push_back(op["nodes"][0]);
  }
  EXPECT_EQ(nodes, (std::vector<std::string>{"net_1/running_1/Cumprod",
                                             "net_1/enlarge_1/resize/ResizeBicubic"}));
}

}  // namespace
}  // namespace sidecar::test
