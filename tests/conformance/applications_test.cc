// Models of keras.applications against real Keras. Their weights are computed from the names of
// the variables, here as in tests/golden/generators/applications.py, which says how.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/file_system.h"
#include "base/zip_reader.h"
#include "model/loaded_model.h"
#include "model/testing/run_graph.h"
#include "model_run.h"
#include "sidecar/model.h"
#include "tensor/convert.h"

namespace sidecar {
namespace {

// Of the largest logit: sums of hundreds of layers, added in another order.
constexpr double kTolerance = 2e-4;

std::uint64_t Fnv1a(std::string_view text) {
  std::uint64_t value = 0xCBF29CE484222325;
  for (const char letter : text) {
    value = (value ^ static_cast<unsigned char>(letter)) * 0x100000001B3;
  }
  return value;
}

// From -1 to below 1.
double Unit(std::uint64_t hash, std::uint64_t element) {
  std::uint64_t z = hash + element;
  z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9;
  z = (z ^ (z >> 27U)) * 0x94D049BB133111EB;
  z ^= z >> 31U;
  return static_cast<double>(z >> 40U) / static_cast<double>(1U << 23U) - 1;
}

Tensor Computed(const std::string& name, const Shape& shape, double offset, double factor) {
  Tensor tensor = Tensor::Zeros(DType::kFloat32, shape).value();
  const std::uint64_t hash = Fnv1a(name);
  std::uint64_t element = 0;
  for (float& value : tensor.mutable_values<float>()) {
    value = static_cast<float>(offset + Unit(hash, element++) * factor);
  }
  return tensor;
}

// Kernels are multiplied by `gain`.
Tensor Weight(const checkpoint::VariableRequest& request, float gain) {
  if (!IsFloating(request.dtype)) return Tensor::Zeros(request.dtype, request.shape).value();
  // "LAYER/VARIABLE"; what is before them is left out.
  const std::size_t variable = request.name.rfind('/');
  const std::size_t layer = request.name.rfind('/', variable - 1);
  const std::string name =
      layer == std::string::npos ? request.name : request.name.substr(layer + 1);
  const std::string kind = request.name.substr(variable + 1);
  if (kind == "gamma") return Computed(name, request.shape, 1, 0.25);
  if (kind.ends_with("variance")) return Computed(name, request.shape, 1, 0.5);
  if (kind == "beta" || kind == "bias" || kind.ends_with("mean")) {
    return Computed(name, request.shape, 0, 0.25);
  }
  const Shape& shape = request.shape;
  const bool depthwise = shape.rank() == 4 && shape[3] == 1;
  double fan_in = 1;
  for (std::size_t i = 0; i < (depthwise ? 2 : shape.rank() - 1); ++i) {
    fan_in *= static_cast<double>(shape[i]);
  }
  Tensor weight = Computed(name, shape, 0, std::sqrt(6 / fan_in));
  if (kind.ends_with("kernel")) {
    for (float& value : weight.mutable_values<float>()) value *= gain;
  }
  return weight;
}

std::filesystem::path Folder() {
  // ./test.sh --oracle has more of them than the repository.
  const char* other = std::getenv("SIDECAR_TEST_APPLICATIONS");
  return other == nullptr ? std::filesystem::path(SIDECAR_TEST_DATA) / "applications"
                          : std::filesystem::path(other);
}

// A name in the folder: "keras2_ResNet50".
class ApplicationsTest : public testing::TestWithParam<std::string> {};

TEST_P(ApplicationsTest, ComputeWhatKerasComputes) {
  const std::string path = (Folder() / (GetParam() + ".zip")).string();
  auto archive = base::ZipReader::Open(base::PosixFileSystem(), path).value();
  const auto version =
      GetParam().starts_with("keras2") ? KerasVersion::kKeras2 : KerasVersion::kKeras3;
  auto model = Model::FromJson(archive->ReadMember("model.json", std::uint64_t{1} << 26U).value(),
                               {.keras_version = version});
  ASSERT_TRUE(model.ok()) << model.status().ToString();
  const model::LoadedModel& loaded = *model->loaded();
  // Of deep models, so that rounding does not grow from layer to layer.
  const std::vector<Tensor> gains = conformance::ReadArrays(*archive, "gain");
  const float gain = gains.empty() ? 1 : gains.front().values<float>().front();
  std::vector<Tensor> weights;
  for (const model::ModelVariable& variable : loaded.variables) {
    weights.push_back(Weight(variable.request, gain));
  }
  const std::vector<Tensor> expected = conformance::ReadArrays(*archive, "y");
  ASSERT_EQ(expected.size(), 1U);
  const Shape input_shape = loaded.inputs.at(0).shape.WithFirst(expected[0].shape()[0]);
  auto outputs = model::testing::RunGraph(loaded, weights, {Computed("input", input_shape, 0, 1)});
  ASSERT_TRUE(outputs.ok()) << outputs.status().ToString();
  EXPECT_LE(conformance::Difference((*outputs)[loaded.outputs.at(0).result], expected[0]),
            kTolerance);
}

std::vector<std::string> Names() {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(Folder())) {
    if (entry.path().extension() == ".zip") names.push_back(entry.path().stem());
  }
  std::sort(names.begin(), names.end());
  return names;
}

INSTANTIATE_TEST_SUITE_P(Models, ApplicationsTest, testing::ValuesIn(Names()),
                         [](const auto& name) { return name.param; });

}  // namespace
}  // namespace sidecar
