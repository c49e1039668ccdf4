// SavedModels of tests/golden/saved_models through the public API: what real Keras's model.evaluate
// gave, checkpoint by checkpoint, and what is refused.
#include <mutex>

#include "golden_models.h"

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

}  // namespace
}  // namespace sidecar
