#include "evaluate/added_terms.h"

#include <gtest/gtest.h>

#include <cmath>

#include "evaluate/metrics_test_support.h"

namespace sidecar::evaluate {
namespace {

constexpr auto kKeras2 = KerasVersion::kKeras2;

float LossOfWeights(const model::Regularizer& regularizer, const Tensor& weights,
                    KerasVersion version = kKeras2) {
  model::ModelVariable variable;
  variable.regularizer = regularizer;
  return RegularizationLoss({&variable, 1}, {&weights, 1}, version).value();
}

TEST(AddedTermsTest, WeightsAddTheirRegularization) {
  const Tensor weights = Floats({2, 2}, {1, -2, 3, 0.5F});
  model::Regularizer both;
  both.l1 = 0.1F;
  both.l2 = 0.01F;
  EXPECT_NEAR(LossOfWeights(both, weights), 0.65 + 0.1425, 1e-6);
  EXPECT_EQ(LossOfWeights({}, weights), 0);
}

// tf_keras.regularizers.OrthogonalRegularizer(0.01)([[1, 0], [1, 1], [0, 2]]).
TEST(AddedTermsTest, OrthogonalRegularizersTakeTheMeanOverPairs) {
  model::Regularizer orthogonal;
  orthogonal.orthogonal = 0.01F;
  const Tensor matrix = Floats({3, 2}, {1, 0, 1, 1, 0, 2});
  EXPECT_NEAR(LossOfWeights(orthogonal, matrix), 0.01 * (std::sqrt(0.5) + 0 + std::sqrt(0.5)) / 3,
              1e-8);
  orthogonal.columns = true;
  EXPECT_NEAR(LossOfWeights(orthogonal, matrix), 0.01 / std::sqrt(10), 1e-8);
  EXPECT_NEAR(LossOfWeights(orthogonal, matrix, KerasVersion::kKeras3), 0.01 / std::sqrt(10), 1e-8);
}

TEST(AddedTermsTest, RowsThatFillUpABatchDoNotCount) {
  model::LoadedModel model;
  model.loss_terms.push_back({0, model::TermKind::kPerSample});
  model.loss_terms.push_back({1, model::TermKind::kPerBatch});
  model.metric_terms.push_back({"activity", 0, model::TermKind::kPerSample});
  const std::vector<Tensor> results = {Floats({4}, {1, 2, 6, 100}), Floats({2}, {0.25F, 0.5F})};
  const AddedValues added = ReadAddedValues(model, results, 3).value();
  EXPECT_FLOAT_EQ(added.loss, 3 + 0.75F);
  ASSERT_EQ(added.metrics.size(), 1U);
  EXPECT_EQ(added.metrics[0].shape(), Shape{3});
}

// Without a compiled loss, Keras 2 takes the mean over batches, Keras 3 over samples.
TEST(AddedTermsTest, AddedLossesAndMetricsAreReported) {
  const auto evaluate = [](KerasVersion version) {
    const OutputSpec output{"out", DType::kFloat32, Shape{1}};
    auto metrics = CompiledMetrics::Create(R"({"metrics": []})", version, {output}, DatasetSpec{},
                                           {true, {"activity"}});
    EXPECT_TRUE(metrics.ok()) << metrics.status();
    OutputValue value;
    value.prediction = Floats({3, 1}, {1, 2, 3});
    EXPECT_TRUE((*metrics)->Update({&value, 1}, Batch(), 3, {1.0F, {Floats({3}, {1, 2, 3})}}).ok());
    value.prediction = Floats({1, 1}, {1});
    EXPECT_TRUE((*metrics)->Update({&value, 1}, Batch(), 1, {2.0F, {Floats({1}, {10})}}).ok());
    return (*metrics)->Results();
  };
  const Logs keras2 = evaluate(kKeras2);
  EXPECT_EQ(NamesOf(keras2), (std::vector<std::string>{"loss", "activity"}));
  EXPECT_EQ(ValueOf(keras2, "loss"), 1.5);
  EXPECT_EQ(ValueOf(keras2, "activity"), 4);
  const Logs keras3 = evaluate(KerasVersion::kKeras3);
  EXPECT_EQ(NamesOf(keras3), (std::vector<std::string>{"activity", "loss"}));
  EXPECT_EQ(ValueOf(keras3, "loss"), 1.25);
}

}  // namespace
}  // namespace sidecar::evaluate
