// Files that h5py, Keras 2 and Keras 3 wrote, against what h5py reads from them.
#include <gtest/gtest.h>
#include <zlib.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>

#include "checkpoint/hdf5/hdf5_file.h"

namespace sidecar::checkpoint {
namespace {

using Json = nlohmann::json;

// Refused by design: a dataset that was declared and never written.
constexpr std::string_view kNeverWritten = "chunked.h5/filled";
// Refused by design: groups of more than eight links in the newest format stand in a fractal heap.
const std::set<std::string> kDenseFiles = {"libver_latest.h5", "libver_v110.h5"};

std::filesystem::path GoldenFolder() { return std::filesystem::path(SIDECAR_TEST_DATA) / "hdf5"; }

std::vector<std::string> GoldenFiles() {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(GoldenFolder())) {
    const std::string name = entry.path().filename().string();
    if (entry.path().extension() == ".h5" && !kDenseFiles.contains(name)) names.push_back(name);
  }
  return names;
}

std::uint32_t Crc(const void* data, std::size_t size) {
  return static_cast<std::uint32_t>(
      crc32(0, static_cast<const Bytef*>(data), static_cast<uInt>(size)));
}

void CompareDataset(Hdf5File& file, const std::string& path, const Json& expected) {
  auto info = file.FindDataset(path);
  ASSERT_TRUE(info.ok()) << info.status();
  ASSERT_TRUE(info->has_value());
  EXPECT_EQ((*info)->shape.sizes(), expected.at("shape").get<std::vector<std::int64_t>>());
  EXPECT_EQ(DTypeName((*info)->dtype), expected.at("dtype").get<std::string>());
  if (expected.at("dtype") == "string") {
    auto strings = file.ReadStrings(path);
    ASSERT_TRUE(strings.ok()) << strings.status();
    EXPECT_EQ(*strings, expected.at("values").get<std::vector<std::string>>());
    EXPECT_EQ(file.ReadTensor(path).status().code(), StatusCode::kFailedPrecondition);
    return;
  }
  auto tensor = file.ReadTensor(path);
  ASSERT_TRUE(tensor.ok()) << tensor.status();
  EXPECT_EQ(tensor->shape(), (*info)->shape);
  EXPECT_EQ(tensor->dtype(), (*info)->dtype);
  EXPECT_EQ(Crc(tensor->bytes().data(), tensor->size_bytes()),
            expected.at("crc32").get<std::uint32_t>());
}

void CompareStrings(const std::vector<std::string>& found, const Json& expected) {
  if (expected.is_string()) {
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0], expected.get<std::string>());
  } else if (expected.is_array()) {
    EXPECT_EQ(found, expected.get<std::vector<std::string>>());
  } else if (expected.contains("count")) {
    ASSERT_EQ(found.size(), expected.at("count").get<std::size_t>());
    EXPECT_EQ(found.front(), expected.at("first").get<std::string>());
    EXPECT_EQ(found.back(), expected.at("last").get<std::string>());
  } else {
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0].size(), expected.at("length").get<std::size_t>());
    EXPECT_EQ(Crc(found[0].data(), found[0].size()), expected.at("crc32").get<std::uint32_t>());
  }
}

bool HoldsNumbers(const Json& value) {
  return value.is_number() || (value.is_array() && !value.empty() && value[0].is_number());
}

void CompareAttribute(Hdf5File& file, const std::string& path, const std::string& name,
                      const Json& expected) {
  if (!HoldsNumbers(expected)) {
    auto strings = file.StringAttribute(path, name);
    ASSERT_TRUE(strings.ok()) << strings.status();
    ASSERT_TRUE(strings->has_value());
    CompareStrings(**strings, expected);
    return;
  }
  auto tensor = file.TensorAttribute(path, name);
  ASSERT_TRUE(tensor.ok()) << tensor.status();
  ASSERT_TRUE(tensor->has_value());
  std::vector<double> found;
  for (const std::int64_t value : (*tensor)->values<std::int64_t>())
    found.push_back(static_cast<double>(value));
  for (const float value : (*tensor)->values<float>()) found.push_back(static_cast<double>(value));
  const Json list = expected.is_array() ? expected : Json::array({expected});
  EXPECT_EQ(found, list.get<std::vector<double>>());
}

class Hdf5GoldenTest : public ::testing::TestWithParam<std::string> {};

TEST_P(Hdf5GoldenTest, HoldsWhatH5pyReads) {
  const std::filesystem::path path = GoldenFolder() / GetParam();
  const Json listing = Json::parse(std::ifstream(path.string() + ".json"));
  auto raw = base::PosixFileSystem().OpenForRead(path.string());
  ASSERT_TRUE(raw.ok()) << raw.status();
  auto opened = Hdf5File::Open(std::move(*raw));
  ASSERT_TRUE(opened.ok()) << opened.status();
  Hdf5File& file = **opened;
  std::set<std::string> datasets;
  int checked = 0;
  for (const auto& [name, expected] : listing.items()) {
    if (GetParam() + name == kNeverWritten) continue;
    SCOPED_TRACE(name);
    const std::string inner = name.substr(1);
    if (expected.at("kind") == "dataset") {
      CompareDataset(file, inner, expected);
      datasets.insert(inner);
    } else {
      auto children = file.Children(inner);
      EXPECT_TRUE(children.ok()) << children.status();
    }
    if (!expected.contains("attributes")) continue;
    auto names = file.AttributeNames(inner);
    ASSERT_TRUE(names.ok()) << names.status();
    EXPECT_EQ(names->size(), expected.at("attributes").size());
    for (const auto& [attribute, value] : expected.at("attributes").items()) {
      SCOPED_TRACE(attribute);
      CompareAttribute(file, inner, attribute, value);
      ++checked;
    }
  }
  EXPECT_GT(datasets.size() + static_cast<std::size_t>(checked), 0U);
  auto found = file.DatasetPaths("", 10'000);
  ASSERT_TRUE(found.ok()) << found.status();
  for (const std::string& dataset : *found) {
    EXPECT_TRUE(datasets.contains(dataset) || GetParam() + "/" + dataset == kNeverWritten)
        << dataset;
    datasets.erase(dataset);
  }
  EXPECT_TRUE(datasets.empty()) << *datasets.begin();
}

TEST(Hdf5GoldenListsTest, ListsThatKerasSplitAreJoined) {
  auto raw = base::PosixFileSystem().OpenForRead((GoldenFolder() / "attributes.h5").string());
  ASSERT_TRUE(raw.ok()) << raw.status();
  auto file = Hdf5File::Open(std::move(*raw));
  ASSERT_TRUE(file.ok()) << file.status();
  auto names = (*file)->StringAttribute("", "layer_names");
  ASSERT_TRUE(names.ok()) << names.status();
  ASSERT_TRUE(names->has_value());
  ASSERT_EQ((*names)->size(), 4000U);
  EXPECT_EQ((*names)->at(2500), "a_layer_with_a_long_name_02500/kernel:0");
}

TEST(Hdf5GoldenRefusalsTest, WhatIsRefusedIsRefusedByName) {
  const auto status_of = [](const std::string& file_name, const std::string& path) {
    auto raw = base::PosixFileSystem().OpenForRead((GoldenFolder() / file_name).string());
    auto file = Hdf5File::Open(std::move(raw).value());
    return (*file)->ReadTensor(path).status();
  };
  const Status filled = status_of("chunked.h5", "filled");
  EXPECT_EQ(filled.code(), StatusCode::kDataLoss);
  EXPECT_NE(filled.message().find("none of its chunks was written"), std::string::npos) << filled;
  for (const std::string& file : kDenseFiles) {
    const Status dense = status_of(file, "compact");
    EXPECT_EQ(dense.code(), StatusCode::kUnimplemented);
    EXPECT_NE(dense.message().find("dense link storage"), std::string::npos) << dense;
  }
}

INSTANTIATE_TEST_SUITE_P(AllFiles, Hdf5GoldenTest, ::testing::ValuesIn(GoldenFiles()),
                         [](const auto& parameter) {
                           std::string name = parameter.param;
                           for (char& c : name) {
                             if (std::isalnum(static_cast<unsigned char>(c)) == 0) c = '_';
                           }
                           return name;
                         });

}  // namespace
}  // namespace sidecar::checkpoint
