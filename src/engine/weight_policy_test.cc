#include "engine/weight_policy.h"

#include <gtest/gtest.h>

namespace sidecar::engine {
namespace {

TEST(WeightPolicyTest, KeepsConstantsWhereCompilingIsNotMostOfTheTime) {
  WeightPolicy policy;
  EXPECT_EQ(policy.mode(), WeightMode::kConstants);
  EXPECT_TRUE(policy.may_change());
  policy.Evaluated({.compiling = 1, .rest = 1});
  EXPECT_EQ(policy.mode(), WeightMode::kConstants);
  EXPECT_FALSE(policy.may_change());
}

TEST(WeightPolicyTest, StaysWithInputsThatTakeLess) {
  WeightPolicy policy;
  policy.Evaluated({.compiling = 2, .rest = 1});
  EXPECT_EQ(policy.mode(), WeightMode::kInputs);
  policy.Evaluated({.compiling = 2, .rest = 2.9});
  EXPECT_EQ(policy.mode(), WeightMode::kInputs);
  EXPECT_FALSE(policy.may_change());
  policy.Evaluated({.compiling = 0, .rest = 50});  // a busy machine changes nothing any more
  EXPECT_EQ(policy.mode(), WeightMode::kInputs);
}

TEST(WeightPolicyTest, GoesBackWhenInputsAreSlowerTwice) {
  WeightPolicy policy;
  policy.Evaluated({.compiling = 2, .rest = 1});
  policy.Evaluated({.compiling = 1, .rest = 3.5});
  EXPECT_EQ(policy.mode(), WeightMode::kInputs);
  policy.Evaluated({.compiling = 0, .rest = 3.1});
  EXPECT_EQ(policy.mode(), WeightMode::kConstants);
  policy.Evaluated({.compiling = 2, .rest = 1});
  EXPECT_EQ(policy.mode(), WeightMode::kConstants);
}

TEST(WeightPolicyTest, GoesBackAtOnceWhenInputsAreMuchSlower) {
  WeightPolicy policy;
  policy.Evaluated({.compiling = 2, .rest = 1});
  policy.Evaluated({.compiling = 1, .rest = 4});
  EXPECT_EQ(policy.mode(), WeightMode::kConstants);
  EXPECT_FALSE(policy.may_change());
}

TEST(WeightPolicyTest, RefusedInputsAndFixedModesStay) {
  WeightPolicy refused;
  refused.Evaluated({.compiling = 1, .rest = 1});
  refused.RefuseInputs();
  refused.Evaluated({.compiling = 1, .rest = 1});
  EXPECT_EQ(refused.mode(), WeightMode::kConstants);
  WeightPolicy fixed(WeightMode::kInputs);
  EXPECT_FALSE(fixed.may_change());
  fixed.Evaluated({.compiling = 0, .rest = 100});
  EXPECT_EQ(fixed.mode(), WeightMode::kInputs);
}

}  // namespace
}  // namespace sidecar::engine
