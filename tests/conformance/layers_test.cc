// Single layers against real Keras 2 and Keras 3: each case of tests/golden/layers is a small
// model, inputs and outputs; the weights of all cases of one group are in one checkpoint, whose
// root has an attribute for each case.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/file_system.h"
#include "base/zip_reader.h"
#include "checkpoint/tf_checkpoint.h"
#include "model/loaded_model.h"
#include "model/testing/run_graph.h"
#include "model_run.h"
#include "sidecar/model.h"
#include "tensor/convert.h"

namespace sidecar {
namespace {

using conformance::Difference;
using conformance::ReadArray;
using conformance::ReadArrays;
using nlohmann::json;

// Of the output's largest value (docs/numbers.md).
constexpr double kTolerance = 1e-5;

std::string PathOf(const std::string& name) {
  return std::string(SIDECAR_TEST_DATA) + "/layers/" + name;
}

// The weights of a case, as the engine takes them: floating values as float32.
Result<std::vector<Tensor>> ReadWeights(const model::LoadedModel& model, const std::string& prefix,
                                        const std::string& root) {
  if (model.variables.empty()) return std::vector<Tensor>();
  std::vector<checkpoint::VariableRequest> requests;
  for (const model::ModelVariable& variable : model.variables) requests.push_back(variable.request);
  auto source = checkpoint::OpenTfCheckpoint(base::PosixFileSystem(), prefix, root);
  if (!source.ok()) return source.status();
  auto values = (*source)->Read(requests);
  if (!values.ok()) return values;
  for (Tensor& value : *values) {
    if (IsFloating(value.dtype())) value = tensor::Cast(value, DType::kFloat32).value();
  }
  return values;
}

// Whether a shape that may leave sizes open has room for this one.
bool Fits(const Shape& open, const Shape& shape) {
  if (open.rank() != shape.rank()) return false;
  for (std::size_t i = 0; i < open.rank(); ++i) {
    if (open[i] != Shape::kUnknown && open[i] != shape[i]) return false;
  }
  return true;
}

// What is wrong about a model that must be refused, or nothing.
std::string ProblemOfRefusal(const Status& status, const std::string& expected) {
  if (status.code() != StatusCode::kUnimplemented) return "not refused: " + status.ToString();
  return status.ToString().find(expected) == std::string::npos ? status.ToString() : "";
}

// What is wrong about the mask of an output, or nothing.
std::string ProblemOfMask(const std::optional<std::size_t>& result,
                          const std::vector<Tensor>& outputs,
                          const std::optional<Tensor>& expected) {
  if (result.has_value() != expected.has_value()) {
    return expected ? "has no mask" : "has a mask that Keras does not have";
  }
  if (!result) return "";
  const Tensor& actual = outputs[*result];
  // A mask that was given as integers stays what it was in Keras.
  const Tensor wanted = tensor::Cast(*expected, DType::kBool).value();
  if (actual.dtype() != DType::kBool || actual.shape() != expected->shape()) {
    return "mask of shape " + actual.shape().ToString() + " instead of " +
           expected->shape().ToString();
  }
  const bool same = std::equal(actual.bytes().begin(), actual.bytes().end(), wanted.bytes().begin(),
                               wanted.bytes().end());
  return same ? "" : "another mask";
}

// Of how many cases one is computed; of the others only the graph is built. The sanitizers' presets
// set it, as OpenVINO's compilation, which is not what they look at, takes several times as long.
std::size_t ComputeEvery() {
  const char* every = std::getenv("SIDECAR_TEST_EVERY");
  return every == nullptr ? 1 : std::stoul(every);
}

// ./test.sh --long computes everything a second time with weights as inputs, row by row.
engine::WeightMode Mode() {
  const char* weights = std::getenv("SIDECAR_TEST_WEIGHTS");
  return weights != nullptr && std::string_view(weights) == "inputs"
             ? engine::WeightMode::kInputs
             : engine::WeightMode::kConstants;
}

std::optional<std::int64_t> RowsPerRun() {
  const char* rows = std::getenv("SIDECAR_TEST_ROWS");
  return rows == nullptr ? std::nullopt : std::optional<std::int64_t>(std::stoll(rows));
}

// What does not agree with Keras, or nothing.
std::string Problem(const json& row, base::ZipReader& arrays, const std::string& checkpoint,
                    KerasVersion version, bool compute) {
  const auto name = row["name"].get<std::string>();
  const double tolerance = row.value("tolerance", kTolerance);
  const json& object = row["model"];
  auto model = Model::FromJson(object.is_string() ? object.get<std::string>() : object.dump(),
                               {.keras_version = version});
  if (row.contains("refused")) {
    return ProblemOfRefusal(model.status(), row["refused"].get<std::string>());
  }
  if (!model.ok()) return model.status().ToString();
  if (!compute) return "";
  const model::LoadedModel& loaded = *model->loaded();
  auto weights = ReadWeights(loaded, checkpoint, name);
  if (!weights.ok()) return weights.status().ToString();
  const std::vector<Tensor> inputs = ReadArrays(arrays, name + "/x");
  const std::vector<Tensor> expected = ReadArrays(arrays, name + "/y");
  auto outputs = model::testing::RunGraph(loaded, *weights, inputs, Mode(), RowsPerRun());
  if (!outputs.ok()) return outputs.status().ToString();
  if (expected.size() != loaded.outputs.size()) return "another number of outputs";
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const Tensor& actual = (*outputs)[loaded.outputs[i].result];
    const double difference = Difference(actual, expected[i]);
    if (!(difference <= tolerance)) {
      return "output " + std::to_string(i) + ": shape " + actual.shape().ToString() +
             " instead of " + expected[i].shape().ToString() + ", difference " +
             std::to_string(difference);
    }
    if (!Fits(loaded.outputs[i].shape, expected[i].shape().WithoutFirst())) {
      return "says its shape is " + loaded.outputs[i].shape.ToString();
    }
    std::string problem = ProblemOfMask(loaded.outputs[i].mask_result, *outputs,
                                        ReadArray(arrays, name + "/mask", i));
    if (!problem.empty()) return "output " + std::to_string(i) + ": " + problem;
  }
  for (const model::GraphCheck& check : loaded.checks) {
    for (const std::int32_t flag : (*outputs)[check.result].values<std::int32_t>()) {
      if (flag != 0) return "violates: " + check.message;
    }
  }
  return "";
}

// A group of one Keras: "basic.keras2".
class LayersTest : public testing::TestWithParam<std::string> {};

TEST_P(LayersTest, ComputeWhatKerasComputes) {
  const std::string& group = GetParam();
  const KerasVersion version =
      group.ends_with("keras2") ? KerasVersion::kKeras2 : KerasVersion::kKeras3;
  const std::string text =
      base::ReadWholeFile(base::PosixFileSystem(), PathOf(group + ".json"), 1U << 26U).value();
  auto arrays = base::ZipReader::Open(base::PosixFileSystem(), PathOf(group + ".npz")).value();
  const json rows = json::parse(text);
  EXPECT_FALSE(rows.empty());
  const std::size_t every = ComputeEvery();
  std::size_t number = 0;
  for (const json& row : rows) {
    const bool compute = number++ % every == 0;
    EXPECT_EQ(Problem(row, *arrays, PathOf(group), version, compute), "") << row["name"];
  }
}

std::vector<std::string> Groups() {
  std::vector<std::string> groups;
  for (const auto& entry : std::filesystem::directory_iterator(PathOf(""))) {
    if (entry.path().extension() == ".json") groups.push_back(entry.path().stem());
  }
  std::sort(groups.begin(), groups.end());
  return groups;
}

INSTANTIATE_TEST_SUITE_P(Groups, LayersTest, testing::ValuesIn(Groups()), [](const auto& group) {
  std::string name = group.param;
  std::replace(name.begin(), name.end(), '.', '_');
  return name;
});

}  // namespace
}  // namespace sidecar
