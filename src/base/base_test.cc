#include <gtest/gtest.h>

#include "base/byte_reader.h"
#include "base/clock.h"
#include "base/crc32c.h"
#include "base/protobuf.h"
#include "base/status_macros.h"
#include "base/stop_signal.h"

namespace sidecar::base {
namespace {

TEST(ByteReaderTest, ReadsLittleEndianAndStopsAtTheEnd) {
  ByteReader reader(AsBytes(std::string_view("\x01\x02\x03\x04\xff", 5)));
  EXPECT_EQ(reader.ReadFixed<std::uint32_t>(), 0x04030201U);
  EXPECT_EQ(reader.ReadFixed<std::uint16_t>(), std::nullopt);
  EXPECT_EQ(reader.remaining(), 1U);
  EXPECT_EQ(reader.ReadBytes(UINT64_MAX), std::nullopt);
  EXPECT_EQ(reader.ReadFixed<std::uint8_t>(), 0xFFU);
  EXPECT_TRUE(reader.at_end());
}

TEST(ByteReaderTest, VarintsOfEveryLengthRoundTrip) {
  for (unsigned bits = 0; bits < 64; ++bits) {
    for (const std::uint64_t value :
         {std::uint64_t{1} << bits, (std::uint64_t{1} << bits) - 1, ~std::uint64_t{0} >> bits}) {
      std::string bytes;
      AppendVarint(bytes, value);
      ByteReader reader(AsBytes(bytes));
      EXPECT_EQ(reader.ReadVarint64(), value);
      EXPECT_TRUE(reader.at_end());
    }
  }
}

TEST(ByteReaderTest, RefusesVarintsThatAreTooLongOrCutOff) {
  const std::string eleven(11, '\x80');
  EXPECT_EQ(ByteReader(AsBytes(eleven)).ReadVarint64(), std::nullopt);
  const std::string overflow = std::string(9, '\xff') + '\x02';
  EXPECT_EQ(ByteReader(AsBytes(overflow)).ReadVarint64(), std::nullopt);
  ByteReader cut(AsBytes("\x80\x80"));
  EXPECT_EQ(cut.ReadVarint64(), std::nullopt);
  EXPECT_EQ(cut.position(), 0U);
  std::string six_bytes;
  AppendVarint(six_bytes, std::uint64_t{1} << 35U);
  EXPECT_EQ(ByteReader(AsBytes(six_bytes)).ReadVarint32(), std::nullopt);
}

TEST(Crc32cTest, MatchesPublishedVectors) {
  EXPECT_EQ(Crc32c(AsBytes("123456789")), 0xE3069283U);
  EXPECT_EQ(MaskCrc(0xE3069283U), 0xC78AB0E5U);
  EXPECT_EQ(UnmaskCrc(0xC78AB0E5U), 0xE3069283U);
  EXPECT_EQ(Crc32c(AsBytes(std::string(32, '\0'))), 0x8A9136AAU);
  EXPECT_EQ(MaskCrc(0), 0xA282EAD8U);
  EXPECT_EQ(ExtendCrc32c(Crc32c(AsBytes("12345")), AsBytes("6789")), 0xE3069283U);
}

TEST(ProtobufTest, ReadsWhatTheWriterWrote) {
  ProtoWriter writer;
  writer.AddVarint(1, 0);  // left out
  writer.AddVarint(2, 300);
  writer.AddBytes(3, "text");
  writer.AddFixed32(4, 7);
  writer.AddDouble(5, 0.5);
  ProtoReader reader(AsBytes(writer.bytes()), "message");
  auto field = reader.Next();
  ASSERT_TRUE(field);
  EXPECT_EQ(field->tag, 2U);
  EXPECT_EQ(field->number, 300U);
  field = reader.Next();
  EXPECT_EQ(field->AsText(), "text");
  field = reader.Next();
  EXPECT_EQ(field->type, WireType::kFixed32);
  field = reader.Next();
  EXPECT_EQ(std::bit_cast<double>(field->number), 0.5);
  EXPECT_FALSE(reader.Next());
  EXPECT_TRUE(reader.status().ok());
}

TEST(ProtobufTest, EveryCutIsAnErrorOrAShorterMessage) {
  ProtoWriter writer;
  writer.AddVarint(2, 300);
  writer.AddBytes(3, "text");
  for (std::size_t length = 0; length < writer.bytes().size(); ++length) {
    ProtoReader reader(AsBytes(std::string_view(writer.bytes()).substr(0, length)), "message");
    while (reader.Next()) {
    }
    EXPECT_EQ(reader.status().ok(), length == 0 || length == 3) << length;
  }
}

TEST(ProtobufTest, RefusesGroupsAndFieldZero) {
  for (const std::string_view bytes :
       {std::string_view("\x0b", 1), std::string_view("\x00\x01", 2)}) {
    ProtoReader reader(AsBytes(bytes), "message");
    EXPECT_FALSE(reader.Next());
    EXPECT_EQ(reader.status().code(), StatusCode::kDataLoss);
  }
}

TEST(StatusTest, ContextAndDetails) {
  const Status status(StatusCode::kDataLoss, "bad block", {"first", "second"});
  EXPECT_EQ(status.WithContext("ckpt-7").ToString(),
            "DataLoss: ckpt-7: bad block\n  first\n  second");
  EXPECT_TRUE(Status().WithContext("nothing").ok());
}

TEST(ResultTest, ValueThrowsWhereThereIsNone) {
  const Result<int> failed = Status(StatusCode::kNotFound, "gone");
  EXPECT_FALSE(failed.ok());
  EXPECT_THROW((void)failed.value(), BadResult);
  EXPECT_EQ(Result<int>(3).value(), 3);
  EXPECT_EQ(Result<int>(Status()).status().code(), StatusCode::kInternal);
}

Result<int> Twice(const Result<int>& input) {
  SIDECAR_ASSIGN_OR_RETURN(int value, Result<int>(input));
  return 2 * value;
}

TEST(StatusMacrosTest, PassValuesAndFailures) {
  EXPECT_EQ(*Twice(4), 8);
  EXPECT_EQ(Twice(Status(StatusCode::kIoError, "x")).status().code(), StatusCode::kIoError);
}

TEST(FakeClockTest, MovesOnlyWhenTold) {
  FakeClock clock;
  const auto start = clock.Now();
  clock.Advance(std::chrono::seconds(3));
  EXPECT_EQ(clock.Now() - start, std::chrono::seconds(3));
}

TEST(StopSignalTest, IsSeenOnceRequested) {
  StopSignal stop;
  EXPECT_FALSE(stop.requested());
  stop.Request();
  EXPECT_TRUE(stop.requested());
}

}  // namespace
}  // namespace sidecar::base
