#include "checkpoint/keras_weights_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "base/byte_reader.h"
#include "base/memory_file_system.h"
#include "base/zip_reader.h"
#include "checkpoint/sha256.h"

namespace sidecar::checkpoint {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using Json = nlohmann::json;

const std::string kGolden = SIDECAR_TEST_DATA;

VariableRequest Request(std::string name, std::string archive_path, Shape shape) {
  VariableRequest request;
  request.name = std::move(name);
  request.shape = std::move(shape);
  request.archive_paths = {std::move(archive_path)};
  return request;
}

// The convolutional model of the golden files (model_builders.py), in Keras's order of weights.
std::vector<VariableRequest> CnnRequests() {
  return {Request("conv/kernel", "layers/conv2d/vars/0", {3, 3, 2, 4}),
          Request("norm/gamma", "layers/batch_normalization/vars/0", {4}),
          Request("norm/beta", "layers/batch_normalization/vars/1", {4}),
          Request("norm/moving_mean", "layers/batch_normalization/vars/2", {4}),
          Request("norm/moving_variance", "layers/batch_normalization/vars/3", {4}),
          Request("conv2/kernel", "layers/conv2d_1/vars/0", {3, 2, 4, 6}),
          Request("conv2/bias", "layers/conv2d_1/vars/1", {6}),
          Request("logits/kernel", "layers/dense/vars/0", {24, 4}),
          Request("logits/bias", "layers/dense/vars/1", {4})};
}

// The model of models inside one another; its archive paths were taken from Keras's files.
std::vector<VariableRequest> NestedRequests() {
  const std::string inner = "layers/functional_1/layers/sequential/layers/dense/vars/";
  return {
      Request("stem/stem_dense/kernel", "layers/sequential/layers/dense/vars/0", {4, 6}),
      Request("stem/stem_norm/moving_variance",
              "layers/sequential/layers/batch_normalization/vars/3", {6}),
      Request("block/block_dense/kernel", "layers/functional/layers/dense/vars/0", {6, 6}),
      Request("head/inner/inner_dense/kernel", inner + "0", {6, 5}),
      Request("head/inner/inner_dense/bias", inner + "1", {5}),
      Request("head/head_dense/kernel", "layers/functional_1/layers/dense/vars/0", {5, 3}),
  };
}

std::uint32_t Crc(const Tensor& tensor) {
  return static_cast<std::uint32_t>(crc32(0, reinterpret_cast<const Bytef*>(tensor.bytes().data()),
                                          static_cast<uInt>(tensor.size_bytes())));
}

std::unique_ptr<VariableSource> OpenGolden(const std::string& name) {
  auto source = OpenKerasWeights(base::PosixFileSystem(), kGolden + "/" + name);
  EXPECT_TRUE(source.ok()) << source.status();
  return source.ok() ? std::move(*source) : nullptr;
}

std::string Content(const std::string& name) {
  return base::ReadWholeFile(base::PosixFileSystem(), kGolden + "/" + name, 1 << 24U).value();
}

// Where the golden listing of a file in the older layout has a variable: "norm/beta" is the only
// data set below model_weights that ends in those two parts.
std::uint32_t ListedCrc(const Json& listing, const VariableRequest& request, bool legacy) {
  if (!legacy) return listing.at("/" + request.archive_paths[0]).at("crc32").get<std::uint32_t>();
  const std::size_t last = request.name.rfind('/');
  const std::size_t before = request.name.rfind('/', last - 1);
  const std::string tail =
      "/" + (before == std::string::npos ? request.name : request.name.substr(before + 1));
  for (const auto& [path, row] : listing.items()) {
    const std::string name = path.substr(0, path.find(':'));
    if (name.ends_with(tail) && path.find("optimizer") == std::string::npos)
      return row.at("crc32").get<std::uint32_t>();
  }
  return 0;
}

struct GoldenCase {
  std::string file;
  bool legacy = false;
  bool nested = false;
  bool has_step = true;
};

TEST(KerasWeightsFileTest, ReadsTheWeightsThatKerasWrote) {
  const std::vector<GoldenCase> cases = {
      {"k2_cnn.weights.h5"},
      {"k3_cnn.weights.h5"},
      {"k2_nested.weights.h5", false, true},
      {"k3_nested.weights.h5", false, true},
      {"k2_cnn_model.h5", true},
      {"k3_cnn_model.h5", true},
      {"k2_nested_model.h5", true, true},
      {"k3_nested_model.h5", true, true},
      {"k2_cnn_legacy_weights.h5", true, false, false},
      {"k2_nested_legacy_weights.h5", true, true, false},
  };
  for (const GoldenCase& golden : cases) {
    SCOPED_TRACE(golden.file);
    const Json listing = Json::parse(std::ifstream(kGolden + "/hdf5/" + golden.file + ".json"));
    auto source = OpenGolden("hdf5/" + golden.file);
    ASSERT_NE(source, nullptr);
    const auto requests = golden.nested ? NestedRequests() : CnnRequests();
    const auto values = source->Read(requests);
    ASSERT_TRUE(values.ok()) << values.status();
    ASSERT_EQ(values->size(), requests.size());
    for (std::size_t i = 0; i < requests.size(); ++i) {
      EXPECT_EQ((*values)[i].shape(), requests[i].shape);
      EXPECT_EQ(Crc((*values)[i]), ListedCrc(listing, requests[i], golden.legacy))
          << requests[i].name;
    }
    const auto step = source->ReadStep();
    ASSERT_TRUE(step.ok()) << step.status();
    EXPECT_EQ(*step, golden.has_step ? std::optional<std::int64_t>(2) : std::nullopt);
  }
}

// The states of stateful layers, which no file of Keras's holds.
TEST(KerasWeightsFileTest, LeavesOutWhatIsOptional) {
  for (const char* file : {"hdf5/k3_cnn.weights.h5", "hdf5/k3_cnn_model.h5"}) {
    auto source = OpenGolden(file);
    ASSERT_NE(source, nullptr);
    std::vector<VariableRequest> requests = CnnRequests();
    VariableRequest state = Request("lstm/states/0", "", {2, 3});
    state.archive_paths.clear();
    state.optional = true;
    requests.push_back(state);
    const auto values = source->Read(requests);
    ASSERT_TRUE(values.ok()) << values.status();
    EXPECT_EQ(values->back().num_elements(), 0);
    EXPECT_EQ(values->front().shape(), requests.front().shape);
  }
}

TEST(KerasWeightsFileTest, ReadsTheMemberOfAnArchive) {
  for (const char* name : {"keras_files/k2_cnn.keras", "keras_files/k3_cnn.keras"}) {
    SCOPED_TRACE(name);
    auto source = OpenGolden(name);
    ASSERT_NE(source, nullptr);
    const auto values = source->Read(CnnRequests());
    ASSERT_TRUE(values.ok()) << values.status();
    EXPECT_EQ(source->ReadStep().value(), 5);
    const std::string content = Content(name);
    EXPECT_EQ(source->digest(), Sha256Hex(base::AsBytes(content)));

    // The same as from the member on its own.
    auto zip = base::ZipReader::Open(base::AsBytes(content), name);
    ASSERT_TRUE(zip.ok()) << zip.status();
    base::MemoryFileSystem files;
    files.Write("/w.weights.h5", (*zip)->ReadMember("model.weights.h5", 1 << 24U).value());
    auto alone = OpenKerasWeights(files, "/w.weights.h5");
    ASSERT_TRUE(alone.ok()) << alone.status();
    const auto same = (*alone)->Read(CnnRequests());
    ASSERT_TRUE(same.ok()) << same.status();
    for (std::size_t i = 0; i < values->size(); ++i) EXPECT_EQ(Crc((*values)[i]), Crc((*same)[i]));
  }
}

TEST(KerasWeightsFileTest, TheFirstPathThatExistsCounts) {
  auto source = OpenGolden("hdf5/k3_cnn.weights.h5");
  ASSERT_NE(source, nullptr);
  VariableRequest request = CnnRequests()[8];
  request.archive_paths = {"_layer_checkpoint_dependencies/dense/vars/1", "layers/dense/vars/1",
                           "layers/conv2d_1/vars/1"};
  EXPECT_TRUE(source->Read(std::vector{request}).ok());
  VariableRequest seed = Request("dropout/seed", "layers/dropout/vars/9", {2});
  seed.needed = false;
  const auto values = source->Read(std::vector{seed, request});
  ASSERT_TRUE(values.ok()) << values.status();
  EXPECT_EQ((*values)[0].num_elements(), 0);
  EXPECT_EQ((*values)[1].num_elements(), 4);
}

TEST(KerasWeightsFileTest, ReportsEverythingThatDoesNotMatch) {
  auto source = OpenGolden("hdf5/k3_cnn.weights.h5");
  ASSERT_NE(source, nullptr);
  std::vector<VariableRequest> requests = CnnRequests();
  requests[0].shape = {3, 3, 2, 5};
  requests[1].archive_paths = {"layers/layer_normalization/vars/0"};
  requests[3].dtype = DType::kFloat64;
  requests[4].archive_paths = requests[2].archive_paths;
  requests[5].archive_paths = {};
  const Status status = source->Read(requests).status();
  EXPECT_EQ(status.code(), StatusCode::kFailedPrecondition);
  EXPECT_THAT(status.message(), HasSubstr("k3_cnn.weights.h5: 5 of 9 variables of the model"));
  EXPECT_THAT(status.message(),
              HasSubstr("conv/kernel: checkpoint has float32[3,3,2,4], model needs "
                        "float32[3,3,2,5]"));
  EXPECT_THAT(status.message(),
              HasSubstr("norm/gamma: missing: there is no 'layers/layer_normalization/vars/0'"));
  EXPECT_THAT(status.message(), HasSubstr("norm/moving_mean: checkpoint has float32[4], model "
                                          "needs float64[4]; and 2 more"));
  EXPECT_THAT(status.details(),
              Contains("norm/moving_variance: leads to 'layers/batch_normalization/vars/1', as "
                       "norm/beta does"));
  EXPECT_THAT(status.details(), Contains("conv2/kernel: missing"));
  EXPECT_THAT(status.details(), Contains("the checkpoint has, not used by the model:"));
  EXPECT_THAT(status.details(), Contains("  layers/batch_normalization/vars/0: float32[4]"));
  EXPECT_THAT(status.details(), ::testing::Not(Contains(HasSubstr("optimizer"))));
}

TEST(KerasWeightsFileTest, OlderLayoutSaysWhichNamesItLooksFor) {
  auto source = OpenGolden("hdf5/k2_nested_model.h5");
  ASSERT_NE(source, nullptr);
  const Status status =
      source->Read(std::vector{Request("head/other_dense/kernel", "", {5, 3})}).status();
  EXPECT_EQ(status.code(), StatusCode::kFailedPrecondition);
  EXPECT_THAT(status.message(), HasSubstr("no weight's name ends in 'other_dense/kernel'"));
  EXPECT_THAT(status.message(), HasSubstr("another model"));
}

TEST(KerasWeightsFileTest, OlderLayoutCountsLayersAndTheirWeights) {
  auto source = OpenGolden("hdf5/k2_cnn_model.h5");
  ASSERT_NE(source, nullptr);
  std::vector<VariableRequest> requests = CnnRequests();
  const std::vector<LegacyPosition> positions = {{0, 0}, {1, 0}, {1, 1}, {1, 2}, {1, 3},
                                                 {2, 0}, {2, 1}, {3, 0}, {3, 1}};
  for (std::size_t i = 0; i < requests.size(); ++i) {
    requests[i].name = "other" + requests[i].name;  // names play no part
    requests[i].legacy_positions = {positions[i]};
  }
  requests.insert(requests.begin(), Request("state", "", {2}));
  requests.front().optional = true;  // counts in no layer
  EXPECT_TRUE(source->Read(requests).ok()) << source->Read(requests).status();
  std::vector<VariableRequest> swapped = requests;
  std::swap(swapped[6].legacy_positions, swapped[7].legacy_positions);
  EXPECT_THAT(source->Read(swapped).status().message(),
              HasSubstr("otherconv2/kernel: checkpoint has float32[6], model needs "
                        "float32[3,2,4,6]"));
  std::vector<VariableRequest> shorter(requests.begin(), requests.end() - 1);
  EXPECT_THAT(source->Read(shorter).status().message(),
              HasSubstr("the layer 'logits' has 2 weights, the model's layer 'otherlogits' has 1"));
  const std::vector<VariableRequest> fewer(requests.begin(), requests.end() - 2);
  const Status status = source->Read(fewer).status();
  EXPECT_EQ(status.code(), StatusCode::kFailedPrecondition);
  EXPECT_THAT(status.message(), HasSubstr("the file has 4 layers with weights, the model has 3"));
  EXPECT_THAT(status.details(), Contains("layer 3: 'none' in the model, 'logits' in the file"));
}

TEST(KerasWeightsFileTest, DamagedArchivesAreFound) {
  const std::string content = Content("keras_files/k3_mlp.keras");
  base::MemoryFileSystem files;
  std::string damaged = content;
  damaged[content.find("\x89HDF") + 5000] ^= 1;
  files.Write("/a.keras", damaged);
  EXPECT_EQ(OpenKerasWeights(files, "/a.keras").status().code(), StatusCode::kDataLoss);
  for (const std::size_t size : {content.size() - 1, content.size() / 2, std::size_t{2}}) {
    files.Write("/a.keras", content.substr(0, size));
    EXPECT_EQ(OpenKerasWeights(files, "/a.keras").status().code(), StatusCode::kDataLoss) << size;
  }
  files.Write("/a.keras", "");
  EXPECT_EQ(OpenKerasWeights(files, "/a.keras").status().code(), StatusCode::kUnavailable);
  EXPECT_EQ(OpenKerasWeights(files, "/none.keras").status().code(), StatusCode::kNotFound);
  files.Write("/a.keras", std::string("PK\5\6", 4) + std::string(18, '\0'));
  const Status empty = OpenKerasWeights(files, "/a.keras").status();
  EXPECT_EQ(empty.code(), StatusCode::kUnimplemented);
  EXPECT_THAT(empty.message(), HasSubstr("without the member 'model.weights.h5'"));
}

TEST(KerasWeightsFileTest, AFileThatIsWrittenToIsWorthAnotherTry) {
  base::MemoryFileSystem files;
  const std::string content = Content("hdf5/k3_cnn.weights.h5");
  files.Write("/w.weights.h5", content.substr(0, content.size() - 8));
  EXPECT_EQ(OpenKerasWeights(files, "/w.weights.h5").status().code(), StatusCode::kUnavailable);
  files.Write("/w.weights.h5", content);
  auto source = OpenKerasWeights(files, "/w.weights.h5");
  ASSERT_TRUE(source.ok()) << source.status();
  files.Overwrite("/w.weights.h5", content);
  const Status status = (*source)->Read(CnnRequests()).status();
  EXPECT_EQ(status.code(), StatusCode::kUnavailable);
  EXPECT_THAT(status.message(), HasSubstr("was written to while it was read"));
  // A file that was replaced or deleted stays as it was opened.
  auto kept = OpenKerasWeights(files, "/w.weights.h5");
  ASSERT_TRUE(kept.ok()) << kept.status();
  ASSERT_TRUE(files.Remove("/w.weights.h5").ok());
  EXPECT_TRUE((*kept)->Read(CnnRequests()).ok());
}

}  // namespace
}  // namespace sidecar::checkpoint
