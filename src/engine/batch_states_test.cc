#include "engine/batch_states.h"

#include <gtest/gtest.h>

#include <vector>

namespace sidecar::engine {
namespace {

Tensor Floats(const Shape& shape, const std::vector<float>& values) {
  return Tensor::FromBytes(DType::kFloat32, shape, std::as_bytes(std::span(values))).value();
}

std::vector<float> ValuesOf(const Tensor& tensor) {
  const auto values = tensor.values<float>();
  return {values.begin(), values.end()};
}

TEST(BatchStatesTest, StartAtZeroAndAreWhatTheLastBatchLeft) {
  BatchStates states({{.shape = {2, 1}, .result = 1}});
  InputBatch batch = {Floats({2}, {7, 8})};
  ASSERT_TRUE(states.AppendTo(batch).ok());
  ASSERT_EQ(batch.size(), 2U);
  EXPECT_EQ(ValuesOf(batch[1]), (std::vector<float>{0, 0}));

  ASSERT_TRUE(states.Keep({Floats({2}, {1, 2}), Floats({2, 1}, {3, 4})}).ok());
  InputBatch next = {Floats({2}, {7, 8})};
  ASSERT_TRUE(states.AppendTo(next).ok());
  EXPECT_EQ(ValuesOf(next[1]), (std::vector<float>{3, 4}));
  EXPECT_EQ(ValuesOf(batch[1]), (std::vector<float>{0, 0}));  // a batch keeps what it was given
}

TEST(BatchStatesTest, TakeNoBatchOfOtherRows) {
  BatchStates states({{.shape = {2, 1}, .result = 0}});
  InputBatch batch = {Floats({3}, {7, 8, 9})};
  const Status status = states.AppendTo(batch);
  EXPECT_EQ(status.code(), StatusCode::kFailedPrecondition);
  EXPECT_EQ(batch.size(), 1U);
}

TEST(BatchStatesTest, TakeNoValueOfAnotherShapeAndNoMissingResult) {
  BatchStates states({{.shape = {2, 1}, .result = 1}});
  EXPECT_EQ(states.Set(0, Floats({1, 2}, {1, 2})).code(), StatusCode::kInternal);
  EXPECT_EQ(states.Set(1, Floats({2, 1}, {1, 2})).code(), StatusCode::kInternal);
  EXPECT_EQ(states.Keep({Floats({2, 1}, {1, 2})}).code(), StatusCode::kInternal);
}

}  // namespace
}  // namespace sidecar::engine
