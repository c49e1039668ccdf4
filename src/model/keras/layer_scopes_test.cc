// Where a model's variables are in checkpoints, held against what real Keras wrote.
#include "model/keras/layer_scopes.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "model/keras/model_reader.h"
#include "model/testing/keras_json.h"
#include "sidecar/model.h"

namespace sidecar::model::keras {
namespace {

using model::testing::Functional2;
using model::testing::Input2;
using model::testing::json;
using model::testing::Layer2;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::shared_ptr<LoadedModel> Golden(const std::string& name) {
  const std::string path = fmt::format("{}/models/{}/model.keras", SIDECAR_TEST_DATA, name);
  return Model::Load(path).value().loaded();
}

// "layer_with_weights-0|layer-1 kernel|_kernel"
std::string GraphPath(const checkpoint::VariableRequest& request) {
  std::string text;
  for (const checkpoint::PathStep& step : request.graph_path) {
    if (!text.empty()) text += ' ';
    std::string names;
    for (const auto& alternative : step.alternatives) {
      if (!names.empty()) names += '|';
      names += fmt::format("{}", fmt::join(alternative, "/"));
    }
    text += names;
  }
  return text;
}

std::vector<std::string> Names(const LoadedModel& model, bool trainable) {
  std::vector<std::string> names;
  for (const ModelVariable& variable : model.variables) {
    if (variable.request.trainable == trainable) names.push_back(variable.request.name);
  }
  return names;
}

std::map<std::string, checkpoint::VariableRequest> ByName(const LoadedModel& model) {
  std::map<std::string, checkpoint::VariableRequest> requests;
  for (const ModelVariable& variable : model.variables) {
    requests[variable.request.name] = variable.request;
  }
  return requests;
}

// The order of the optimizer's _trainable_variables in tests/golden/models/k3_nested/ckpts.
TEST(LayerScopesTest, VariablesAreInTheOrderOfTrainableVariables) {
  for (const char* name : {"k2_nested", "k3_nested"}) {
    const auto model = Golden(name);
    EXPECT_THAT(
        Names(*model, true),
        ElementsAre("stem/stem_dense/kernel", "stem/stem_dense/bias", "stem/stem_norm/gamma",
                    "stem/stem_norm/beta", "block/block_dense/kernel", "block/block_dense/bias",
                    "head/inner/inner_dense/kernel", "head/inner/inner_dense/bias",
                    "head/head_dense/kernel", "head/head_dense/bias"));
    EXPECT_THAT(Names(*model, false),
                ElementsAre("stem/stem_norm/moving_mean", "stem/stem_norm/moving_variance"));
  }
}

TEST(LayerScopesTest, GraphPathsAreTheEdgesThatEachKerasWrites) {
  auto keras2 = ByName(*Golden("k2_nested"));
  EXPECT_EQ(GraphPath(keras2["stem/stem_norm/gamma"]),
            "layer_with_weights-0|layer-1 "
            "layer_with_weights-1|layer-1|_functional/_operations/2 gamma");
  EXPECT_EQ(GraphPath(keras2["head/inner/inner_dense/kernel"]),
            "layer_with_weights-2|layer-3 layer_with_weights-0|layer-1 "
            "layer_with_weights-0|layer-0|_functional/_operations/1 kernel|_kernel");
  auto keras3 = ByName(*Golden("k3_nested"));
  EXPECT_EQ(GraphPath(keras3["block/block_dense/kernel"]),
            "_operations/2 _operations/1 kernel|_kernel");
  EXPECT_EQ(GraphPath(keras3["head/inner/inner_dense/bias"]),
            "_operations/3 _operations/1 "
            "layer_with_weights-0|layer-0|_functional/_operations/1 bias");
}

// The data sets of model.weights.h5 in both files.
TEST(LayerScopesTest, ArchivePathsAreTheDataSetsThatBothKerasesWrite) {
  for (const char* name : {"k2_nested", "k3_nested"}) {
    const auto requests = ByName(*Golden(name));
    const std::map<std::string, std::string> expected = {
        {"stem/stem_dense/kernel", "layers/sequential/layers/dense/vars/0"},
        {"stem/stem_dense/bias", "layers/sequential/layers/dense/vars/1"},
        {"stem/stem_norm/gamma", "layers/sequential/layers/batch_normalization/vars/0"},
        {"stem/stem_norm/beta", "layers/sequential/layers/batch_normalization/vars/1"},
        {"stem/stem_norm/moving_mean", "layers/sequential/layers/batch_normalization/vars/2"},
        {"stem/stem_norm/moving_variance", "layers/sequential/layers/batch_normalization/vars/3"},
        {"block/block_dense/kernel", "layers/functional/layers/dense/vars/0"},
        {"block/block_dense/bias", "layers/functional/layers/dense/vars/1"},
        {"head/inner/inner_dense/kernel",
         "layers/functional_1/layers/sequential/layers/dense/vars/0"},
        {"head/inner/inner_dense/bias",
         "layers/functional_1/layers/sequential/layers/dense/vars/1"},
        {"head/head_dense/kernel", "layers/functional_1/layers/dense/vars/0"},
        {"head/head_dense/bias", "layers/functional_1/layers/dense/vars/1"}};
    ASSERT_EQ(requests.size(), expected.size());
    for (const auto& [variable, path] : expected) {
      EXPECT_EQ(requests.at(variable).archive_paths.front(), path) << name;
    }
  }
  const auto cnn = ByName(*Golden("k3_cnn"));
  EXPECT_THAT(
      cnn.at("conv2/kernel").archive_paths,
      ElementsAre("layers/conv2d_1/vars/0", "_layer_checkpoint_dependencies/conv2d_1/vars/0"));
}

TEST(LayerScopesTest, UnreadVariablesKeepTheirPlace) {
  const auto model = Golden("k2_regression");
  const auto requests = ByName(*model);
  EXPECT_FALSE(requests.at("norm/count").needed);
  EXPECT_EQ(requests.at("norm/count").archive_paths.front(), "layers/normalization/vars/2");
  EXPECT_EQ(GraphPath(requests.at("norm/mean")),
            "layer_with_weights-0|layer-0|_functional/_operations/1 mean|adapt_mean");
  EXPECT_EQ(GraphPath(requests.at("hidden/kernel")),
            "layer_with_weights-1|layer-1|_functional/_operations/2 kernel|_kernel");
}

// Layer, weight and name of each variable of the older layout.
std::vector<std::string> LegacyOrder(const LoadedModel& model) {
  std::vector<std::pair<std::pair<std::size_t, std::size_t>, std::string>> places;
  for (const ModelVariable& variable : model.variables) {
    const auto& position = variable.request.legacy_positions.at(0);
    places.push_back({{position.layer, position.weight}, variable.request.name});
  }
  std::sort(places.begin(), places.end());
  std::vector<std::string> lines;
  for (const auto& [place, name] : places) {
    lines.push_back(std::to_string(place.first) + "." + std::to_string(place.second) + " " + name);
  }
  return lines;
}

TEST(LayerScopesTest, OlderLayoutHasFrozenWeightsLastInEachLayerOfTheModel) {
  json inner =
      Functional2("inner",
                  json::array({Input2("i", {nullptr, 2}),
                               Layer2("Dense", "a", {{"units", 2}, {"trainable", false}}, {"i"}),
                               Layer2("BatchNormalization", "b", {{"scale", false}}, {"a"}),
                               Layer2("Dense", "c", {{"units", 2}, {"use_bias", false}}, {"b"})}),
                  {"i"}, {"c"});
  inner["name"] = "inner";
  inner["inbound_nodes"] = json::parse(R"([[["in", 0, 0, {}]]])");
  json document =
      Functional2("m",
                  json::array({Input2("in", {nullptr, 2}), Layer2("Flatten", "flat", {}, {"in"}),
                               inner, Layer2("Dense", "last", {{"units", 1}}, {"in"})}),
                  {"in"}, {"last"});
  document["config"]["output_layers"] = json::parse(R"([["inner", 1, 0], ["last", 0, 0]])");
  const auto model = ReadModel(document.dump(), {.source = "test"});
  ASSERT_TRUE(model.ok()) << model.status();
  EXPECT_THAT(LegacyOrder(**model),
              ElementsAre("0.0 inner/b/beta", "0.1 inner/c/kernel", "0.2 inner/a/kernel",
                          "0.3 inner/a/bias", "0.4 inner/b/moving_mean",
                          "0.5 inner/b/moving_variance", "1.0 last/kernel", "1.1 last/bias"));
}

TEST(LayerScopesTest, FrozenModelsFreezeTheirLayers) {
  using testing::json;
  json inner =
      testing::Functional2("inner",
                           json::array({testing::Input2("i", {nullptr, 3}),
                                        testing::Layer2("Dense", "d", {{"units", 2}}, {"i"})}),
                           {"i"}, {"d"});
  inner["name"] = "inner";
  inner["config"]["trainable"] = false;
  inner["inbound_nodes"] = json::parse(R"([[["in", 0, 0, {}]]])");
  json document = testing::Functional2(
      "m", json::array({testing::Input2("in", {nullptr, 3}), inner}), {"in"}, {});
  document["config"]["output_layers"] = json::parse(R"([["inner", 1, 0]])");
  const auto model = Model::FromJson(document.dump()).value().loaded();
  EXPECT_THAT(Names(*model, true), IsEmpty());
  EXPECT_THAT(Names(*model, false), ElementsAre("inner/d/kernel", "inner/d/bias"));
}

TEST(LayerScopesTest, ALayerOfTwoModelsHasOneSetOfVariables) {
  using testing::json;
  const json shared = {{"module", "keras.layers"},
                       {"class_name", "Dense"},
                       {"config", {{"name", "d"}, {"units", 3}}},
                       {"shared_object_id", 140000000000001}};
  json in_inner = shared;
  in_inner["name"] = "d";
  in_inner["inbound_nodes"] = json::parse(R"([[["i", 0, 0, {}]]])");
  json inner = testing::Functional2(
      "inner", json::array({testing::Input2("i", {nullptr, 3}), in_inner}), {"i"}, {"d"});
  inner["name"] = "inner";
  inner["inbound_nodes"] = json::parse(R"([[["d", 0, 0, {}]]])");
  json in_outer = shared;
  in_outer["name"] = "d";
  in_outer["inbound_nodes"] = json::parse(R"([[["in", 0, 0, {}]]])");
  json document = testing::Functional2(
      "m", json::array({testing::Input2("in", {nullptr, 3}), in_outer, inner}), {"in"}, {});
  document["config"]["output_layers"] = json::parse(R"([["inner", 1, 0]])");
  const auto model = Model::FromJson(document.dump()).value().loaded();
  EXPECT_THAT(Names(*model, true), ElementsAre("d/kernel", "d/bias"));
}

// Keras 3's save_own_variables adds LoRA's product to the kernel: an archive holds the kernel and
// the bias alone, in that order.
TEST(LayerScopesTest, LoraIsNotInArchives) {
  const std::string path = fmt::format("{}/keras_files/k3_lora.keras", SIDECAR_TEST_DATA);
  const auto model = Model::Load(path).value().loaded();
  const auto requests = ByName(*model);
  const auto& kernel = requests.at("hidden/kernel");
  EXPECT_EQ(kernel.archive_paths.front(), "layers/dense/vars/0");
  EXPECT_FALSE(kernel.trainable);
  EXPECT_FALSE(kernel.zero_in_archives);
  EXPECT_EQ(requests.at("hidden/bias").archive_paths.front(), "layers/dense/vars/1");
  for (const char* name : {"hidden/lora_kernel_a", "hidden/lora_kernel_b"}) {
    EXPECT_TRUE(requests.at(name).zero_in_archives) << name;
    EXPECT_THAT(requests.at(name).archive_paths, IsEmpty()) << name;
    EXPECT_TRUE(requests.at(name).trainable) << name;
  }
}

}  // namespace
}  // namespace sidecar::model::keras
