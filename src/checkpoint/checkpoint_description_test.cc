#include "checkpoint/checkpoint_description.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/byte_reader.h"
#include "base/crc32c.h"
#include "base/memory_file_system.h"
#include "base/protobuf.h"
#include "checkpoint/testing/bundle_writer.h"

namespace sidecar::checkpoint {
namespace {

using base::MemoryFileSystem;
using testing::BundleWriter;
using ::testing::HasSubstr;

const std::string kPrefix = "dir/ckpt-1";

/// Two shards, one partitioned tensor, strings.
BundleWriter SmallBundle() {
  BundleWriter writer(2);
  writer.Add("a", *Tensor::FromValues<float>({3}, {1, 2, 3}), 0);
  writer.Add("b", *Tensor::FromValues<std::int64_t>({}, {77}), 1);
  writer.Add("empty", *Tensor::Zeros(DType::kFloat32, {0, 5}));
  writer.AddPartitioned("table", *Tensor::Zeros(DType::kFloat32, {4, 3}),
                        {{{0, 2}, {0, 3}}, {{2, 2}, {0, std::nullopt}}});
  writer.AddStrings("text", {}, {"hello"}, 1);
  return writer;
}

TEST(CheckpointDescriptionTest, ListsTensorsAndFindsDamage) {
  MemoryFileSystem fs;
  BundleWriter writer = SmallBundle();
  writer.Write(fs, kPrefix);
  auto description = VerifyTfCheckpoint(fs, kPrefix);
  ASSERT_TRUE(description.ok()) << description.status();
  EXPECT_TRUE(OverallState(*description).ok());
  EXPECT_FALSE(description->has_object_graph);
  ASSERT_EQ(description->tensors.size(), 5U);
  EXPECT_EQ(description->tensors[3].key, "table");
  EXPECT_EQ(description->tensors[3].num_slices, 2U);
  EXPECT_EQ(description->tensors[3].size_bytes, 48U);

  std::string& shard = writer.shard(1);
  shard[10] = static_cast<char>(shard[10] ^ 1);  // of the second slice
  writer.Write(fs, kPrefix);
  description = VerifyTfCheckpoint(fs, kPrefix);
  ASSERT_TRUE(description.ok());
  const Status state = OverallState(*description);
  EXPECT_EQ(state.code(), StatusCode::kDataLoss);
  EXPECT_THAT(state.message(), HasSubstr("1 of 5 tensors are damaged, the first 'table'"));
  EXPECT_TRUE(description->tensors[0].state.ok());

  ASSERT_TRUE(fs.Remove(kPrefix + ".data-00001-of-00002").ok());
  description = DescribeTfCheckpoint(fs, kPrefix);
  ASSERT_TRUE(description.ok()) << "the index can still be listed";
  EXPECT_EQ(description->tensors.size(), 5U);
  EXPECT_EQ(OverallState(*description).code(), StatusCode::kUnavailable);

  fs.Write(kPrefix + ".index", "short");
  EXPECT_EQ(DescribeTfCheckpoint(fs, kPrefix).status().code(), StatusCode::kUnavailable);
}

TEST(CheckpointDescriptionTest, NamesVariablesAndStep) {
  MemoryFileSystem fs;
  testing::MakeCheckpoint(
      {{{"layer_with_weights-0/kernel", *Tensor::Zeros(DType::kFloat32, {2, 3})}}, 42, "model"})
      .Write(fs, kPrefix);
  const auto description = DescribeTfCheckpoint(fs, kPrefix);
  ASSERT_TRUE(description.ok()) << description.status();
  EXPECT_EQ(description->step, 42);
  EXPECT_EQ(description->root_children, (std::vector<std::string>{"model", "optimizer"}));
  EXPECT_TRUE(description->has_object_graph);
  ASSERT_EQ(description->tensors.size(), 3U);
  EXPECT_EQ(description->tensors[1].key,
            "model/layer_with_weights-0/kernel/.ATTRIBUTES/VARIABLE_VALUE");
  EXPECT_EQ(description->tensors[1].full_name, "model/layer_with_weights-0/kernel");
}

/// Two variants as tensor_bundle.cc writes them: for each its length, its bytes and a running
/// checksum of lengths (in eight bytes), bytes and checksums.
BundleEntry AppendVariants(BundleWriter& writer, const std::vector<std::string>& values) {
  std::string bytes;
  std::string summed;
  for (const std::string& value : values) {
    base::AppendVarint(bytes, value.size());
    base::AppendFixed64(summed, value.size());
    std::string rest = value;
    base::AppendFixed32(rest, base::MaskCrc(base::Crc32c(base::AsBytes(summed + value))));
    bytes += rest;
    summed += rest;
  }
  BundleEntry entry = writer.AppendData(bytes, 0);
  entry.dtype = DType::kVariant;
  entry.shape = {static_cast<std::int64_t>(values.size())};
  entry.masked_crc = base::MaskCrc(base::Crc32c(base::AsBytes(summed)));
  return entry;
}

TEST(CheckpointDescriptionTest, VerifiesVariants) {
  BundleWriter good;
  good.entries()["v"] = testing::EncodeEntry(AppendVariants(good, {"first", "", "third one"}));
  MemoryFileSystem fs;
  good.Write(fs, kPrefix);
  EXPECT_TRUE(OverallState(*VerifyTfCheckpoint(fs, kPrefix)).ok());
  for (std::size_t i = 0; i < good.shard(0).size(); ++i) {
    BundleWriter damaged = good;
    damaged.shard(0)[i] = static_cast<char>(damaged.shard(0)[i] ^ 0x10);
    damaged.Write(fs, kPrefix);
    EXPECT_EQ(OverallState(*VerifyTfCheckpoint(fs, kPrefix)).code(), StatusCode::kDataLoss) << i;
  }
}

}  // namespace
}  // namespace sidecar::checkpoint
