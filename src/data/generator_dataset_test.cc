#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

#include "sidecar/dataset.h"

namespace sidecar {
namespace {

using testing::HasSubstr;

Batch MakeBatch(std::int64_t rows, DType x_type = DType::kFloat32, std::int64_t width = 3) {
  Batch batch;
  batch.x.push_back(Tensor::Zeros(x_type, Shape{rows, width}).value());
  batch.y.push_back(Tensor::Zeros(DType::kInt32, Shape{rows}).value());
  return batch;
}

/// A source of passes over these batches; counts the passes begun.
struct Source {
  std::vector<Batch> batches;
  std::shared_ptr<int> passes = std::make_shared<int>(0);

  BatchGenerator operator()() const {
    ++*passes;
    return [all = batches, next = std::size_t{0}]() mutable -> Result<std::optional<Batch>> {
      if (next == all.size()) return std::optional<Batch>();
      return std::optional<Batch>(all[next++]);
    };
  }
};

/// Reads a pass to its end or to its failure; the rows of its batches.
Result<std::vector<std::int64_t>> ReadRows(Dataset& dataset) {
  auto iterator = dataset.Begin();
  if (!iterator.ok()) return iterator.status();
  std::vector<std::int64_t> rows;
  while (true) {
    auto batch = (*iterator)->Next();
    if (!batch.ok()) return batch.status();
    if (!batch->has_value()) return rows;
    rows.push_back((*batch)->x[0].shape()[0]);
  }
}

Status FailureOf(std::vector<Batch> batches) {
  const Result<DatasetPtr> dataset = DatasetFromGenerator(Source{std::move(batches)});
  if (!dataset.ok()) return dataset.status();
  return ReadRows(**dataset).status();
}

TEST(GeneratorDatasetTest, LearnsTheSpecFromTheFirstBatchWithoutLosingIt) {
  const Source source{{MakeBatch(4), MakeBatch(4), MakeBatch(1)}};
  const DatasetPtr dataset = DatasetFromGenerator(source).value();
  EXPECT_EQ(dataset->spec().batch_size, 4);
  EXPECT_EQ(dataset->spec().x[0].shape, Shape{3});
  EXPECT_EQ(dataset->spec().num_batches, std::nullopt);
  for (int pass = 1; pass <= 3; ++pass) {
    const auto rows = ReadRows(*dataset);
    ASSERT_TRUE(rows.ok()) << rows.status();
    EXPECT_THAT(*rows, testing::ElementsAre(4, 4, 1));
    EXPECT_EQ(*source.passes, pass);
  }
}

TEST(GeneratorDatasetTest, TakesASpecWithoutReadingAhead) {
  const Source source{{MakeBatch(2, DType::kFloat32, 5), MakeBatch(2, DType::kFloat32, 7)}};
  DatasetSpec spec;
  spec.x = {{"a", DType::kFloat64, Shape{Shape::kUnknown}}};
  spec.y = {{"", DType::kInt32, Shape{}}};
  spec.batch_size = 2;
  spec.num_batches = 2;
  const DatasetPtr dataset = DatasetFromGenerator(source, spec).value();
  EXPECT_EQ(*source.passes, 0);
  EXPECT_EQ(dataset->spec().x[0].dtype, DType::kFloat32);
  EXPECT_EQ(dataset->spec().num_batches, 2);
  const auto rows = ReadRows(*dataset);
  ASSERT_TRUE(rows.ok()) << rows.status();
  EXPECT_THAT(*rows, testing::ElementsAre(2, 2));
}

TEST(GeneratorDatasetTest, CastsFloatsToFloat32) {
  const DatasetPtr dataset = DatasetFromGenerator(Source{{MakeBatch(2, DType::kFloat16)}}).value();
  EXPECT_EQ(dataset->spec().x[0].dtype, DType::kFloat32);
  const auto batch = dataset->Begin().value()->Next().value();
  EXPECT_EQ(batch->x[0].dtype(), DType::kFloat32);
  EXPECT_EQ(batch->y[0].dtype(), DType::kInt32);
}

TEST(GeneratorDatasetTest, RefusesBatchesUnlikeTheFirst) {
  const std::pair<Batch, const char*> cases[] = {
      {MakeBatch(4, DType::kInt32), "batch 1: x is int32, expected float32"},
      {MakeBatch(4, DType::kFloat32, 2), "batch 1: x has shape [4,2], expected [?,3]"},
      {MakeBatch(5), "batch 1: has 5 rows, expected at most 4"},
      {MakeBatch(0), "batch 1: has no rows"},
  };
  for (const auto& [batch, message] : cases) {
    const Status status = FailureOf({MakeBatch(4), batch});
    EXPECT_EQ(status.code(), StatusCode::kFailedPrecondition);
    EXPECT_EQ(status.message(), message);
  }
  Batch without_y = MakeBatch(4);
  without_y.y.clear();
  EXPECT_EQ(FailureOf({MakeBatch(4), without_y}).message(),
            "batch 1: has 0 tensors for y, expected 1");
  Batch unequal = MakeBatch(4);
  unequal.y[0] = Tensor::Zeros(DType::kInt32, Shape{3}).value();
  EXPECT_EQ(FailureOf({unequal}).message(), "batch 0: y has 3 rows, the tensors before it have 4");
  Batch scalar = MakeBatch(4);
  scalar.y[0] = Tensor::Zeros(DType::kInt32, Shape{}).value();
  EXPECT_THAT(FailureOf({scalar}).message(), HasSubstr("is a single number"));
  EXPECT_THAT(FailureOf({MakeBatch(4), MakeBatch(2), MakeBatch(4)}).message(),
              HasSubstr("only the last batch may have fewer than 4"));
}

TEST(GeneratorDatasetTest, RefusesEmptyPasses) {
  EXPECT_EQ(FailureOf({}).code(), StatusCode::kFailedPrecondition);
  // A generator that is not started anew has nothing left for the second pass.
  auto shared = std::make_shared<BatchGenerator>(Source{{MakeBatch(2)}}());
  const DatasetPtr dataset = DatasetFromGenerator([shared] {
                               return BatchGenerator([shared] { return (*shared)(); });
                             }).value();
  EXPECT_TRUE(ReadRows(*dataset).ok());
  const Status second = ReadRows(*dataset).status();
  EXPECT_EQ(second.code(), StatusCode::kFailedPrecondition);
  EXPECT_THAT(second.message(), HasSubstr("starts anew"));
}

TEST(GeneratorDatasetTest, TurnsExceptionsIntoStatuses) {
  const Status at_start = DatasetFromGenerator([]() -> BatchGenerator {
                            throw std::runtime_error("no disk");
                          }).status();
  EXPECT_EQ(at_start.code(), StatusCode::kFailedPrecondition);
  EXPECT_THAT(at_start.message(), HasSubstr("no disk"));

  int calls = 0;
  const DatasetPtr dataset = DatasetFromGenerator([&calls] {
                               return BatchGenerator([&calls]() -> Result<std::optional<Batch>> {
                                 if (++calls == 2) throw 7;
                                 if (calls == 3) return Status(StatusCode::kIoError, "lost");
                                 return std::optional<Batch>(MakeBatch(1));
                               });
                             }).value();
  const Status thrown = ReadRows(*dataset).status();
  EXPECT_EQ(thrown.code(), StatusCode::kFailedPrecondition);
  EXPECT_THAT(thrown.message(), HasSubstr("batch 1"));
  const Status returned = ReadRows(*dataset).status();
  EXPECT_EQ(returned.code(), StatusCode::kIoError);
  EXPECT_EQ(returned.message(), "batch 0: lost");
}

TEST(GeneratorDatasetTest, RefusesMissingFunctions) {
  EXPECT_EQ(DatasetFromGenerator({}).status().code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(DatasetFromGenerator([] { return BatchGenerator(); }).status().code(),
            StatusCode::kFailedPrecondition);
  DatasetSpec no_x;
  EXPECT_EQ(DatasetFromGenerator(Source{{MakeBatch(1)}}, no_x).status().code(),
            StatusCode::kFailedPrecondition);
}

}  // namespace
}  // namespace sidecar
