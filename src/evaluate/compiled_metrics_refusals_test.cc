// What is said of losses, metrics and data that do not go together.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "evaluate/compiled_metrics.h"
#include "evaluate/metrics_test_support.h"

namespace sidecar::evaluate {
namespace {

using testing::HasSubstr;

constexpr auto kKeras2 = KerasVersion::kKeras2;
constexpr auto kKeras3 = KerasVersion::kKeras3;

TEST(CompiledMetricsRefusalsTest, RefusesNoLossInKeras3) {
  const Status status = Evaluate(Classes(R"({"metrics": ["accuracy"]})", kKeras3)).status();
  EXPECT_EQ(status.code(), StatusCode::kInvalidArgument);
  EXPECT_THAT(status.message(), HasSubstr("--loss"));
}

TEST(CompiledMetricsRefusalsTest, RefusesNeitherLossNorMetrics) {
  for (const char* config : {"", "{}", "null", R"({"loss": null, "metrics": []})",
                             R"({"loss": {}, "metrics": [null]})"}) {
    EXPECT_EQ(Create(Classes(config)).status().code(), StatusCode::kInvalidArgument) << config;
  }
}

TEST(CompiledMetricsRefusalsTest, NamesEverythingThatIsNotSupported) {
  const Status status = Create(Classes(R"({"loss": {"class_name": "MyLoss",
      "module": "my.code", "config": {}}, "metrics": ["accuracy"], "weighted_metrics":
      [{"class_name": "function", "config": "my_metric"}, {"class_name": "Mine", "module":
      "my.code", "config": {}}]})"))
                            .status();
  EXPECT_EQ(status.code(), StatusCode::kUnimplemented);
  for (const char* name : {"'MyLoss'", "'my_metric'", "'Mine'"}) {
    EXPECT_THAT(status.message(), HasSubstr(name));
  }
  EXPECT_THAT(status.message(), testing::Not(HasSubstr("accuracy")));
  const Status dtype = Create(Classes(R"({"metrics": [{"class_name": "Accuracy",
      "config": {"dtype": "int32"}}]})"))
                           .status();
  EXPECT_EQ(dtype.code(), StatusCode::kUnimplemented);
  EXPECT_THAT(dtype.message(), HasSubstr("'Accuracy' with config.dtype = \"int32\""));
}

TEST(CompiledMetricsRefusalsTest, NamesTheArgument) {
  const std::pair<const char*, const char*> cases[] = {
      {R"({"loss": {"class_name": "Huber", "config": {"delta": "big"}}})",
       "loss 'Huber': config.delta is \"big\"; it must be a number"},
      {R"({"loss": {"class_name": "Huber", "config": {"gamma": 1}}})",
       "loss 'Huber': config.gamma: it has no such argument"},
      {R"({"metrics": [{"class_name": "AUC", "config": {"curve": "ABC"}}]})",
       "metric 'AUC': config.curve is \"ABC\""},
  };
  for (const auto& [config, message] : cases) {
    const Status status = Create(Classes(config)).status();
    EXPECT_EQ(status.code(), StatusCode::kInvalidArgument) << status;
    EXPECT_THAT(status.message(), HasSubstr(message));
  }
}

// What Keras 2.21 and 3.15 save for a function and a class that were not registered.
TEST(CompiledMetricsRefusalsTest, NamesCodeOfTheUsersOwnThatWasNotRegistered) {
  const std::string in_keras_file = R"({"loss": {"module": "builtins", "class_name": "function",
      "config": "my_loss", "registered_name": "function"}, "metrics": [{"module": null,
      "class_name": "MyMetric", "config": {"name": "m"}, "registered_name": "MyMetric"}, "mae"]})";
  const std::string in_hdf5 = R"({"loss": "my_loss", "metrics": [[{"class_name":
      "MeanMetricWrapper", "config": {"name": "m", "fn": "my_function"}}, {"class_name": "MyMetric",
      "config": {"name": "m"}}]]})";
  for (const std::string& config : {in_keras_file, in_hdf5}) {
    for (const KerasVersion version : {kKeras2, kKeras3}) {
      OneOutput model = Classes(config, version);
      model.origin = CompileOrigin::kModelFile;
      const Status status = Create(model).status();
      EXPECT_EQ(status.code(), StatusCode::kUnimplemented);
      EXPECT_THAT(status.message(), HasSubstr("'my_loss'"));
      EXPECT_THAT(status.message(), HasSubstr("'MyMetric'"));
      EXPECT_THAT(status.message(), HasSubstr("--compile"));
    }
  }
}

TEST(CompiledMetricsRefusalsTest, SaysWhichNamesAKerasDoesNotKnow) {
  EXPECT_THAT(Create(Classes(R"({"loss": "mean_error", "metrics": ["mae", "acc2", "mse2"]})"))
                  .status()
                  .message(),
              HasSubstr("Keras 2 has no loss 'mean_error', no metric 'acc2', no metric 'mse2';"));
  EXPECT_EQ(Create(Classes(R"({"loss": "mean_error"})")).status().code(),
            StatusCode::kInvalidArgument);
  EXPECT_THAT(Create(Classes(R"({"loss": "huber_loss"})", kKeras3)).status().message(),
              HasSubstr("Keras 3 has no loss 'huber_loss'"));
  EXPECT_EQ(Create(Classes(R"({"loss": "crossentropy"})")).status().code(),
            StatusCode::kInvalidArgument);
  EXPECT_TRUE(Create(Classes(R"({"loss": "crossentropy"})", kKeras3)).ok());
}

TEST(CompiledMetricsRefusalsTest, NeedsTargetsForEveryLossAndMetric) {
  const OutputSpec output{"out", DType::kFloat32, Shape{3}};
  const auto message = [&output](const char* config) {
    return CompiledMetrics::Create(config, kKeras2, {output}, DatasetSpec{}).status();
  };
  EXPECT_EQ(message(R"({"loss": "mse"})").code(), StatusCode::kFailedPrecondition);
  EXPECT_THAT(message(R"({"loss": "mse"})").message(), HasSubstr("its loss 'mse'"));
  EXPECT_THAT(message(R"({"metrics": ["accuracy"]})").message(),
              HasSubstr("its metric 'accuracy'"));
}

TEST(CompiledMetricsRefusalsTest, MatchesTargetsByNameAndPosition) {
  const auto create = [](std::vector<DatasetSpec::Component> y) {
    DatasetSpec data;
    data.y = std::move(y);
    return CompiledMetrics::Create(R"({"loss": [null, "mse"]})", kKeras2, TwoOutputs(), data)
        .status();
  };
  const auto component = [](const char* name) {
    return DatasetSpec::Component{name, DType::kFloat32, Shape{1}};
  };
  EXPECT_TRUE(create({component("aa")}).ok());
  EXPECT_TRUE(create({component("1")}).ok());
  EXPECT_TRUE(create({component("1"), component("0")}).ok());
  EXPECT_EQ(create({component("")}).code(), StatusCode::kFailedPrecondition);
  EXPECT_THAT(create({component("bb")}).message(), HasSubstr("'zz', 'aa'"));
  EXPECT_THAT(create({component("2")}).message(), HasSubstr("belongs to no output"));
  EXPECT_THAT(create({component("aa"), component("1")}).message(), HasSubstr("two targets"));
}

TEST(CompiledMetricsRefusalsTest, RefusesShapesBeforeTheFirstBatch) {
  const auto code = [](const char* config, const Tensor& labels) {
    OneOutput model = Classes(config);
    model.labels = labels;
    return Create(model).status().code();
  };
  const Tensor wide = Floats({2, 4}, {0, 0, 0, 0, 0, 0, 0, 0});
  for (const char* name : {"mse", "categorical_crossentropy", "sparse_categorical_crossentropy",
                           "binary_crossentropy"}) {
    const std::string config = std::string(R"({"loss": ")") + name + R"("})";
    EXPECT_EQ(code(config.c_str(), wide), StatusCode::kFailedPrecondition) << name;
  }
  for (const char* name : {"top_k_categorical_accuracy", "sparse_categorical_accuracy"}) {
    const std::string config = std::string(R"({"metrics": [")") + name + R"("]})";
    EXPECT_EQ(code(config.c_str(), Floats({2, 2, 2}, std::vector<float>(8))),
              StatusCode::kFailedPrecondition)
        << name;
  }
}

TEST(CompiledMetricsRefusalsTest, RefusesBatchesThatAreNotAsTheSpecSays) {
  const OneOutput model = Regression(R"({"loss": "mse"})");
  auto metrics = Create(model).value();
  OutputValue output{model.prediction, std::nullopt};
  Batch batch;
  EXPECT_EQ(metrics->Update({&output, 1}, batch, 3, {}).code(), StatusCode::kFailedPrecondition);
  batch.y = {Floats({2, 1}, {1, 1})};
  EXPECT_EQ(metrics->Update({&output, 1}, batch, 3, {}).code(), StatusCode::kFailedPrecondition);
  batch.y = {model.labels};
  EXPECT_EQ(metrics->Update({}, batch, 3, {}).code(), StatusCode::kFailedPrecondition);
  EXPECT_TRUE(metrics->Update({&output, 1}, batch, 3, {}).ok());
}

TEST(CompiledMetricsRefusalsTest, RefusesStructuresThatDoNotFitTheOutputs) {
  const std::pair<const char*, KerasVersion> cases[] = {
      {R"({"loss": {"zz": "mse", "q": "mse"}})", kKeras2},
      {R"({"loss": ["mse", "mse", "mse"]})", kKeras2},
      {R"({"loss": "mse", "loss_weights": [1]})", kKeras2},
      {R"({"loss": "mse", "loss_weights": {"q": 1}})", kKeras2},
      {R"({"loss": "mse", "metrics": [["mse"]]})", kKeras2},
      {R"({"loss": "mse", "metrics": {"q": ["mse"]}})", kKeras2},
      {R"({"loss": "mse", "metrics": ["mse", "mse"]})", kKeras2},
      {R"({"loss": [{"class_name": "MeanSquaredError", "config": {"reduction": "none"}}, "mse"]})",
       kKeras2},
      {R"({"loss": {"zz": "mse"}})", kKeras3},
      {R"({"loss": ["mse", "mse", "mse"]})", kKeras3},
      {R"({"loss": "mse", "loss_weights": [1.0, 2.0]})", kKeras3},
      {R"({"loss": ["mse", "mse"], "loss_weights": 2.0})", kKeras3},
      {R"({"loss": {"zz": "mse", "aa": "mse"}, "loss_weights": {"zz": 1.0}})", kKeras3},
      {R"({"loss": "mse", "metrics": ["mse"]})", kKeras3},
      {R"({"loss": "mse", "metrics": "mse"})", kKeras3},
      {R"({"loss": "mse", "metrics": {"zz": ["mse", null]}})", kKeras3},
      {R"({"loss": "mse", "metrics": {"q": ["mse"]}})", kKeras3},
  };
  for (const auto& [config, version] : cases) {
    EXPECT_EQ(EvaluateTwo(config, version).status().code(), StatusCode::kInvalidArgument) << config;
  }
}

}  // namespace
}  // namespace sidecar::evaluate
