#include "data/array_dataset.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

#include "data/array_files.h"

namespace sidecar {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

/// `rows` x 3 numbers counting from 0.
template <class T>
Tensor Counting(std::int64_t rows) {
  std::vector<T> values(static_cast<std::size_t>(rows * 3));
  std::iota(values.begin(), values.end(), T{0});
  return Tensor::FromValues<T>(Shape{rows, 3}, values).value();
}

Tensor Labels(std::int64_t rows) { return Tensor::Zeros(DType::kInt32, Shape{rows}).value(); }

std::vector<Batch> ReadAll(Dataset& dataset) {
  std::vector<Batch> batches;
  auto iterator = dataset.Begin().value();
  while (std::optional<Batch> batch = iterator->Next().value())
    batches.push_back(*std::move(batch));
  return batches;
}

Status FailureOf(Arrays arrays, std::int64_t batch_size = 2) {
  return DatasetFromArrays(std::move(arrays), batch_size).status();
}

TEST(ArrayDatasetTest, BatchesTileTheRowsWithoutCopies) {
  for (const std::int64_t rows : {1, 2, 7, 8, 9, 64}) {
    for (const std::int64_t batch_size : {1, 2, 3, 8, 64, 100}) {
      SCOPED_TRACE(std::to_string(rows) + " rows by " + std::to_string(batch_size));
      const Tensor x = Counting<float>(rows);
      const DatasetPtr dataset = DatasetFromArrays(x, Labels(rows), batch_size).value();
      const std::vector<Batch> batches = ReadAll(*dataset);
      EXPECT_EQ(std::ssize(batches), dataset->spec().num_batches);
      const std::byte* next = x.bytes().data();
      std::int64_t done = 0;
      for (const Batch& batch : batches) {
        ASSERT_EQ(batch.x.size(), 1U);
        ASSERT_EQ(batch.y.size(), 1U);
        EXPECT_TRUE(batch.sample_weight.empty());
        EXPECT_EQ(batch.x[0].bytes().data(), next);
        EXPECT_EQ(batch.x[0].shape()[0], batch.y[0].shape()[0]);
        next += batch.x[0].size_bytes();
        EXPECT_EQ(batch.x[0].shape()[0], std::min(batch_size, rows - done));
        done += batch.x[0].shape()[0];
      }
      EXPECT_EQ(done, rows);
    }
  }
}

TEST(ArrayDatasetTest, StartsAgainWhileAnotherIteratorLives) {
  const DatasetPtr dataset = DatasetFromArrays(Counting<float>(4), Labels(4), 3).value();
  auto first = dataset->Begin().value();
  ASSERT_TRUE(first->Next().value().has_value());
  auto second = dataset->Begin().value();
  EXPECT_EQ(second->Next().value()->x[0].shape()[0], 3);
  EXPECT_EQ(first->Next().value()->x[0].shape()[0], 1);
  EXPECT_FALSE(first->Next().value().has_value());
}

TEST(ArrayDatasetTest, DescribesItsBatches) {
  Arrays arrays;
  arrays.x = {{"a", Counting<float>(5)}, {"b", Counting<std::uint8_t>(5)}};
  arrays.y = {{"", Labels(5)}};
  const DatasetPtr dataset = DatasetFromArrays(std::move(arrays), 2).value();
  const DatasetSpec& spec = dataset->spec();
  ASSERT_EQ(spec.x.size(), 2U);
  EXPECT_EQ(spec.x[0].name, "a");
  EXPECT_EQ(spec.x[1].dtype, DType::kUint8);
  EXPECT_EQ(spec.x[1].shape, Shape{3});
  EXPECT_EQ(spec.y[0].shape, Shape{});
  EXPECT_EQ(spec.batch_size, 2);
  EXPECT_EQ(spec.num_batches, 3);
}

TEST(ArrayDatasetTest, CastsFloatsToFloat32AndNothingElse) {
  Arrays arrays;
  arrays.x = {{"", Counting<double>(2)}};
  arrays.y = {{"", Counting<std::int64_t>(2)}};
  arrays.sample_weight = {{"", Tensor::FromValues<double>(Shape{2}, {0.1, 2}).value()}};
  const DatasetPtr dataset = DatasetFromArrays(std::move(arrays), 2).value();
  const std::vector<Batch> batches = ReadAll(*dataset);
  ASSERT_EQ(batches.size(), 1U);
  EXPECT_EQ(batches[0].x[0].values<float>()[5], 5.0F);
  EXPECT_EQ(batches[0].y[0].values<std::int64_t>()[5], 5);
  EXPECT_THAT(batches[0].sample_weight[0].values<float>(), ElementsAre(0.1F, 2.0F));
  EXPECT_EQ(dataset->spec().x[0].dtype, DType::kFloat32);
  EXPECT_EQ(dataset->spec().y[0].dtype, DType::kInt64);
}

TEST(ArrayDatasetTest, NamesSeveralUnnamedArraysByPosition) {
  Arrays arrays;
  arrays.x = {{"", Counting<float>(2)}, {"", Counting<float>(2)}};
  const DatasetPtr dataset = DatasetFromArrays(std::move(arrays)).value();
  EXPECT_EQ(dataset->spec().x[0].name, "0");
  EXPECT_EQ(dataset->spec().x[1].name, "1");
}

TEST(ArrayDatasetTest, RefusesWhatIsNoDataSet) {
  EXPECT_EQ(FailureOf({}).code(), StatusCode::kFailedPrecondition);
  EXPECT_EQ(FailureOf({{{"", Counting<float>(2)}}, {}, {}}, 0).code(),
            StatusCode::kInvalidArgument);

  const Status empty = FailureOf({{{"", Counting<float>(0)}}, {{"", Labels(0)}}, {}});
  EXPECT_EQ(empty.code(), StatusCode::kFailedPrecondition);
  EXPECT_THAT(empty.message(), HasSubstr("is empty: x has 0, y has 0"));

  const Status lengths =
      FailureOf({{{"a", Counting<float>(2)}, {"b", Counting<float>(3)}}, {{"", Labels(2)}}, {}});
  EXPECT_EQ(lengths.code(), StatusCode::kFailedPrecondition);
  EXPECT_THAT(lengths.message(), HasSubstr("x 'a' has 2, x 'b' has 3, y has 2"));

  const Status scalar =
      FailureOf({{{"", Counting<float>(2)}}, {{"", Tensor::Zeros(DType::kInt32, {}).value()}}, {}});
  EXPECT_EQ(scalar.code(), StatusCode::kFailedPrecondition);
  EXPECT_THAT(scalar.message(), HasSubstr("y is a single number"));

  const Status nothing =
      FailureOf({{{"", Tensor::Zeros(DType::kFloat32, Shape{1LL << 60, 0}).value()}}, {}, {}});
  EXPECT_EQ(nothing.code(), StatusCode::kFailedPrecondition);
  EXPECT_THAT(nothing.message(), HasSubstr("no elements"));

  const Status twice = FailureOf({{{"a", Counting<float>(2)}, {"a", Counting<float>(2)}}, {}, {}});
  EXPECT_EQ(twice.code(), StatusCode::kInvalidArgument);
  EXPECT_THAT(twice.message(), HasSubstr("x 'a'"));
}

TEST(ArrayFilesTest, SplitsNameAndPath) {
  const auto parse = [](const char* argument) {
    const data::ArrayFile file = data::ParseArrayFile(argument);
    return file.name + "|" + file.path;
  };
  EXPECT_EQ(parse("x.npy"), "|x.npy");
  EXPECT_EQ(parse("image=x.npy"), "image|x.npy");
  EXPECT_EQ(parse("image=run=3/x.npy"), "image|run=3/x.npy");
  EXPECT_EQ(parse("./run=3/x.npy"), "|./run=3/x.npy");
  EXPECT_EQ(parse("=x.npy"), "|=x.npy");
}

TEST(ArrayFilesTest, LoadsEachKind) {
  const std::string file = SIDECAR_TEST_DATA "/arrays/little_f8.npy";
  const Result<Arrays> arrays =
      data::LoadArrays({{{"a", file}, {"b", file}}, {{"", file}}, {{"", file}}});
  ASSERT_TRUE(arrays.ok()) << arrays.status();
  EXPECT_EQ(arrays->x[1].name, "b");
  EXPECT_EQ(arrays->y[0].tensor.dtype(), DType::kFloat64);
  EXPECT_EQ(arrays->sample_weight.size(), 1U);
  EXPECT_TRUE(DatasetFromArrays(*arrays, 2).ok());

  const Status twice = data::LoadArrays({{{"a", file}, {"a", file}}, {}, {}}).status();
  EXPECT_EQ(twice.code(), StatusCode::kInvalidArgument);
  const Status missing = data::LoadArrays({{{"", "no/such.npy"}}, {}, {}}).status();
  EXPECT_EQ(missing.code(), StatusCode::kNotFound);
}

}  // namespace
}  // namespace sidecar
