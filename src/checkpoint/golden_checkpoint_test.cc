// Checkpoints that real TensorFlow wrote: tests/golden/README.md.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/byte_reader.h"
#include "base/file_system.h"
#include "checkpoint/checkpoint_description.h"
#include "checkpoint/object_graph.h"
#include "checkpoint/tensor_bundle.h"
#include "checkpoint/tf_checkpoint.h"

namespace sidecar::checkpoint {
namespace {

using nlohmann::json;
namespace files = std::filesystem;

/// Prefixes of all checkpoints below a directory.
std::vector<std::string> Prefixes(const std::string& directory) {
  std::vector<std::string> prefixes;
  for (const auto& entry : files::recursive_directory_iterator(directory)) {
    const std::string path = entry.path().string();
    if (path.ends_with(".index")) prefixes.push_back(path.substr(0, path.size() - 6));
  }
  std::sort(prefixes.begin(), prefixes.end());
  return prefixes;
}

std::vector<std::string> AllPrefixes() {
  std::vector<std::string> all = Prefixes(SIDECAR_TEST_DATA);
  const std::vector<std::string> demo = Prefixes(SIDECAR_SOURCE_DIR "/demo/recordings");
  all.insert(all.end(), demo.begin(), demo.end());
  return all;
}

json ReadJson(const std::string& path) {
  std::ifstream file(path);
  return json::parse(file);
}

std::uint32_t ZlibCrc(std::string_view bytes) {
  return static_cast<std::uint32_t>(
      crc32(0, reinterpret_cast<const Bytef*>(bytes.data()), static_cast<uInt>(bytes.size())));
}

TEST(GoldenCheckpointTest, EveryTensorOfEveryCheckpointIsSound) {
  const std::vector<std::string> prefixes = AllPrefixes();
  ASSERT_GT(prefixes.size(), 100U);
  for (const std::string& prefix : prefixes) {
    const auto description = VerifyTfCheckpoint(base::PosixFileSystem(), prefix);
    ASSERT_TRUE(description.ok()) << description.status();
    EXPECT_TRUE(OverallState(*description).ok()) << OverallState(*description);
  }
}

TEST(GoldenCheckpointTest, ValuesAreTensorFlows) {
  std::size_t compared = 0;
  for (const std::string& prefix : Prefixes(SIDECAR_TEST_DATA "/checkpoints")) {
    if (!files::exists(prefix + ".json")) continue;
    const json tensors = ReadJson(prefix + ".json").at("tensors");
    const auto bundle = TensorBundle::Open(base::PosixFileSystem(), prefix);
    ASSERT_TRUE(bundle.ok()) << bundle.status();
    std::size_t listed = 0;
    for (const BundleIndex::Item& item : bundle->index().items())
      listed += IsSliceKey(item.key) ? 0U : 1U;
    EXPECT_EQ(listed, tensors.size()) << prefix;
    for (const auto& [key, expected] : tensors.items()) {
      const BundleEntry* entry = bundle->index().Find(key);
      ASSERT_NE(entry, nullptr) << prefix << ' ' << key;
      EXPECT_EQ(DTypeName(entry->dtype), expected.at("dtype").get<std::string>()) << key;
      EXPECT_EQ(entry->shape.sizes(), expected.at("shape").get<std::vector<std::int64_t>>()) << key;
      if (entry->dtype == DType::kString) {
        if (entry->shape.rank() != 0) continue;
        const auto text = bundle->ReadString(key);
        ASSERT_TRUE(text.ok()) << text.status();
        EXPECT_EQ(ZlibCrc(*text), expected.at("crc32").get<std::uint32_t>()) << key;
      } else {
        const auto tensor = bundle->ReadTensor(key);
        ASSERT_TRUE(tensor.ok()) << tensor.status();
        EXPECT_EQ(ZlibCrc(base::AsText(tensor->bytes())), expected.at("crc32").get<std::uint32_t>())
            << prefix << ' ' << key;
      }
      ++compared;
    }
  }
  EXPECT_GT(compared, 200U);
}

TEST(GoldenCheckpointTest, StepsAreKeras) {
  std::size_t compared = 0;
  for (const std::string& prefix : Prefixes(SIDECAR_TEST_DATA "/checkpoints")) {
    if (!files::exists(prefix + ".json")) continue;
    const json expected = ReadJson(prefix + ".json");
    if (!expected.contains("step")) continue;
    auto source = OpenTfCheckpoint(base::PosixFileSystem(), prefix, std::nullopt);
    ASSERT_TRUE(source.ok()) << source.status();
    const auto step = (*source)->ReadStep();
    ASSERT_TRUE(step.ok()) << step.status();
    EXPECT_EQ(step->has_value(), !expected.at("step").is_null()) << prefix;
    if (step->has_value() && !expected.at("step").is_null()) {
      EXPECT_EQ(**step, expected.at("step").get<std::int64_t>()) << prefix;
      ++compared;
    }
  }
  EXPECT_GE(compared, 20U);
}

VariableRequest Request(const std::string& name, const Shape& shape,
                        const std::vector<PathStep>& path) {
  VariableRequest request;
  request.name = name;
  request.shape = shape;
  request.graph_path = path;
  return request;
}

/// Reads the two Dense layers of the models "mlp" of both Kerases.
Status ReadMlp(const std::string& name, const std::optional<std::string>& root) {
  const auto layer = [](int k) {
    const std::string i = std::to_string(k);
    const std::string next = std::to_string(k + 1);
    return PathStep{{{"layer_with_weights-" + i},
                     {"layer-" + i},
                     {"_functional", "_operations", next},
                     {"_operations", next}}};
  };
  const PathStep kernel{{{"kernel"}, {"_kernel"}}};
  const PathStep bias{{{"bias"}}};
  const std::vector<VariableRequest> requests = {
      Request("hidden/kernel", {6, 12}, {layer(0), kernel}),
      Request("hidden/bias", {12}, {layer(0), bias}),
      Request("classes/kernel", {12, 3}, {layer(1), kernel}),
      Request("classes/bias", {3}, {layer(1), bias})};
  const std::string prefix = std::string(SIDECAR_TEST_DATA "/models/") + name + "/ckpts/ckpt-1";
  auto source = OpenTfCheckpoint(base::PosixFileSystem(), prefix, root);
  if (!source.ok()) return source.status();
  return (*source)->Read(requests).status();
}

TEST(GoldenCheckpointTest, FindsTheVariablesOfBothKerases) {
  for (const std::string name :
       {"k2_mlp", "k3_mlp", "k2_legacy_adam", "k2_loss_scale", "k3_loss_scale", "k2_no_optimizer",
        "k3_no_optimizer", "k2_root_net", "k3_mixed_float16"}) {
    const Status status = ReadMlp(name, std::nullopt);
    EXPECT_TRUE(status.ok()) << name << status;
  }
  EXPECT_TRUE(ReadMlp("k2_root_net", "net").ok());
  EXPECT_EQ(ReadMlp("k2_root_net", "model").code(), StatusCode::kFailedPrecondition);
  EXPECT_EQ(ReadMlp("k2_float64", std::nullopt).code(), StatusCode::kFailedPrecondition);
  EXPECT_EQ(ReadMlp("k2_cnn", std::nullopt).code(), StatusCode::kFailedPrecondition);
  EXPECT_EQ(ReadMlp("k3_cnn", std::nullopt).code(), StatusCode::kFailedPrecondition);
}

TEST(GoldenCheckpointTest, MatchesNamesOfTensorFlow1) {
  std::vector<VariableRequest> requests = {Request("layer/kernel", {2, 3}, {}),
                                           Request("layer/bias", {3}, {}),
                                           Request("layer/parts", {10, 2}, {})};
  auto source = OpenTfCheckpoint(base::PosixFileSystem(), SIDECAR_TEST_DATA "/checkpoints/saver-77",
                                 std::nullopt);
  ASSERT_TRUE(source.ok()) << source.status();
  const auto values = (*source)->Read(requests);
  ASSERT_TRUE(values.ok()) << values.status();
  EXPECT_THAT((*values)[1].values<float>(), ::testing::ElementsAre(0.5F, -0.5F, 0.25F));
}

}  // namespace
}  // namespace sidecar::checkpoint
