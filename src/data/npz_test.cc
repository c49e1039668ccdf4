#include "data/npz.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zip.h>
#include <zlib.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>

#include "base/byte_reader.h"
#include "base/file_system.h"
#include "sidecar/log.h"

namespace sidecar::data {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

/// A .npy file of bytes counting from 0. Its elements start at `header_bytes` (below 256).
std::string Npy(int rows, std::size_t header_bytes = 128) {
  std::string header =
      "{'descr': '|u1', 'fortran_order': False, 'shape': (" + std::to_string(rows) + ",), }";
  header.resize(header_bytes - 10, ' ');
  std::string bytes("\x93NUMPY\1\0", 8);
  bytes += static_cast<char>(header.size());
  bytes += '\0';
  bytes += header;
  for (int i = 0; i < rows; ++i) bytes += static_cast<char>(i);
  return bytes;
}

struct Member {
  std::string name;
  std::string content;
  bool deflated = false;
};

/// An archive of these members.
std::string Zip(const std::vector<Member>& members) {
  zip_error_t error;
  zip_error_init(&error);
  zip_source_t* source = zip_source_buffer_create(nullptr, 0, 0, &error);
  zip_source_keep(source);
  zip_t* archive = zip_open_from_source(source, ZIP_TRUNCATE, &error);
  for (const Member& member : members) {
    zip_source_t* content =
        zip_source_buffer(archive, member.content.data(), member.content.size(), 0);
    const auto index = zip_file_add(archive, member.name.c_str(), content, 0);
    zip_set_file_compression(archive, static_cast<zip_uint64_t>(index),
                             member.deflated ? ZIP_CM_DEFLATE : ZIP_CM_STORE, 0);
  }
  zip_close(archive);
  zip_source_open(source);
  zip_stat_t stat;
  zip_source_stat(source, &stat);
  std::string bytes(stat.size, '\0');
  zip_source_read(source, bytes.data(), bytes.size());
  zip_source_close(source);
  zip_source_free(source);
  zip_error_fini(&error);
  return bytes;
}

Result<Arrays> Read(const std::string& bytes) {
  auto owner = std::make_shared<const std::string>(bytes);
  return ReadNpz(base::AsBytes(*owner), owner, "file.npz");
}

std::uint32_t Crc32(std::span<const std::byte> bytes) {
  return static_cast<std::uint32_t>(
      ::crc32_z(0, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size()));
}

/// Collects log lines while it lives.
class LogLines {
 public:
  LogLines() {
    SetLogSink([this](LogLevel, std::string_view line) { lines_.emplace_back(line); });
  }
  LogLines(const LogLines&) = delete;
  LogLines& operator=(const LogLines&) = delete;
  ~LogLines() { SetLogSink({}); }
  [[nodiscard]] const std::vector<std::string>& lines() const { return lines_; }

 private:
  std::vector<std::string> lines_;
};

/// The arrays under the names of their members.
std::map<std::string, Tensor> ByMemberName(const Arrays& arrays) {
  std::map<std::string, Tensor> tensors;
  const auto add = [&](const std::string& kind, const std::vector<NamedTensor>& list) {
    for (const NamedTensor& array : list)
      tensors.emplace(array.name.empty() ? kind : kind + "/" + array.name, array.tensor);
  };
  add("x", arrays.x);
  add("y", arrays.y);
  add("sample_weight", arrays.sample_weight);
  return tensors;
}

TEST(NpzTest, ReadsWhatNumpyWrote) {
  const std::filesystem::path folder = SIDECAR_TEST_DATA "/arrays";
  const auto expected = nlohmann::json::parse(std::ifstream(folder / "expected.json"));
  for (const char* file :
       {"stored_flat.npz", "deflated_flat.npz", "stored_nested.npz", "deflated_nested.npz"}) {
    SCOPED_TRACE(file);
    const Result<Arrays> arrays = LoadNpz(folder / file);
    ASSERT_TRUE(arrays.ok()) << arrays.status();
    const std::map<std::string, Tensor> tensors = ByMemberName(*arrays);
    ASSERT_EQ(tensors.size(), expected[file].size());
    for (const auto& [name, content] : expected[file].items()) {
      ASSERT_TRUE(tensors.contains(name)) << name;
      const Tensor& tensor = tensors.at(name);
      EXPECT_EQ(DTypeName(tensor.dtype()), content["dtype"].get<std::string>());
      EXPECT_EQ(tensor.shape().sizes(), content["shape"].get<std::vector<std::int64_t>>());
      EXPECT_EQ(Crc32(tensor.bytes()), content["crc32"].get<std::uint32_t>());
    }
  }
}

TEST(NpzTest, KeepsTheArchivesOrder) {
  const Result<Arrays> arrays =
      Read(Zip({{"y.npy", Npy(2)}, {"x/b.npy", Npy(2)}, {"x/a/c.npy", Npy(2), true}}));
  ASSERT_TRUE(arrays.ok()) << arrays.status();
  EXPECT_EQ(arrays->x[0].name, "b");
  EXPECT_EQ(arrays->x[1].name, "a/c");
  EXPECT_EQ(arrays->y[0].name, "");
}

TEST(NpzTest, BorrowsWhatStandsAlignedInTheFile) {
  const std::string path = testing::TempDir() + "/sidecar_npz_test.npz";
  std::ofstream(path, std::ios::binary) << Zip({{"x.npy", Npy(5)}, {"y.npy", Npy(5), true}});
  const Result<Arrays> arrays = LoadNpz(path);
  ASSERT_TRUE(arrays.ok()) << arrays.status();
  // The mapping keeps the file's content although its name is gone.
  std::filesystem::remove(path);
  EXPECT_EQ(arrays->x[0].tensor.values<std::uint8_t>()[4], 4);
  EXPECT_EQ(arrays->y[0].tensor.values<std::uint8_t>()[4], 4);

  auto content = std::make_shared<const std::string>(Zip({{"x.npy", Npy(5)}}));
  const Result<Arrays> borrowed = ReadNpz(base::AsBytes(*content), content, "a");
  ASSERT_TRUE(borrowed.ok());
  EXPECT_EQ(content.use_count(), 2);
  const auto* begin = reinterpret_cast<const std::byte*>(content->data());
  EXPECT_GT(borrowed->x[0].tensor.bytes().data(), begin);
  EXPECT_LT(borrowed->x[0].tensor.bytes().data(), begin + content->size());
}

TEST(NpzTest, WarnsOfMembersItDoesNotUse) {
  const LogLines log;
  const Result<Arrays> arrays = Read(
      Zip({{"x.npy", Npy(2)}, {"labels.npy", Npy(2)}, {"xx.npy", "?"}, {"x", "?"}, {"x/", ""}}));
  ASSERT_TRUE(arrays.ok()) << arrays.status();
  EXPECT_EQ(arrays->x.size(), 1U);
  ASSERT_EQ(log.lines().size(), 1U);
  EXPECT_THAT(log.lines()[0], HasSubstr("file.npz: not used: labels.npy, xx.npy, x;"));
}

TEST(NpzTest, RefusesAnArchiveWithoutX) {
  const Status status = Read(Zip({{"images.npy", Npy(2)}, {"y.npy", Npy(2)}})).status();
  EXPECT_EQ(status.code(), StatusCode::kFailedPrecondition);
  EXPECT_THAT(status.message(), HasSubstr("images.npy, y.npy"));
  const Status empty = LoadNpz(SIDECAR_TEST_DATA "/arrays/stored_no_arrays.npz").status();
  EXPECT_EQ(empty.code(), StatusCode::kFailedPrecondition);
}

TEST(NpzTest, RefusesBothForms) {
  const Status status = Read(Zip({{"x.npy", Npy(2)}, {"x/a.npy", Npy(2)}})).status();
  EXPECT_EQ(status.code(), StatusCode::kFailedPrecondition);
  EXPECT_THAT(status.message(), HasSubstr("both x and x/NAME"));
}

TEST(NpzTest, NeverReadsOtherValuesFromADamagedMember) {
  for (const bool deflated : {false, true}) {
    const std::string whole = Zip({{"x.npy", Npy(40), deflated}});
    const Tensor expected = Read(whole).value().x[0].tensor;
    int refused = 0;
    const std::size_t begin = 30 + std::string("x.npy").size();
    const std::size_t end = whole.find("PK\1\2");
    ASSERT_LT(end, whole.size());
    for (std::size_t i = begin; i < end; ++i) {
      std::string damaged = whole;
      damaged[i] = static_cast<char>(damaged[i] ^ 0x10);
      const Result<Arrays> arrays = Read(damaged);
      refused += arrays.ok() ? 0 : 1;
      // A deflated stream has bits that mean nothing.
      if (arrays.ok()) {
        EXPECT_EQ(base::AsText(arrays->x[0].tensor.bytes()), base::AsText(expected.bytes())) << i;
      }
    }
    EXPECT_GT(refused, 10);
  }
}

TEST(NpzTest, NamesFileAndMemberOfADamagedArray) {
  const Status status = Read(Zip({{"x.npy", Npy(2) + "more", true}})).status();
  EXPECT_EQ(status.code(), StatusCode::kDataLoss);
  EXPECT_THAT(status.message(), HasSubstr("file.npz: x.npy: "));
  EXPECT_EQ(Read("not a zip").status().code(), StatusCode::kDataLoss);
  EXPECT_EQ(LoadNpz("no/such.npz").status().code(), StatusCode::kNotFound);
}

TEST(LoadDatasetTest, TellsKindsByTheirNames) {
  const std::string folder = SIDECAR_TEST_DATA "/arrays/";
  const Result<DatasetPtr> npz = LoadDataset(folder + "stored_flat.npz", 2);
  ASSERT_TRUE(npz.ok()) << npz.status();
  EXPECT_EQ((*npz)->spec().num_batches, 3);
  EXPECT_EQ((*npz)->spec().sample_weight.size(), 1U);

  const Result<DatasetPtr> npy = LoadDataset(folder + "vector.npy");
  ASSERT_TRUE(npy.ok()) << npy.status();
  EXPECT_TRUE((*npy)->spec().y.empty());

  const Status other = LoadDataset(folder + "expected.json").status();
  EXPECT_EQ(other.code(), StatusCode::kUnimplemented);
  EXPECT_THAT(other.message(), HasSubstr(".npz and .npy"));
  EXPECT_EQ(LoadDataset("no/such.csv").status().code(), StatusCode::kNotFound);
  EXPECT_EQ(LoadDataset("no/such.NPZ").status().code(), StatusCode::kNotFound);
  EXPECT_EQ(LoadDataset(folder + "vector.npy", 0).status().code(), StatusCode::kInvalidArgument);
}

TEST(LoadDatasetTest, NamesTheFileOfADataSetThatCannotBeUsed) {
  const Status status = LoadDataset(SIDECAR_TEST_DATA "/arrays/empty_rows.npy").status();
  EXPECT_EQ(status.code(), StatusCode::kFailedPrecondition);
  EXPECT_THAT(status.message(), HasSubstr("empty_rows.npy: the data set is empty"));
}

}  // namespace
}  // namespace sidecar::data
