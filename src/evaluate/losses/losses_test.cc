#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>

#include "evaluate/losses/vector_math.h"
#include "evaluate/metrics_test_support.h"

namespace sidecar::evaluate {
namespace {

constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();
constexpr float kInfinity = std::numeric_limits<float>::infinity();

std::string LossConfig(const std::string& class_name, const std::string& config) {
  return R"({"loss": {"class_name": ")" + class_name + R"(", "config": {)" + config + "}}}";
}

double LossOf(const OneOutput& model, std::int64_t batch_size = 0) {
  return ValueOf(Evaluate(model, batch_size), "loss");
}

const Tensor kBinaryLabels = Floats({2, 2}, {0, 1, 0, 0});
const Tensor kBinaryPredictions = Floats({2, 2}, {.6F, .4F, .4F, .6F});
const Tensor kOneHot = Floats({2, 3}, {0, 1, 0, 0, 0, 1});
const Tensor kSimplex = Floats({2, 3}, {.05F, .95F, 0, .1F, .8F, .1F});

// Values from the docstrings of Keras, computed with Keras 3.
TEST(LossesTest, GiveTheValuesOfTheKerasDocumentation) {
  const auto keras3 = KerasVersion::kKeras3;
  const auto value = [](const std::string& compile, const Tensor& p, const Tensor& y) {
    return LossOf({.compile = compile, .prediction = p, .labels = y, .version = keras3});
  };
  EXPECT_NEAR(value(LossConfig("BinaryCrossentropy", ""), kBinaryPredictions, kBinaryLabels),
              0.8149245, 1e-6);
  EXPECT_NEAR(value(LossConfig("BinaryCrossentropy", R"("label_smoothing": 0.2)"),
                    kBinaryPredictions, kBinaryLabels),
              0.7946512, 1e-6);
  EXPECT_NEAR(value(LossConfig("BinaryCrossentropy", R"("from_logits": true)"),
                    Floats({2, 2}, {-18.6F, .51F, 2.94F, -12.8F}), kBinaryLabels),
              0.8654578, 1e-6);
  EXPECT_NEAR(value(LossConfig("CategoricalCrossentropy", ""), kSimplex, kOneHot), 1.1769392, 1e-6);
  EXPECT_NEAR(
      value(LossConfig("CategoricalCrossentropy", R"("label_smoothing": 0.1)"), kSimplex, kOneHot),
      1.4591359, 1e-6);
  EXPECT_NEAR(value(LossConfig("SparseCategoricalCrossentropy", ""), kSimplex, Ints({2}, {1, 2})),
              1.1769392, 1e-6);
  EXPECT_NEAR(value(LossConfig("Huber", ""), kBinaryPredictions, kBinaryLabels), 0.155, 1e-6);
  EXPECT_NEAR(
      value(LossConfig("Huber", R"("delta": 0.5)"), Floats({1, 2}, {2, 1}), Floats({1, 2}, {0, 1})),
      0.4375, 1e-6);
}

TEST(LossesTest, ClipProbabilitiesAsEachKerasDoes) {
  const auto worst = [](KerasVersion version, float label, float prediction) {
    return LossOf({.compile = R"({"loss": "binary_crossentropy"})",
                   .prediction = Floats({1, 1}, {prediction}),
                   .labels = Floats({1, 1}, {label}),
                   .version = version});
  };
  EXPECT_NEAR(worst(KerasVersion::kKeras2, 1, 0), 15.424949, 1e-5);
  EXPECT_NEAR(worst(KerasVersion::kKeras2, 0, 1), 15.249238, 1e-5);
  EXPECT_NEAR(worst(KerasVersion::kKeras3, 1, 0), 16.118095, 1e-5);
  EXPECT_NEAR(worst(KerasVersion::kKeras3, 0, 1), 15.942385, 1e-5);
}

TEST(LossesTest, TakeLogitsInThePlaceOfProbabilities) {
  const Tensor logits = Floats({1, 2}, {100, 0});
  const OneOutput model{.compile = R"({"loss": "sparse_categorical_crossentropy"})",
                        .prediction = Floats({1, 2}, {1, 0}),
                        .labels = Ints({1}, {1}),
                        .logits = logits};
  EXPECT_NEAR(LossOf(model), 100, 1e-4);
}

TEST(LossesTest, KeepNaNAndInfinityApart) {
  for (const char* name : {"mse", "mae", "huber", "binary_crossentropy"}) {
    const OneOutput model{.compile = std::string(R"({"loss": ")") + name + R"("})",
                          .prediction = Floats({2, 1}, {kNaN, 0.5F}),
                          .labels = Floats({2, 1}, {1, 1})};
    EXPECT_TRUE(std::isnan(LossOf(model))) << name;
  }
  for (const char* name : {"categorical_crossentropy", "mse"}) {
    OneOutput model{.compile = std::string(R"({"loss": ")") + name + R"("})",
                    .prediction = Floats({1, 3}, {kNaN, 0.5F, 0.1F}),
                    .labels = Floats({1, 3}, {0, 1, 0})};
    EXPECT_TRUE(std::isnan(LossOf(model))) << name;
    model.logits = Floats({1, 3}, {kInfinity, 0.5F, 0.1F});
    EXPECT_TRUE(std::isnan(LossOf(model))) << name;
  }
  OneOutput sparse{.compile = R"({"loss": "sparse_categorical_crossentropy"})",
                   .prediction = Floats({1, 3}, {kNaN, 0.5F, 0.1F}),
                   .labels = Ints({1}, {1})};
  EXPECT_TRUE(std::isnan(LossOf(sparse)));
  sparse.logits = Floats({1, 3}, {-kInfinity, -kInfinity, -kInfinity});
  EXPECT_TRUE(std::isnan(LossOf(sparse)));
  sparse.logits = Floats({1, 3}, {0, -kInfinity, 0});
  EXPECT_EQ(LossOf(sparse), std::numeric_limits<double>::infinity());
}

TEST(LossesTest, RefuseLabelsThatAreNoClass) {
  OneOutput model{.compile = R"({"loss": "sparse_categorical_crossentropy"})",
                  .prediction = Floats({3, 2}, {.5F, .5F, .5F, .5F, .5F, .5F}),
                  .labels = Ints({3}, {0, 1, 7})};
  const Status status = Evaluate(model).status();
  EXPECT_EQ(status.code(), StatusCode::kFailedPrecondition);
  EXPECT_THAT(status.message(), testing::HasSubstr("label 7 in row 2"));
  EXPECT_THAT(status.message(), testing::HasSubstr("from 0 to 1"));
  for (const float label : {-1.0F, 2.0F, kNaN, kInfinity, 1e30F}) {
    model.labels = Floats({3}, {0, label, 1});
    EXPECT_EQ(Evaluate(model).status().code(), StatusCode::kFailedPrecondition) << label;
  }
}

TEST(LossesTest, LeaveOutTheIgnoredClass) {
  OneOutput model{.compile = LossConfig("SparseCategoricalCrossentropy", R"("ignore_class": 0)"),
                  .prediction = Floats({3, 3}, {.1F, .8F, .1F, .2F, .7F, .1F, .3F, .3F, .4F}),
                  .labels = Ints({3}, {0, 1, 2})};
  EXPECT_NEAR(LossOf(model), 0.6364828, 1e-6);
  model.labels = Ints({3}, {0, 0, 0});
  EXPECT_TRUE(std::isnan(LossOf(model)));
  model.version = KerasVersion::kKeras3;
  EXPECT_EQ(LossOf(model), 0);
}

TEST(LossesTest, TakeAnyAxisOfClasses) {
  // [batch 1, classes 2, places 3] and the same with the classes last.
  const std::vector<float> first = {.1F, .2F, .3F, .9F, .8F, .7F};
  const std::vector<float> last = {.1F, .9F, .2F, .8F, .3F, .7F};
  const OneOutput sparse_last{.compile = R"({"loss": "sparse_categorical_crossentropy"})",
                              .prediction = Floats({1, 3, 2}, last),
                              .labels = Ints({1, 3}, {0, 1, 1})};
  const OneOutput dense_first{.compile = LossConfig("CategoricalCrossentropy", R"("axis": 1)"),
                              .prediction = Floats({1, 2, 3}, first),
                              .labels = Floats({1, 2, 3}, {1, 0, 0, 0, 1, 1})};
  const OneOutput dense_logits{
      .compile = LossConfig("CategoricalCrossentropy", R"("axis": 1, "from_logits": true)"),
      .prediction = Floats({1, 2, 3}, {std::log(.1F), std::log(.2F), std::log(.3F), std::log(.9F),
                                       std::log(.8F), std::log(.7F)}),
      .labels = Floats({1, 2, 3}, {1, 0, 0, 0, 1, 1})};
  const double expected = -(std::log(.1) + std::log(.8) + std::log(.7)) / 3;
  EXPECT_NEAR(LossOf(sparse_last), expected, 1e-6);
  EXPECT_NEAR(LossOf(dense_first), expected, 1e-6);
  EXPECT_NEAR(LossOf(dense_logits), expected, 1e-6);
  OneOutput wrong = dense_first;
  wrong.compile = LossConfig("CategoricalCrossentropy", R"("axis": 3)");
  EXPECT_EQ(Evaluate(wrong).status().code(), StatusCode::kInvalidArgument);
}

TEST(LossesTest, BinaryCrossentropyAveragesAlongItsAxis) {
  const OneOutput model{.compile = LossConfig("BinaryCrossentropy", R"("axis": 1)"),
                        .prediction = Floats({1, 2, 3}, {.1F, .2F, .3F, .9F, .8F, .7F}),
                        .labels = Floats({1, 2, 3}, {0, 0, 0, 1, 1, 1}),
                        .weights = Floats({1, 3}, {1, 0, 0}),
                        .version = KerasVersion::kKeras3};
  EXPECT_NEAR(LossOf(model), -std::log(.9) / 3, 1e-6);
}

// Splitting the data into other batches changes nothing where the mean is over all values.
TEST(LossesTest, DoNotDependOnTheBatchSize) {
  std::mt19937 random(5);
  std::uniform_real_distribution<float> uniform(0.05F, 1);
  std::vector<float> predictions(37 * 4);
  std::vector<std::int64_t> labels(37);
  for (float& value : predictions) value = uniform(random);
  for (std::int64_t& label : labels) label = static_cast<std::int64_t>(random() % 4);
  const OneOutput model{
      .compile =
          R"({"loss": "sparse_categorical_crossentropy", "metrics": ["accuracy", "ce", "sparse_top_k_categorical_accuracy"]})",
      .prediction = Floats({37, 4}, predictions),
      .labels = Ints({37}, labels)};
  const Result<Logs> whole = Evaluate(model);
  for (const std::int64_t size : {1, 2, 5, 36}) {
    const Result<Logs> split = Evaluate(model, size);
    ASSERT_TRUE(split.ok());
    for (const auto& [name, value] : *split) {
      EXPECT_NEAR(std::get<double>(value), ValueOf(whole, name), 1e-6) << name << " " << size;
    }
  }
}

TEST(VectorMathTest, ExponentialIsAccurate) {
  double worst = 0;
  for (float x = 0; x > -87; x -= 0.00173F) {
    const double exact = std::exp(static_cast<double>(x));
    worst = std::max(worst, std::fabs(static_cast<double>(ExpNotPositive(x)) / exact - 1));
  }
  EXPECT_LT(worst, 1.5e-7);
  EXPECT_EQ(ExpNotPositive(0), 1);
  EXPECT_LT(ExpNotPositive(-kInfinity), 2e-38F);
  EXPECT_TRUE(std::isnan(ExpNotPositive(kNaN)));
}

TEST(VectorMathTest, LogarithmIsAccurate) {
  double worst = 0;
  for (float x = 1; x > 1e-20F; x *= 0.9997F) {
    const double exact = std::log1p(static_cast<double>(x));
    worst = std::max(worst, std::fabs(static_cast<double>(Log1pUpToOne(x)) / exact - 1));
  }
  EXPECT_LT(worst, 2.5e-7);
  worst = 0;
  for (float x = 1.001F; x < 1e9F; x *= 1.0003F) {
    const double exact = std::log(static_cast<double>(x));
    worst = std::max(worst, std::fabs(static_cast<double>(LogAtLeastOne(x)) / exact - 1));
  }
  EXPECT_LT(worst, 2.5e-7);
  EXPECT_EQ(LogAtLeastOne(1), 0);
  EXPECT_TRUE(std::isnan(LogAtLeastOne(kNaN)));
  EXPECT_EQ(Log1pUpToOne(0), 0);
  EXPECT_TRUE(std::isnan(Log1pUpToOne(kNaN)));
}

}  // namespace
}  // namespace sidecar::evaluate
