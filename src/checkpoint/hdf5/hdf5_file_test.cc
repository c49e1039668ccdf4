// What is refused and how, and what damage does. That sound files are read as h5py reads them is
// hdf5_golden_test.cc's part. The files are those of fuzz/make_hdf5_corpus.py.
#include "checkpoint/hdf5/hdf5_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <map>

#include "base/byte_reader.h"
#include "base/memory_file_system.h"
#include "checkpoint/hdf5/checksum.h"

namespace sidecar::checkpoint {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::UnorderedElementsAre;

std::string Corpus(const std::string& name) {
  auto content =
      base::ReadWholeFile(base::PosixFileSystem(),
                          std::string(SIDECAR_SOURCE_DIR) + "/fuzz/corpus/hdf5/" + name, 1 << 20U);
  EXPECT_TRUE(content.ok()) << content.status();
  return content.ok() ? *content : std::string();
}

Result<std::unique_ptr<Hdf5File>> OpenBytes(const std::string& content) {
  return Hdf5File::Open(base::AsBytes(content), "w.h5");
}

// The array CUBE of make_hdf5_corpus.py: 7 x 5 x 3, counting from 0.
void ExpectCube(Hdf5File& file, const std::string& path) {
  SCOPED_TRACE(path);
  const auto cube = file.ReadTensor(path);
  ASSERT_TRUE(cube.ok()) << cube.status();
  EXPECT_EQ(cube->shape(), Shape({7, 5, 3}));
  float expected = 0;
  for (const float value : cube->values<float>()) EXPECT_EQ(value, expected++);
  EXPECT_EQ(expected, 105);
}

TEST(ChecksumTest, MatchesPublishedValues) {
  // From driver5() of lookup3.c; Fletcher's known sums of "abcde" and "abcdef" (F04FC729, 56502D2A)
  // are those of little-endian words, which differ in the order of bytes alone.
  EXPECT_EQ(hdf5::Lookup3({}), 0xDEADBEEFU);
  EXPECT_EQ(hdf5::Lookup3(base::AsBytes("Four score and seven years ago")), 0x17770551U);
  EXPECT_EQ(hdf5::Fletcher32(base::AsBytes("abcde")), 0x4FF029C7U);
  EXPECT_EQ(hdf5::Fletcher32(base::AsBytes("abcdef")), 0x50562A2DU);
}

TEST(Hdf5FileTest, ReadsEveryLayoutOfChunks) {
  for (const char* name : {"chunks_earliest.h5", "chunks_latest.h5"}) {
    SCOPED_TRACE(name);
    const std::string content = Corpus(name);
    auto file = OpenBytes(content);
    ASSERT_TRUE(file.ok()) << file.status();
    for (const char* path :
         {"plain", "gzip", "shuffle", "fletcher32", "one", "one_gzip", "early", "compact"}) {
      ExpectCube(**file, path);
    }
  }
}

TEST(Hdf5FileTest, ReadsGroupsOfOldAndNewFormat) {
  for (const char* name : {"keras3.h5", "keras3_latest.h5"}) {
    SCOPED_TRACE(name);
    const std::string content = Corpus(name);
    auto file = OpenBytes(content);
    ASSERT_TRUE(file.ok()) << file.status();
    EXPECT_THAT((*file)->Children("").value(), UnorderedElementsAre("layers", "optimizer"));
    EXPECT_THAT((*file)->Children("layers/dense/vars").value(), UnorderedElementsAre("0", "1"));
    EXPECT_THAT(
        (*file)->DatasetPaths("", 100).value(),
        UnorderedElementsAre("layers/dense/vars/0", "layers/dense/vars/1", "optimizer/vars/0"));
    EXPECT_EQ((*file)->DatasetPaths("", 2).value().size(), 2U);
    EXPECT_EQ((*file)->ReadTensor("optimizer/vars/0").value().values<std::int64_t>()[0], 300);
    EXPECT_THAT(**(*file)->StringAttribute("layers/dense/vars", "name"), ElementsAre("dense"));
    EXPECT_FALSE((*file)->StringAttribute("layers/dense/vars", "other").value().has_value());
    EXPECT_TRUE((*file)->Contains("layers/dense").value());
    EXPECT_FALSE((*file)->Contains("layers/dense/vars/2").value());
    EXPECT_FALSE((*file)->Contains("layers/dense/vars/0/more").value());
    EXPECT_FALSE((*file)->FindDataset("layers").value().has_value());
    EXPECT_EQ((*file)->Children("nothing").status().code(), StatusCode::kNotFound);
    EXPECT_EQ((*file)->Children("optimizer/vars/0").status().code(),
              StatusCode::kFailedPrecondition);
    EXPECT_EQ((*file)->ReadTensor("nothing").status().code(), StatusCode::kNotFound);
  }
}

TEST(Hdf5FileTest, ReadsElementTypes) {
  const std::string content = Corpus("types.h5");
  auto file = OpenBytes(content);
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_THAT((*file)->ReadTensor("bool").value().values<bool>(), ElementsAre(true, false));
  EXPECT_THAT((*file)->ReadTensor("big").value().values<float>(), ElementsAre(0, 1, 2));
  EXPECT_EQ((*file)->FindDataset("big").value()->type_name, "big-endian float32");
  EXPECT_EQ((*file)->ReadTensor("half").value().dtype(), DType::kFloat16);
  const auto brain = (*file)->ReadTensor("bfloat16");
  ASSERT_TRUE(brain.ok()) << brain.status();
  EXPECT_EQ(brain->dtype(), DType::kBfloat16);
  EXPECT_EQ(brain->bytes()[3], std::byte{0x3F});  // the upper half of 1.0f is 3F80
  EXPECT_EQ((*file)->ReadTensor("null").value().num_elements(), 0);
  for (const char* path : {"complex", "opaque"}) {
    EXPECT_EQ((*file)->ReadTensor(path).status().code(), StatusCode::kFailedPrecondition);
    EXPECT_EQ((*file)->FindDataset(path).value()->dtype, DType::kInvalid);
  }
}

TEST(Hdf5FileTest, ReadsStringsOfFixedAndVariableLength) {
  const std::string content = Corpus("strings.h5");
  auto file = OpenBytes(content);
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_THAT((*file)->ReadStrings("fixed").value(), ElementsAre("ab", "", "cde"));
  EXPECT_THAT((*file)->ReadStrings("variable").value(), ElementsAre("ab", "",
                                                                    "c\xC3\xA4"
                                                                    "e"));
  EXPECT_THAT(**(*file)->StringAttribute("", "text"), ElementsAre("a text"));
  EXPECT_THAT(**(*file)->StringAttribute("", "list"), ElementsAre("x", "yz"));
  EXPECT_THAT((*file)->TensorAttribute("", "numbers").value()->values<std::int64_t>(),
              ElementsAre(0, 1, 2));
  EXPECT_EQ((*file)->TensorAttribute("", "text").status().code(), StatusCode::kFailedPrecondition);
  EXPECT_EQ((*file)->StringAttribute("", "numbers").status().code(), StatusCode::kDataLoss);
  EXPECT_THAT((*file)->AttributeNames("").value(), UnorderedElementsAre("text", "list", "numbers"));
}

struct Refusal {
  std::string file;
  std::string path;
  StatusCode code;
  std::string message;
};

TEST(Hdf5FileTest, RefusesByName) {
  const std::vector<Refusal> refusals = {
      {"soft_link.h5", "link", StatusCode::kUnimplemented, "a soft link"},
      {"external_link.h5", "link", StatusCode::kUnimplemented, "an external link"},
      {"external_link.h5", "link/a", StatusCode::kUnimplemented, "an external link"},
      {"external_storage.h5", "a", StatusCode::kUnimplemented, "external storage"},
      {"virtual.h5", "a", StatusCode::kUnimplemented, "a virtual dataset"},
      {"reference.h5", "a", StatusCode::kFailedPrecondition, "reference"},
      {"lzf.h5", "a", StatusCode::kUnimplemented, "filter 32000"},
      {"dense.h5", "d0", StatusCode::kUnimplemented, "dense link storage"},
      {"never_written.h5", "a", StatusCode::kDataLoss, "its elements were never written"},
      {"never_written.h5", "chunks", StatusCode::kDataLoss, "2 of its 3 chunks are missing"},
      {"resizable_latest.h5", "one", StatusCode::kUnimplemented, "extensible array"},
      {"resizable_latest.h5", "two", StatusCode::kUnimplemented, "B-tree version 2"},
      {"shape_bomb.h5", "a", StatusCode::kDataLoss, "308 bytes are stored for [1099511627776]"},
      {"shape_and_size_bomb.h5", "a", StatusCode::kDataLoss, "outside the file"},
      {"overflowing_shape.h5", "a", StatusCode::kDataLoss, "overflows"},
      {"chunk_bomb.h5", "a", StatusCode::kDataLoss, "decompression bomb"},
  };
  for (const Refusal& refusal : refusals) {
    SCOPED_TRACE(refusal.file + " " + refusal.path);
    const std::string content = Corpus(refusal.file);
    auto file = OpenBytes(content);
    ASSERT_TRUE(file.ok()) << file.status();
    const Status status = (*file)->ReadTensor(refusal.path).status();
    EXPECT_EQ(status.code(), refusal.code) << status;
    EXPECT_THAT(status.message(), HasSubstr(refusal.message));
    EXPECT_THAT(status.message(), HasSubstr("w.h5"));
    EXPECT_THAT(status.message(), HasSubstr(refusal.path)) << status;
  }
}

TEST(Hdf5FileTest, RefusesDenseAttributesOnlyWhereOneIsAskedFor) {
  const std::string content = Corpus("dense_attributes.h5");
  auto file = OpenBytes(content);
  ASSERT_TRUE(file.ok()) << file.status();
  const Status status = (*file)->StringAttribute("", "a0").status();
  EXPECT_EQ(status.code(), StatusCode::kUnimplemented);
  EXPECT_THAT(status.message(), HasSubstr("dense attribute storage"));
}

TEST(Hdf5FileTest, GroupsInACircleEnd) {
  const std::string content = Corpus("cycle.h5");
  auto file = OpenBytes(content);
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_THAT((*file)->DatasetPaths("", 100).value(), ElementsAre("group/a"));
  EXPECT_TRUE((*file)->ReadTensor("group/root/group/root/group/a").ok());
}

TEST(Hdf5FileTest, IncompleteFilesAreWorthAnotherTry) {
  for (const char* name : {"truncated.h5", "zeros.h5"}) {
    const std::string content = Corpus(name);
    const Status status = OpenBytes(content).status();
    EXPECT_EQ(status.code(), StatusCode::kUnavailable) << name << ": " << status;
    EXPECT_THAT(status.message(), HasSubstr("incomplete HDF5 file"));
  }
  EXPECT_EQ(OpenBytes("").status().code(), StatusCode::kUnavailable);
  const Status other = OpenBytes("PK\3\4 something else").status();
  EXPECT_EQ(other.code(), StatusCode::kDataLoss);
  EXPECT_THAT(other.message(), HasSubstr("no HDF5 signature"));
}

TEST(Hdf5FileTest, TruncationAnywhereIsFoundAtOnce) {
  for (const char* name : {"keras3.h5", "keras3_latest.h5", "user_block.h5"}) {
    const std::string content = Corpus(name);
    for (std::size_t size = 0; size < content.size(); ++size) {
      const std::string part = content.substr(0, size);
      const StatusCode code = OpenBytes(part).status().code();
      // A user block says nothing about what is to come.
      if (std::string_view(name) == "user_block.h5" && size < 520 && code == StatusCode::kDataLoss)
        continue;
      ASSERT_EQ(code, StatusCode::kUnavailable) << name << " cut to " << size;
    }
  }
}

// Reads everything; what comes of it does not matter, as long as something does.
void ReadAll(const std::string& content) {
  auto file = OpenBytes(content);
  if (!file.ok()) return;
  const auto paths = (*file)->DatasetPaths("", 50);
  if (!paths.ok()) return;
  for (const std::string& path : *paths) {
    const auto tensor = (*file)->ReadTensor(path);
    // Nothing here can make more than deflate's 1032 bytes out of one.
    if (tensor.ok()) {
      EXPECT_LE(tensor->size_bytes(), content.size() * 1032);
    } else {
      (void)(*file)->ReadStrings(path);
    }
    (void)(*file)->StringAttribute(path, "name");
  }
  (void)(*file)->StringAttribute("", "list");
}

TEST(Hdf5FileTest, DamageAnywhereDoesNoHarm) {
  for (const char* name : {"keras3_latest.h5", "strings.h5", "plain.h5", "chunked.h5", "cycle.h5",
                           "chunks_latest.h5", "user_block.h5"}) {
    SCOPED_TRACE(name);
    const std::string content = Corpus(name);
    ASSERT_FALSE(content.empty());
    for (std::size_t i = 0; i < content.size(); ++i) {
      const auto byte = static_cast<unsigned char>(content[i]);
      for (const unsigned value : {byte ^ 0x80U, 0xFFU, byte + 1U}) {
        std::string damaged = content;
        damaged[i] = static_cast<char>(value);
        ReadAll(damaged);
      }
    }
  }
}

TEST(Hdf5FileTest, ChecksummedMetadataCannotBeChangedUnnoticed) {
  const std::string content = Corpus("keras3_latest.h5");
  const std::size_t header = content.find("OHDR");
  ASSERT_NE(header, std::string::npos);
  for (std::size_t i = header; i < header + 40; ++i) {
    std::string damaged = content;
    damaged[i] = static_cast<char>(damaged[i] ^ 4);
    auto file = OpenBytes(damaged);
    ASSERT_TRUE(file.ok()) << file.status();
    EXPECT_FALSE((*file)->Children("").ok()) << "byte " << i;
  }
}

TEST(Hdf5FileTest, FindsWrongFletcherSums) {
  std::string content = Corpus("chunks_earliest.h5");
  auto sound = OpenBytes(content);
  ASSERT_TRUE(sound.ok());
  ExpectCube(**sound, "fletcher32");
  int found = 0;
  for (std::size_t i = 0; i < content.size(); ++i) {
    std::string damaged = content;
    damaged[i] = static_cast<char>(damaged[i] ^ 1);
    auto file = OpenBytes(damaged);
    if (!file.ok()) continue;
    const Status status = (*file)->ReadTensor("fletcher32").status();
    if (status.message().find("Fletcher32 checksum is wrong") != std::string::npos) ++found;
  }
  // Two chunks of 7 x 5 x 2 floats, and a sum of 4 bytes each; and some bytes of the index.
  EXPECT_GE(found, 2 * (7 * 5 * 2 * 4 + 4));
}

TEST(Hdf5FileTest, PassesTheFilesOwnErrorsOn) {
  base::MemoryFileSystem files;
  files.Write("/w.h5", Corpus("keras3.h5"));
  for (int fail_at = 1;; ++fail_at) {
    int reads = 0;
    base::FaultyFileSystem faulty(files, [&](std::string_view operation, const std::string& path) {
      if (operation == "read" && ++reads == fail_at)
        return Status(StatusCode::kIoError, path + ": no luck");
      return Status();
    });
    auto raw = faulty.OpenForRead("/w.h5");
    ASSERT_TRUE(raw.ok());
    auto file = Hdf5File::Open(std::move(*raw));
    Status status = file.status();
    if (status.ok()) status = (*file)->ReadTensor("layers/dense/vars/0").status();
    if (reads < fail_at) {
      EXPECT_TRUE(status.ok()) << status;
      EXPECT_GT(fail_at, 10);
      break;
    }
    EXPECT_EQ(status.code(), StatusCode::kIoError) << status;
    EXPECT_THAT(status.message(), HasSubstr("/w.h5: no luck"));
  }
}

TEST(Hdf5FileTest, NoticesAFileThatBecomesShorter) {
  base::MemoryFileSystem files;
  const std::string content = Corpus("plain.h5");
  files.Write("/w.h5", content);
  auto file = Hdf5File::Open(files.OpenForRead("/w.h5").value());
  ASSERT_TRUE(file.ok());
  files.Overwrite("/w.h5", content.substr(0, 1000));
  EXPECT_EQ((*file)->ReadTensor("a").status().code(), StatusCode::kUnavailable);
}

}  // namespace
}  // namespace sidecar::checkpoint
