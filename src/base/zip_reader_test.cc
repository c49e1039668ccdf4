#include "base/zip_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zip.h>
#include <zlib.h>

#include <functional>
#include <vector>

#include "base/byte_reader.h"
#include "base/memory_file_system.h"
#include "base/protobuf.h"

namespace sidecar::base {
namespace {

using ::testing::HasSubstr;

void AppendFixed16(std::string& out, unsigned value) {
  out.push_back(static_cast<char>(value));
  out.push_back(static_cast<char>(value >> 8U));
}

std::string Deflate(std::string content) {
  z_stream stream{};
  EXPECT_EQ(deflateInit2(&stream, 9, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY), Z_OK);
  std::string out(deflateBound(&stream, content.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(content.data());
  stream.avail_in = static_cast<uInt>(content.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

// A member as it is written; every field can be made to lie, in the header (local) or the
// directory.
struct TestMember {
  std::string name;
  std::string content;
  bool deflated = false;
  std::string local_name = name;
  unsigned flags = 0;
  unsigned method = deflated ? 8 : 0;
  unsigned local_method = method;
  unsigned made_by = 3U << 8U;
  std::uint32_t attributes = 0100644U << 16U;
  std::string data = deflated ? Deflate(content) : content;
  std::uint32_t crc = static_cast<std::uint32_t>(
      crc32(0, reinterpret_cast<const Bytef*>(content.data()), static_cast<uInt>(content.size())));
  std::uint64_t size = content.size();
  std::uint64_t compressed_size = data.size();
  std::int64_t offset_shift = 0;
  bool zip64_header = false;
};

std::string Zip(const std::vector<TestMember>& members, const std::string& comment = "") {
  std::string out;
  std::string directory;
  for (const TestMember& member : members) {
    const auto offset =
        static_cast<std::uint32_t>(static_cast<std::int64_t>(out.size()) + member.offset_shift);
    const bool later = (member.flags & 8U) != 0;
    AppendFixed32(out, 0x04034B50);
    AppendFixed16(out, 20);
    AppendFixed16(out, member.flags);
    AppendFixed16(out, member.local_method);
    AppendFixed32(out, 0);
    AppendFixed32(out, later ? 0 : member.crc);
    AppendFixed32(out, later                 ? 0
                       : member.zip64_header ? 0xFFFFFFFFU
                                             : static_cast<std::uint32_t>(member.compressed_size));
    AppendFixed32(out, later                 ? 0
                       : member.zip64_header ? 0xFFFFFFFFU
                                             : static_cast<std::uint32_t>(member.size));
    AppendFixed16(out, static_cast<unsigned>(member.local_name.size()));
    AppendFixed16(out, member.zip64_header ? 20 : 0);
    out += member.local_name;
    if (member.zip64_header) {
      AppendFixed16(out, 1);
      AppendFixed16(out, 16);
      AppendFixed64(out, member.size);
      AppendFixed64(out, member.compressed_size);
    }
    out += member.data;
    if (later) {
      AppendFixed32(out, 0x08074B50);
      AppendFixed32(out, member.crc);
      AppendFixed32(out, static_cast<std::uint32_t>(member.compressed_size));
      AppendFixed32(out, static_cast<std::uint32_t>(member.size));
    }
    AppendFixed32(directory, 0x02014B50);
    AppendFixed16(directory, member.made_by);
    AppendFixed16(directory, 20);
    AppendFixed16(directory, member.flags);
    AppendFixed16(directory, member.method);
    AppendFixed32(directory, 0);
    AppendFixed32(directory, member.crc);
    AppendFixed32(directory, static_cast<std::uint32_t>(member.compressed_size));
    AppendFixed32(directory, static_cast<std::uint32_t>(member.size));
    AppendFixed16(directory, static_cast<unsigned>(member.name.size()));
    for (int i = 0; i < 4; ++i) AppendFixed16(directory, 0);
    AppendFixed32(directory, member.attributes);
    AppendFixed32(directory, offset);
    directory += member.name;
  }
  const auto directory_offset = static_cast<std::uint32_t>(out.size());
  out += directory;
  AppendFixed32(out, 0x06054B50);
  AppendFixed32(out, 0);
  AppendFixed16(out, static_cast<unsigned>(members.size()));
  AppendFixed16(out, static_cast<unsigned>(members.size()));
  AppendFixed32(out, static_cast<std::uint32_t>(directory.size()));
  AppendFixed32(out, directory_offset);
  AppendFixed16(out, static_cast<unsigned>(comment.size()));
  return out + comment;
}

Status OpenStatus(const std::string& archive, const ZipLimits& limits = {}) {
  return ZipReader::Open(AsBytes(archive), "a.zip", limits).status();
}

TEST(ZipReaderTest, ReadsStoredAndDeflatedMembers) {
  const std::string text(100'000, 'x');
  const std::string archive = Zip({{"x.npy", "stored bytes"},
                                   {.name = "y/0.npy", .content = text, .deflated = true},
                                   {"empty", ""},
                                   {"assets/", ""}},
                                  "a comment");
  MemoryFileSystem files;
  files.Write("/d/a.npz", archive);
  auto reader = ZipReader::Open(files, "/d/a.npz");
  ASSERT_TRUE(reader.ok()) << reader.status();
  ASSERT_EQ((*reader)->members().size(), 4U);
  EXPECT_EQ((*reader)->ReadMember("x.npy", 12).value(), "stored bytes");
  EXPECT_EQ((*reader)->ReadMember("y/0.npy", text.size()).value(), text);
  EXPECT_EQ((*reader)->ReadMember("empty", 0).value(), "");
  const ZipMember* stored = (*reader)->Find("x.npy");
  ASSERT_NE(stored, nullptr);
  EXPECT_TRUE((*reader)->VerifyMember(*stored).ok());
  EXPECT_TRUE((*reader)->VerifyMember(*(*reader)->Find("y/0.npy")).ok());
  const auto extent = (*reader)->StoredExtent(*stored);
  ASSERT_TRUE(extent.has_value());
  EXPECT_EQ(archive.substr(extent->offset, extent->size), "stored bytes");
  EXPECT_EQ((*reader)->StoredExtent(*(*reader)->Find("y/0.npy")), std::nullopt);
  std::vector<std::byte> room(12);
  EXPECT_TRUE((*reader)->ReadMember(*stored, room).ok());
  EXPECT_EQ(AsText(room), "stored bytes");
  EXPECT_EQ((*reader)->ReadMember(*stored, std::span(room).first(11)).code(),
            StatusCode::kInternal);
}

TEST(ZipReaderTest, ReadsWhatAnotherWriterWrote) {
  // libzip's own writer, into memory.
  zip_error_t error;
  zip_error_init(&error);
  zip_source_t* buffer = zip_source_buffer_create(nullptr, 0, 0, &error);
  ASSERT_NE(buffer, nullptr);
  zip_source_keep(buffer);
  zip_t* writer = zip_open_from_source(buffer, ZIP_TRUNCATE, &error);
  ASSERT_NE(writer, nullptr);
  const std::string content = "abc abc abc abc abc abc";
  for (const char* name : {"config.json", "metadata.json"}) {
    zip_source_t* member = zip_source_buffer(writer, content.data(), content.size(), 0);
    ASSERT_GE(zip_file_add(writer, name, member, 0), 0);
  }
  ASSERT_EQ(zip_close(writer), 0);
  ASSERT_EQ(zip_source_open(buffer), 0);
  zip_stat_t stat;
  ASSERT_EQ(zip_source_stat(buffer, &stat), 0);
  std::string archive(stat.size, '\0');
  ASSERT_EQ(zip_source_read(buffer, archive.data(), archive.size()),
            static_cast<zip_int64_t>(archive.size()));
  zip_source_close(buffer);
  zip_source_free(buffer);

  auto reader = ZipReader::Open(AsBytes(archive), "a.keras");
  ASSERT_TRUE(reader.ok()) << reader.status();
  EXPECT_EQ((*reader)->ReadMember("metadata.json", 1000).value(), content);
}

TEST(ZipReaderTest, ReadsHeadersAsStreamsAndNumpyWriteThem) {
  const std::string archive = Zip({{.name = "a", .content = "first", .flags = 8},
                                   {.name = "b", .content = "second", .zip64_header = true}});
  auto reader = ZipReader::Open(AsBytes(archive), "a.npz");
  ASSERT_TRUE(reader.ok()) << reader.status();
  EXPECT_EQ((*reader)->ReadMember("a", 100).value(), "first");
  EXPECT_EQ((*reader)->ReadMember("b", 100).value(), "second");
}

TEST(ZipReaderTest, RefusesWhatCallersDidNotAllow) {
  const std::string archive = Zip({{"x", "12345"}});
  auto reader = ZipReader::Open(AsBytes(archive), "a.npz");
  ASSERT_TRUE(reader.ok());
  const Status too_large = (*reader)->ReadMember("x", 4).status();
  EXPECT_EQ(too_large.code(), StatusCode::kDataLoss);
  EXPECT_THAT(too_large.message(), HasSubstr("a.npz: ZIP member 'x' declares 5 bytes, at most 4"));
  EXPECT_EQ((*reader)->ReadMember("y", 4).status().code(), StatusCode::kNotFound);
}

struct BadArchive {
  std::string what;
  std::vector<TestMember> members;
  StatusCode code;
  std::string message;
};

TEST(ZipReaderTest, RefusesArchivesThatAreNotSound) {
  const std::vector<BadArchive> cases = {
      {"duplicate", {{"a", "1"}, {"a", "2"}}, StatusCode::kDataLoss, "two members have this name"},
      {"absolute", {{"/etc/x", "1"}}, StatusCode::kDataLoss, "absolute"},
      {"drive", {{"C:x", "1"}}, StatusCode::kDataLoss, "absolute"},
      {"parent", {{"a/../../x", "1"}}, StatusCode::kDataLoss, "'..'"},
      {"backslash", {{"a\\x", "1"}}, StatusCode::kDataLoss, "backslash"},
      {"no name", {{"", "1"}}, StatusCode::kDataLoss, "without a name"},
      {"link",
       {{.name = "a", .content = "/etc/passwd", .attributes = 0120777U << 16U}},
       StatusCode::kDataLoss,
       "link"},
      {"encrypted",
       {{.name = "a", .content = "1", .flags = 1}},
       StatusCode::kUnimplemented,
       "encryption is not supported"},
      {"bzip2",
       {{.name = "a", .content = "1", .method = 12}},
       StatusCode::kUnimplemented,
       "compression method 12"},
      {"two names",
       {{.name = "a", .content = "1", .local_name = "b"}},
       StatusCode::kDataLoss,
       "calls it 'b'"},
      {"two methods",
       {{.name = "a", .content = "1", .method = 0, .local_method = 8}},
       StatusCode::kDataLoss,
       "says method 8, the directory 0"},
      {"stored sizes",
       {{.name = "a", .content = "1", .size = 2}},
       StatusCode::kDataLoss,
       "1 bytes stand for 2"},
      {"too long",
       {{.name = "a", .content = "1", .size = 500, .compressed_size = 500}},
       StatusCode::kDataLoss,
       "run into the directory"},
      {"no header",
       {{.name = "a", .content = "1", .offset_shift = 1}},
       StatusCode::kDataLoss,
       "no header at byte 1"},
      {"offset",
       {{.name = "a", .content = "1", .offset_shift = 1 << 30}},
       StatusCode::kDataLoss,
       "is not before the directory"},
  };
  for (const BadArchive& bad : cases) {
    const Status status = OpenStatus(Zip(bad.members));
    EXPECT_EQ(status.code(), bad.code) << bad.what << ": " << status;
    EXPECT_THAT(status.message(), HasSubstr(bad.message)) << bad.what;
    EXPECT_THAT(status.message(), HasSubstr("a.zip")) << bad.what;
  }
}

TEST(ZipReaderTest, RefusesMembersThatOverlap) {
  // The second member's header and data lie inside the first one's data.
  const std::string inner = Zip({{"b", "inner"}});
  const std::string header = inner.substr(0, 30 + 1 + 5);
  TestMember second{"b", "inner"};
  second.offset_shift = -static_cast<std::int64_t>(header.size());
  second.data = "";
  second.local_name = "b";
  std::string archive = Zip({{"a", header}, second});
  const Status status = OpenStatus(archive);
  EXPECT_EQ(status.code(), StatusCode::kDataLoss);
  EXPECT_THAT(status.message(), HasSubstr("ZIP member 'b': overlaps member 'a'"));
}

TEST(ZipReaderTest, RefusesDecompressionBombs) {
  TestMember bomb{.name = "a", .content = "1", .deflated = true};
  bomb.size = 0xF0000000U;
  const Status status = OpenStatus(Zip({bomb}));
  EXPECT_EQ(status.code(), StatusCode::kDataLoss);
  EXPECT_THAT(status.message(), HasSubstr("decompression bomb"));
  EXPECT_EQ(OpenStatus(Zip({{"a", "1"}, {"b", "1"}}), {.max_members = 1}).code(),
            StatusCode::kDataLoss);
}

TEST(ZipReaderTest, FindsDamagedContents) {
  for (const bool deflated : {false, true}) {
    TestMember member{.name = "a", .content = "some text, some text", .deflated = deflated};
    member.crc ^= 1U;
    const std::string archive = Zip({member});
    auto reader = ZipReader::Open(AsBytes(archive), "a.zip");
    ASSERT_TRUE(reader.ok()) << reader.status();
    const Status status = (*reader)->ReadMember("a", 1000).status();
    EXPECT_EQ(status.code(), StatusCode::kDataLoss);
    EXPECT_THAT(status.message(), HasSubstr("a.zip: ZIP member 'a'"));
    EXPECT_EQ((*reader)->VerifyMember((*reader)->members()[0]).code(), StatusCode::kDataLoss);
  }
  // A size that the data does not have, either way.
  for (const int difference : {-1, 1}) {
    TestMember member{.name = "a", .content = "some text, some text", .deflated = true};
    member.size = static_cast<std::uint64_t>(static_cast<int>(member.content.size()) + difference);
    const std::string archive = Zip({member});
    auto reader = ZipReader::Open(AsBytes(archive), "a.zip");
    ASSERT_TRUE(reader.ok()) << reader.status();
    EXPECT_EQ((*reader)->ReadMember("a", 1000).status().code(), StatusCode::kDataLoss);
  }
}

// Reads everything and says whether it is exactly what `expected` holds, or was refused.
void CheckSameOrRefused(const std::string& archive, const std::vector<TestMember>& expected,
                        std::size_t position) {
  auto reader = ZipReader::Open(AsBytes(archive), "a.zip");
  if (!reader.ok()) return;
  for (const TestMember& member : expected) {
    auto content = (*reader)->ReadMember(member.name, 1000);
    if (!content.ok()) continue;
    EXPECT_EQ(*content, member.content) << "changed at byte " << position;
  }
}

TEST(ZipReaderTest, DamageAnywhereIsRefusedOrDoesNotMatter) {
  const std::vector<TestMember> members = {
      {"x.npy", "stored bytes"},
      {.name = "y.npy", .content = std::string(200, 'y'), .deflated = true},
      {.name = "z.npy", .content = "streamed", .flags = 8}};
  const std::string archive = Zip(members);
  for (std::size_t size = 0; size < archive.size(); ++size) {
    EXPECT_EQ(OpenStatus(archive.substr(0, size)).code(), StatusCode::kDataLoss) << size;
  }
  for (std::size_t i = 0; i < archive.size(); ++i) {
    for (unsigned bit = 0; bit < 8; ++bit) {
      std::string damaged = archive;
      damaged[i] = static_cast<char>(static_cast<unsigned char>(damaged[i]) ^ (1U << bit));
      CheckSameOrRefused(damaged, members, i);
    }
    for (const char value : {'\0', '\xff'}) {
      std::string damaged = archive;
      damaged[i] = value;
      CheckSameOrRefused(damaged, members, i);
    }
  }
}

TEST(ZipReaderTest, ReadsZip64Archives) {
  // Written by Python's zipfile with its limits lowered, see fuzz/corpus/zip.
  const std::string archive =
      ReadWholeFile(PosixFileSystem(),
                    std::string(SIDECAR_SOURCE_DIR) + "/fuzz/corpus/zip/zip64.zip", 1 << 20U)
          .value();
  const std::vector<TestMember> members = {{"a", std::string(40, 'x')},
                                           {"b", std::string(40, 'y')}};
  auto reader = ZipReader::Open(AsBytes(archive), "a.zip");
  ASSERT_TRUE(reader.ok()) << reader.status();
  for (const TestMember& member : members) {
    EXPECT_EQ((*reader)->ReadMember(member.name, 40).value(), member.content);
  }
  for (std::size_t i = 0; i < archive.size(); ++i) {
    for (const unsigned change : {1U, 0x80U, 0xFFU}) {
      std::string damaged = archive;
      damaged[i] = static_cast<char>(static_cast<unsigned char>(damaged[i]) ^ change);
      CheckSameOrRefused(damaged, members, i);
    }
  }
}

TEST(ZipReaderTest, PassesTheFilesOwnErrorsOn) {
  MemoryFileSystem files;
  files.Write("/a.zip", Zip({{.name = "a", .content = std::string(500, 'a'), .deflated = true},
                             {"b", "stored"}}));
  // Fail the k-th read until there is none left to fail.
  for (int fail_at = 1;; ++fail_at) {
    int reads = 0;
    FaultyFileSystem faulty(files, [&](std::string_view operation, const std::string& path) {
      if (operation == "read" && ++reads == fail_at)
        return Status(StatusCode::kIoError, path + ": no luck");
      return Status();
    });
    auto reader = ZipReader::Open(faulty, "/a.zip");
    Status status = reader.status();
    if (status.ok()) status = (*reader)->ReadMember("a", 1000).status();
    if (status.ok()) status = (*reader)->ReadMember("b", 1000).status();
    if (reads < fail_at) {
      EXPECT_TRUE(status.ok()) << status;
      EXPECT_GT(fail_at, 6);
      break;
    }
    EXPECT_EQ(status.code(), StatusCode::kIoError) << status;
    EXPECT_EQ(status.message(), "/a.zip: no luck");
  }
}

}  // namespace
}  // namespace sidecar::base
