#include "checkpoint/table_reader.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <string>

#include "base/byte_reader.h"
#include "base/crc32c.h"
#include "base/protobuf.h"
#include "checkpoint/testing/table_writer.h"

namespace sidecar::checkpoint {
namespace {

using testing::AppendBlock;
using testing::BuildBlock;
using testing::BuildFooter;
using testing::BuildTable;
using ::testing::HasSubstr;
using testing::TableEntries;

/// The table's entries, or why there are none.
Result<TableEntries> Read(const std::string& file) {
  TableEntries entries;
  const Status status = ReadTable(
      base::AsBytes(file), [&](std::string_view key, std::span<const std::byte> value) -> Status {
        entries.emplace_back(key, base::AsText(value));
        return {};
      });
  if (!status.ok()) return status;
  return entries;
}

Status ReadStatus(const std::string& file) { return Read(file).status(); }

TableEntries ManyEntries(int count) {
  TableEntries entries{{"", "header"}};
  for (int i = 0; i < count; ++i)
    entries.emplace_back(fmt::format("model/layer/{:05}/kernel", i), std::string(40, 'v'));
  return entries;
}

/// A table whose only data block has these contents.
std::string TableOf(const std::string& block, const std::string& index_key = "~") {
  std::string file;
  const std::string data = AppendBlock(file, block, false);
  const std::string meta = AppendBlock(file, BuildBlock({}, 1), false);
  const std::string index = AppendBlock(file, BuildBlock({{index_key, data}}, 1), false);
  return file + BuildFooter(meta, index);
}

std::string Varint(std::uint64_t value) {
  std::string bytes;
  base::AppendVarint(bytes, value);
  return bytes;
}

/// Entries followed by one restart point at 0.
std::string BlockOf(std::string entries, std::uint32_t num_restarts = 1) {
  base::AppendFixed32(entries, 0);
  base::AppendFixed32(entries, num_restarts);
  return entries;
}

TEST(TableReaderTest, ReadsWhatWasWritten) {
  for (const int count : {0, 1, 15, 16, 17, 500}) {
    const TableEntries entries = ManyEntries(count);
    EXPECT_EQ(*Read(BuildTable(entries)), entries) << count;
  }
}

TEST(TableReaderTest, ReadsEmptyTable) { EXPECT_EQ(*Read(BuildTable({})), TableEntries{}); }

TEST(TableReaderTest, ReadsManyBlocksAndSnappy) {
  const TableEntries entries = ManyEntries(1000);
  for (const std::size_t block_bytes : {1U, 100U, 4096U}) {
    for (const bool snappy : {false, true}) {
      const testing::TableOptions options{block_bytes, 16, snappy};
      EXPECT_EQ(*Read(BuildTable(entries, options)), entries) << block_bytes << snappy;
    }
  }
}

TEST(TableReaderTest, SaysItMayStillBeWritten_WhenTheFooterIsMissing) {
  const std::string file = BuildTable(ManyEntries(20));
  EXPECT_EQ(ReadStatus("").code(), StatusCode::kUnavailable);
  for (std::size_t size = 0; size < file.size(); ++size) {
    const Status status = ReadStatus(file.substr(0, size));
    EXPECT_EQ(status.code(), StatusCode::kUnavailable) << size << status;
  }
}

// Every bit but the footer's padding is covered by a check.
TEST(TableReaderTest, RejectsEveryFlippedBit_OrReadsTheSame) {
  for (const bool snappy : {false, true}) {
    const TableEntries entries = ManyEntries(40);
    const std::string file = BuildTable(entries, {600, 16, snappy});
    int accepted = 0;
    for (std::size_t bit = 0; bit < file.size() * 8; ++bit) {
      std::string damaged = file;
      damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << (bit % 8)));
      const auto read = Read(damaged);
      if (!read.ok()) continue;
      ++accepted;
      ASSERT_EQ(*read, entries) << bit;
      ASSERT_GE(bit / 8, file.size() - 48) << bit;
    }
    EXPECT_LT(accepted, 40 * 8);
  }
}

// CVE-2018-7575: size + 5 wraps around.
TEST(TableReaderTest, RejectsHandlesOutsideTheFile) {
  const std::string good = BuildTable(ManyEntries(3));
  const std::string blocks = good.substr(0, good.size() - 48);
  const std::uint64_t sizes[] = {
      0,           1,           blocks.size() - 4, blocks.size(),  0x7FFFFFFFU, 1ULL << 31U,
      1ULL << 32U, 1ULL << 63U, UINT64_MAX - 5,    UINT64_MAX - 4, UINT64_MAX};
  for (const std::uint64_t offset : sizes) {
    for (const std::uint64_t size : sizes) {
      if (offset == 0 && size == 0) continue;
      const std::string handle = Varint(offset) + Varint(size);
      const std::string other = Varint(0) + Varint(0);
      EXPECT_FALSE(ReadStatus(blocks + BuildFooter(other, handle)).ok()) << offset << ' ' << size;
      std::string file;
      const std::string meta = AppendBlock(file, BuildBlock({}, 1), false);
      const std::string index = AppendBlock(file, BuildBlock({{"k", handle}}, 1), false);
      const Status status = ReadStatus(file + BuildFooter(meta, index));
      EXPECT_EQ(status.code(), StatusCode::kDataLoss) << offset << ' ' << size << status;
    }
  }
}

TEST(TableReaderTest, RejectsKeysThatAreNotAscending) {
  EXPECT_THAT(ReadStatus(BuildTable({{"a", ""}, {"b", ""}, {"a", ""}})).message(),
              HasSubstr("not ascending"));
  EXPECT_THAT(ReadStatus(BuildTable({{"a", ""}, {"a", ""}})).message(), HasSubstr("not ascending"));
  EXPECT_FALSE(ReadStatus(BuildTable({{"b", ""}, {"a", ""}}, {1, 16, false})).ok());
  // Bytes count as unsigned.
  EXPECT_TRUE(ReadStatus(BuildTable({{"a", ""}, {"\xFF", ""}})).ok());
}

TEST(TableReaderTest, RejectsKeysOutsideWhatTheIndexBlockStates) {
  const std::string block = BuildBlock({{"m", "value"}}, 16);
  EXPECT_TRUE(ReadStatus(TableOf(block, "m")).ok());
  EXPECT_FALSE(ReadStatus(TableOf(block, "l")).ok());
}

TEST(TableReaderTest, RejectsBlocksNamedTwice) {
  std::string file;
  const std::string data = AppendBlock(file, BuildBlock({}, 1), false);
  const std::string meta = AppendBlock(file, BuildBlock({}, 1), false);
  const std::string index = AppendBlock(file, BuildBlock({{"a", data}, {"b", data}}, 1), false);
  EXPECT_THAT(ReadStatus(file + BuildFooter(meta, index)).message(), HasSubstr("begins before"));
}

TEST(TableReaderTest, RejectsDamagedEntries) {
  const std::string key_size_2 = Varint(0) + Varint(1) + Varint(1) + "k";  // the value is missing
  EXPECT_FALSE(ReadStatus(TableOf(BlockOf(key_size_2))).ok());
  // Sizes that wrap when added in 32 bits.
  const std::string wraps = Varint(0) + Varint(UINT32_MAX) + Varint(2) + "kv";
  EXPECT_FALSE(ReadStatus(TableOf(BlockOf(wraps))).ok());
  const std::string shares = Varint(1) + Varint(1) + Varint(1) + "kv";
  EXPECT_FALSE(ReadStatus(TableOf(BlockOf(shares))).ok());
  const std::string too_long = Varint(0) + Varint(UINT64_MAX) + Varint(1) + "kv";
  EXPECT_FALSE(ReadStatus(TableOf(BlockOf(too_long))).ok());
  const std::string good = Varint(0) + Varint(1) + Varint(1) + "kv";
  EXPECT_TRUE(ReadStatus(TableOf(BlockOf(good))).ok());
  const std::string shares_more = good + Varint(2) + Varint(1) + Varint(0) + "x";
  EXPECT_FALSE(ReadStatus(TableOf(BlockOf(shares_more))).ok());
}

TEST(TableReaderTest, RejectsDamagedRestartPoints) {
  const std::string entry = Varint(0) + Varint(1) + Varint(1) + "kv";
  EXPECT_FALSE(ReadStatus(TableOf("")).ok());
  EXPECT_FALSE(ReadStatus(TableOf("abc")).ok());
  EXPECT_FALSE(ReadStatus(TableOf(BlockOf(entry, 1000))).ok());
  EXPECT_FALSE(ReadStatus(TableOf(BlockOf(entry, UINT32_MAX))).ok());
  std::string none = entry;
  base::AppendFixed32(none, 0);
  EXPECT_FALSE(ReadStatus(TableOf(none)).ok());
  const auto with_restarts = [&](std::uint32_t first, std::uint32_t second) {
    std::string block = entry + Varint(0) + Varint(1) + Varint(0) + "l";
    base::AppendFixed32(block, first);
    base::AppendFixed32(block, second);
    base::AppendFixed32(block, 2);
    return ReadStatus(TableOf(block));
  };
  EXPECT_TRUE(with_restarts(0, 5).ok());
  EXPECT_FALSE(with_restarts(0, 4).ok());  // inside an entry
  EXPECT_FALSE(with_restarts(5, 0).ok());
  EXPECT_FALSE(with_restarts(0, 0).ok());
  EXPECT_FALSE(with_restarts(0, 9).ok());  // the end
  EXPECT_FALSE(with_restarts(1, 5).ok());
}

TEST(TableReaderTest, RejectsUnknownCompression) {
  std::string file = BuildBlock({{"k", "v"}}, 16);
  file.push_back('\2');
  base::AppendFixed32(file, base::MaskCrc(base::Crc32c(base::AsBytes(file))));
  const std::string handle = Varint(0) + Varint(file.size() - 5);
  const std::string index = AppendBlock(file, BuildBlock({{"k", handle}}, 1), false);
  EXPECT_THAT(ReadStatus(file + BuildFooter(index, index)).message(),
              HasSubstr("compression type 2"));
}

TEST(TableReaderTest, RejectsSnappyThatDeclaresTooMuch) {
  for (const std::uint64_t declared : {std::uint64_t{1} << 20U, std::uint64_t{UINT32_MAX}}) {
    std::string stored = Varint(declared) + std::string(10, '\0');
    std::string file = stored;
    file.push_back('\1');
    base::AppendFixed32(file, base::MaskCrc(base::Crc32c(base::AsBytes(file))));
    const std::string handle = Varint(0) + Varint(stored.size());
    const std::string index = AppendBlock(file, BuildBlock({{"k", handle}}, 1), false);
    EXPECT_THAT(ReadStatus(file + BuildFooter(index, index)).message(), HasSubstr("declares"));
  }
}

// A few bytes per entry that each repeat a long key would make gigabytes of keys.
TEST(TableReaderTest, RejectsKeysThatExpandTooMuch) {
  constexpr std::uint64_t kLength = 100'000;
  std::string block = Varint(0) + Varint(kLength) + Varint(0) + std::string(kLength, 'k');
  for (int i = 0; i < 20'000; ++i)
    block += Varint(kLength) + Varint(5) + Varint(0) + fmt::format("{:05}", i);
  EXPECT_THAT(ReadStatus(TableOf(BlockOf(block))).message(), HasSubstr("shared prefixes"));
}

TEST(TableReaderTest, PassesTheVisitorsFailureOn) {
  const Status failure(StatusCode::kCancelled, "enough");
  const Status status =
      ReadTable(base::AsBytes(BuildTable(ManyEntries(3))),
                [&](std::string_view, std::span<const std::byte>) { return failure; });
  EXPECT_EQ(status.code(), StatusCode::kCancelled);
}

}  // namespace
}  // namespace sidecar::checkpoint
