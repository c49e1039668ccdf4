// SavedModels of tests/golden/saved_models through the public API: what real Keras's model.evaluate
// gave, checkpoint by checkpoint, and what is refused.
#include <memory>
#include <mutex>
#include <set>

#include "base/file_system.h"
#include "base/stop_signal.h"
#include "checkpoint/tf_checkpoint.h"
#include "evaluate/evaluation.h"
#include "golden_models.h"
#include "model/loaded_model.h"
#include "report/callback_list.h"

namespace sidecar {
namespace {

using nlohmann::ordered_json;
using testing::Directories;
using testing::ExpectInfo;
using testing::ExpectMetrics;
using testing::ReadText;
namespace fs = std::filesystem;

// Collects log lines while it lives.
class LogLines {
 public:
  LogLines() {
    SetLogSink([this](LogLevel, std::string_view line) {
      const std::lock_guard lock(mutex_);
      text_ += std::string(line) + "\n";
    });
  }
  ~LogLines() { SetLogSink({}); }
  LogLines(const LogLines&) = delete;
  LogLines& operator=(const LogLines&) = delete;

  [[nodiscard]] std::string text() const {
    const std::lock_guard lock(mutex_);
    return text_;
  }

 private:
  mutable std::mutex mutex_;
  std::string text_;
};

struct Case {
  fs::path directory;
  ordered_json expected;

  explicit Case(const fs::path& path)
      : directory(path), expected(ordered_json::parse(ReadText(path / "expected.json"))) {}

  [[nodiscard]] bool Refuses(const char* what) const { return expected.value("at", "") == what; }

  [[nodiscard]] Result<Model> Load() const {
    LoadOptions options;
    options.keras_version =
        expected.at("keras") == 2 ? KerasVersion::kKeras2 : KerasVersion::kKeras3;
    const std::string signature = expected.at("signature");
    if (signature != "serving_default") options.signature = signature;
    if (expected.contains("output_names")) {
      for (const ordered_json& name : expected.at("output_names"))
        options.output_names.push_back(name.get<std::string>());
    }
    Result<Model> model = Model::Load(directory / "model", options);
    if (model.ok() && fs::exists(directory / "compile.json")) {
      const Status status = model->CompileFromJson(ReadText(directory / "compile.json"));
      if (!status.ok()) return status;
    }
    return model;
  }

  [[nodiscard]] DatasetPtr Data() const {
    return LoadDataset(directory / "data.npz", expected.at("batch_size").get<std::int64_t>())
        .value();
  }

  [[nodiscard]] EvaluateOptions Options() const {
    EvaluateOptions options;
    if (!expected.at("checkpoint_root").is_null())
      options.checkpoint_root = expected.at("checkpoint_root").get<std::string>();
    return options;
  }

  [[nodiscard]] std::string Prefix(const ordered_json& checkpoint) const {
    return directory / "ckpts" / checkpoint.at("prefix").get<std::string>();
  }

  // What Keras gives for the first checkpoint.
  [[nodiscard]] double Loss() const {
    for (const ordered_json& metric : expected.at("checkpoints")[0].at("metrics")) {
      if (metric[0] == "loss") return metric[1].get<double>();
    }
    return std::nan("");
  }

  // The message names everything that the case says, and the program would exit as it says.
  void ExpectRefusal(const Status& status) const {
    ASSERT_FALSE(status.ok());
    EXPECT_EQ(ExitCode(status.code()), expected.at("exit").get<int>()) << status;
    for (const ordered_json& text : expected.at("refused"))
      EXPECT_NE(status.message().find(text.get<std::string>()), std::string::npos) << status;
    EXPECT_EQ(status.message().find('\n'), std::string::npos) << status;
  }
};

class SavedModelsTest : public ::testing::TestWithParam<fs::path> {};

TEST_P(SavedModelsTest, EveryCheckpointGivesKerasNumbers) {
  const Case golden(GetParam());
  const Result<Model> model = golden.Load();
  if (golden.Refuses("model")) return golden.ExpectRefusal(model.status());
  ASSERT_TRUE(model.ok()) << model.status();
  const double tolerance = golden.expected.value("tolerance", 2e-5);
  ASSERT_FALSE(golden.expected.at("checkpoints").empty());
  for (const ordered_json& checkpoint : golden.expected.at("checkpoints")) {
    const LogLines log;
    const Result<EvaluationResult> result =
        Evaluate(*model, golden.Data(), golden.Prefix(checkpoint), golden.Options());
    if (golden.Refuses("checkpoint")) {
      golden.ExpectRefusal(result.status());
      continue;
    }
    ASSERT_TRUE(result.ok()) << result.status();
    const char* metrics = checkpoint.contains("metrics_carried") ? "metrics_carried" : "metrics";
    ExpectMetrics(result->metrics, checkpoint.at(metrics), tolerance);
    ExpectInfo(result->info, checkpoint);
    if (golden.expected.contains("says")) {
      EXPECT_NE(log.text().find(golden.expected.at("says").get<std::string>()), std::string::npos)
          << log.text();
    } else {
      EXPECT_EQ(log.text().find("a SavedModel's graph lacks"), std::string::npos) << log.text();
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Golden, SavedModelsTest,
                         ::testing::ValuesIn(Directories(SIDECAR_TEST_DATA "/saved_models")),
                         [](const auto& test) { return test.param.filename().string(); });

// TensorFlow ends with an error as well ("indices[0,0] = 99 is not in [0, 30)").
TEST(SavedModelLookupsTest, IdsOutsideATableEndTheEvaluation) {
  // Keras 3's graph counts negative ids from the table's end.
  const std::vector<std::pair<const char*, std::int64_t>> cases = {
      {"k2_embedding", -1}, {"k2_embedding", 30}, {"k3_embedding", -31}, {"k3_embedding", 99}};
  for (const auto& [name, wrong] : cases) {
    const Case golden(fs::path(SIDECAR_TEST_DATA) / "saved_models" / name);
    std::vector<std::int64_t> ids(3 * 8, 1);
    ids[13] = wrong;
    Arrays arrays;
    arrays.x = {{"ids", Tensor::FromValues<std::int64_t>({3, 8}, ids).value()},
                {"present", Tensor::Zeros(DType::kBool, {3, 8}).value()}};
    arrays.y = {{"", Tensor::Zeros(DType::kFloat32, {3, 1}).value()}};
    const Result<EvaluationResult> result =
        Evaluate(golden.Load().value(), DatasetFromArrays(arrays, 2).value(),
                 golden.Prefix(golden.expected.at("checkpoints")[0]), golden.Options());
    EXPECT_EQ(result.status().code(), StatusCode::kFailedPrecondition)
        << name << " " << wrong << ": " << result.status();
    EXPECT_NE(result.status().message().find("is not in 0 … 29"), std::string::npos)
        << result.status();
  }
}

// Every value comes from the checkpoint: whichever variable is changed there, the loss changes.
class PerturbedVariablesTest : public ::testing::TestWithParam<const char*> {};

double Loss(evaluate::Evaluation& evaluation, std::span<const Tensor> values) {
  report::CallbackList callbacks({});
  const base::StopSignal stop;
  const EvaluationResult result = evaluation.Run(values, {}, callbacks, stop).value();
  for (const auto& [name, value] : result.metrics) {
    if (name == "loss") return std::get<double>(value);
  }
  return std::nan("");
}

// Another amount for each element: the same one for all would pass a softmax unseen.
Tensor Perturbed(const Tensor& value) {
  std::vector<float> elements(value.values<float>().begin(), value.values<float>().end());
  for (std::size_t i = 0; i < elements.size(); ++i)
    elements[i] += 0.1F * static_cast<float>(1 + i % 7);
  return Tensor::FromValues<float>(value.shape(), elements).value();
}

TEST_P(PerturbedVariablesTest, ChangeTheLoss) {
  const Case golden(fs::path(SIDECAR_TEST_DATA) / "saved_models" / GetParam());
  const Model model = golden.Load().value();
  const std::unique_ptr<evaluate::Evaluation> evaluation =
      evaluate::Evaluation::Create(model.loaded(), golden.Data(), {}).value();
  const auto requests = evaluation->requests();
  std::vector<Tensor> values =
      checkpoint::OpenTfCheckpoint(base::PosixFileSystem(),
                                   golden.Prefix(golden.expected.at("checkpoints")[0]),
                                   golden.Options().checkpoint_root)
          .value()
          ->Read(requests)
          .value();
  // The engine tries both ways in which weights can enter the graph, whose roundings differ, on the
  // first four sets of weights at most.
  for (int i = 0; i < 4; ++i) EXPECT_FALSE(std::isnan(Loss(*evaluation, values)));
  const double loss = Loss(*evaluation, values);
  EXPECT_EQ(Loss(*evaluation, values), loss);
  EXPECT_NEAR(loss, golden.Loss(), 2e-5 * std::abs(golden.Loss()));
  // A bias of the keys adds the same to all scores of a query, which the softmax takes away.
  const std::set<std::string> without_effect = {"block/attention/_key_dense/bias"};
  int perturbed = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (!requests[i].needed || without_effect.contains(requests[i].name)) continue;
    ASSERT_EQ(requests[i].dtype, DType::kFloat32) << requests[i].name;
    const Tensor original = std::exchange(values[i], Perturbed(values[i]));
    EXPECT_NE(Loss(*evaluation, values), loss) << requests[i].name;
    values[i] = original;
    ++perturbed;
  }
  EXPECT_GT(perturbed, 0);
}

INSTANTIATE_TEST_SUITE_P(Golden, PerturbedVariablesTest,
                         ::testing::Values("k2_subclassed", "k2_shared", "k2_custom_layer",
                                           "k2_lists", "k2_while_loop", "k2_transformer",
                                           "k2_tf_module", "k2_export_gru", "k2_save_functional",
                                           "k3_subclassed", "k3_shared", "k3_lists_optimizer",
                                           "k3_functional", "k3_lstm", "k3_transformer",
                                           "k3_embedding", "k3_export_cnn"),
                         [](const auto& test) { return std::string(test.param); });

}  // namespace
}  // namespace sidecar
