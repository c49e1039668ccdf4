#include "data/npy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include <bit>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "base/byte_reader.h"
#include "base/protobuf.h"

namespace sidecar::data {
namespace {

using testing::HasSubstr;

/// A version 1 file with this header text.
std::string NpyBytes(const std::string& header, const std::string& elements) {
  std::string bytes = "\x93NUMPY";
  bytes += '\1';
  bytes += '\0';
  bytes += static_cast<char>(header.size() & 0xFFU);
  bytes += static_cast<char>(header.size() >> 8U);
  return bytes + header + elements;
}

std::string Header(const std::string& descr, const std::string& shape, bool fortran = false) {
  return "{'descr': '" + descr + "', 'fortran_order': " + (fortran ? "True" : "False") +
         ", 'shape': " + shape + ", }\n";
}

/// Reads from memory at an address that suits every type, plus `offset`.
Result<Tensor> Read(const std::string& bytes, std::size_t offset = 0) {
  auto buffer = std::make_shared<std::vector<std::max_align_t>>(bytes.size() / 16 + 2);
  auto* begin = reinterpret_cast<std::byte*>(buffer->data()) + offset;
  std::memcpy(begin, bytes.data(), bytes.size());
  return ReadNpy({begin, bytes.size()}, buffer, "file.npy");
}

/// A header whose elements start at an address that suits every type.
std::string AlignedHeader(std::string header) {
  while ((10 + header.size()) % 64 != 0) header += ' ';
  return header;
}

std::string Floats(const std::vector<float>& values) {
  std::string bytes;
  for (const float value : values) base::AppendFixed32(bytes, std::bit_cast<std::uint32_t>(value));
  return bytes;
}

std::uint32_t Crc32(std::span<const std::byte> bytes) {
  return static_cast<std::uint32_t>(
      ::crc32_z(0, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size()));
}

void ExpectDataLoss(const std::string& bytes, const std::string& message) {
  const Result<Tensor> tensor = Read(bytes);
  ASSERT_FALSE(tensor.ok()) << message;
  EXPECT_EQ(tensor.status().code(), StatusCode::kDataLoss);
  EXPECT_THAT(tensor.status().message(), HasSubstr(message));
  EXPECT_THAT(tensor.status().message(), HasSubstr("file.npy"));
}

TEST(NpyTest, ReadsWhatNumpyWrote) {
  const std::filesystem::path folder = SIDECAR_TEST_DATA "/arrays";
  const auto expected = nlohmann::json::parse(std::ifstream(folder / "expected.json"));
  int files = 0;
  for (const auto& [name, content] : expected.items()) {
    if (!name.ends_with(".npy")) continue;
    SCOPED_TRACE(name);
    const Result<Tensor> tensor = LoadNpy(folder / name);
    ASSERT_TRUE(tensor.ok()) << tensor.status();
    EXPECT_EQ(DTypeName(tensor->dtype()), content["dtype"].get<std::string>());
    EXPECT_EQ(tensor->shape().sizes(), content["shape"].get<std::vector<std::int64_t>>());
    EXPECT_EQ(Crc32(tensor->bytes()), content["crc32"].get<std::uint32_t>());
    ++files;
  }
  EXPECT_GT(files, 30);
}

std::vector<std::string> Strings(const Tensor& tensor) {
  const auto views = tensor.values<std::string_view>();
  return {views.begin(), views.end()};
}

TEST(NpyTest, ReadsNumPysStrings) {
  using namespace std::string_literals;
  const std::vector<std::string> texts = {
      "ab", "\xC3\xA9", "", "\xE6\x97\xA5\xE6\x9C\xAC\xF0\x9F\x98\x80", "a\0b"s, "x y z"};
  const std::string folder = SIDECAR_TEST_DATA "/arrays/";
  for (const char* name : {"strings.npy", "strings_big_fortran.npy"}) {
    const Result<Tensor> tensor = LoadNpy(folder + name);
    ASSERT_TRUE(tensor.ok()) << tensor.status();
    EXPECT_EQ(tensor->dtype(), DType::kString);
    EXPECT_EQ(tensor->shape(), (Shape{2, 3}));
    EXPECT_EQ(Strings(*tensor), texts) << name;
    EXPECT_EQ(Strings(tensor->Slice(1, 2).value()),
              std::vector<std::string>(texts.begin() + 3, texts.end()));
  }
  EXPECT_EQ(Strings(LoadNpy(folder + "strings_bytes.npy").value()),
            (std::vector<std::string>{"ab", "\xFF\0c"s, ""}));
}

TEST(NpyTest, RefusesStringsThatAreNone) {
  const std::pair<std::string, std::string> cases[] = {
      {NpyBytes(Header("<U1", "(1,)"), std::string("\0\xD8\0\0", 4)), "U+D800"},
      {NpyBytes(Header("<U1", "(1,)"), std::string("\0\0\x11\0", 4)), "U+110000"},
      {NpyBytes(Header("<U1", "(2,)"), "abcd"), "take 8 bytes"},
      {NpyBytes(Header("|S0", "(1000000000000,)"), ""), "strings of no characters"},
      {NpyBytes(Header("<U9223372036854775807", "(1,)"), ""), "not supported"},
      {NpyBytes(Header("|S1000000000", "(1000000000000000,)"), ""), "too large"},
  };
  for (const auto& [bytes, message] : cases) {
    const Result<Tensor> tensor = Read(bytes);
    ASSERT_FALSE(tensor.ok()) << message;
    EXPECT_THAT(tensor.status().message(), HasSubstr(message));
  }
}

TEST(NpyTest, RefusesByNameWhatIsNotNumbers) {
  const std::pair<const char*, const char*> files[] = {
      {"refused_object.npy", "Python objects"},
      {"refused_struct.npy", "structured dtype"},
      {"refused_datetime.npy", "dates"},
  };
  for (const auto& [name, what] : files) {
    const Result<Tensor> tensor = LoadNpy(std::string(SIDECAR_TEST_DATA "/arrays/") + name);
    ASSERT_FALSE(tensor.ok()) << name;
    EXPECT_EQ(tensor.status().code(), StatusCode::kUnimplemented);
    EXPECT_THAT(tensor.status().message(), HasSubstr(what));
    EXPECT_THAT(tensor.status().message(), HasSubstr(name));
  }
}

TEST(NpyTest, ReadsAnyKeyOrderQuotesAndLongIntegers) {
  const Result<Tensor> tensor = Read(
      NpyBytes("{\"shape\":(2L , 1),'descr': \"<f4\" , 'fortran_order':False}", Floats({1, 2})));
  ASSERT_TRUE(tensor.ok()) << tensor.status();
  EXPECT_EQ(tensor->shape(), (Shape{2, 1}));
  EXPECT_EQ(tensor->values<float>()[1], 2.0F);
}

TEST(NpyTest, BorrowsAlignedElementsAndCopiesOthers) {
  const std::string bytes = NpyBytes(AlignedHeader(Header("<f4", "(2,)")), Floats({1, 2}));
  std::vector<std::max_align_t> buffer(bytes.size() / sizeof(std::max_align_t) + 2);
  auto* begin = reinterpret_cast<std::byte*>(buffer.data());
  for (const std::size_t offset : {0U, 1U}) {
    std::memcpy(begin + offset, bytes.data(), bytes.size());
    const Result<Tensor> tensor = ReadNpy({begin + offset, bytes.size()}, nullptr, "a");
    ASSERT_TRUE(tensor.ok()) << tensor.status();
    const bool borrowed = tensor->bytes().data() == begin + offset + bytes.size() - 8;
    EXPECT_EQ(borrowed, offset == 0);
    EXPECT_EQ(tensor->values<float>()[1], 2.0F);
  }
}

TEST(NpyTest, KeepsTheOwnerOfBorrowedElements) {
  auto owner = std::make_shared<int>(0);
  const std::string bytes = NpyBytes(Header("|u1", "(2,)"), "ab");
  {
    const Result<Tensor> tensor = ReadNpy(base::AsBytes(bytes), owner, "a");
    ASSERT_TRUE(tensor.ok());
    EXPECT_EQ(owner.use_count(), 2);
  }
  EXPECT_EQ(owner.use_count(), 1);
}

TEST(NpyTest, TransposesFortranOrderOfThreeDimensions) {
  std::string elements;
  for (char value = 0; value < 24; ++value) elements += value;
  const Result<Tensor> tensor = Read(NpyBytes(Header("|i1", "(2, 3, 4)", true), elements));
  ASSERT_TRUE(tensor.ok()) << tensor.status();
  const auto values = tensor->values<std::int8_t>();
  for (std::size_t i = 0; i < 2; ++i) {
    for (std::size_t j = 0; j < 3; ++j) {
      for (std::size_t k = 0; k < 4; ++k)
        EXPECT_EQ(values[i * 12 + j * 4 + k], static_cast<int>(i + 2 * j + 6 * k));
    }
  }
}

TEST(NpyTest, MakesBoolsOutOfAnyByte) {
  const Result<Tensor> tensor = Read(NpyBytes(Header("|b1", "(3,)"), std::string("\0\x02\xFF", 3)));
  ASSERT_TRUE(tensor.ok()) << tensor.status();
  EXPECT_EQ(base::AsText(tensor->bytes()), std::string_view("\0\1\1", 3));
}

TEST(NpyTest, RefusesDamagedHeaders) {
  const std::string two = Floats({1, 2});
  const std::pair<std::string, const char*> cases[] = {
      {"", "expected '{'"},
      {"{'descr': '<f4', 'fortran_order': False, 'shape': (2,)", "expected ',' or '}'"},
      {Header("<f4", "(2,)") + "x", "end of the header"},
      {"{'descr': '<f4', 'shape': (2,)}", "'fortran_order' is missing"},
      {"{'fortran_order': False, 'shape': (2,)}", "'descr' is missing"},
      {"{'descr': '<f4', 'fortran_order': False}", "'shape' is missing"},
      {"{'descr': '<f4', 'descr': '<f4'}", "each of the keys"},
      {"{'color': 1}", "each of the keys"},
      {"{'descr: 1}", "closing quote"},
      {"{'de\\x73cr': '<f4'}", "backslash"},
      {Header("<f4", "(-2,)"), "size from 0"},
      {Header("<f4", "(2)"), "','"},
      {Header("<f4", "(2.0,)"), "','"},
      {Header("<f4", "(99999999999999999999,)"), "size from 0"},
      {Header("<f4", "(9223372036854775807,2)"), "too large"},
      {Header("<f8", "(2305843009213693952,)"), "too large"},
      {Header("<f8", "(0,9223372036854775807,2)"), "too large"},
      {Header("=f4", "(2,)"), "byte order"},
      {Header("|f4", "(2,)"), "byte order"},
      {Header("", "(2,)"), "byte order"},
      {"{'descr': '<f4', 'fortran_order': 0, 'shape': (2,)}", "True or False"},
  };
  for (const auto& [header, message] : cases) ExpectDataLoss(NpyBytes(header, two), message);
  std::string many = "(";
  for (int i = 0; i < 65; ++i) many += "1,";
  ExpectDataLoss(NpyBytes(Header("<f4", many + ")"), two), "at most 64 dimensions");
}

TEST(NpyTest, RefusesEveryTruncationAndTrailingBytes) {
  const std::string whole = NpyBytes(Header("<f4", "(2,)"), Floats({1, 2}));
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const Result<Tensor> tensor = Read(whole.substr(0, size));
    ASSERT_FALSE(tensor.ok()) << size;
    EXPECT_EQ(tensor.status().code(), StatusCode::kDataLoss);
  }
  ExpectDataLoss(whole + "x", "take 8 bytes, found 9");
}

TEST(NpyTest, RefusesOtherVersionsAndHugeHeaders) {
  std::string bytes = NpyBytes(Header("<f4", "(1,)"), Floats({1}));
  bytes[6] = 4;
  ExpectDataLoss(bytes, "version 4.0");
  std::string huge("\x93NUMPY\x02\x00", 8);
  base::AppendFixed32(huge, 64 * 1024 + 1);
  ExpectDataLoss(huge + std::string(64 * 1024 + 1, ' '), "at most 65536");
  ExpectDataLoss("not numpy", "is not a .npy file");
}

TEST(NpyTest, NamesAFileThatCannotBeOpened) {
  const Result<Tensor> missing = LoadNpy("no/such/file.npy");
  ASSERT_FALSE(missing.ok());
  EXPECT_EQ(missing.status().code(), StatusCode::kNotFound);
  EXPECT_THAT(missing.status().message(), HasSubstr("no/such/file.npy"));
  const Result<Tensor> folder = LoadNpy(SIDECAR_TEST_DATA);
  ASSERT_FALSE(folder.ok());
  EXPECT_EQ(folder.status().code(), StatusCode::kNotFound);
  EXPECT_THAT(folder.status().message(), HasSubstr("is a directory"));
}

}  // namespace
}  // namespace sidecar::data
