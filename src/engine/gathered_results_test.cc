#include "engine/gathered_results.h"

#include <gtest/gtest.h>

namespace sidecar::engine {
namespace {

Tensor Rows(std::initializer_list<float> values) {
  const auto rows = static_cast<std::int64_t>(values.size() / 2);
  return *Tensor::FromValues<float>({rows, 2}, values);
}

std::vector<float> Values(const Tensor& tensor) {
  const auto values = tensor.values<float>();
  return {values.begin(), values.end()};
}

TEST(GatheredResultsTest, PutsRowsTogetherBatchAfterBatch) {
  GatheredResults gathered;
  gathered.Begin(3);
  ASSERT_TRUE(
      gathered.Append({Rows({1, 2, 3, 4}), *Tensor::FromValues<std::int32_t>({1}, {7})}).ok());
  ASSERT_TRUE(gathered.Append({Rows({5, 6}), *Tensor::FromValues<std::int32_t>({1}, {8})}).ok());
  const OutputBatch first = *gathered.Results();
  ASSERT_EQ(first.size(), 2U);
  EXPECT_EQ(first[0].shape(), (Shape{3, 2}));
  EXPECT_EQ(Values(first[0]), (std::vector<float>{1, 2, 3, 4, 5, 6}));
  EXPECT_EQ(first[1].shape(), (Shape{2}));  // a flag of each piece
  EXPECT_EQ(first[1].values<std::int32_t>()[1], 8);

  gathered.Begin(1);
  ASSERT_TRUE(gathered.Append({Rows({9, 8}), *Tensor::FromValues<std::int32_t>({1}, {0})}).ok());
  EXPECT_EQ(Values((*gathered.Results())[0]), (std::vector<float>{9, 8}));

  gathered.Begin(4);  // more than there was room for
  ASSERT_TRUE(gathered.Append({Rows({1, 1, 2, 2}), Rows({0, 0})}).ok());  // and of another type
  ASSERT_TRUE(gathered.Append({Rows({3, 3, 4, 4}), Rows({0, 1})}).ok());
  EXPECT_EQ(Values((*gathered.Results())[0]), (std::vector<float>{1, 1, 2, 2, 3, 3, 4, 4}));
}

TEST(GatheredResultsTest, RefusesPiecesThatDoNotFit) {
  GatheredResults gathered;
  gathered.Begin(4);
  ASSERT_TRUE(gathered.Append({Rows({1, 2, 3, 4})}).ok());
  EXPECT_EQ(gathered.Append({*Tensor::FromValues<float>({2, 3}, {1, 2, 3, 4, 5, 6})}).code(),
            StatusCode::kInternal);
  EXPECT_EQ(gathered.Append({*Tensor::FromValues<std::int32_t>({2, 2}, {1, 2, 3, 4})}).code(),
            StatusCode::kInternal);
  EXPECT_EQ(gathered.Append({Rows({1, 2, 3, 4, 5, 6})}).code(), StatusCode::kInternal);
  EXPECT_EQ(gathered.Append({*Tensor::FromValues<float>({}, {1})}).code(), StatusCode::kInternal);
}

}  // namespace
}  // namespace sidecar::engine
