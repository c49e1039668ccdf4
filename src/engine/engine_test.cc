#include "engine/engine.h"

#include <gtest/gtest.h>

#include <openvino/core/model.hpp>
#include <openvino/op/add.hpp>
#include <openvino/op/constant.hpp>
#include <openvino/op/convert.hpp>
#include <openvino/op/gather.hpp>
#include <openvino/op/matmul.hpp>
#include <openvino/op/parameter.hpp>
#include <openvino/op/reduce_sum.hpp>
#include <openvino/op/result.hpp>
#include <openvino/op/transpose.hpp>
#include <optional>
#include <utility>

#include "engine/engine_test_support.h"
#include "engine/variable_placeholder.h"

namespace sidecar::engine {
namespace {

// x [batch, 2] times variable 0 [2, 3] plus variable 1 [3].
std::shared_ptr<ov::Model> DenseGraph() {
  auto x = std::make_shared<ov::op::v0::Parameter>(ov::element::f32, ov::PartialShape{-1, 2});
  auto kernel = std::make_shared<VariablePlaceholder>(0, ov::element::f32, ov::Shape{2, 3});
  auto bias = std::make_shared<VariablePlaceholder>(1, ov::element::f32, ov::Shape{3});
  auto product = std::make_shared<ov::op::v0::MatMul>(x, kernel);
  auto sum = std::make_shared<ov::op::v1::Add>(product, bias);
  return std::make_shared<ov::Model>(ov::ResultVector{std::make_shared<ov::op::v0::Result>(sum)},
                                     ov::ParameterVector{x});
}

EngineOptions DenseOptions(std::int64_t batch_size, DType dtype = DType::kFloat32) {
  EngineOptions options;
  options.threads = 2;
  options.batch_size = batch_size;
  options.input_dtypes = {dtype};
  options.input_shapes = {{2}};
  return options;
}

std::vector<Tensor> DenseWeights(float scale) {
  return {*Tensor::FromValues<float>({2, 3}, {scale, 0, 0, 0, scale, 0}),
          *Tensor::FromValues<float>({3}, {0, 0, 1})};
}

TEST(EngineTest, RunsBatchesInOrderAndCutsShortOnes) {
  auto engine = *Engine::Create(DenseGraph(), DenseOptions(2));
  ASSERT_EQ(engine->SetWeights(DenseWeights(10)).ToString(), "OK");
  EXPECT_EQ(engine->precision(), "f32");
  std::vector<Tensor> batches;
  for (int i = 0; i < 20; ++i) {
    const auto value = static_cast<float>(i);
    batches.push_back(*Tensor::FromValues<float>({2, 2}, {value, 1, value, 2}));
  }
  batches.push_back(*Tensor::FromValues<float>({1, 2}, {7, 8}));
  std::vector<std::int64_t> rows;
  const auto values = RunBatches(*engine, batches, &rows);
  ASSERT_TRUE(values.ok()) << values.status();
  ASSERT_EQ(values->size(), 123U);
  for (std::size_t i = 0; i < 20; ++i) {
    EXPECT_EQ((*values)[i * 6], 10.0F * static_cast<float>(i));
    EXPECT_EQ((*values)[i * 6 + 4], 20.0F);
    EXPECT_EQ((*values)[i * 6 + 2], 1.0F);
  }
  EXPECT_EQ((*values)[120], 70.0F);
  EXPECT_EQ(rows.back(), 1);
}

TEST(EngineTest, BatchesInPiecesComeBackWhole) {
  const base::FakeClock clock;
  EngineOptions options = DenseOptions(4);
  options.clock = &clock;
  std::vector<Tensor> batches;
  std::vector<float> expected;
  for (int i = 0; i < 10; ++i) {
    const std::int64_t rows = i == 9 ? 3 : 4;  // the last one is short
    std::vector<float> values;
    for (std::int64_t row = 0; row < rows; ++row) {
      const auto value = static_cast<float>(10 * i + row);
      values.insert(values.end(), {value, -value});
      expected.insert(expected.end(), {2 * value, -2 * value, 1});
    }
    batches.push_back(*Tensor::FromValues<float>({rows, 2}, values));
  }
  for (const std::int64_t rows_per_run : {1, 2, 3, 4, 100}) {
    options.rows_per_run = rows_per_run;
    auto engine = *Engine::Create(DenseGraph(), options);
    for (int checkpoint = 0; checkpoint < 3; ++checkpoint) {  // the later ones with inputs
      ASSERT_EQ(engine->SetWeights(DenseWeights(2)).ToString(), "OK");
      std::vector<std::int64_t> rows;
      EXPECT_EQ(*RunBatches(*engine, batches, &rows), expected) << rows_per_run;
      EXPECT_EQ(rows, (std::vector<std::int64_t>{4, 4, 4, 4, 4, 4, 4, 4, 4, 3}));
    }
    EXPECT_EQ(engine->weight_mode(), WeightMode::kInputs);
  }
}

TEST(EngineTest, AFewBatchesAreSplitAmongTheThreads) {
  EngineOptions options = DenseOptions(4);
  options.threads = 3;
  options.batches = 1;
  auto engine = *Engine::Create(DenseGraph(), options);
  ASSERT_EQ(engine->SetWeights(DenseWeights(1)).ToString(), "OK");
  const Tensor x = *Tensor::FromValues<float>({4, 2}, {1, 2, 3, 4, 5, 6, 7, 8});
  EXPECT_EQ(*RunBatches(*engine, {x}), (std::vector<float>{1, 2, 1, 3, 4, 1, 5, 6, 1, 7, 8, 1}));
}

TEST(EngineTest, ABatchWithoutRowsHasResultsWithoutRows) {
  EngineOptions options = DenseOptions(4);
  options.rows_per_run = 2;
  auto engine = *Engine::Create(DenseGraph(), options);
  ASSERT_EQ(engine->SetWeights(DenseWeights(1)).ToString(), "OK");
  std::vector<std::int64_t> rows;
  const auto values = RunBatches(*engine, {*Tensor::FromValues<float>({0, 2}, {})}, &rows);
  EXPECT_EQ(*values, std::vector<float>());
  EXPECT_EQ(rows, std::vector<std::int64_t>{0});
}

TEST(EngineTest, NewWeightsReplaceTheOldOnes) {
  auto engine = *Engine::Create(DenseGraph(), DenseOptions(1));
  const Tensor x = *Tensor::FromValues<float>({1, 2}, {1, 2});
  for (const float scale : {1.0F, 5.0F, -3.0F}) {
    ASSERT_EQ(engine->SetWeights(DenseWeights(scale)).ToString(), "OK");
    EXPECT_EQ(*RunBatches(*engine, {x}), (std::vector<float>{scale, 2 * scale, 1}));
  }
}

TEST(EngineTest, WeightsBecomeInputsWhereCompilingIsMostOfTheTime) {
  const base::FakeClock clock;  // nothing takes time: no way is slower than the other
  EngineOptions options = DenseOptions(2);
  options.clock = &clock;
  auto engine = *Engine::Create(DenseGraph(), options);
  const Tensor x = *Tensor::FromValues<float>({1, 2}, {1, 2});
  std::vector<WeightMode> modes;
  for (const float scale : {1.0F, 5.0F, -3.0F}) {
    ASSERT_EQ(engine->SetWeights(DenseWeights(scale)).ToString(), "OK");
    modes.push_back(engine->weight_mode());
    for (int pass = 0; pass < 2; ++pass) {
      EXPECT_EQ(*RunBatches(*engine, {x, x, x, x, x}),
                (std::vector<float>{scale, 2 * scale, 1, scale, 2 * scale, 1, scale, 2 * scale, 1,
                                    scale, 2 * scale, 1, scale, 2 * scale, 1}));
    }
  }
  EXPECT_EQ(modes, (std::vector<WeightMode>{WeightMode::kConstants, WeightMode::kInputs,
                                            WeightMode::kInputs}));
}

TEST(EngineTest, AFixedModeStays) {
  for (const WeightMode mode : {WeightMode::kConstants, WeightMode::kInputs}) {
    EngineOptions options = DenseOptions(1);
    options.weight_mode = mode;
    auto engine = *Engine::Create(DenseGraph(), options);
    const Tensor x = *Tensor::FromValues<float>({1, 2}, {1, 2});
    for (const float scale : {1.0F, 5.0F, -3.0F}) {
      ASSERT_EQ(engine->SetWeights(DenseWeights(scale)).ToString(), "OK");
      EXPECT_EQ(engine->weight_mode(), mode);
      EXPECT_EQ(*RunBatches(*engine, {x}), (std::vector<float>{scale, 2 * scale, 1}));
    }
  }
}

TEST(EngineTest, WeightsThatNoInputTakesStayConstants) {
  auto x = std::make_shared<ov::op::v0::Parameter>(ov::element::f32, ov::PartialShape{-1, 2});
  auto offset = std::make_shared<VariablePlaceholder>(0, ov::element::f16, ov::Shape{2});
  auto sum = std::make_shared<ov::op::v1::Add>(
      x, std::make_shared<ov::op::v0::Convert>(offset, ov::element::f32));
  const auto graph = std::make_shared<ov::Model>(
      ov::ResultVector{std::make_shared<ov::op::v0::Result>(sum)}, ov::ParameterVector{x});
  const base::FakeClock clock;
  EngineOptions options = DenseOptions(1);
  options.clock = &clock;
  auto engine = *Engine::Create(graph, options);
  for (const float value : {1.0F, 5.0F, -3.0F}) {
    ASSERT_EQ(
        engine->SetWeights(std::vector{*Tensor::FromValues<float>({2}, {value, 0})}).ToString(),
        "OK");
    EXPECT_EQ(engine->weight_mode(), WeightMode::kConstants);
    EXPECT_EQ(*RunBatches(*engine, {*Tensor::FromValues<float>({1, 2}, {1, 2})}),
              (std::vector<float>{1 + value, 2}));
  }
}

TEST(EngineTest, ConvertsDataAndWeightsOfOtherTypes) {
  auto engine = *Engine::Create(DenseGraph(), DenseOptions(1, DType::kUint8));
  std::vector<Tensor> weights = DenseWeights(0);
  weights[0] = *Tensor::FromValues<double>({2, 3}, {0.5, 0, 0, 0, 2, 0});
  ASSERT_EQ(engine->SetWeights(weights).ToString(), "OK");
  EXPECT_EQ(*RunBatches(*engine, {*Tensor::FromValues<std::uint8_t>({1, 2}, {200, 3})}),
            (std::vector<float>{100, 6, 1}));
  auto wide = *Engine::Create(DenseGraph(), DenseOptions(1, DType::kUint64));
  ASSERT_EQ(wide->SetWeights(DenseWeights(1)).ToString(), "OK");
  EXPECT_EQ(*RunBatches(*wide, {*Tensor::FromValues<std::uint64_t>({1, 2}, {9, 3})}),
            (std::vector<float>{9, 3, 1}));
}

// Time steps that a graph put first, for instance.
TEST(EngineTest, DoesNotCutWhatHasAnotherFirstDimension) {
  auto x = std::make_shared<ov::op::v0::Parameter>(ov::element::f32, ov::PartialShape{-1, 5});
  auto order = ov::op::v0::Constant::create(ov::element::i64, {2}, {1, 0});
  const auto graph = std::make_shared<ov::Model>(
      ov::ResultVector{
          std::make_shared<ov::op::v0::Result>(std::make_shared<ov::op::v1::Transpose>(x, order))},
      ov::ParameterVector{x});
  EngineOptions options = DenseOptions(2);
  options.rows_independent = false;
  options.input_shapes = {{5}};
  auto engine = *Engine::Create(graph, options);
  ASSERT_EQ(engine->SetWeights({}).ToString(), "OK");
  std::int64_t rows_given = 0;
  const Tensor batch = *Tensor::FromValues<float>({1, 5}, {1, 2, 3, 4, 5});
  const Status status = engine->Run(
      [&, given = false]() mutable -> Result<std::optional<InputBatch>> {
        return std::exchange(given, true) ? std::nullopt : std::optional<InputBatch>({batch});
      },
      [&](auto, auto rows, const OutputBatch& outputs) {
        rows_given = rows;
        EXPECT_EQ(outputs[0].shape(), (Shape{5, 1}));
        return Status();
      });
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_EQ(rows_given, 1);
}

TEST(EngineTest, DoesNotPadWhereRowsDependOnEachOther) {
  // The sum over the batch is added to every row, so a padded row would change the others.
  auto x = std::make_shared<ov::op::v0::Parameter>(ov::element::f32, ov::PartialShape{-1, 2});
  auto axis = ov::op::v0::Constant::create(ov::element::i64, {1}, {0});
  auto sum = std::make_shared<ov::op::v1::ReduceSum>(x, axis, true);
  auto one = ov::op::v0::Constant::create(ov::element::f32, {1}, {1.0F});
  auto plus_rows =
      std::make_shared<ov::op::v1::Add>(std::make_shared<ov::op::v1::Add>(x, sum), one);
  const auto graph = std::make_shared<ov::Model>(
      ov::ResultVector{std::make_shared<ov::op::v0::Result>(plus_rows)}, ov::ParameterVector{x});
  EngineOptions options = DenseOptions(4);
  options.rows_independent = false;
  options.rows_per_run = 1;  // nor does it split them
  auto engine = *Engine::Create(graph, options);
  ASSERT_EQ(engine->SetWeights({}).ToString(), "OK");
  const Tensor full = *Tensor::FromValues<float>({4, 2}, {1, 1, 1, 1, 1, 1, 1, 1});
  const Tensor part = *Tensor::FromValues<float>({1, 2}, {3, 4});
  const auto values = *RunBatches(*engine, {full, part, full});
  EXPECT_EQ(values[0], 6.0F);
  EXPECT_EQ(values[8], 7.0F);
  EXPECT_EQ(values[9], 9.0F);
  EXPECT_EQ(values[10], 6.0F);
}

// With batches of one row the device's own way of doing it reads beyond the indices.
TEST(EngineTest, LooksUpInTheSameRow) {
  auto x = std::make_shared<ov::op::v0::Parameter>(ov::element::f32, ov::PartialShape{-1, 4, 6});
  auto ids = std::make_shared<ov::op::v0::Parameter>(ov::element::i32, ov::PartialShape{-1, 3});
  auto axis = ov::op::v0::Constant::create(ov::element::i32, {}, {1});
  auto gather = std::make_shared<ov::op::v8::Gather>(x, ids, axis, 1);
  const auto graph = std::make_shared<ov::Model>(
      ov::ResultVector{std::make_shared<ov::op::v0::Result>(gather)}, ov::ParameterVector{x, ids});
  for (const std::int64_t rows : {1, 2, 5}) {
    EngineOptions options = DenseOptions(rows);
    options.input_dtypes = {DType::kFloat32, DType::kInt32};
    options.input_shapes = {{4, 6}, {3}};
    auto engine = *Engine::Create(graph, options);
    ASSERT_EQ(engine->SetWeights({}).ToString(), "OK");
    std::vector<float> values;
    std::vector<std::int32_t> indices;
    for (std::int64_t row = 0; row < rows; ++row) {
      for (int i = 0; i < 24; ++i) values.push_back(static_cast<float>(100 * row + i));
      indices.insert(indices.end(), {3, 0, 2});
    }
    const InputBatch batch{*Tensor::FromValues<float>({rows, 4, 6}, values),
                           *Tensor::FromValues<std::int32_t>({rows, 3}, indices)};
    std::vector<float> found;
    const Status status = engine->Run(
        [&, given = false]() mutable -> Result<std::optional<InputBatch>> {
          return std::exchange(given, true) ? std::nullopt : std::optional<InputBatch>(batch);
        },
        [&](auto, auto, const OutputBatch& outputs) {
          EXPECT_EQ(outputs[0].shape(), (Shape{rows, 3, 6}));
          found.assign(outputs[0].values<float>().begin(), outputs[0].values<float>().end());
          return Status();
        });
    ASSERT_TRUE(status.ok()) << status;
    for (std::size_t i = 0; i < found.size(); ++i) {
      const std::size_t row = i / 18;
      const std::size_t id = std::vector<std::size_t>{3, 0, 2}[i / 6 % 3];
      EXPECT_EQ(found[i], static_cast<float>(100 * row + 6 * id + i % 6));
    }
  }
}

TEST(EngineTest, CompilesForEachShapeWhereDataHasUnknownSizes) {
  auto x = std::make_shared<ov::op::v0::Parameter>(ov::element::f32, ov::PartialShape{-1, -1});
  auto axis = ov::op::v0::Constant::create(ov::element::i64, {1}, {1});
  auto sum = std::make_shared<ov::op::v1::ReduceSum>(x, axis, true);
  const auto graph = std::make_shared<ov::Model>(
      ov::ResultVector{std::make_shared<ov::op::v0::Result>(sum)}, ov::ParameterVector{x});
  EngineOptions options = DenseOptions(1);
  options.input_shapes = {{Shape::kUnknown}};
  auto engine = *Engine::Create(graph, options);
  ASSERT_EQ(engine->SetWeights({}).ToString(), "OK");
  std::vector<Tensor> batches;
  for (std::int64_t width = 1; width <= 12; ++width) {  // more shapes than are kept
    const std::vector<float> ones(static_cast<std::size_t>(width), 1.0F);
    batches.push_back(*Tensor::FromValues<float>({1, width}, ones));
  }
  const auto values = *RunBatches(*engine, batches);
  for (std::size_t i = 0; i < values.size(); ++i) EXPECT_EQ(values[i], static_cast<float>(i + 1));
}

TEST(EngineTest, ErrorsOfProducerAndConsumerEndTheRun) {
  auto engine = *Engine::Create(DenseGraph(), DenseOptions(1));
  const Tensor x = *Tensor::FromValues<float>({1, 2}, {1, 2});
  const auto supply = [&]() -> Result<std::optional<InputBatch>> {
    return std::optional<InputBatch>({x});
  };
  EXPECT_EQ(engine->Run(supply, [](auto, auto, const auto&) { return Status(); }).code(),
            StatusCode::kInternal);
  ASSERT_EQ(engine->SetWeights(DenseWeights(1)).ToString(), "OK");
  const Status bad(StatusCode::kDataLoss, "no more");
  int supplied = 0;
  const auto failing = [&]() -> Result<std::optional<InputBatch>> {
    if (++supplied == 3) return bad;
    return std::optional<InputBatch>({x});
  };
  EXPECT_EQ(engine->Run(failing, [](auto, auto, const auto&) { return Status(); }).message(),
            "no more");
  EXPECT_EQ(
      engine
          ->Run(supply, [&](auto index, auto, const auto&) { return index == 5 ? bad : Status(); })
          .message(),
      "no more");
  EXPECT_EQ(*RunBatches(*engine, {x}), (std::vector<float>{1, 2, 1}));  // usable afterwards
}

TEST(EngineTest, RefusesWhatDoesNotFit) {
  EXPECT_FALSE(Engine::Create(DenseGraph(), EngineOptions()).ok());
  auto engine = *Engine::Create(DenseGraph(), DenseOptions(1));
  std::vector<Tensor> weights = DenseWeights(1);
  weights.pop_back();
  EXPECT_EQ(engine->SetWeights(weights).code(), StatusCode::kInternal);
  weights.push_back(*Tensor::FromValues<float>({2}, {1, 2}));
  EXPECT_EQ(engine->SetWeights(weights).code(), StatusCode::kInternal);
  ASSERT_EQ(engine->SetWeights(DenseWeights(1)).ToString(), "OK");
  const auto values = RunBatches(*engine, {*Tensor::FromValues<float>({2, 2}, {1, 2, 3, 4})});
  EXPECT_EQ(values.status().code(), StatusCode::kFailedPrecondition);
  EXPECT_EQ(
      RunBatches(*engine, {*Tensor::FromValues<float>({1, 5}, {1, 2, 3, 4, 5})}).status().code(),
      StatusCode::kInternal);
}

}  // namespace
}  // namespace sidecar::engine
