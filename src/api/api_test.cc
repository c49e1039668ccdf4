#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "sidecar/sidecar.h"

namespace sidecar {
namespace {

namespace fs = std::filesystem;

const fs::path kRecording = fs::path(SIDECAR_SOURCE_DIR) / "demo" / "recordings" / "digits_mlp";

// A directory of the test's own, with the recorded checkpoints that it publishes.
class SidecarEvaluatorTest : public testing::Test {
 protected:
  SidecarEvaluatorTest() {
    directory_ =
        fs::temp_directory_path() / ("sidecar-api-" + std::to_string(::getpid()) + "-" +
                                     testing::UnitTest::GetInstance()->current_test_info()->name());
    fs::remove_all(directory_);
    fs::create_directories(directory_);
  }
  ~SidecarEvaluatorTest() override { fs::remove_all(directory_); }

  void Publish(int number) const {
    const std::string name = "ckpt-" + std::to_string(number);
    for (const char* suffix : {".data-00000-of-00001", ".index"}) {
      fs::copy_file(kRecording / "ckpts" / (name + suffix), directory_ / (name + suffix));
    }
    std::ofstream(directory_ / "checkpoint.tmp") << "model_checkpoint_path: \"" << name << "\"\n";
    fs::rename(directory_ / "checkpoint.tmp", directory_ / "checkpoint");
  }

  [[nodiscard]] static Model LoadModel() { return Model::Load(kRecording / "model.keras").value(); }
  [[nodiscard]] static DatasetPtr LoadData() { return LoadDataset(kRecording / "val.npz").value(); }

  fs::path directory_;
};

TEST_F(SidecarEvaluatorTest, EvaluatesTheNewestAndStopsAtMaxEvaluations) {
  Publish(2);
  Publish(3);
  std::vector<std::string> calls;
  LambdaCallbackOptions hooks;
  hooks.begin = [&](const EvaluationInfo& info) {
    calls.push_back("begin " + std::to_string(info.number.value()) + " at " +
                    std::to_string(info.step.value()));
  };
  hooks.on_test_begin = [&](const Logs&) { calls.emplace_back("test begin"); };
  hooks.on_test_batch_end = [&](std::int64_t batch, const Logs& logs) {
    calls.push_back("batch " + std::to_string(batch) + " " + logs.at(0).first);
  };
  hooks.on_test_end = [&](const Logs& logs) { calls.push_back("test end " + logs.at(1).first); };
  SidecarEvaluator evaluator(
      LoadModel(), LoadData(), directory_,
      {.steps = 2, .max_evaluations = 3, .callbacks = {LambdaCallback(hooks)}});
  EXPECT_EQ(evaluator.Start().ToString(), "OK");
  EXPECT_EQ(calls, (std::vector<std::string>{"begin 3 at 66", "test begin", "batch 0 loss",
                                             "batch 1 loss", "test end eval_metrics"}));
}

TEST_F(SidecarEvaluatorTest, WaitsForCheckpointsOfARunningTraining) {
  std::vector<std::int64_t> numbers;
  LambdaCallbackOptions hooks;
  std::thread training;
  hooks.begin = [&](const EvaluationInfo& info) { numbers.push_back(info.number.value()); };
  // The next checkpoint is published once the last one has been evaluated, so each is seen.
  hooks.on_test_end = [&](const Logs&) {
    if (numbers.back() < 3) Publish(static_cast<int>(numbers.back()) + 1);
  };
  SidecarEvaluator evaluator(LoadModel(), LoadData(), directory_,
                             {.max_evaluations = 3, .callbacks = {LambdaCallback(hooks)}});
  training = std::thread([&] { Publish(1); });
  EXPECT_EQ(evaluator.Start().ToString(), "OK");
  training.join();
  EXPECT_EQ(numbers, (std::vector<std::int64_t>{1, 2, 3}));
}

TEST_F(SidecarEvaluatorTest, ErrorsOfCallbacksDoNotEndTheRun) {
  Publish(1);
  LambdaCallbackOptions failing;
  failing.on_test_begin = [](const Logs&) { throw std::runtime_error("user code"); };
  bool ended = false;
  LambdaCallbackOptions working;
  working.on_test_end = [&](const Logs&) { ended = true; };
  SidecarEvaluator evaluator(
      LoadModel(), LoadData(), directory_,
      {.max_evaluations = 1, .callbacks = {LambdaCallback(failing), LambdaCallback(working)}});
  EXPECT_EQ(evaluator.Start().ToString(), "OK");
  EXPECT_TRUE(ended);
}

TEST_F(SidecarEvaluatorTest, StopEndsTheWait) {
  SidecarEvaluator evaluator(LoadModel(), LoadData(), directory_);
  std::thread stopper([&] { evaluator.Stop(); });
  EXPECT_EQ(evaluator.Start().code(), StatusCode::kCancelled);
  stopper.join();
}

TEST_F(SidecarEvaluatorTest, MistakesAreFoundBeforeTheWait) {
  const auto start = [&](const DatasetPtr& data, SidecarEvaluatorOptions options) {
    return SidecarEvaluator(LoadModel(), data, directory_, std::move(options)).Start().code();
  };
  EXPECT_EQ(start(nullptr, {}), StatusCode::kInvalidArgument);
  EXPECT_EQ(start(LoadData(), {.steps = 0}), StatusCode::kInvalidArgument);
  EXPECT_EQ(start(LoadData(), {.max_evaluations = -1}), StatusCode::kInvalidArgument);
  EXPECT_EQ(start(LoadData(), {.poll_interval = std::chrono::milliseconds(0)}),
            StatusCode::kInvalidArgument);
  EXPECT_EQ(start(LoadData(), {.threads = 0}), StatusCode::kInvalidArgument);
  EXPECT_EQ(start(LoadData(), {.callbacks = {TensorBoard("/proc/no-such-place")}}),
            StatusCode::kCannotCreate);
  const DatasetPtr narrow = DatasetFromArrays(Tensor::Zeros(DType::kFloat32, {4, 63}).value(),
                                              Tensor::Zeros(DType::kInt64, {4}).value())
                                .value();
  EXPECT_EQ(start(narrow, {}), StatusCode::kFailedPrecondition);
}

TEST_F(SidecarEvaluatorTest, ACheckpointOfAnotherModelIsRefused) {
  Publish(1);
  Model other =
      Model::Sequential({layers::Input({64}), layers::Dense(10, {.activation = "softmax"})})
          .value();
  ThrowIfError(other.Compile({.loss = "sparse_categorical_crossentropy"}));
  SidecarEvaluator evaluator(other, LoadData(), directory_, {.max_evaluations = 1});
  EXPECT_EQ(evaluator.Start().code(), StatusCode::kFailedPrecondition);
}

}  // namespace
}  // namespace sidecar
