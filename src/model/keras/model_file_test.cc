// Whole-model HDF5 files that are half-written, damaged or not what they should be.
#include "model/keras/model_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "base/memory_file_system.h"
#include "checkpoint/keras_weights_file.h"

namespace sidecar::model::keras {
namespace {

using ::testing::HasSubstr;

std::string Content(const std::string& name) {
  return base::ReadWholeFile(base::PosixFileSystem(), std::string(SIDECAR_TEST_DATA) + "/" + name,
                             1 << 24U)
      .value();
}

// The model and its weights from a file of this content.
Status ReadAll(const std::string& content) {
  base::MemoryFileSystem files;
  files.Write("/m.h5", content);
  const auto model = LoadModelFile(files, "/m.h5", {});
  if (!model.ok()) return model.status();
  std::vector<checkpoint::VariableRequest> requests;
  for (const ModelVariable& variable : (*model)->variables) requests.push_back(variable.request);
  const auto weights = checkpoint::OpenKerasWeights(files, "/m.h5");
  if (!weights.ok()) return weights.status();
  return (*weights)->Read(requests).status();
}

class Hdf5ModelFileTest : public ::testing::TestWithParam<const char*> {};

TEST_P(Hdf5ModelFileTest, EveryTruncationIsFound) {
  const std::string content = Content(GetParam());
  ASSERT_EQ(ReadAll(content).ToString(), "OK");
  for (std::size_t size = 0; size < content.size(); size += size < 1000 ? 1 : 101) {
    EXPECT_EQ(ReadAll(content.substr(0, size)).code(), StatusCode::kDataLoss) << size;
  }
}

TEST_P(Hdf5ModelFileTest, NoFlippedBitIsMoreThanDamage) {
  const std::string content = Content(GetParam());
  std::size_t refused = 0;
  for (std::size_t at = 0; at < content.size(); at += 11) {
    std::string damaged = content;
    damaged[at] = static_cast<char>(damaged[at] ^ (1 << (at % 8)));
    const Status status = ReadAll(damaged);
    if (status.ok()) continue;  // a value, or a byte that nothing depends on
    ++refused;
    EXPECT_TRUE(status.code() == StatusCode::kDataLoss ||
                status.code() == StatusCode::kUnavailable ||
                status.code() == StatusCode::kUnimplemented ||
                status.code() == StatusCode::kFailedPrecondition)
        << at << ": " << status;
  }
  EXPECT_GT(refused, 100U);
}

INSTANTIATE_TEST_SUITE_P(Golden, Hdf5ModelFileTest,
                         ::testing::Values("h5_models/k2_shared.h5", "h5_models/k3_mlp.h5"));

TEST(ModelFileTest, Hdf5FilesWithoutAModelAreRefused) {
  const std::string weights = Content("hdf5/k2_cnn_legacy_weights.h5");
  const Status status = ReadAll(weights);
  EXPECT_EQ(status.code(), StatusCode::kDataLoss);
  EXPECT_THAT(status.message(), HasSubstr("has no attribute model_config"));
}

TEST(ModelFileTest, Hdf5FilesSayWhatIsWrongWithTheirText) {
  const std::string content = Content("h5_models/k3_mlp.h5");
  const auto with = [&content](const std::string& old_text, const std::string& new_text) {
    std::string changed = content;
    const std::size_t at = changed.find(old_text);
    EXPECT_NE(at, std::string::npos) << old_text;
    EXPECT_EQ(old_text.size(), new_text.size());
    changed.replace(at, new_text.size(), new_text);
    return ReadAll(changed);
  };
  EXPECT_THAT(with("\"units\": 12", "\"units\": -2").message(),
              HasSubstr("/m.h5: model_config: the layer 'hidden' (Dense): config.units is -2"));
  EXPECT_THAT(with("{\"loss\": ", "{\"loss\"x ").message(),
              HasSubstr("model_config: training_config: is not valid JSON"));
  EXPECT_THAT(with("\"units\": 12", "\"units\": 13").message(),
              HasSubstr("hidden/kernel: checkpoint has float32[6,12], model needs float32[6,13]"));
  EXPECT_EQ(with("\"Sequential\"", "\"Sequentiel\"").code(), StatusCode::kUnimplemented);
}

}  // namespace
}  // namespace sidecar::model::keras
