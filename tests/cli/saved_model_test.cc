// SavedModels given to the real program: the whole run, and bad ones.
#include <gmock/gmock.h>

#include <filesystem>

#include "cli_fixture.h"

namespace sidecar::test {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

constexpr const char* kCase = "saved_models/k2_subclassed/";

class SavedModelTest : public CliTest {
 protected:
  SavedModelTest() {
    fs::copy(Golden(std::string(kCase) + "model"), Path("model"), fs::copy_options::recursive);
  }

  [[nodiscard]] static Arguments WithModel(const std::string& command, const std::string& model) {
    const std::string folder = Golden(kCase);
    return {command,
            "--model",
            model,
            "--compile",
            folder + "compile.json",
            "--data",
            folder + "data.npz",
            "--keras-version",
            "2"};
  }

  [[nodiscard]] static Outcome Evaluate(const std::string& model, const Arguments& more = {}) {
    return RunSidecar(WithModel("evaluate", model) +
                      Arguments{"--checkpoint", Golden(kCase) + "ckpts/ckpt-1"} + more);
  }
};

TEST_F(SavedModelTest, RunEvaluatesTheNewestCheckpoint) {
  const Outcome outcome = RunSidecar(
      WithModel("run", Path("model")) +
      Arguments{"--checkpoint-dir", Golden(kCase) + "ckpts", "--json", "--max-evaluations", "2"});
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  const Json expected = Json::parse(ReadFile(Golden(kCase) + "expected.json"))["checkpoints"][1];
  const Json line = Json::parse(outcome.out);
  EXPECT_EQ(line["number"], 2);
  EXPECT_NEAR(line["metrics"]["loss"].get<double>(), expected["metrics"][0][1].get<double>(), 1e-5);
}

TEST_F(SavedModelTest, ItsOwnValuesAreEvaluatedWhereNoCheckpointIsNamed) {
  const Outcome outcome = RunSidecar(WithModel("evaluate", Path("model")) + Arguments{"--json"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("\"step\": 0"));
}

TEST_F(SavedModelTest, DamagedFilesEndWith65) {
  const std::string file = Path("model/saved_model.pb");
  const std::string whole = ReadFile(file);
  std::string flipped = whole;
  flipped[2] = static_cast<char>(flipped[2] ^ 0x07);  // the wire type of the meta graph
  const std::vector<std::pair<std::string, std::string>> said = {
      {"", "has no meta graph"},
      {whole.substr(0, whole.size() / 2), "bytes, 111560 are left"},
      {whole.substr(0, whole.size() - 1), "are left at byte"},
      {flipped, "field 2 has wire type 5, expected 2"},
      {std::string(5000, '\xff'), "damaged field key at byte 0"},
      {"not a SavedModel", "wire type 6 is not supported"}};
  for (const auto& [bytes, message] : said) {
    WriteFile(file, bytes);
    const Outcome outcome = Evaluate(Path("model"), {"--log-dir", Path("logs")});
    ExpectErrorWith(outcome, 65, {file, message});
    EXPECT_FALSE(fs::exists(Path("logs")));
  }
}

TEST_F(SavedModelTest, HostileGraphsEndWith65) {
  const std::vector<std::pair<std::string, std::string>> said = {
      {"cycle", "depend on each other in a circle: 'y' and 'z'"},
      {"recursion", "function 'f' calls itself"},
      {"deep", "nested deeper than 100"},
      {"explosion", "more than 10000000 nodes"},
      {"missing_node", "'y' reads tensor 'nothing'"},
      {"unbound", "variable 'y' of the graph belongs to no object"}};
  for (const auto& [name, message] : said) {
    fs::copy_file(std::string(SIDECAR_SOURCE_DIR "/fuzz/corpus/saved_model/") + name,
                  Path("model/saved_model.pb"), fs::copy_options::overwrite_existing);
    SCOPED_TRACE(name);
    ExpectErrorWith(Evaluate(Path("model")), 65, {Path("model"), message});
  }
}

TEST_F(SavedModelTest, PartsThatAreMissingEndWith65) {
  fs::remove_all(Path("model/variables"));
  ExpectErrorWith(Evaluate(Path("model")), 65,
                  {Path("model/variables/variables.index"), "is missing"});
  fs::remove(Path("model/saved_model.pb"));
  ExpectError(Evaluate(Path("model")), 65, "saved_model.pb");
}

TEST_F(SavedModelTest, OtherModelsCheckpointsAndTensorFlow1AreRefused) {
  ExpectError(RunSidecar(WithModel("evaluate", Path("model")) +
                         Arguments{"--checkpoint", Recorded("digits_mlp", "ckpts/ckpt-2")}),
              65, "another model");
  ExpectError(Evaluate(Golden("saved_models/tf1_session/model")), 69, "TensorFlow 1");
}

TEST_F(SavedModelTest, AFileOfItIsRefusedNamingItsDirectory) {
  ExpectErrorWith(Evaluate(Path("model/saved_model.pb")), 65,
                  {Path("model/saved_model.pb"), "name its directory, " + Path("model")});
}

TEST_F(SavedModelTest, SignaturesAndOutputNamesMustFit) {
  ExpectError(Evaluate(Path("model"), {"--signature", "other"}), 64, "'serving_default'");
  ExpectError(Evaluate(Path("model"), {"--output-names", "a,b"}), 64, "output_1");
  const std::string archive = Recorded("digits_mlp", "model.keras");
  ExpectError(Evaluate(archive, {"--signature", "other"}), 64, "--signature");
  ExpectError(Evaluate(archive, {"--output-names", "a"}), 64, "--output-names");
}

}  // namespace
}  // namespace sidecar::test
