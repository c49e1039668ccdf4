// Model files of every kind to the real program: whole models in HDF5, models whose shapes come
// with the data, and configs that lie.
#include <gmock/gmock.h>

#include <filesystem>

#include "cli_fixture.h"

namespace sidecar::test {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class ModelFilesTest : public CliTest {
 protected:
  static Json Expected(const std::string& file) {
    for (const Json& entry : Json::parse(ReadFile(Golden("h5_models/expected.json")))) {
      if (entry["file"] == file) return entry;
    }
    ADD_FAILURE() << file;
    return {};
  }

  static double Loss(const std::string& line) { return Json::parse(line)["metrics"]["loss"]; }

  static Json Inspected(const std::string& path, int code = 0) {
    const Outcome outcome = RunSidecar({"inspect", "--json", path});
    EXPECT_EQ(outcome.exit_code, code) << outcome.err;
    return Json::parse(outcome.out);
  }
};

TEST_F(ModelFilesTest, Hdf5ModelsAreEvaluatedWithTheirOwnWeights) {
  for (const std::string stem : {"k2_cnn", "k3_cnn"}) {
    const Json expected = Expected(stem + ".h5");
    const Outcome outcome =
        RunSidecar({"evaluate", "--json", "--model", Golden("h5_models/" + stem + ".h5"), "--data",
                    Golden("h5_models/" + stem + ".npz")});
    ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
    const Json line = Json::parse(outcome.out);
    EXPECT_EQ(line["step"], expected["step"]);
    for (const Json& metric : expected["metrics"]) {
      const double value = line["metrics"][metric[0].get<std::string>()];
      EXPECT_NEAR(value, metric[1].get<double>(), 1e-5) << metric[0];
    }
  }
}

TEST_F(ModelFilesTest, RunFollowsCheckpointsOfAnHdf5Model) {
  const Json expected = Expected("k3_frozen.h5");
  fs::copy(Golden("h5_models/k3_frozen.ckpts"), Path("ckpts"));
  const Outcome outcome = RunSidecar({"run", "--json", "--model", Golden("h5_models/k3_frozen.h5"),
                                      "--data", Golden("h5_models/k3_frozen.npz"),
                                      "--checkpoint-dir", Path("ckpts"), "--max-evaluations", "1"});
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  for (const Json& metric : expected["checkpoint_metrics"]) {
    if (metric[0] == "loss") {
      EXPECT_NEAR(Loss(outcome.out), metric[1].get<double>(), 1e-5);
    }
  }
}

TEST_F(ModelFilesTest, InspectTellsModelsFromWeights) {
  const Json model = Inspected(Golden("h5_models/k2_two_in_out.h5"));
  EXPECT_EQ(model["kind"], "model");
  EXPECT_EQ(model["keras_version"], 2);
  EXPECT_EQ(model["inputs"].size(), 2U);
  EXPECT_EQ(model["outputs"][0]["name"], "kind");
  EXPECT_EQ(model["weights"]["kind"], "weights");
  EXPECT_EQ(model["compile"]["metrics"][1][0]["config"]["name"], "mae");
  EXPECT_EQ(Inspected(Golden("hdf5/k2_cnn_legacy_weights.h5"))["kind"], "weights");
  const std::string whole = ReadFile(Golden("h5_models/k3_mlp.h5"));
  EXPECT_EQ(Inspected(File("half.h5", whole.substr(0, whole.size() / 2)), 65)["ok"], false);
}

TEST_F(ModelFilesTest, DamagedHdf5ModelsEndWith65) {
  const std::string whole = ReadFile(Golden("h5_models/k2_mlp.h5"));
  const std::string path = Path("model.h5");
  for (const std::string& bytes :
       {whole.substr(0, 8), whole.substr(0, 700), whole.substr(0, whole.size() / 2),
        whole.substr(0, whole.size() - 1), std::string("\x89HDF\r\n\x1a\n") + std::string(500, 'x'),
        ReadFile(Golden("hdf5/k2_cnn_legacy_weights.h5"))}) {
    WriteFile(path, bytes);
    ExpectError(RunSidecar({"evaluate", "--model", path, "--data", Golden("h5_models/k2_mlp.npz")}),
                65, "model.h5");
  }
}

TEST_F(ModelFilesTest, OpenShapesComeFromTheData) {
  const std::string folder = Golden("models/k3_open_dense");
  const Outcome outcome =
      RunSidecar({"evaluate", "--json", "--model", folder + "/model.json", "--compile",
                  folder + "/compile.json", "--data", folder + "/data.npz", "--checkpoint",
                  folder + "/ckpts/ckpt-2", "--keras-version", "3"});
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  const Json expected = Json::parse(ReadFile(folder + "/expected.json"))["checkpoints"][1];
  for (const Json& metric : expected["metrics"]) {
    if (metric[0] == "loss") {
      EXPECT_NEAR(Loss(outcome.out), metric[1].get<double>(), 1e-5);
    }
  }
  const Json described = Inspected(folder + "/model.json");
  EXPECT_EQ(described["inputs"][0]["shape"], nullptr);
  EXPECT_EQ(described["variables"], nullptr);
}

// The same data in every form that it may have: an archive or files, by name or by position.
TEST_F(ModelFilesTest, SeveralInputsAndOutputsAreFoundByNameOrPosition) {
  const std::string wide = NpyZeros("<f4", 4, {5, 5});
  const std::string deep = NpyZeros("<f4", 4, {5, 4});
  const std::string kind = NpyZeros("<i8", 8, {5});
  const std::string score = NpyZeros("<f4", 4, {5, 1});
  const std::string weight =
      NpyBytes("<i4", {5}, std::string("\1\0\0\0\2\0\0\0\3\0\0\0\4\0\0\0\5\0\0\0", 20));
  const std::string folder = Golden("models/k2_two_in_out");
  const auto metrics = [&](const Arguments& data) {
    const Outcome outcome =
        RunSidecar(Arguments{"evaluate", "--json", "--model", folder + "/model.keras",
                             "--checkpoint", folder + "/ckpts/ckpt-1"} +
                   data);
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    EXPECT_EQ(outcome.err.find("warning"), std::string::npos) << outcome.err;
    const Json line = Json::parse(outcome.out, nullptr, false);
    return line.is_object() ? line["metrics"].dump() : outcome.err;
  };
  const std::string by_name =
      metrics({"--data", File("names.npz", ZipBytes({{"x/wide.npy", wide},
                                                     {"x/deep.npy", deep},
                                                     {"y/kind.npy", kind},
                                                     {"y/score.npy", score},
                                                     {"sample_weight/score.npy", weight}}))});
  EXPECT_EQ(metrics({"--data", File("positions.npz", ZipBytes({{"x/1.npy", deep},
                                                               {"y/1.npy", score},
                                                               {"x/0.npy", wide},
                                                               {"y/0.npy", kind},
                                                               {"sample_weight/1.npy", weight}}))}),
            by_name);
  const std::string files[] = {File("wide.npy", wide), File("deep.npy", deep),
                               File("kind.npy", kind), File("score.npy", score),
                               File("weight.npy", weight)};
  EXPECT_EQ(
      metrics({"--x", "deep=" + files[1], "--x", "wide=" + files[0], "--y", "score=" + files[3],
               "--y", "kind=" + files[2], "--sample-weight", "score=" + files[4]}),
      by_name);
  EXPECT_EQ(metrics({"--x", "1=" + files[1], "--x", "0=" + files[0], "--y", "1=" + files[3], "--y",
                     "0=" + files[2], "--sample-weight", "1=" + files[4]}),
            by_name);
}

// What is put in the place of a member of a good model's JSON, and what must come of it.
struct Lie {
  std::string pointer;
  Json value;
  int code;
  std::vector<std::string> message;  // parts of the first line
  const char* detail = "";           // part of a further line
};

TEST_F(ModelFilesTest, ConfigsThatLieAreRefusedWithLayerAndField) {
  const Json good = Json::parse(ReadFile(Golden("models/k2_legacy_json/model.json")));
  ASSERT_EQ(good["config"]["layers"][0]["name"], "x_in");
  ASSERT_EQ(good["config"]["layers"][1]["config"]["layers"][1]["config"]["name"], "stem_dense");
  const std::string dense = "/config/layers/1/config/layers/1/config/";
  Json deep = Json::array();
  for (int i = 0; i < 400; ++i) deep = Json::array({deep});
  Json cycle = good["config"]["layers"][1]["inbound_nodes"];
  cycle[0][0][0] = "head";
  cycle[0][0][1] = 1;  // models with inputs of their own count their calls from 1
  Json many = good["config"]["layers"];
  for (int i = 0; i < 60'000; ++i)
    many.push_back({{"class_name", "Add"},
                    {"name", "add" + std::to_string(i)},
                    {"config", Json::object()},
                    {"inbound_nodes", Json::array()}});
  const std::string shape = "/config/layers/0/config/batch_input_shape";
  const Json overflow = Json::array({nullptr, 4611686018427387904});
  const std::vector<Lie> lies = {
      {dense + "units", -6, 65, {"the layer 'stem/stem_dense' (Dense): config.units is -6"}},
      {dense + "units", 2147483647, 65, {"the layer 'block/block_add' (Add)", "[?,2147483647]"}},
      {dense + "unitz", 6, 69, {"1 layer", "Dense 'stem_dense'"}, "config.unitz"},
      {dense + "activation", "rellu", 69, {"Dense 'stem_dense'"}, "the activation rellu"},
      {dense + "dtype", "int8_from_float32", 69, {"Dense 'stem_dense'"}, "\"int8_from_float32\""},
      {shape, {nullptr, -4}, 65, {"the layer 'x_in': config.batch_input_shape is [null,-4]"}},
      {shape, overflow, 65, {"'x_in': config.batch_input_shape", "from 0 to 2147483647"}},
      {shape, deep, 65, {"nested deeper than 300 levels"}},
      {"/config/layers/1/inbound_nodes", cycle, 65, {"'head' (Functional) depends on its own"}},
      {"/config/layers/1/inbound_nodes/0/0/0", "nowhere", 65, {"'stem' names the layer 'nowhere'"}},
      {"/config/layers/1/class_name", "Mystery", 69, {"1 layer", "Mystery 'stem'"}},
      {"/config/layers", many, 65, {"config.layers[49980]", "more than 50000 layers and calls"}},
      {"/config/output_layers", "x", 65, {"config.output_layers is \"x\""}},
  };
  for (Lie lie : lies) {
    SCOPED_TRACE(lie.pointer);
    Json document = good;
    document[Json::json_pointer(lie.pointer)] = lie.value;
    const std::string path = File("lie.json", document.dump());
    const Outcome outcome =
        RunSidecar({"evaluate", "--model", path, "--data", Golden("models/k2_legacy_json/data.npz"),
                    "--loss", "categorical_crossentropy", "--checkpoint",
                    Golden("models/k2_legacy_json/ckpts/ckpt-1"), "--log-dir", Path("logs")});
    lie.message.push_back(path);
    ExpectErrorWith(outcome, lie.code, lie.message);
    EXPECT_THAT(outcome.err, HasSubstr(lie.detail));
    EXPECT_FALSE(fs::exists(Path("logs")));
  }
}

}  // namespace
}  // namespace sidecar::test
