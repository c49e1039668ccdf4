#include "engine/kept_batch.h"

#include <gtest/gtest.h>

#include <limits>

namespace sidecar::engine {
namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kInfinity = std::numeric_limits<float>::infinity();

bool Agree(const Tensor& kept, const Tensor& other) {
  return KeptBatch::Keep({}, {kept})->Agrees({other});
}

Tensor Floats(const std::vector<float>& values) {
  return *Tensor::FromValues<float>({static_cast<std::int64_t>(values.size())}, values);
}

TEST(KeptBatchTest, RoundingIsNoDifference) {
  EXPECT_TRUE(Agree(Floats({1, -100, 0}), Floats({1.001F, -100.005F, 1e-3F})));
  EXPECT_FALSE(Agree(Floats({1, -100, 0}), Floats({1.02F, -100, 0})));
  EXPECT_TRUE(Agree(Floats({0, 0}), Floats({0, 0})));
  EXPECT_FALSE(Agree(Floats({0, 0}), Floats({0, 1e-9F})));
}

TEST(KeptBatchTest, WhatIsNotFiniteIsAtTheSamePlaces) {
  EXPECT_TRUE(Agree(Floats({kNan, kInfinity, 1}), Floats({kNan, kInfinity, 1})));
  EXPECT_FALSE(Agree(Floats({kNan, 1}), Floats({1, 1})));
  EXPECT_FALSE(Agree(Floats({1, 1}), Floats({1, kNan})));
  EXPECT_FALSE(Agree(Floats({kInfinity, 1}), Floats({-kInfinity, 1})));
  EXPECT_FALSE(Agree(Floats({1, 1}), Floats({kInfinity, 1})));
}

TEST(KeptBatchTest, OtherTypesAndShapesDiffer) {
  const Tensor integers = *Tensor::FromValues<std::int32_t>({2}, {1, 2});
  EXPECT_TRUE(Agree(integers, *Tensor::FromValues<std::int32_t>({2}, {1, 2})));
  EXPECT_FALSE(Agree(integers, *Tensor::FromValues<std::int32_t>({2}, {1, 3})));
  EXPECT_FALSE(Agree(integers, Floats({1, 2})));
  EXPECT_FALSE(Agree(Floats({1, 2}), Floats({1, 2, 3})));
  EXPECT_FALSE(KeptBatch::Keep({}, {integers})->Agrees({}));
  const Tensor doubles = *Tensor::FromValues<double>({2}, {1, 2});
  EXPECT_TRUE(Agree(doubles, *Tensor::FromValues<double>({2}, {1, 2.0001})));
}

TEST(KeptBatchTest, KeepsACopyOfTheResults) {
  Tensor result = Floats({1, 2});
  const KeptBatch kept = *KeptBatch::Keep({Floats({7})}, {result});
  result.mutable_values<float>()[0] = 9;
  EXPECT_TRUE(kept.Agrees({Floats({1, 2})}));
  EXPECT_EQ(kept.inputs()[0].values<float>()[0], 7);
}

}  // namespace
}  // namespace sidecar::engine
