#include "sidecar/custom.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <stdexcept>

#include "evaluate/metrics_test_support.h"

namespace sidecar::evaluate {
namespace {

using testing::HasSubstr;

// mean(|error|^power) over the last dimension.
class PowerError final : public CustomLoss {
 public:
  explicit PowerError(double power) : power_(power) {}
  Status Compute(const CustomBatch& batch, std::span<float> values) override {
    const std::size_t columns = batch.prediction.size() / values.size();
    for (std::size_t row = 0; row < values.size(); ++row) {
      double sum = 0;
      for (std::size_t i = row * columns; i < (row + 1) * columns; ++i) {
        sum += std::pow(std::fabs(batch.prediction[i] - batch.labels[i]), power_);
      }
      values[row] = static_cast<float>(sum / static_cast<double>(columns));
    }
    return Status();
  }

 private:
  double power_;
};

// The greatest prediction, weighted.
class GreatestPrediction final : public CustomMetric {
 public:
  [[nodiscard]] std::size_t StateSize() const override { return 1; }
  Status Update(const CustomBatch& batch, std::span<double> state) override {
    if (batch.prediction.empty()) throw std::runtime_error("no predictions");
    for (const float p : batch.prediction) state[0] = std::max(state[0], static_cast<double>(p));
    return Status();
  }
  [[nodiscard]] MetricValue Result(std::span<const double> state) const override {
    return std::vector<double>{state[0], -state[0]};
  }
};

void RegisterAll() {
  static const bool done = [] {
    const CustomLossFactory power = [](CustomArguments& arguments) {
      return Result<std::unique_ptr<CustomLoss>>(
          std::make_unique<PowerError>(arguments.Number("power", 4)));
    };
    EXPECT_TRUE(RegisterLoss("tests>PowerError", power).ok());
    EXPECT_TRUE(RegisterLoss("power_error", power).ok());
    EXPECT_TRUE(RegisterMetric("Greatest", [](CustomArguments&) {
                  return Result<std::unique_ptr<CustomMetric>>(
                      std::make_unique<GreatestPrediction>());
                }).ok());
    return true;
  }();
  EXPECT_TRUE(done);
}

OneOutput Numbers(std::string compile) {
  RegisterAll();
  return {.compile = std::move(compile),
          .prediction = Floats({2, 2}, {1, 2, 3, 5}),
          .labels = Floats({2, 2}, {1, 1, 1, 1})};
}

TEST(CustomTest, LossesAreFoundByTheirRegisteredName) {
  const OneOutput model = Numbers(R"({"loss": {"module": "my.losses", "class_name": "PowerError",
      "config": {"name": "p", "reduction": "sum", "power": 3}, "registered_name":
      "tests>PowerError"}})");
  EXPECT_NEAR(ValueOf(Evaluate(model), "loss"), 0.5 + 36, 1e-5);
}

TEST(CustomTest, FunctionsAreLossesAndMetrics) {
  OneOutput model = Numbers(R"({"loss": "power_error", "metrics": ["power_error",
      {"class_name": "function", "config": "power_error", "module": "my"}]})");
  model.compile = R"({"loss": "power_error", "metrics": ["power_error"]})";
  model.weights = Floats({2}, {1, 0});
  const Result<Logs> logs = Evaluate(model);
  EXPECT_NEAR(ValueOf(logs, "loss"), 0.5 / 2, 1e-6);
  EXPECT_NEAR(ValueOf(logs, "power_error"), (0.5 + 136) / 2, 1e-4);
}

TEST(CustomTest, MetricsHaveStateAndSeveralResults) {
  const Result<Logs> logs = Evaluate(
      Numbers(R"({"metrics": [{"class_name": "Greatest", "config": {"name": "top"}}]})"), 1);
  ASSERT_TRUE(logs.ok()) << logs.status();
  ASSERT_EQ((*logs)[1].first, "top");
  EXPECT_EQ(std::get<std::vector<double>>((*logs)[1].second), (std::vector<double>{5, -5}));
}

TEST(CustomTest, WrongArgumentsAreNamed) {
  const Status status = Evaluate(Numbers(R"({"loss": {"class_name": "PowerError", "module": "my",
      "registered_name": "tests>PowerError", "config": {"power": "three"}}})"))
                            .status();
  EXPECT_EQ(status.code(), StatusCode::kInvalidArgument);
  EXPECT_THAT(status.message(), HasSubstr("power"));
}

TEST(CustomTest, WhatIsNotRegisteredIsRefusedWithAdvice) {
  const Status status =
      Evaluate(Numbers(R"({"loss": {"class_name": "Other", "module": "my", "config": {}}})"))
          .status();
  EXPECT_EQ(status.code(), StatusCode::kUnimplemented);
  EXPECT_THAT(status.message(), HasSubstr("RegisterLoss"));
}

TEST(CustomTest, ExceptionsBecomeFailures) {
  static const bool registered = [] {
    return RegisterMetric("Throws",
                          [](CustomArguments&) -> Result<std::unique_ptr<CustomMetric>> {
                            throw std::runtime_error("out of luck");
                          })
        .ok();
  }();
  EXPECT_TRUE(registered);
  const Status status = Evaluate(Numbers(R"({"metrics": ["Throws"]})")).status();
  EXPECT_EQ(status.code(), StatusCode::kInternal);
  EXPECT_THAT(status.message(), HasSubstr("out of luck"));
}

TEST(CustomTest, NamesOfKerasAndNamesInUseAreRefused) {
  RegisterAll();
  const CustomLossFactory factory = [](CustomArguments&) {
    return Result<std::unique_ptr<CustomLoss>>(std::make_unique<PowerError>(1));
  };
  EXPECT_EQ(RegisterLoss("mse", factory).code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(RegisterLoss("power_error", factory).code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(RegisterLoss("", factory).code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(RegisterMetric("AUC", nullptr).code(), StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace sidecar::evaluate
