// What must hold for every metric, whatever its formula: how the data are split into batches does
// not matter, and states of parts can be saved, loaded and merged.
#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <string>
#include <vector>

#include "evaluate/metrics/metric_test_support.h"
#include "evaluate/metrics_test_support.h"

namespace sidecar::evaluate {
namespace {

using nlohmann::json;

constexpr std::int64_t kRows = 61;

// Float32 sums of some hundred values; curves divide differences of such sums.
constexpr double kTolerance = 5e-6;

struct Property {
  std::string name;
  json metric;
  Tensor labels;
  Tensor prediction;
  bool weighted = true;
};

class Data {
 public:
  Tensor Uniform(Shape shape, float low, float high) {
    std::uniform_real_distribution<float> distribution(low, high);
    std::vector<float> values(static_cast<std::size_t>(*shape.NumElements()));
    for (float& value : values) value = distribution(random_);
    return Floats(std::move(shape), values);
  }
  Tensor Classes(Shape shape, std::int64_t classes) {
    std::vector<std::int64_t> values(static_cast<std::size_t>(*shape.NumElements()));
    for (std::int64_t& value : values) {
      value = static_cast<std::int64_t>(random_() % static_cast<std::uint64_t>(classes));
    }
    return Ints(std::move(shape), values);
  }

 private:
  std::mt19937 random_{17};
};

json Object(const std::string& name, json config = json::object()) {
  return {{"class_name", name}, {"config", std::move(config)}};
}

// Every metric of the tables that both Kerases have; arguments where Keras needs some.
std::vector<Property> Properties(KerasVersion version) {
  Data data;
  const Tensor p = data.Uniform({kRows, 4}, 0.01F, 0.99F);
  const Tensor bits = data.Classes({kRows, 4}, 2);
  const Tensor numbers = data.Uniform({kRows, 4}, 0.5F, 3);
  const Tensor classes = data.Classes({kRows}, 4);
  const Tensor found = data.Uniform({kRows}, 0, 3.99F);
  std::vector<Property> properties;
  for (const char* name :
       {"AUC", "FalsePositives", "FalseNegatives", "TruePositives", "TrueNegatives", "Precision",
        "Recall", "BinaryAccuracy", "BinaryCrossentropy", "CategoricalAccuracy"}) {
    properties.push_back({name, Object(name), bits, p});
  }
  properties.push_back(
      {"AUC by label", Object("AUC", {{"multi_label", true}, {"curve", "PR"}}), bits, p});
  properties.push_back({"AUC of three", Object("AUC", {{"thresholds", {0.3, 0.2, 0.9}}}), bits, p});
  properties.push_back(
      {"Precision of many", Object("Precision", {{"thresholds", {0.9, 0.1, 0.5}}}), bits, p});
  properties.push_back({"Recall of two", Object("Recall", {{"top_k", 2}}), bits, p});
  const std::pair<const char*, const char*> given[] = {{"SensitivityAtSpecificity", "specificity"},
                                                       {"SpecificityAtSensitivity", "sensitivity"},
                                                       {"PrecisionAtRecall", "recall"},
                                                       {"RecallAtPrecision", "precision"}};
  for (const auto& [name, argument] : given) {
    properties.push_back({name, Object(name, {{argument, 0.5}}), bits, p});
  }
  for (const char* name :
       {"MeanSquaredError", "MeanAbsoluteError", "MeanAbsolutePercentageError",
        "MeanSquaredLogarithmicError", "RootMeanSquaredError", "LogCoshError", "CosineSimilarity",
        "KLDivergence", "Poisson", "Hinge", "SquaredHinge", "CategoricalHinge", "R2Score",
        "TopKCategoricalAccuracy", "CategoricalCrossentropy"}) {
    properties.push_back({name, Object(name), numbers, p});
  }
  for (const char* name : {"SparseCategoricalAccuracy", "SparseCategoricalCrossentropy",
                           "SparseTopKCategoricalAccuracy"}) {
    properties.push_back({name, Object(name), classes, p});
  }
  const bool weighted = version == KerasVersion::kKeras3;  // Keras 2 cannot
  properties.push_back({"F1Score", Object("F1Score"), bits, p, weighted});
  properties.push_back({"FBetaScore",
                        Object("FBetaScore", {{"average", "weighted"}, {"beta", 2.0}}), bits, p,
                        weighted});
  properties.push_back({"MeanIoU", Object("MeanIoU", {{"num_classes", 4}}), classes, found});
  properties.push_back(
      {"IoU", Object("IoU", {{"num_classes", 4}, {"target_class_ids", {1, 2}}}), classes, found});
  if (version == KerasVersion::kKeras3) {
    properties.push_back({"PearsonCorrelation", Object("PearsonCorrelation"), numbers, p});
    properties.push_back({"ConcordanceCorrelation", Object("ConcordanceCorrelation"), numbers, p});
  } else {
    properties.push_back(
        {"MeanRelativeError", Object("MeanRelativeError", {{"normalizer", 2.0}}), numbers, p});
  }
  return properties;
}

std::vector<double> Numbers(const MetricValue& value) {
  if (const auto* number = std::get_if<double>(&value)) return {*number};
  return std::get<std::vector<double>>(value);
}

void ExpectSame(const MetricValue& value, const MetricValue& wanted) {
  const std::vector<double> a = Numbers(value);
  const std::vector<double> b = Numbers(wanted);
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t i = 0; i < a.size(); ++i) {
    EXPECT_NEAR(a[i], b[i], kTolerance * std::max(1.0, std::fabs(b[i])));
  }
}

class MetricProperties : public testing::TestWithParam<KerasVersion> {
 protected:
  static NamedMetric New(const Property& property) {
    return Make(property.metric, GetParam(),
                {property.labels.shape(), property.prediction.shape()});
  }

  // Rows [begin, end).
  static void Add(MetricAccumulator& metric, const Property& property, const Tensor* weights,
                  std::int64_t begin, std::int64_t end) {
    TestBatch batch(property.labels.Slice(begin, end).value(),
                    property.prediction.Slice(begin, end).value());
    if (weights != nullptr) {
      batch.weight_tensor = weights->Slice(begin, end).value();
      batch.weights = {batch.weight_tensor.shape(), batch.weight_tensor.values<float>()};
      batch.weighted = true;
    }
    const Status status = metric.Update(batch.View());
    ASSERT_TRUE(status.ok()) << status;
  }

  static void CheckSplits(const Property& property, const Tensor* weights) {
    NamedMetric whole = New(property);
    Add(*whole.metric, property, weights, 0, kRows);
    for (const std::int64_t size : {1, 7, 32}) {
      NamedMetric split = New(property);
      for (std::int64_t begin = 0; begin < kRows; begin += size) {
        Add(*split.metric, property, weights, begin, std::min(begin + size, kRows));
      }
      ExpectSame(split.metric->Result(), whole.metric->Result());
    }
  }

  static void CheckMerge(const Property& property, const Tensor* weights) {
    NamedMetric whole = New(property);
    Add(*whole.metric, property, weights, 0, kRows);
    NamedMetric front = New(property);
    NamedMetric back = New(property);
    Add(*front.metric, property, weights, 0, 25);
    Add(*back.metric, property, weights, 25, kRows);
    NamedMetric merged = New(property);
    ASSERT_TRUE(merged.metric->Load(front.metric->state()).ok());
    ExpectSame(merged.metric->Result(), front.metric->Result());
    ASSERT_TRUE(merged.metric->Merge(back.metric->state()).ok());
    ExpectSame(merged.metric->Result(), whole.metric->Result());
    std::vector<double> wrong(front.metric->state().begin(), front.metric->state().end());
    wrong.push_back(0);
    EXPECT_FALSE(merged.metric->Merge(wrong).ok());
    merged.metric->Reset();
    Add(*merged.metric, property, weights, 0, kRows);
    ExpectSame(merged.metric->Result(), whole.metric->Result());
  }
};

TEST_P(MetricProperties, DoNotDependOnHowTheDataAreSplit) {
  const Tensor weights = Data().Uniform({kRows}, 0.1F, 2);
  for (const Property& property : Properties(GetParam())) {
    SCOPED_TRACE(property.name);
    CheckSplits(property, nullptr);
    if (property.weighted) CheckSplits(property, &weights);
  }
}

TEST_P(MetricProperties, MergeTheStatesOfParts) {
  const Tensor weights = Data().Uniform({kRows}, 0.1F, 2);
  for (const Property& property : Properties(GetParam())) {
    SCOPED_TRACE(property.name);
    CheckMerge(property, nullptr);
    if (property.weighted) CheckMerge(property, &weights);
  }
}

INSTANTIATE_TEST_SUITE_P(Keras, MetricProperties,
                         testing::Values(KerasVersion::kKeras2, KerasVersion::kKeras3));

// What a metric cannot work with is said before the first batch.
TEST(MetricArgumentsTest, RefuseWhatCannotBe) {
  const std::pair<const char*, json> wrong[] = {
      {"Precision", {{"thresholds", 1.5}}},
      {"Precision", {{"thresholds", {0.5, -0.1}}}},
      {"Precision", {{"thresholds", json::array()}}},
      {"Precision", {{"thresholds", "0.5"}}},
      {"Recall", {{"top_k", 0}}},
      {"AUC", {{"num_thresholds", 1}}},
      {"AUC", {{"num_thresholds", 100'000'000}}},
      {"AUC", {{"curve", "XY"}}},
      {"AUC", {{"summation_method", "best"}}},
      {"AUC", {{"num_labels", 3}}},
      {"AUC", {{"label_weights", {1, -1}}}},
      {"PrecisionAtRecall", json::object()},
      {"PrecisionAtRecall", {{"recall", 1.5}}},
      {"PrecisionAtRecall", {{"recall", 0.5}, {"num_thresholds", 0}}},
      {"F1Score", {{"average", "median"}}},
      {"F1Score", {{"threshold", 0.0}}},
      {"FBetaScore", {{"beta", -1}}},
      {"MeanIoU", json::object()},
      {"MeanIoU", {{"num_classes", 1'000'000'000}}},
      {"IoU", {{"num_classes", 2}}},
      {"IoU", {{"num_classes", 2}, {"target_class_ids", {2}}}},
      {"R2Score", {{"class_aggregation", "sum"}}},
      {"R2Score", {{"num_regressors", -1}}},
      {"AUC", {{"number_of_thresholds", 5}}},
  };
  for (const auto& [name, config] : wrong) {
    const Identifier identifier = ReadIdentifier(Object(name, config)).value();
    const auto made = MakeMetric(identifier, {Shape{-1}, Shape{-1, 3}}, KerasVersion::kKeras2);
    EXPECT_EQ(made.status().code(), StatusCode::kInvalidArgument) << name << config;
  }
}

TEST(MetricArgumentsTest, RefuseShapesThatDoNotFit) {
  struct Shapes {
    json metric;
    Shape labels;
    Shape prediction;
  };
  const Shapes cases[] = {
      {Object("AUC"), {-1, 3}, {-1, 4}},
      {Object("AUC", {{"multi_label", true}}), {-1}, {-1}},
      {Object("AUC", {{"label_weights", {1, 2}}}), {-1, 3}, {-1, 3}},
      {Object("Precision", {{"class_id", 3}}), {-1, 3}, {-1, 3}},
      {Object("Precision", {{"top_k", 4}}), {-1, 3}, {-1, 3}},
      {Object("F1Score"), {-1, 2, 3}, {-1, 2, 3}},
      {Object("R2Score"), {-1, 2, 3}, {-1, 2, 3}},
      {Object("MeanIoU", {{"num_classes", 3}}), {-1}, {-1, 3}},
      {Object("CosineSimilarity", {{"axis", 5}}), {-1, 3}, {-1, 3}},
  };
  for (const Shapes& item : cases) {
    NamedMetric metric = Make(item.metric, KerasVersion::kKeras2, {item.labels, item.prediction});
    EXPECT_FALSE(metric.metric->Check(item.labels, item.prediction, nullptr).ok()) << item.metric;
  }
}

}  // namespace
}  // namespace sidecar::evaluate
