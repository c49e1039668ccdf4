#include "checkpoint/tensor_bundle.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <complex>
#include <cstring>
#include <set>
#include <string>
#include <utility>

#include "base/byte_reader.h"
#include "base/memory_file_system.h"
#include "base/protobuf.h"
#include "checkpoint/testing/bundle_writer.h"

namespace sidecar::checkpoint {
namespace {

using base::FaultyFileSystem;
using base::MemoryFileSystem;
using testing::BundleWriter;
using ::testing::HasSubstr;

constexpr std::string_view kIndexPath = "dir/ckpt-1.index";
const std::string kPrefix = "dir/ckpt-1";

Tensor Ramp(const Shape& shape, float first = 0) {
  Tensor tensor = *Tensor::Zeros(DType::kFloat32, shape);
  for (float& value : tensor.mutable_values<float>()) value = first++;
  return tensor;
}

bool SameTensor(const Tensor& a, const Tensor& b) {
  return a.dtype() == b.dtype() && a.shape() == b.shape() &&
         base::AsText(a.bytes()) == base::AsText(b.bytes());
}

/// Two shards, a partitioned tensor, strings, small tensors.
BundleWriter SmallBundle(bool big_endian = false) {
  BundleWriter writer(2, big_endian);
  writer.Add("a", Ramp({3}, 1), 0);
  writer.Add("b", *Tensor::FromValues<std::int64_t>({}, {77}), 1);
  writer.AddPartitioned("table", Ramp({4, 3}), {{{0, 2}, {0, 3}}, {{2, 2}, {0, std::nullopt}}});
  writer.AddStrings("text", {}, {"hello"}, 1);
  writer.Add("empty", *Tensor::Zeros(DType::kFloat32, {0, 5}));
  return writer;
}

Status CheckSmallBundle(const TensorBundle& bundle) {
  const std::pair<std::string, Tensor> expected[] = {
      {"a", Ramp({3}, 1)},
      {"b", *Tensor::FromValues<std::int64_t>({}, {77})},
      {"table", Ramp({4, 3})},
      {"empty", *Tensor::Zeros(DType::kFloat32, {0, 5})}};
  for (const auto& [key, tensor] : expected) {
    const auto read = bundle.ReadTensor(key);
    if (!read.ok()) return read.status();
    EXPECT_TRUE(SameTensor(*read, tensor)) << key;
  }
  const auto text = bundle.ReadString("text");
  if (!text.ok()) return text.status();
  EXPECT_EQ(*text, "hello");
  return {};
}

/// Opens and reads everything.
Status ReadAll(base::FileSystem& fs) {
  const auto bundle = TensorBundle::Open(fs, kPrefix);
  return bundle.ok() ? CheckSmallBundle(*bundle) : bundle.status();
}

void WriteFiles(MemoryFileSystem& fs, const std::map<std::string, std::string>& files) {
  for (const auto& [path, content] : files) fs.Write(path, content);
}

TEST(TensorBundleTest, ReadsWhatWasWritten) {
  for (const bool big_endian : {false, true}) {
    for (const bool snappy : {false, true}) {
      MemoryFileSystem fs;
      SmallBundle(big_endian).Write(fs, kPrefix, {20, 2, snappy});
      EXPECT_TRUE(ReadAll(fs).ok()) << ReadAll(fs);
    }
  }
}

TEST(TensorBundleTest, SwapsEveryWidthOfABigEndianBundle) {
  MemoryFileSystem fs;
  BundleWriter writer(1, true);
  const std::complex<float> complex_value(1.5F, -2.0F);
  const Tensor complex_tensor =
      *Tensor::FromBytes(DType::kComplex64, {1}, std::as_bytes(std::span(&complex_value, 1)));
  const Tensor tensors[] = {*Tensor::FromValues<std::int8_t>({2}, {-1, 2}),
                            *Tensor::FromValues<std::uint16_t>({2}, {1, 0x1234}),
                            *Tensor::FromValues<std::int32_t>({2}, {-5, 1 << 20}),
                            *Tensor::FromValues<double>({2}, {0.1, -3e300}),
                            *Tensor::FromValues<bool>({2}, {true, false}),
                            complex_tensor};
  for (std::size_t i = 0; i < std::size(tensors); ++i) writer.Add(std::to_string(i), tensors[i]);
  writer.Write(fs, kPrefix);
  // Not in the machine's order in the file, or the test would show nothing.
  EXPECT_EQ(writer.shard(0).substr(2, 4), std::string("\0\1\x12\x34", 4));
  const auto bundle = TensorBundle::Open(fs, kPrefix);
  ASSERT_TRUE(bundle.ok()) << bundle.status();
  for (std::size_t i = 0; i < std::size(tensors); ++i)
    EXPECT_TRUE(SameTensor(*bundle->ReadTensor(std::to_string(i)), tensors[i])) << i;
}

TEST(TensorBundleTest, PutsSlicesTogetherAlongAnyAxis) {
  const Tensor cube = Ramp({4, 6, 5});
  const SliceExtent all;
  const std::vector<std::vector<TensorSlice>> layouts = {
      {{{0, 1}, all, all}, {{1, 3}, all, all}},
      {{all, {0, 2}, all}, {all, {2, 4}, all}},
      {{all, all, {4, 1}}, {all, all, {0, 4}}},
      {{{0, 4}, {0, 6}, {0, 5}}},
      {{{0, 1}, {0, 3}, all}, {{0, 1}, {3, 3}, all}, {{1, 3}, {0, 6}, {0, 5}}},
  };
  for (const auto& layout : layouts) {
    MemoryFileSystem fs;
    BundleWriter writer(3);
    writer.AddPartitioned("cube", cube, layout);
    writer.Write(fs, kPrefix);
    const auto bundle = TensorBundle::Open(fs, kPrefix);
    ASSERT_TRUE(bundle.ok()) << bundle.status();
    const auto read = bundle->ReadTensor("cube");
    ASSERT_TRUE(read.ok()) << read.status();
    EXPECT_TRUE(SameTensor(*read, cube));
  }
}

// The example of tensor_bundle's format: two strings, "ab" and "".
TEST(TensorBundleTest, ReadsStringsAsTensorFlowWritesThem) {
  BundleWriter writer;
  writer.AddStrings("s", {2}, {"ab", ""});
  EXPECT_EQ(writer.shard(0), std::string("\x02\x00\x78\x27\x0b\x34\x61\x62", 8));
  const auto index = BundleIndex::Parse(base::AsBytes(writer.Index()));
  EXPECT_EQ(index->Find("s")->masked_crc, 0x4DB08891U);
}

TEST(TensorBundleTest, RejectsDamagedStrings) {
  const auto read = [](const std::string& bytes) {
    BundleWriter writer;
    writer.AddStrings("text", {}, {"hello"});
    BundleEntry entry = writer.AppendData(bytes, 0);
    entry.dtype = DType::kString;
    writer.entries()["text"] = testing::EncodeEntry(entry);
    MemoryFileSystem fs;
    writer.Write(fs, kPrefix);
    return TensorBundle::Open(fs, kPrefix)->ReadString("text").status();
  };
  BundleWriter writer;
  writer.AddStrings("text", {}, {"hello"});
  const std::string good = writer.shard(0);
  EXPECT_FALSE(read(good).ok());  // AppendData's checksum is that of numbers
  EXPECT_THAT(read(good).message(), HasSubstr("checksum"));
  EXPECT_FALSE(read(good + "x").ok());
  EXPECT_FALSE(read(good.substr(0, 5)).ok());
  EXPECT_FALSE(read("\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01").ok());
  EXPECT_FALSE(read("\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x7F").ok());
  EXPECT_FALSE(read(std::string(20, '\xFF')).ok());
}

TEST(TensorBundleTest, TellsKindsOfTensorsApart) {
  MemoryFileSystem fs;
  SmallBundle().Write(fs, kPrefix);
  const auto bundle = TensorBundle::Open(fs, kPrefix);
  EXPECT_EQ(bundle->ReadTensor("nothing").status().code(), StatusCode::kNotFound);
  EXPECT_EQ(bundle->ReadTensor("text").status().code(), StatusCode::kUnimplemented);
  EXPECT_EQ(bundle->ReadString("a").status().code(), StatusCode::kFailedPrecondition);
  EXPECT_EQ(bundle->ReadString("nothing").status().code(), StatusCode::kNotFound);
}

TEST(TensorBundleTest, SaysWhatIsMissing) {
  MemoryFileSystem fs;
  EXPECT_EQ(TensorBundle::Open(fs, kPrefix).status().code(), StatusCode::kNotFound);
  fs.Write(kPrefix, "a table of the first format");
  const Status first_format = TensorBundle::Open(fs, kPrefix).status();
  EXPECT_EQ(first_format.code(), StatusCode::kFailedPrecondition);
  EXPECT_THAT(first_format.message(), HasSubstr("obsolete"));

  SmallBundle().Write(fs, kPrefix);
  ASSERT_TRUE(fs.Remove(kPrefix + ".data-00001-of-00002").ok());
  const Status status = TensorBundle::Open(fs, kPrefix).status();
  EXPECT_EQ(status.code(), StatusCode::kUnavailable);
  EXPECT_THAT(status.message(), HasSubstr("dir/ckpt-1.data-00001-of-00002: is missing"));
}

TEST(TensorBundleTest, IsUnavailableForEveryTruncation) {
  const auto files = SmallBundle().Files(kPrefix);
  for (const auto& [path, content] : files) {
    // Nothing but strings is at the end of the second shard.
    for (std::size_t size = 0; size < content.size(); ++size) {
      MemoryFileSystem fs;
      WriteFiles(fs, files);
      fs.Write(path, content.substr(0, size));
      const Status status = ReadAll(fs);
      EXPECT_EQ(status.code(), StatusCode::kUnavailable) << path << ' ' << size << status;
      EXPECT_THAT(status.message(), HasSubstr(path));
    }
  }
}

TEST(TensorBundleTest, RejectsEveryFlippedBit_OrReadsTheSame) {
  const auto files = SmallBundle().Files(kPrefix);
  for (const auto& [path, content] : files) {
    for (std::size_t bit = 0; bit < content.size() * 8; ++bit) {
      std::string damaged = content;
      damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << (bit % 8)));
      MemoryFileSystem fs;
      WriteFiles(fs, files);
      fs.Write(path, damaged);
      const Status status = ReadAll(fs);  // compares the values where it succeeds
      if (path != kIndexPath) {
        EXPECT_EQ(status.code(), StatusCode::kDataLoss) << path << ' ' << bit;
      }
    }
  }
}

TEST(TensorBundleTest, RejectsWhateverAByteIsReplacedWith) {
  const auto files = SmallBundle().Files(kPrefix);
  for (const auto& [path, content] : files) {
    for (std::size_t i = 0; i < content.size(); ++i) {
      for (const int value : {0, 0xFF, content[i] + 1}) {
        if (static_cast<char>(value) == content[i]) continue;
        std::string damaged = content;
        damaged[i] = static_cast<char>(value);
        MemoryFileSystem fs;
        WriteFiles(fs, files);
        fs.Write(path, damaged);
        const bool ok = ReadAll(fs).ok();
        EXPECT_FALSE(ok && path != kIndexPath) << path << ' ' << i;
      }
    }
  }
}

TEST(TensorBundleTest, ReadsFilesThatWereDeletedAfterOpening) {
  MemoryFileSystem fs;
  const auto files = SmallBundle().Files(kPrefix);
  WriteFiles(fs, files);
  const auto bundle = TensorBundle::Open(fs, kPrefix);
  ASSERT_TRUE(bundle.ok());
  for (const auto& [path, content] : files) ASSERT_TRUE(fs.Remove(path).ok());
  EXPECT_TRUE(CheckSmallBundle(*bundle).ok());
}

TEST(TensorBundleTest, NoticesShardsCutOffAfterOpening) {
  MemoryFileSystem fs;
  SmallBundle().Write(fs, kPrefix);
  const auto bundle = TensorBundle::Open(fs, kPrefix);
  fs.Overwrite(kPrefix + ".data-00000-of-00002", "");
  EXPECT_EQ(CheckSmallBundle(*bundle).code(), StatusCode::kUnavailable);
}

TEST(TensorBundleTest, IsUnavailable_WhenTheIndexIsReplacedMeanwhile) {
  MemoryFileSystem target;
  SmallBundle().Write(target, kPrefix);
  const std::string index = target.Content(std::string(kIndexPath));
  FaultyFileSystem fs(target, [&](std::string_view operation, const std::string& path) -> Status {
    // The same bytes, but another file: the writer is at work.
    if (operation == "open" && path.find(".data-") != std::string::npos)
      target.Write(std::string(kIndexPath), index);
    return {};
  });
  const Status status = ReadAll(fs);
  EXPECT_EQ(status.code(), StatusCode::kUnavailable);
  EXPECT_THAT(status.message(), HasSubstr("was replaced"));
}

TEST(TensorBundleTest, ReadsOn_WhenTheIndexIsDeletedMeanwhile) {
  MemoryFileSystem target;
  SmallBundle().Write(target, kPrefix);
  FaultyFileSystem fs(target, [&](std::string_view operation, const std::string& path) -> Status {
    if (operation == "open" && path.find(".data-") != std::string::npos)
      (void)target.Remove(std::string(kIndexPath)).ok();
    return {};
  });
  EXPECT_TRUE(ReadAll(fs).ok());
}

// Fails the k-th operation for every k, once and from then on.
TEST(TensorBundleTest, PassesEveryFaultOn) {
  MemoryFileSystem target;
  SmallBundle().Write(target, kPrefix);
  for (const bool persistent : {false, true}) {
    int k = 1;
    for (; k < 1000; ++k) {
      int count = 0;
      bool failed = false;
      FaultyFileSystem fs(target, [&](std::string_view, const std::string& path) -> Status {
        ++count;
        if (count != k && !(persistent && count > k)) return {};
        failed = true;
        return {StatusCode::kIoError, path + ": cannot read: injected"};
      });
      const Status status = ReadAll(fs);
      if (!failed) {
        EXPECT_TRUE(status.ok()) << status;
        break;
      }
      EXPECT_EQ(status.code(), StatusCode::kIoError) << k << status;
      EXPECT_THAT(status.message(), HasSubstr("injected"));
    }
    EXPECT_GT(k, 10);
    EXPECT_LT(k, 1000);
  }
}

TEST(TensorBundleTest, FindsShardsNumberedByUse) {
  // After a merge with a part that has no tensors the header counts more shards than there are.
  BundleWriter writer = SmallBundle();
  writer.entries()[""] = testing::EncodeHeader(3, false);
  MemoryFileSystem fs;
  writer.Write(fs, kPrefix);
  EXPECT_TRUE(ReadAll(fs).ok()) << ReadAll(fs);
  // Remains of another checkpoint of the same name make it ambiguous.
  fs.Write(kPrefix + ".data-00000-of-00004", "");
  fs.Write(kPrefix + ".data-00001-of-00004", "");
  EXPECT_EQ(ReadAll(fs).code(), StatusCode::kUnavailable);
}

TEST(TensorBundleTest, RejectsTruthValuesOtherThan0And1) {
  BundleWriter writer;
  BundleEntry entry = writer.AppendData(std::string("\1\2", 2), 0);
  entry.dtype = DType::kBool;
  entry.shape = {2};
  writer.entries()["b"] = testing::EncodeEntry(entry);
  MemoryFileSystem fs;
  writer.Write(fs, kPrefix);
  EXPECT_EQ(TensorBundle::Open(fs, kPrefix)->ReadTensor("b").status().code(),
            StatusCode::kDataLoss);
}

// A small file that declares a large tensor must not lead to a large allocation.
TEST(TensorBundleTest, RejectsDeclaredSizesThatAreNotThere) {
  BundleWriter writer;
  BundleEntry entry = writer.AppendData("1234", 0);
  entry.dtype = DType::kInt8;
  entry.size = std::uint64_t{1} << 40U;
  entry.shape = {std::int64_t{1} << 40U};
  writer.entries()["w"] = testing::EncodeEntry(entry);
  MemoryFileSystem fs;
  writer.Write(fs, kPrefix);
  EXPECT_EQ(TensorBundle::Open(fs, kPrefix).status().code(), StatusCode::kUnavailable);
}

TEST(TensorBundleTest, HasTheDigestOfItsIndex) {
  MemoryFileSystem fs;
  SmallBundle().Write(fs, kPrefix);
  const std::string digest = TensorBundle::Open(fs, kPrefix)->digest();
  EXPECT_EQ(digest.size(), 64U);
  SmallBundle().Write(fs, "other/name");
  EXPECT_EQ(TensorBundle::Open(fs, "other/name")->digest(), digest);
  BundleWriter changed = SmallBundle();
  changed.Add("a", Ramp({3}, 2));
  changed.Write(fs, kPrefix);
  EXPECT_NE(TensorBundle::Open(fs, kPrefix)->digest(), digest);
}

}  // namespace
}  // namespace sidecar::checkpoint
