#include "checkpoint/bundle_index.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <string>

#include "base/byte_reader.h"
#include "base/protobuf.h"
#include "checkpoint/sha256.h"
#include "checkpoint/slice_key.h"
#include "checkpoint/testing/bundle_writer.h"

namespace sidecar::checkpoint {
namespace {

using testing::BundleWriter;
using testing::EncodeEntry;
using ::testing::HasSubstr;

Result<BundleIndex> Parse(const BundleWriter& writer) {
  return BundleIndex::Parse(base::AsBytes(writer.Index()));
}

BundleEntry Float32Entry(const Shape& shape, std::uint64_t offset = 0) {
  BundleEntry entry;
  entry.dtype = DType::kFloat32;
  entry.shape = shape;
  entry.offset = offset;
  entry.size = static_cast<std::uint64_t>(*shape.NumElements()) * 4;
  return entry;
}

/// What parsing says about an index whose only tensor has this entry.
Status StatusOf(const BundleEntry& entry) {
  BundleWriter writer;
  writer.entries()["w"] = EncodeEntry(entry);
  return Parse(writer).status();
}

Status StatusOfBytes(const std::string& bytes) {
  BundleWriter writer;
  writer.entries()["w"] = bytes;
  return Parse(writer).status();
}

std::string Hex(std::string_view bytes) {
  std::string text;
  for (const char c : bytes) text += fmt::format("{:02x}", static_cast<unsigned char>(c));
  return text;
}

// Vectors computed from the algorithm in core/lib/strings/ordered_code.cc.
TEST(SliceKeyTest, EncodesAsTensorFlowDoes) {
  const auto start = [](std::int64_t value) {
    const std::string key = EncodeSliceKey("", {{value, 0}});
    return Hex(std::string_view(key).substr(5, key.size() - 6));  // 00 | 00 01 | 01 01 | … | 80
  };
  EXPECT_EQ(start(0), "80");
  EXPECT_EQ(start(5), "85");
  EXPECT_EQ(start(63), "bf");
  EXPECT_EQ(start(64), "c040");
  EXPECT_EQ(start(500), "c1f4");
  EXPECT_EQ(start(1000), "c3e8");
  EXPECT_EQ(start(8191), "dfff");
  EXPECT_EQ(start(8192), "e02000");
  EXPECT_EQ(start(100000), "e186a0");
  EXPECT_EQ(start(-1), "7f");
  EXPECT_EQ(start(-64), "40");
  EXPECT_EQ(start(-65), "3fbf");
  EXPECT_EQ(Hex(EncodeSliceKey("w", {{0, 5}, {0, std::nullopt}})), "0077000101028085807f");
  const std::string name = "emb/.ATTRIBUTES/VARIABLE_VALUE";
  EXPECT_EQ(Hex(EncodeSliceKey(name, {{1000, 500}, {0, 64}})),
            "00" + Hex(name) + "00010102c3e8c1f480c040");
  EXPECT_EQ(Hex(EncodeSliceKey(std::string("a\0\xFF", 3), {})), "006100ffff00000100");
}

TEST(SliceKeyTest, KeepsTheOrderOfStarts) {
  std::string before = EncodeSliceKey("w", {{0, 1}});
  for (std::int64_t start = 1; start > 0 && start < std::numeric_limits<std::int64_t>::max() / 3;
       start = start * 3 + 1) {
    const std::string key = EncodeSliceKey("w", {{start, 1}});
    EXPECT_LT(before, key) << start;
    before = key;
  }
  EXPECT_LT(before, EncodeSliceKey("w", {{std::numeric_limits<std::int64_t>::max(), 1}}));
}

// FIPS 180-4 examples, and lengths around the block size against each other.
TEST(Sha256Test, MatchesTheStandard) {
  EXPECT_EQ(Sha256Hex({}), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(Sha256Hex(base::AsBytes("abc")),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(Sha256Hex(base::AsBytes("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(Sha256Hex(base::AsBytes(std::string(1'000'000, 'a'))),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Sha256Test, DoesNotDependOnThePieces) {
  const std::string text(300, 'x');
  for (std::size_t cut = 0; cut <= text.size(); ++cut) {
    Sha256 hash;
    hash.Update(base::AsBytes(text.substr(0, cut)));
    hash.Update(base::AsBytes(text.substr(cut)));
    EXPECT_EQ(hash.Finish(), Sha256Hex(base::AsBytes(text)));
  }
}

TEST(BundleIndexTest, ParsesHeaderAndEntries) {
  BundleWriter writer(3, true);
  BundleEntry entry = Float32Entry({2, 3}, 100);
  entry.shard = 2;
  entry.masked_crc = 0xDEADBEEF;
  writer.entries()["w"] = EncodeEntry(entry);
  const auto index = Parse(writer);
  ASSERT_TRUE(index.ok()) << index.status();
  EXPECT_EQ(index->header().num_shards, 3);
  EXPECT_TRUE(index->header().big_endian);
  const BundleEntry* found = index->Find("w");
  ASSERT_NE(found, nullptr);
  EXPECT_EQ(found->dtype, DType::kFloat32);
  EXPECT_EQ(found->shape, (Shape{2, 3}));
  EXPECT_EQ(found->offset, 100U);
  EXPECT_EQ(found->size, 24U);
  EXPECT_EQ(found->masked_crc, 0xDEADBEEF);
  EXPECT_EQ(index->Find("v"), nullptr);
  EXPECT_EQ(index->shard_sizes(), (std::map<std::int32_t, std::uint64_t>{{2, 124}}));
}

TEST(BundleIndexTest, RejectsBadHeaders) {
  const auto with_header = [](const std::string& header) {
    BundleWriter writer;
    writer.entries()[""] = header;
    return Parse(writer).status().code();
  };
  EXPECT_EQ(with_header(testing::EncodeHeader(0, false)), StatusCode::kDataLoss);
  EXPECT_EQ(with_header(testing::EncodeHeader(-1, false)), StatusCode::kDataLoss);
  EXPECT_EQ(with_header(testing::EncodeHeader(100'000, false)), StatusCode::kDataLoss);
  EXPECT_EQ(with_header("\xFF"), StatusCode::kDataLoss);
  for (const std::uint32_t tag : {2U, 3U}) {
    base::ProtoWriter version;
    version.AddVarint(tag, tag == 2 ? 2 : 1);  // min_consumer 2, or bad_consumers 1
    base::ProtoWriter header;
    header.AddVarint(1, 1);
    header.AddBytes(3, version.bytes());
    EXPECT_EQ(with_header(header.bytes()), StatusCode::kDataLoss) << tag;
  }
  base::ProtoWriter packed;
  packed.AddBytes(3, std::string("\5\1", 2));
  base::ProtoWriter header;
  header.AddVarint(1, 1);
  header.AddBytes(3, packed.bytes());
  EXPECT_EQ(with_header(header.bytes()), StatusCode::kDataLoss);
}

TEST(BundleIndexTest, RejectsATableOfSomethingElse) {
  EXPECT_FALSE(BundleIndex::Parse(base::AsBytes(testing::BuildTable({{"a", "b"}}))).ok());
  EXPECT_FALSE(BundleIndex::Parse(base::AsBytes(testing::BuildTable({}))).ok());
}

TEST(BundleIndexTest, RejectsSizesThatDoNotMakeTheShape) {
  EXPECT_TRUE(StatusOf(Float32Entry({2, 3})).ok());
  EXPECT_TRUE(StatusOf(Float32Entry({})).ok());
  EXPECT_TRUE(StatusOf(Float32Entry({0, 7})).ok());
  for (const std::uint64_t size : {0U, 23U, 25U}) {
    BundleEntry entry = Float32Entry({2, 3});
    entry.size = size;
    EXPECT_THAT(StatusOf(entry).message(), HasSubstr("do not make float32[2,3]")) << size;
  }
}

TEST(BundleIndexTest, RejectsValuesOutOfRange) {
  constexpr std::int64_t kBig = std::int64_t{1} << 62U;
  const auto changed = [](auto change) {
    BundleEntry entry = Float32Entry({2});
    change(entry);
    return StatusOf(entry);
  };
  const Status cases[] = {
      changed([](BundleEntry& e) { e.shard = 1; }),
      changed([](BundleEntry& e) { e.shard = -1; }),
      changed([](BundleEntry& e) { e.offset = UINT64_MAX; }),
      changed([](BundleEntry& e) { e.size = UINT64_MAX - 7; }),
      changed([](BundleEntry& e) { e.dtype = DType::kInvalid; }),
      changed([](BundleEntry& e) { e.dtype = static_cast<DType>(99); }),
      changed([](BundleEntry& e) { e.shape = {-2}; }),
      changed([](BundleEntry& e) {
        e.shape = {kBig, 4};
      }),
      changed([](BundleEntry& e) { e.shape = {kBig}, e.size = 8; }),
      changed([](BundleEntry& e) {
        e.shape = {kBig, 0, 4, kBig};
      }),
      changed([](BundleEntry& e) { e.shape = Shape(std::vector<std::int64_t>(255, 1)); }),
  };
  for (std::size_t i = 0; i < std::size(cases); ++i)
    EXPECT_EQ(cases[i].code(), StatusCode::kDataLoss) << i << cases[i];
  EXPECT_TRUE(changed([](BundleEntry& e) {
                e.shape = Shape(std::vector<std::int64_t>(254, 1));
                e.size = 4;
              }).ok());
}

TEST(BundleIndexTest, RejectsDamagedMessages) {
  const std::string good = EncodeEntry(Float32Entry({2, 3}));
  EXPECT_TRUE(StatusOfBytes(good).ok());
  EXPECT_FALSE(StatusOfBytes("").ok());  // no dtype
  for (std::size_t size = 1; size < good.size(); ++size)
    EXPECT_FALSE(StatusOfBytes(good.substr(0, size)).ok()) << size;
  base::ProtoWriter unknown_rank;
  unknown_rank.AddVarint(3, 1);
  base::ProtoWriter entry;
  entry.AddVarint(1, 1);
  entry.AddBytes(2, unknown_rank.bytes());
  entry.AddVarint(5, 4);
  EXPECT_FALSE(StatusOfBytes(entry.bytes()).ok());
}

TEST(BundleIndexTest, RejectsTensorsThatShareBytes) {
  BundleWriter writer;
  writer.entries()["a"] = EncodeEntry(Float32Entry({4}, 0));
  writer.entries()["b"] = EncodeEntry(Float32Entry({4}, 16));
  writer.entries()["empty"] = EncodeEntry(Float32Entry({0}, 8));
  EXPECT_TRUE(Parse(writer).ok());
  writer.entries()["b"] = EncodeEntry(Float32Entry({4}, 15));
  EXPECT_THAT(Parse(writer).status().message(), HasSubstr("share bytes"));
}

/// An index with tensor "w" of shape [4,6] in these slices.
Status StatusOfSlices(const std::vector<TensorSlice>& slices) {
  BundleWriter writer;
  const Tensor tensor = *Tensor::Zeros(DType::kFloat32, {4, 6});
  writer.AddPartitioned("w", tensor, slices);
  return Parse(writer).status();
}

TEST(BundleIndexTest, ChecksThatSlicesMakeUpTheTensor) {
  const SliceExtent all;
  EXPECT_TRUE(StatusOfSlices({{{0, 1}, all}, {{1, 3}, all}}).ok());
  EXPECT_TRUE(StatusOfSlices({{all, {0, 6}}}).ok());
  EXPECT_TRUE(
      StatusOfSlices({{{0, 2}, {0, 3}}, {{0, 2}, {3, 3}}, {{2, 2}, {3, 3}}, {{2, 2}, {0, 3}}})
          .ok());
  EXPECT_THAT(StatusOfSlices({{{0, 1}, all}, {{1, 2}, all}}).message(),
              HasSubstr("cover 18 of 24"));
  EXPECT_THAT(StatusOfSlices({{{0, 2}, all}, {{1, 2}, all}}).message(), HasSubstr("overlap"));
  EXPECT_THAT(StatusOfSlices({{{0, 4}, {0, 3}}, {{0, 2}, {2, 3}}, {{2, 2}, {3, 3}}}).message(),
              HasSubstr("overlap"));
}

TEST(BundleIndexTest, RejectsSlicesOutsideTheTensor) {
  constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
  const std::vector<TensorSlice> cases[] = {
      {{{0, 4}}},
      {{}},
      {{{0, 4}, {0, 6}, {0, 1}}},
      {{{0, 5}, {0, 6}}},
      {{{1, 4}, {0, 6}}},
      {{{kMax, kMax}, {0, 6}}},
      {{{1, std::nullopt}, {0, 6}}},
      {{{0, 0}, {0, 6}}},
  };
  for (const auto& slices : cases) {
    BundleWriter writer;
    BundleEntry whole;
    whole.dtype = DType::kFloat32;
    whole.shape = {4, 6};
    whole.slices = slices;
    writer.entries()["w"] = EncodeEntry(whole);
    EXPECT_EQ(Parse(writer).status().code(), StatusCode::kDataLoss);
  }
}

TEST(BundleIndexTest, RejectsSlicesWhoseEntriesDoNotFit) {
  const SliceExtent all;
  const TensorSlice first{{0, 2}, all};
  const TensorSlice second{{2, 2}, all};
  BundleWriter writer;
  writer.AddPartitioned("w", *Tensor::Zeros(DType::kFloat32, {4, 6}), {first, second});
  const std::string key = EncodeSliceKey("w", second);
  const std::string good = writer.entries().at(key);
  writer.entries().erase(key);
  EXPECT_THAT(Parse(writer).status().message(), HasSubstr("is not in the index"));
  BundleEntry entry = Float32Entry({12}, 48);
  writer.entries()[key] = EncodeEntry(entry);
  EXPECT_THAT(Parse(writer).status().message(), HasSubstr("is float32[12], expected float32[2,6]"));
  entry = Float32Entry({2, 6}, 48);
  entry.dtype = DType::kInt32;
  writer.entries()[key] = EncodeEntry(entry);
  EXPECT_THAT(Parse(writer).status().message(), HasSubstr("is int32[2,6]"));
  writer.entries()[key] = good;
  EXPECT_TRUE(Parse(writer).ok());
}

std::vector<TensorSlice> Grid(std::int64_t size) {
  std::vector<TensorSlice> slices;
  for (std::int64_t row = 0; row < size; ++row) {
    for (std::int64_t column = 0; column < size; ++column)
      slices.push_back({{row, 1}, {column, 1}});
  }
  return slices;
}

// Writers split along one axis. Layouts that would take quadratic time are refused.
TEST(ResolveSlicesTest, BoundsTheWorkOnComplicatedLayouts) {
  EXPECT_TRUE(ResolveSlices({100, 100}, Grid(100)).ok());
  EXPECT_THAT(ResolveSlices({256, 256}, Grid(256)).status().message(), HasSubstr("complicated"));
  std::vector<TensorSlice> rows;
  for (std::int64_t row = 0; row < 50'000; ++row)
    rows.push_back({{0, std::nullopt}, {row, 1}, {0, std::nullopt}});
  EXPECT_TRUE(ResolveSlices({7, 50'000, 3}, rows).ok());
}

TEST(PrintableKeyTest, EscapesAndCuts) {
  EXPECT_EQ(PrintableKey("model/w"), "model/w");
  EXPECT_EQ(PrintableKey(std::string("\0a\n\xC3", 4)), "\\x00a\\x0a\\xc3");
  EXPECT_LT(PrintableKey(std::string(5000, 'k')).size(), 210U);
}

}  // namespace
}  // namespace sidecar::checkpoint
