#include "api/open_weights.h"
#include "base/file_system.h"
#include "base/stop_signal.h"
#include "evaluate/evaluation.h"
#include "golden_models.h"
#include "report/callback_list.h"

namespace sidecar {
namespace {

using nlohmann::ordered_json;
using testing::Directories;
using testing::ExpectInfo;
using testing::ExpectMetrics;
using testing::ReadText;
namespace fs = std::filesystem;

Result<Model> LoadModel(const fs::path& directory, const ordered_json& expected) {
  LoadOptions options;
  options.keras_version = expected.at("keras") == 2 ? KerasVersion::kKeras2 : KerasVersion::kKeras3;
  const bool archive = fs::exists(directory / "model.keras");
  Result<Model> model = Model::Load(directory / (archive ? "model.keras" : "model.json"), options);
  if (model.ok() && fs::exists(directory / "compile.json")) {
    const Status status = model->CompileFromJson(ReadText(directory / "compile.json"));
    if (!status.ok()) return status;
  }
  return model;
}

class ModelsTest : public ::testing::TestWithParam<fs::path> {};

TEST_P(ModelsTest, EveryCheckpointGivesKerasNumbers) {
  const fs::path& directory = GetParam();
  const ordered_json expected = ordered_json::parse(ReadText(directory / "expected.json"));
  const Result<Model> model = LoadModel(directory, expected);
  ASSERT_TRUE(model.ok()) << model.status();
  const Result<DatasetPtr> data =
      LoadDataset(directory / "data.npz", expected.at("batch_size").get<std::int64_t>());
  ASSERT_TRUE(data.ok()) << data.status();
  EvaluateOptions options;
  if (!expected.at("checkpoint_root").is_null())
    options.checkpoint_root = expected.at("checkpoint_root").get<std::string>();
  const double tolerance = expected.value("tolerance", 2e-5);
  ASSERT_FALSE(expected.at("checkpoints").empty());
  for (const ordered_json& checkpoint : expected.at("checkpoints")) {
    const fs::path prefix = directory / "ckpts" / checkpoint.at("prefix").get<std::string>();
    const Result<EvaluationResult> result = Evaluate(*model, *data, prefix, options);
    ASSERT_TRUE(result.ok()) << result.status();
    ExpectMetrics(result->metrics, checkpoint.at("metrics"), tolerance);
    ExpectInfo(result->info, checkpoint);
  }
}

INSTANTIATE_TEST_SUITE_P(Golden, ModelsTest,
                         ::testing::ValuesIn(Directories(SIDECAR_TEST_DATA "/models")),
                         [](const auto& test) { return test.param.filename().string(); });

// One evaluation after another, as `sidecar run` has them: states pass on, where checkpoints of
// Keras 3 do not restore them.
class StatefulModelsTest : public ::testing::TestWithParam<fs::path> {};

TEST_P(StatefulModelsTest, EvaluationsInOrderGiveKerasNumbers) {
  const fs::path& directory = GetParam();
  const ordered_json expected = ordered_json::parse(ReadText(directory / "expected.json"));
  const Model model = LoadModel(directory, expected).value();
  const DatasetPtr data =
      LoadDataset(directory / "data.npz", expected.at("batch_size").get<std::int64_t>()).value();
  const auto evaluation = evaluate::Evaluation::Create(model.loaded(), data, {}).value();
  for (const ordered_json& checkpoint : expected.at("checkpoints")) {
    const fs::path prefix = directory / "ckpts" / checkpoint.at("prefix").get<std::string>();
    const auto weights = api::OpenWeights(base::PosixFileSystem(), prefix, std::nullopt).value();
    const std::vector<Tensor> values = weights.source->Read(evaluation->requests()).value();
    report::CallbackList callbacks({});
    const base::StopSignal stop;
    const auto result = evaluation->Run(values, {}, callbacks, stop);
    ASSERT_TRUE(result.ok()) << result.status();
    ExpectMetrics(result->metrics, checkpoint.at("metrics_in_order"), 2e-5);
  }
}

std::vector<fs::path> StatefulModels() {
  std::vector<fs::path> directories = Directories(SIDECAR_TEST_DATA "/models");
  std::erase_if(directories, [](const fs::path& directory) {
    return ReadText(directory / "expected.json").find("metrics_in_order") == std::string::npos;
  });
  return directories;
}

INSTANTIATE_TEST_SUITE_P(Golden, StatefulModelsTest, ::testing::ValuesIn(StatefulModels()),
                         [](const auto& test) { return test.param.filename().string(); });

// The recordings that the demo shows.
class RecordingsTest : public ::testing::TestWithParam<fs::path> {};

TEST_P(RecordingsTest, EveryCheckpointGivesKerasNumbers) {
  const fs::path& directory = GetParam();
  const ordered_json expected = ordered_json::parse(ReadText(directory / "expected.json"));
  const Model model = Model::Load(directory / "model.keras").value();
  const DatasetPtr data = LoadDataset(directory / "val.npz").value();
  for (const ordered_json& checkpoint : expected) {
    const std::string name = "ckpt-" + std::to_string(checkpoint.at("number").get<int>());
    const EvaluationResult result = Evaluate(model, data, directory / "ckpts" / name).value();
    ExpectMetrics(result.metrics, checkpoint.at("metrics"), 1e-5);
    EXPECT_EQ(result.info.step, checkpoint.at("step").get<std::int64_t>());
  }
}

INSTANTIATE_TEST_SUITE_P(Demo, RecordingsTest,
                         ::testing::ValuesIn(Directories(SIDECAR_SOURCE_DIR "/demo/recordings")),
                         [](const auto& test) { return test.param.filename().string(); });

// A `.keras` file's own weights.
TEST(KerasFilesTest, OwnWeightsGiveKerasNumbers) {
  const fs::path directory = fs::path(SIDECAR_TEST_DATA) / "keras_files";
  const ordered_json expected = ordered_json::parse(ReadText(directory / "expected.json"));
  int files = 0;
  for (const ordered_json& entry : expected) {
    const std::string file = entry.at("file");
    SCOPED_TRACE(file);
    const fs::path stem = directory / fs::path(file).stem();
    const Result<Model> model = Model::Load(directory / (stem.filename().string() + ".keras"));
    ASSERT_TRUE(model.ok()) << model.status();
    const Result<DatasetPtr> data =
        LoadDataset(stem.string() + ".data.npz", entry.at("batch_size").get<std::int64_t>());
    ASSERT_TRUE(data.ok()) << data.status();
    const Result<EvaluationResult> result = Evaluate(*model, *data, stem.string() + ".keras");
    ASSERT_TRUE(result.ok()) << result.status();
    ExpectMetrics(result->metrics, entry.at("metrics"), entry.value("tolerance", 2e-5));
    ++files;
  }
  EXPECT_GE(files, 4);
}

// Whole models in HDF5: their own weights, and checkpoints that were written beside them.
class Hdf5ModelsTest : public ::testing::TestWithParam<ordered_json> {};

TEST_P(Hdf5ModelsTest, GiveKerasNumbers) {
  const ordered_json& entry = GetParam();
  const fs::path file = fs::path(SIDECAR_TEST_DATA) / "h5_models" / entry.at("file");
  const Result<Model> model = Model::Load(file);
  ASSERT_TRUE(model.ok()) << model.status();
  const DatasetPtr data = LoadDataset(fs::path(file).replace_extension(".npz"),
                                      entry.at("batch_size").get<std::int64_t>())
                              .value();
  const double tolerance = entry.value("tolerance", 2e-5);
  const Result<EvaluationResult> own = Evaluate(*model, data, file);
  ASSERT_TRUE(own.ok()) << own.status();
  ExpectMetrics(own->metrics, entry.at("metrics"), tolerance);
  EXPECT_EQ(own->info.step, entry.at("step").get<std::int64_t>());
  if (!entry.contains("checkpoint")) return;
  const std::string prefix = entry.at("checkpoint");
  const Result<EvaluationResult> later = Evaluate(*model, data, file.parent_path() / prefix);
  ASSERT_TRUE(later.ok()) << later.status();
  ExpectMetrics(later->metrics, entry.at("checkpoint_metrics"), tolerance);
}

std::vector<ordered_json> Hdf5Models() {
  return ordered_json::parse(ReadText(SIDECAR_TEST_DATA "/h5_models/expected.json"));
}

INSTANTIATE_TEST_SUITE_P(
    Golden, Hdf5ModelsTest, ::testing::ValuesIn(Hdf5Models()), [](const auto& test) {
      return fs::path(test.param.at("file").template get<std::string>()).stem().string();
    });

}  // namespace
}  // namespace sidecar
