#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <random>

#include "evaluate/metrics/accuracy.h"
#include "evaluate/metrics/confusion_metric.h"
#include "evaluate/metrics/metric_table.h"
#include "evaluate/metrics/metric_test_support.h"
#include "evaluate/metrics_test_support.h"

namespace sidecar::evaluate {
namespace {

using testing::ElementsAre;

constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();
constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr auto kKeras2 = KerasVersion::kKeras2;
constexpr auto kKeras3 = KerasVersion::kKeras3;

double Result1(const MetricAccumulator& metric) { return std::get<double>(metric.Result()); }

TEST(ArgMaxTest, TakesTheFirstOfSeveralAndPassesOverNaN) {
  const auto at = [](std::vector<float> values) { return ArgMax(values, kKeras2); };
  EXPECT_EQ(at({1, 3, 3}), 1U);
  EXPECT_EQ(at({kNaN, 1, 2}), 2U);
  EXPECT_EQ(at({2, kNaN, 1}), 0U);
  EXPECT_EQ(at({kNaN, kNaN}), 0U);
  for (const std::size_t place : {0U, 15U, 16U, 31U, 32U, 36U}) {
    std::vector<float> many(37, 1);
    many[place] = many[36] = 2;
    EXPECT_EQ(at(many), place);
  }
  EXPECT_EQ(at({-kInfinity, -1}), 1U);
  EXPECT_EQ(at({}), 0U);
}

TEST(ArgMaxTest, TellsZerosApartInKeras3) {
  const std::vector<float> zeros = {-1, -0.0F, 0.0F};
  EXPECT_EQ(ArgMax(zeros, kKeras2), 1U);
  EXPECT_EQ(ArgMax(zeros, kKeras3), 2U);
}

TEST(MetricsTest, CountWhatIsInTheTopK) {
  NamedMetric metric =
      Make({{"class_name", "SparseTopKCategoricalAccuracy"}, {"config", {{"k", 1}}}}, kKeras2);
  EXPECT_EQ(metric.name, "sparse_top_k_categorical_accuracy");
  TestBatch equal(Ints({1}, {2}), Floats({1, 3}, {.5F, .5F, .5F}));
  ASSERT_TRUE(metric.metric->Update(equal.View()).ok());
  EXPECT_EQ(Result1(*metric.metric), 1);
  metric.metric->Reset();
  TestBatch lower(Ints({1}, {0}), Floats({1, 3}, {.1F, .2F, .1F}));
  ASSERT_TRUE(metric.metric->Update(lower.View()).ok());
  EXPECT_EQ(Result1(*metric.metric), 0);
  metric.metric->Reset();
  TestBatch strange(Ints({3}, {0, 5, -1}),
                    Floats({3, 3}, {.9F, kInfinity, .1F, .9F, .5F, .1F, .9F, .5F, .1F}));
  ASSERT_TRUE(metric.metric->Update(strange.View()).ok());
  EXPECT_EQ(Result1(*metric.metric), 0);
}

TEST(MetricsTest, ReadSortedClassNumbersInKeras3) {
  const nlohmann::json object = {{"class_name", "SparseTopKCategoricalAccuracy"},
                                 {"config", {{"k", 2}, {"from_sorted_ids", true}}}};
  NamedMetric metric = Make(object, kKeras3);
  TestBatch batch(Ints({3}, {7, 8, 9}), Floats({3, 3}, {7, 1, 2, 1, 8, 2, 1, 2, 9}));
  ASSERT_TRUE(metric.metric->Update(batch.View()).ok());
  EXPECT_NEAR(Result1(*metric.metric), 2.0 / 3, 1e-7);
}

TEST(MetricsTest, AverageEachSampleFirstInKeras3Only) {
  // Two batches whose samples have different numbers of values.
  const nlohmann::json object = {{"class_name", "BinaryAccuracy"}, {"config", nullptr}};
  const std::pair<KerasVersion, double> expected[] = {{kKeras2, 2.0 / 6}, {kKeras3, 1.0 / 2}};
  for (const auto& [version, value] : expected) {
    NamedMetric metric = Make(object, version);
    TestBatch wide(Floats({1, 4}, {0, 0, 0, 0}), Floats({1, 4}, {1, 1, 1, 1}));
    TestBatch narrow(Floats({1, 2}, {0, 0}), Floats({1, 2}, {0, 0}));
    ASSERT_TRUE(metric.metric->Update(wide.View()).ok());
    ASSERT_TRUE(metric.metric->Update(narrow.View()).ok());
    EXPECT_NEAR(Result1(*metric.metric), value, 1e-7);
  }
}

TEST(MetricsTest, WeighEachSample) {
  for (const KerasVersion version : {kKeras2, kKeras3}) {
    NamedMetric metric =
        Make({{"class_name", "CategoricalAccuracy"}, {"config", nullptr}}, version);
    const Tensor labels = Floats({2, 3}, {0, 0, 1, 0, 1, 0});
    const Tensor prediction = Floats({2, 3}, {.1F, .9F, .8F, .05F, .95F, 0});
    TestBatch batch(labels, prediction, Floats({2}, {.7F, .3F}));
    ASSERT_TRUE(metric.metric->Update(batch.View()).ok());
    EXPECT_NEAR(Result1(*metric.metric), .3, 1e-7);
    metric.metric->Reset();
    TestBatch column(labels, prediction, Floats({2, 1}, {0, 0}));
    ASSERT_TRUE(metric.metric->Update(column.View()).ok());
    EXPECT_EQ(Result1(*metric.metric), 0);
  }
}

TEST(MetricsTest, CountIgnoredSamplesAsEachKerasDoes) {
  const nlohmann::json object = {{"class_name", "SparseCategoricalCrossentropy"},
                                 {"config", {{"ignore_class", 0}}}};
  const Tensor labels = Ints({3}, {0, 1, 2});
  const Tensor prediction = Floats({3, 3}, {.1F, .8F, .1F, .2F, .7F, .1F, .3F, .3F, .4F});
  const std::pair<KerasVersion, double> expected[] = {{kKeras2, 0.6364828}, {kKeras3, 0.4243219}};
  for (const auto& [version, value] : expected) {
    NamedMetric metric = Make(object, version);
    TestBatch batch(labels, prediction);
    ASSERT_TRUE(metric.metric->Update(batch.View()).ok());
    EXPECT_NEAR(Result1(*metric.metric), value, 1e-6);
    metric.metric->Reset();
    TestBatch weighted(labels, prediction, Floats({3}, {1, 1, 1}));
    ASSERT_TRUE(metric.metric->Update(weighted.View()).ok());
    EXPECT_NEAR(Result1(*metric.metric), 0.6364828, 1e-6);
  }
}

TEST(MetricsTest, MergeTheStatesOfParts) {
  std::mt19937 random(9);
  std::uniform_real_distribution<float> uniform(0.01F, 1);
  std::vector<float> prediction(24 * 3);
  std::vector<float> weights(24);
  std::vector<std::int64_t> labels(24);
  for (float& value : prediction) value = uniform(random);
  for (float& value : weights) value = uniform(random);
  for (std::int64_t& label : labels) label = static_cast<std::int64_t>(random() % 3);
  const Tensor y = Ints({24}, labels);
  const Tensor p = Floats({24, 3}, prediction);
  const Tensor w = Floats({24}, weights);
  for (const char* name :
       {"accuracy", "sparse_categorical_crossentropy", "sparse_top_k_categorical_accuracy"}) {
    NamedMetric whole = Make(name, kKeras2);
    TestBatch all(y, p, w);
    ASSERT_TRUE(whole.metric->Update(all.View()).ok());
    NamedMetric first = Make(name, kKeras2);
    NamedMetric second = Make(name, kKeras2);
    TestBatch front(y.Slice(0, 10).value(), p.Slice(0, 10).value(), w.Slice(0, 10).value());
    TestBatch back(y.Slice(10, 24).value(), p.Slice(10, 24).value(), w.Slice(10, 24).value());
    ASSERT_TRUE(first.metric->Update(front.View()).ok());
    ASSERT_TRUE(second.metric->Update(back.View()).ok());
    NamedMetric merged = Make(name, kKeras2);
    ASSERT_TRUE(merged.metric->Load(first.metric->state()).ok());
    ASSERT_TRUE(merged.metric->Merge(second.metric->state()).ok());
    EXPECT_NEAR(Result1(*merged.metric), Result1(*whole.metric), 1e-6) << name;
    EXPECT_FALSE(merged.metric->Merge(std::vector<double>{1}).ok());
    EXPECT_FALSE(merged.metric->Load(std::vector<double>{1, 2, 3}).ok());
  }
}

nlohmann::json Auc(bool by_label, const nlohmann::json& label_weights = nullptr) {
  return {{"class_name", "AUC"},
          {"config", {{"multi_label", by_label}, {"label_weights", label_weights}}}};
}

std::vector<double> State(const MetricAccumulator& metric) {
  return {metric.state().begin(), metric.state().end()};
}

TEST(MetricsTest, CountTheSameWhenTheyShareTheCount) {
  const nlohmann::json recall = {{"class_name", "PrecisionAtRecall"}, {"config", {{"recall", .5}}}};
  const nlohmann::json precision = {{"class_name", "RecallAtPrecision"},
                                    {"config", {{"precision", .5}}}};
  std::vector<NamedMetric> shared;
  std::vector<NamedMetric> alone;
  const nlohmann::json hits = {{"class_name", "TruePositives"},
                               {"config", {{"thresholds", {.9, .5}}}}};
  const nlohmann::json coarse = {{"class_name", "AUC"},
                                 {"config", {{"multi_label", true}, {"num_thresholds", 7}}}};
  for (const nlohmann::json& object : {Auc(true), recall, Auc(false), precision,
                                       Auc(true, {1, 2, 3}), Auc(false, {1, 2, 3}), hits, coarse}) {
    shared.push_back(Make(object, kKeras2));
    alone.push_back(Make(object, kKeras2));
  }
  std::vector<MetricAccumulator*> all;
  for (const NamedMetric& metric : shared) all.push_back(metric.metric.get());
  ShareCounts(all, 1024);
  std::mt19937 random(3);
  std::uniform_real_distribution<float> uniform(0, 1);
  for (int batch = 0; batch < 12; ++batch) {
    std::vector<float> prediction(30);
    std::vector<std::int64_t> labels(30);
    std::vector<float> weights(10);
    for (float& value : prediction) value = uniform(random);
    for (float& value : weights) value = uniform(random);
    for (std::int64_t& label : labels) label = static_cast<std::int64_t>(random() % 2);
    TestBatch data(Ints({10, 3}, labels), Floats({10, 3}, prediction), Floats({10}, weights));
    data.weighted = batch >= 4 && batch < 6;  // in between those without
    for (std::size_t i = 0; i < shared.size(); ++i) {
      if (batch == 8) {
        shared[i].metric->Reset();
        alone[i].metric->Reset();
      }
    }
    for (std::size_t i = 0; i < shared.size(); ++i) {
      ASSERT_TRUE(shared[i].metric->Update(data.View()).ok());
      ASSERT_TRUE(alone[i].metric->Update(data.View()).ok());
      (void)alone[i].metric->state();  // added to the variables after each batch
    }
    for (std::size_t i = 0; i < shared.size() && batch % 3 == 2; ++i) {
      EXPECT_EQ(State(*shared[i].metric), State(*alone[i].metric)) << batch << " " << i;
      EXPECT_EQ(shared[i].metric->Result(), alone[i].metric->Result());
    }
  }
}

TEST(MetricsTest, TwoClassesCountAsManyDo) {
  const auto iou = [](float odd) {
    NamedMetric metric =
        Make(nlohmann::json{{"class_name", "MeanIoU"}, {"config", {{"num_classes", 2}}}}, kKeras3);
    TestBatch batch(Floats({6}, {0, 0, 1, 1, 1, odd}), Floats({6}, {-.9F, 1.9F, 0, 1, 1.2F, 3}));
    EXPECT_TRUE(metric.metric->Update(batch.View()).ok());
    TestBatch all_in_range(Floats({5}, {0, 0, 1, 1, 1}), Floats({5}, {-.9F, 1.9F, 0, 1, 1.2F}));
    EXPECT_TRUE(metric.metric->Update(all_in_range.View()).ok());
    return State(*metric.metric);
  };
  EXPECT_EQ(iou(7), (std::vector<double>{2, 2, 2, 4}));  // Keras 3 leaves out what is no class
}

// A float32 variable does not change when 1 is added to 2^24.
TEST(MetricsTest, CountInFloat32) {
  NamedMetric metric = Make(nlohmann::json{{"class_name", "TruePositives"}}, kKeras2);
  TestBatch batch(Floats({2, 1}, {1, 1}), Floats({2, 1}, {.9F, .2F}));
  ASSERT_TRUE(metric.metric->Load(std::vector<double>{(1 << 24) - 3}).ok());
  for (int i = 0; i < 6; ++i) ASSERT_TRUE(metric.metric->Update(batch.View()).ok());
  EXPECT_EQ(Result1(*metric.metric), 1 << 24);
}

// One that is close to that stays apart from others that it shares the count with.
// What half precision, of which Keras itself would lose count at 2048, is computed in as well.
TEST(MetricsTest, CountInTheirDtype) {
  const auto state_after = [](const char* class_name, const nlohmann::json& dtype,
                              KerasVersion version) {
    NamedMetric made = Make({{"class_name", class_name}, {"config", {{"dtype", dtype}}}}, version);
    const double before = 0x1p24;
    EXPECT_TRUE(made.metric->Load(std::vector<double>{before, before}).ok());
    TestBatch batch(Tensor::FromValues<float>(Shape{1, 1}, {1}).value(),
                    Tensor::FromValues<float>(Shape{1, 1}, {2}).value());
    EXPECT_TRUE(made.metric->Update(batch.View()).ok());
    return made.metric->state()[1] - before;
  };
  const nlohmann::json policy = {{"module", "keras"},
                                 {"class_name", "DTypePolicy"},
                                 {"config", {{"name", "float64"}}},
                                 {"registered_name", nullptr}};
  for (const char* name : {"MeanSquaredError", "RootMeanSquaredError"}) {
    for (const KerasVersion version : {KerasVersion::kKeras2, KerasVersion::kKeras3}) {
      EXPECT_EQ(state_after(name, "float64", version), 1) << name;
      EXPECT_EQ(state_after(name, policy, version), 1) << name;
      for (const char* dtype : {"float32", "float16", "bfloat16", "mixed_float16"}) {
        EXPECT_EQ(state_after(name, dtype, version), 0) << name << ' ' << dtype;
      }
    }
  }
}

TEST(MetricsTest, CountInFloat32BesideOthers) {
  const nlohmann::json hits = {{"class_name", "TruePositives"}};
  std::vector<NamedMetric> metrics;
  for (const nlohmann::json& object : {hits, Auc(true), hits, Auc(false)}) {
    metrics.push_back(Make(object, kKeras2));
  }
  std::vector<MetricAccumulator*> all;
  for (const NamedMetric& metric : metrics) all.push_back(metric.metric.get());
  ShareCounts(all, 1024);
  TestBatch batch(Floats({2, 2}, {1, 1, 0, 1}), Floats({2, 2}, {.9F, .2F, .8F, .4F}));
  ASSERT_TRUE(metrics[2].metric->Load(std::vector<double>{(1 << 24) - 2}).ok());
  for (int i = 0; i < 5; ++i) {
    for (const NamedMetric& metric : metrics) {
      ASSERT_TRUE(metric.metric->Update(batch.View()).ok());
    }
  }
  EXPECT_EQ(Result1(*metrics[0].metric), 5);
  EXPECT_EQ(Result1(*metrics[2].metric), 1 << 24);
  NamedMetric alone = Make(Auc(true), kKeras2);
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(alone.metric->Update(batch.View()).ok());
  EXPECT_EQ(State(*metrics[1].metric), State(*alone.metric));
}

TEST(MetricsTest, ResolveAccuracyByShape) {
  const auto kind = [](Shape labels, Shape prediction) {
    return FindLabelKind({std::move(labels), std::move(prediction)});
  };
  EXPECT_EQ(kind({-1}, {-1, 1}), LabelKind::kBinary);
  EXPECT_EQ(kind({-1, 1}, {-1, 1}), LabelKind::kBinary);
  EXPECT_EQ(kind({-1}, {-1, 3}), LabelKind::kSparse);
  EXPECT_EQ(kind({-1, 1}, {-1, 3}), LabelKind::kSparse);
  EXPECT_EQ(kind({-1, 3}, {-1, 3}), LabelKind::kCategorical);
  EXPECT_EQ(kind({-1, 4}, {-1, 4, 3}), LabelKind::kSparse);
  EXPECT_EQ(kind({-1, 4, 1}, {-1, 4, 3}), LabelKind::kSparse);
}

TEST(MetricsTest, NamesFollowEachKeras) {
  EXPECT_EQ(Make("MeanSquaredError", kKeras2).name, "mean_squared_error");
  EXPECT_EQ(Make("MeanSquaredError", kKeras3).name, "MeanSquaredError");
  EXPECT_EQ(Make("MSE", kKeras2).name, "MSE");
  EXPECT_EQ(Make("Accuracy", kKeras3).name, "Accuracy");
  const nlohmann::json function = {{"module", "builtins"},
                                   {"class_name", "function"},
                                   {"config", "sparse_categorical_accuracy"}};
  EXPECT_EQ(Make(function, kKeras2).name, "sparse_categorical_accuracy");
  const nlohmann::json wrapper = {
      {"class_name", "MeanMetricWrapper"},
      {"config",
       {{"name", "mine"}, {"dtype", "float32"}, {"fn", "binary_accuracy"}, {"threshold", 0.3}}}};
  EXPECT_EQ(Make(wrapper, kKeras2).name, "mine");
  const nlohmann::json loss = {
      {"module", "keras.losses"}, {"class_name", "Huber"}, {"config", {{"delta", 2.0}}}};
  EXPECT_EQ(Make(loss, kKeras2).name, "huber_loss");
}

TEST(MetricsTest, MeanMetricWrapperPassesArgumentsOn) {
  const nlohmann::json wrapper = {
      {"class_name", "MeanMetricWrapper"},
      {"config",
       {{"fn", {{"class_name", "function"}, {"config", "binary_accuracy"}}}, {"threshold", 0.3}}}};
  NamedMetric metric = Make(wrapper, kKeras3);
  TestBatch batch(Floats({2, 1}, {1, 1}), Floats({2, 1}, {.4F, .2F}));
  ASSERT_TRUE(metric.metric->Update(batch.View()).ok());
  EXPECT_EQ(Result1(*metric.metric), .5);
}

TEST(MetricsTest, RefuseWhatKerasCannotCompile) {
  const LabelShapes shapes{Shape{-1}, Shape{-1, 3}};
  const auto status = [&shapes](const nlohmann::json& object, KerasVersion version) {
    return MakeMetric(ReadIdentifier(object).value(), shapes, version).status();
  };
  const auto unknown = [&shapes](const char* name, KerasVersion version) {
    return MakeMetric(ReadIdentifier(name).value(), shapes, version).value().unknown_name;
  };
  EXPECT_TRUE(unknown("huber", kKeras2));
  EXPECT_TRUE(unknown("auc", kKeras2));
  EXPECT_TRUE(unknown("ce", kKeras3));
  EXPECT_FALSE(unknown("mae", kKeras3));
  EXPECT_EQ(status("Mean", kKeras3).code(), StatusCode::kInvalidArgument);
  const nlohmann::json typo = {{"class_name", "BinaryAccuracy"}, {"config", {{"treshold", 1}}}};
  EXPECT_THAT(status(typo, kKeras2).message(),
              testing::HasSubstr("config.treshold: it has no such argument"));
  const nlohmann::json wrong = {{"class_name", "BinaryAccuracy"},
                                {"config", {{"threshold", "high"}}}};
  EXPECT_THAT(status(wrong, kKeras2).message(), testing::HasSubstr("threshold is \"high\""));
}

}  // namespace
}  // namespace sidecar::evaluate
