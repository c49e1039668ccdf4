// Values that pass from batch to batch.
#include <gtest/gtest.h>

#include <memory>
#include <openvino/core/model.hpp>
#include <openvino/op/add.hpp>
#include <openvino/op/parameter.hpp>
#include <openvino/op/result.hpp>
#include <optional>
#include <vector>

#include "engine/engine.h"
#include "engine/engine_test_support.h"
#include "engine/variable_placeholder.h"

namespace sidecar::engine {
namespace {

// The sum of all x [batch, 1] of the row so far, plus variable 0 [1], which is not in the state.
std::shared_ptr<ov::Model> SumGraph() {
  auto x = std::make_shared<ov::op::v0::Parameter>(ov::element::f32, ov::PartialShape{-1, 1});
  auto state = std::make_shared<ov::op::v0::Parameter>(ov::element::f32, ov::PartialShape{-1, 1});
  auto bias = std::make_shared<VariablePlaceholder>(0, ov::element::f32, ov::Shape{1});
  auto sum = std::make_shared<ov::op::v1::Add>(x, state);
  auto output = std::make_shared<ov::op::v1::Add>(sum, bias);
  return std::make_shared<ov::Model>(ov::ResultVector{std::make_shared<ov::op::v0::Result>(output),
                                                      std::make_shared<ov::op::v0::Result>(sum)},
                                     ov::ParameterVector{x, state});
}

std::unique_ptr<Engine> SumEngine(std::optional<WeightMode> mode = std::nullopt) {
  EngineOptions options;
  options.threads = 2;
  options.batch_size = 2;
  options.rows_independent = false;
  options.input_dtypes = {DType::kFloat32};
  options.input_shapes = {{1}};
  options.states = {{.shape = {2, 1}, .result = 1}};
  options.weight_mode = mode;
  auto engine = *Engine::Create(SumGraph(), options);
  EXPECT_TRUE(engine->SetWeights(std::vector{*Tensor::FromValues<float>({1}, {0.5F})}).ok());
  return engine;
}

Tensor Column(float first, float second) {
  return *Tensor::FromValues<float>({2, 1}, {first, second});
}

TEST(EngineStatesTest, PassFromBatchToBatchAndFromRunToRun) {
  for (const WeightMode mode : {WeightMode::kConstants, WeightMode::kInputs}) {
    const auto engine = SumEngine(mode);
    const std::vector<Tensor> batches(3, Column(1, 10));
    EXPECT_EQ(*RunBatches(*engine, batches), (std::vector<float>{1.5, 10.5, 2.5, 20.5, 3.5, 30.5}));
    EXPECT_TRUE(engine->SetWeights(std::vector{*Tensor::FromValues<float>({1}, {0})}).ok());
    EXPECT_EQ(*RunBatches(*engine, {Column(1, 1)}), (std::vector<float>{4, 31}));
    EXPECT_TRUE(engine->SetState(0, Column(-1, 7)).ok());
    EXPECT_EQ(*RunBatches(*engine, {Column(1, 1)}), (std::vector<float>{0, 8}));
  }
}

// Trying the weights as inputs computes a batch once more, which leaves nothing.
TEST(EngineStatesTest, StayWhereTheEngineComparesModes) {
  const auto engine = SumEngine();
  float expected = 0;
  for (int evaluation = 0; evaluation < 4; ++evaluation) {
    EXPECT_TRUE(engine->SetWeights(std::vector{*Tensor::FromValues<float>({1}, {0})}).ok());
    EXPECT_EQ(*RunBatches(*engine, {Column(1, 2), Column(1, 2)}),
              (std::vector<float>{expected + 1, 2 * expected + 2, expected + 2, 2 * expected + 4}));
    expected += 2;
  }
}

TEST(EngineStatesTest, AreThoseAfterTheLastBatchThatWasConsumed) {
  const auto engine = SumEngine();
  int fed = 0;
  const Status status = engine->Run(
      [&fed]() -> Result<std::optional<InputBatch>> {
        ++fed;
        return std::optional<InputBatch>({Column(1, 1)});
      },
      [](std::int64_t index, std::int64_t, const OutputBatch&) {
        return index < 2 ? Status() : Status(StatusCode::kDataLoss, "third");
      });
  EXPECT_EQ(status.code(), StatusCode::kDataLoss);
  EXPECT_EQ(fed, 3);  // one batch at a time
  EXPECT_EQ(*RunBatches(*engine, {Column(0, 0)}), (std::vector<float>{2.5, 2.5}));
}

TEST(EngineStatesTest, TakeBatchesOfTheirRowsOnly) {
  const auto engine = SumEngine();
  const auto result = RunBatches(*engine, {*Tensor::FromValues<float>({1, 1}, {1})});
  EXPECT_EQ(result.status().code(), StatusCode::kFailedPrecondition);
  EXPECT_EQ(*RunBatches(*engine, {Column(1, 1)}), (std::vector<float>{1.5, 1.5}));
}

}  // namespace
}  // namespace sidecar::engine
