#include "evaluate/compiled_metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "evaluate/compile_config.h"
#include "evaluate/metrics_test_support.h"
#include "sidecar/losses.h"
#include "sidecar/metrics.h"

namespace sidecar::evaluate {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr auto kKeras2 = KerasVersion::kKeras2;
constexpr auto kKeras3 = KerasVersion::kKeras3;

TEST(CompiledMetricsTest, ReportsZeroLossWithoutALossInKeras2) {
  const Result<Logs> logs = Evaluate(Classes(R"({"metrics": ["accuracy"]})"));
  EXPECT_EQ(ValueOf(logs, "loss"), 0);
  EXPECT_EQ(ValueOf(logs, "accuracy"), 0.5);
  OneOutput regularized = Classes(R"({"loss": null, "metrics": ["accuracy"]})");
  regularized.regularization = 0.25F;
  EXPECT_EQ(ValueOf(Evaluate(regularized, 1), "loss"), 0.25);
}

TEST(CompiledMetricsTest, AddsRegularizationToTheLoss) {
  for (const KerasVersion version : {kKeras2, kKeras3}) {
    OneOutput model = Regression(R"({"loss": "mse", "metrics": ["mse"]})", version);
    model.regularization = 0.5F;
    const Result<Logs> logs = Evaluate(model, 2);
    EXPECT_NEAR(ValueOf(logs, "loss"), 5.0 / 3 + 0.5, 1e-6);
    EXPECT_NEAR(ValueOf(logs, "mse"), 5.0 / 3, 1e-6);
  }
}

TEST(CompiledMetricsTest, DividesLossesByValuesAndMetricsByWeights) {
  for (const KerasVersion version : {kKeras2, kKeras3}) {
    OneOutput model =
        Regression(R"({"loss": "mse", "metrics": ["mse"], "weighted_metrics": ["mse"]})", version);
    model.weights = Floats({3}, {1, 1, 0.5F});
    const Result<Logs> logs = Evaluate(model, 2);
    EXPECT_NEAR(ValueOf(logs, "loss"), 1.0, 1e-6);
    EXPECT_NEAR(ValueOf(logs, "mse"), 5.0 / 3, 1e-6);
    EXPECT_NEAR(ValueOf(logs, "weighted_mse"), 3.0 / 2.5, 1e-6);
  }
}

// Probabilities of 0 are clipped to 1e-7, where the logits would give 40 and -40.
TEST(CompiledMetricsTest, LogitsOfAnOutputThatIsCastAreLost) {
  // Keras 2 adds the epsilon once more inside the logarithm.
  constexpr double kClipped2 = 15.4249;
  constexpr double kClipped3 = 16.1181;
  for (const KerasVersion version : {kKeras2, kKeras3}) {
    for (const DType dtype : {DType::kFloat16, DType::kBfloat16, DType::kFloat64}) {
      OneOutput model;
      model.compile = R"({"loss": "binary_crossentropy", "metrics": ["binary_crossentropy"]})";
      model.version = version;
      model.prediction = Floats({1, 1}, {0});
      model.logits = Floats({1, 1}, {-40});
      model.labels = Floats({1, 1}, {1});
      EXPECT_NEAR(ValueOf(Evaluate(model), "loss"), 40, 1e-4);
      EXPECT_NEAR(ValueOf(Evaluate(model), "binary_crossentropy"), 40, 1e-4);
      model.keras_dtype = dtype;
      const bool keras2 = version == kKeras2;
      EXPECT_NEAR(ValueOf(Evaluate(model), "loss"), keras2 ? 40 : kClipped3, 1e-3);
      EXPECT_NEAR(ValueOf(Evaluate(model), "binary_crossentropy"), keras2 ? kClipped2 : 40, 1e-3);
    }
  }
}

TEST(CompiledMetricsTest, WeightsOfOneChangeNothing) {
  OneOutput model = Classes(R"({"loss": "sparse_categorical_crossentropy",
                                "weighted_metrics": ["accuracy", "ce"]})");
  const Logs without = Evaluate(model).value();
  model.weights = Floats({2}, {1, 1});
  const Logs with = Evaluate(model).value();
  EXPECT_EQ(with, without);
}

TEST(CompiledMetricsTest, SampleWeightsOfSequencesFollowKeras2sRule) {
  OneOutput model{.compile = R"({"loss": "sparse_categorical_crossentropy",
                                 "weighted_metrics": ["accuracy"]})",
                  .prediction = Floats({2, 2, 2}, {.9F, .1F, .2F, .8F, .5F, .5F, .5F, .5F}),
                  .labels = Ints({2, 2}, {0, 0, 0, 0}),
                  .weights = Floats({2}, {1, 0})};
  const Result<Logs> logs = Evaluate(model);
  EXPECT_NEAR(ValueOf(logs, "loss"), -(std::log(.9) + std::log(.2)) / 4, 1e-6);
  EXPECT_NEAR(ValueOf(logs, "accuracy"), 0.5, 1e-6);
  // Keras 3 would multiply along the wrong dimension.
  model.version = kKeras3;
  EXPECT_EQ(Evaluate(model).status().code(), StatusCode::kFailedPrecondition);
  EXPECT_THAT(Evaluate(model).status().message(), HasSubstr("sample weights of shape"));
  model.weights = Floats({2, 1}, {1, 0});
  EXPECT_NEAR(ValueOf(Evaluate(model), "loss"), -(std::log(.9) + std::log(.2)) / 4, 1e-6);
}

TEST(CompiledMetricsTest, OneWeightServesAllOutputs) {
  DatasetSpec data = TwoTargets();
  data.sample_weight = {{"", DType::kFloat32, Shape{}}};
  auto metrics = CompiledMetrics::Create(R"({"loss": "mse"})", kKeras2, TwoOutputs(), data).value();
  const std::vector<OutputValue> outputs(2, {Floats({2, 1}, {1, 1}), std::nullopt});
  Batch batch;
  batch.y = {Floats({2, 1}, {2, 2}), Floats({2, 1}, {3, 3})};
  batch.sample_weight = {Floats({2}, {1, 0})};
  ASSERT_TRUE(metrics->Update(outputs, batch, 2, {}).ok());
  EXPECT_EQ(ValueOf(metrics->Results(), "zz_loss"), 0.5);
  EXPECT_EQ(ValueOf(metrics->Results(), "aa_loss"), 2);
}

TEST(CompiledMetricsTest, ListsResultsInEachKerassOrder) {
  const std::string config = R"({"loss": "mse", "metrics": [["mae"], ["mse"]],
                                 "weighted_metrics": [["mae"], []]})";
  EXPECT_THAT(NamesOf(EvaluateTwo(config, kKeras2).value()),
              ElementsAre("loss", "zz_loss", "aa_loss", "zz_mae", "zz_weighted_mae", "aa_mse"));
  EXPECT_THAT(NamesOf(EvaluateTwo(config, kKeras3).value()),
              ElementsAre("aa_loss", "aa_mse", "loss", "zz_loss", "zz_mae", "zz_weighted_mae"));
}

TEST(CompiledMetricsTest, TellsSameNamesApart) {
  const std::string config = R"({"loss": "mse", "metrics": ["mae", "mae"],
                                 "weighted_metrics": ["mae", "mae"]})";
  EXPECT_EQ(Create(Regression(config)).status().code(), StatusCode::kInvalidArgument);
  EXPECT_THAT(NamesOf(Evaluate(Regression(config, kKeras3)).value()),
              ElementsAre("loss", "mae", "mae_1", "weighted_mae", "weighted_mae_1"));
  // A metric of the name "loss" hides the loss, as in Keras.
  const std::string hiding = R"({"loss": "mse", "metrics": [{"class_name": "MeanAbsoluteError",
                                 "config": {"name": "loss"}}]})";
  for (const KerasVersion version : {kKeras2, kKeras3}) {
    EXPECT_EQ(ValueOf(Evaluate(Regression(hiding, version)), "loss"), 1);
  }
}

TEST(CompiledMetricsTest, KeepsNamesThatWereSerializedWithTheirOutput) {
  const std::string config = R"({"from_serialized": true, "loss": "mse", "metrics": [[
      {"class_name": "MeanMetricWrapper", "config": {"name": "zz_mae", "fn": "mae"}}], []]})";
  EXPECT_THAT(NamesOf(EvaluateTwo(config, kKeras2).value()),
              ElementsAre("loss", "zz_loss", "aa_loss", "zz_mae"));
}

TEST(CompiledMetricsTest, WeighsLossesAsEachKerasDoes) {
  const auto loss = [](const char* config, KerasVersion version) {
    return ValueOf(EvaluateTwo(config, version), "loss");
  };
  EXPECT_EQ(loss(R"({"loss": "mse"})", kKeras2), 5);
  EXPECT_EQ(loss(R"({"loss": "mse", "loss_weights": 2})", kKeras2), 10);
  EXPECT_EQ(loss(R"({"loss": ["mse", "mse"], "loss_weights": {"zz": 10}})", kKeras2), 14);
  EXPECT_EQ(loss(R"({"loss": ["mse", "mse"], "loss_weights": [10, null]})", kKeras2), 14);
  EXPECT_EQ(loss(R"({"loss": "mse", "loss_weights": 2.0})", kKeras3), 10);
  EXPECT_EQ(loss(R"({"loss": ["mse", null], "loss_weights": [2.0, 3.0]})", kKeras3), 2);
  // In the order of the sorted names: measured with Keras 3.15.
  EXPECT_EQ(loss(R"({"loss": ["mse", "mse"], "loss_weights": {"zz": 10.0, "aa": 1.0}})", kKeras3),
            41);
  EXPECT_EQ(loss(R"({"loss": {"zz": "mse", "aa": "mse"}, "loss_weights": {"zz": 10.0,
                     "aa": 1.0}})",
                 kKeras3),
            14);
}

TEST(CompiledMetricsTest, LeavesLastOutputsWithoutLoss) {
  EXPECT_THAT(NamesOf(EvaluateTwo(R"({"loss": ["mse"]})", kKeras2).value()),
              ElementsAre("loss", "zz_loss"));
  EXPECT_THAT(NamesOf(EvaluateTwo(R"({"loss": ["mse"]})", kKeras3).value()), ElementsAre("loss"));
}

TEST(CompiledMetricsTest, ALossAmongMetricsCountsEachBatchOnce) {
  OneOutput model = Regression(R"({"loss": "mse", "metrics": [
      {"module": "keras.losses", "class_name": "MeanSquaredError", "config": {"name": "l"}}]})");
  EXPECT_NEAR(ValueOf(Evaluate(model, 2), "l"), (0.5 + 4) / 2, 1e-6);
  model.compile = R"({"loss": "mse", "weighted_metrics": [
      {"module": "keras.losses", "class_name": "MeanSquaredError", "config": {}}]})";
  EXPECT_TRUE(Create(model).ok());
  model.weights = Floats({3}, {1, 1, 1});
  // Keras 2 takes the mean over batches with the sums of their weights, Keras 3 cannot.
  EXPECT_NEAR(ValueOf(Evaluate(model, 2), "mean_squared_error"), (2 * 0.5 + 4) / 3, 1e-6);
  model.version = kKeras3;
  EXPECT_EQ(Create(model).status().code(), StatusCode::kInvalidArgument);
}

TEST(CompiledMetricsTest, ComputesWhatCodeDescribes) {
  CompileOptions options;
  options.loss = losses::SparseCategoricalCrossentropy();
  options.metrics = {metrics::SparseCategoricalAccuracy("eval_metrics"),
                     metrics::SparseTopKCategoricalAccuracy({.k = 2, .name = "top2"})};
  const Result<Logs> logs = Evaluate(Classes(CompileConfigFromOptions(options).value()));
  EXPECT_NEAR(ValueOf(logs, "loss"), 1.1769392, 1e-6);
  EXPECT_EQ(ValueOf(logs, "eval_metrics"), 0.5);
  EXPECT_EQ(ValueOf(logs, "top2"), 1);
}

TEST(CompiledMetricsTest, EveryDescriptionInCodeCompiles) {
  const std::vector<Metric> dense = {
      metrics::Accuracy(),
      metrics::BinaryAccuracy({.threshold = 0.3}),
      metrics::CategoricalAccuracy(),
      metrics::TopKCategoricalAccuracy({.k = 2}),
      metrics::CategoricalCrossentropy({.label_smoothing = 0.1}),
      metrics::BinaryCrossentropy({.from_logits = true}),
      metrics::MeanSquaredError(),
      metrics::MeanAbsoluteError(),
      metrics::FromLoss(losses::BinaryCrossentropy({.name = "b"})),
      metrics::FromLoss(losses::CategoricalCrossentropy({.name = "c"})),
      metrics::FromLoss(
          losses::MeanAbsoluteError({.reduction = losses::Reduction::kNone, .name = "d"}))};
  CompileOptions options;
  options.metrics = dense;
  options.loss = losses::MeanSquaredError({.reduction = losses::Reduction::kSum});
  OneOutput model = Classes(CompileConfigFromOptions(options).value());
  model.labels = Floats({2, 3}, {0, 1, 0, 0, 0, 1});
  const Result<Logs> logs = Evaluate(model);
  ASSERT_TRUE(logs.ok()) << logs.status();
  EXPECT_EQ(logs->size(), dense.size() + 1);
  for (const losses::Reduction reduction :
       {losses::Reduction::kMean, losses::Reduction::kMeanWithSampleWeight}) {
    options.loss = losses::MeanSquaredError({.reduction = reduction});
    model.compile = CompileConfigFromOptions(options).value();
    model.version = kKeras3;
    EXPECT_TRUE(Evaluate(model).ok());
    model.version = kKeras2;
    EXPECT_EQ(Create(model).status().code(), StatusCode::kInvalidArgument);
  }
}

}  // namespace
}  // namespace sidecar::evaluate
