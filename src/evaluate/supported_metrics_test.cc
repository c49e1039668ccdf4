#include "evaluate/supported_metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sidecar::evaluate {
namespace {

using testing::ElementsAre;

TEST(SupportedMetricsTest, ListsNamesOfBothKerases) {
  const std::vector<SupportedName> losses = SupportedLosses();
  const std::vector<SupportedName> metrics = SupportedMetrics();
  const auto find = [](const std::vector<SupportedName>& list, const std::string& name) {
    for (const SupportedName& item : list) {
      if (item.class_name == name) return item;
    }
    ADD_FAILURE() << name;
    return SupportedName();
  };
  EXPECT_TRUE(find(losses, "Huber").supported);
  EXPECT_THAT(find(losses, "Huber").keras2_names, ElementsAre("huber", "huber_loss"));
  EXPECT_THAT(find(losses, "Huber").keras3_names, ElementsAre("huber"));
  EXPECT_TRUE(find(losses, "CTC").supported);
  EXPECT_TRUE(find(losses, "CTC").keras2_names.empty());
  EXPECT_THAT(find(metrics, "MeanSquaredError").keras3_names,
              ElementsAre("mean_squared_error", "mse", "MSE"));
  EXPECT_TRUE(find(metrics, "AUC").supported);
  EXPECT_FALSE(find(metrics, "Mean").supported);
  EXPECT_FALSE(find(metrics, "Mean").reason.empty());
}

}  // namespace
}  // namespace sidecar::evaluate
