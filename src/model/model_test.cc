// The public class Model: where models come from and what they say about themselves.
#include "sidecar/model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <openvino/core/model.hpp>
#include <set>

#include "model/loaded_model.h"
#include "model/supported_layers.h"
#include "model/testing/keras_json.h"
#include "model/testing/run_graph.h"
#include "sidecar/layers.h"

namespace sidecar {
namespace {

using model::testing::Functional2;
using model::testing::Functional3;
using model::testing::Input2;
using model::testing::Input3;
using model::testing::json;
using model::testing::Layer2;
using model::testing::Layer3;
using model::testing::RunGraph;
using model::testing::Tensor3;
using testing::ElementsAre;
using testing::FloatNear;
using testing::HasSubstr;
using testing::Pointwise;

std::vector<std::string> VariableNames(const Model& model) {
  std::vector<std::string> names;
  for (const auto& variable : model.loaded()->variables) names.push_back(variable.request.name);
  return names;
}

std::string GoldenModel(const std::string& name) {
  return std::string(SIDECAR_TEST_DATA) + "/models/" + name;
}

TEST(ModelTest, SequentialFromCodeNamesItsLayersAsKeras2Does) {
  const Model model =
      Model::Sequential({layers::Input({4}), layers::Dense(8, {.activation = "relu"}),
                         layers::Dropout(0.5), layers::Dense(3), layers::Softmax()})
          .value();
  EXPECT_EQ(model.name(), "sequential");
  EXPECT_EQ(model.keras_version(), KerasVersion::kKeras2);
  EXPECT_THAT(model.input_names(), ElementsAre("input_1"));
  EXPECT_THAT(model.output_names(), ElementsAre("softmax"));
  EXPECT_THAT(VariableNames(model),
              ElementsAre("dense/kernel", "dense/bias", "dense_1/kernel", "dense_1/bias"));
  EXPECT_EQ(model.loaded()->variables[2].request.shape, (Shape{8, 3}));
  EXPECT_TRUE(model.loaded()->outputs[0].logits_result.has_value());
  EXPECT_THAT(model.loaded()->layers,
              ElementsAre("Dense (2)", "Dropout (1)", "InputLayer (1)", "Softmax (1)"));
}

TEST(ModelTest, SequentialFromCodeCanStartWithAnyLayer) {
  const Model model =
      Model::Sequential({layers::Dense(8, {.name = "first", .input_shape = Shape{5}}),
                         layers::BatchNormalization({.name = "norm"})},
                        {.keras_version = KerasVersion::kKeras3})
          .value();
  EXPECT_EQ(model.keras_version(), KerasVersion::kKeras3);
  EXPECT_THAT(model.input_names(), ElementsAre("first_input"));
  EXPECT_EQ(model.loaded()->inputs[0].shape, Shape{5});
  EXPECT_THAT(VariableNames(model),
              ElementsAre("first/kernel", "first/bias", "norm/gamma", "norm/beta",
                          "norm/moving_mean", "norm/moving_variance"));
}

TEST(ModelTest, SequentialFromCodeSaysWhatIsWrong) {
  EXPECT_EQ(Model::Sequential({}).status().code(), StatusCode::kInvalidArgument);
  const Status twice = Model::Sequential({layers::Input({4}), layers::Dense(3, {.name = "a"}),
                                          layers::Dense(3, {.name = "a"})})
                           .status();
  EXPECT_EQ(twice.code(), StatusCode::kInvalidArgument);
  EXPECT_THAT(twice.message(), HasSubstr("'a'"));
  EXPECT_EQ(Model::Sequential({layers::Input({4}), layers::Dense(0)}).status().code(),
            StatusCode::kDataLoss);
  const Status activation =
      Model::Sequential({layers::Input({4}), layers::Activation("rellu")}).status();
  EXPECT_EQ(activation.code(), StatusCode::kUnimplemented);
  EXPECT_THAT(activation.ToString(), HasSubstr("rellu"));
}

TEST(ModelTest, SequentialFromCodeMayLeaveItsInputToTheData) {
  const Model model = Model::Sequential({layers::Dense(3)}).value();
  EXPECT_THAT(model.input_names(), ElementsAre("dense_input"));
  EXPECT_EQ(model.loaded()->graph, nullptr);
  EXPECT_TRUE(model.loaded()->finish);
}

// Every function of layers.h, in one model; what it computes is left to the golden cases.
TEST(ModelTest, EveryLayerFunctionDescribesALayerThatIsRead) {
  const Model model =
      Model::Sequential({layers::Input({12, 10, 3}, {.dtype = "float32", .name = "image"}),
                         layers::Rescaling(1 / 255.0, {.offset = -0.5}),
                         layers::Normalization({.mean = {{1, 2, 3}}, .variance = {{1, 1, 4}}}),
                         layers::ZeroPadding2D({0, 1, 2, 0}),
                         layers::Conv2D(4, 3, {.padding = "same"}),
                         layers::BatchNormalization(),
                         layers::ReLU({.max_value = 6}),
                         layers::DepthwiseConv2D({2, 3}, {.depth_multiplier = 2}),
                         layers::LeakyReLU(),
                         layers::MaxPooling2D(),
                         layers::AveragePooling2D(2, {.strides = 1}),
                         layers::LayerNormalization(),
                         layers::Dropout(0.1),
                         layers::Activation("tanh"),
                         layers::Flatten(),
                         layers::Dense(16),
                         layers::Reshape({2, 2, -1}),
                         layers::GlobalAveragePooling2D({.keepdims = true}),
                         layers::GlobalMaxPooling2D(),
                         layers::Softmax()})
          .value();
  EXPECT_EQ(model.loaded()->outputs[0].shape, Shape{4});
  const Model text = Model::Sequential({layers::Input({7}, {.dtype = "int32"}),
                                        layers::Embedding(20, 5), layers::Flatten()})
                         .value();
  EXPECT_EQ(text.loaded()->inputs[0].dtype, DType::kInt32);
  EXPECT_EQ(text.loaded()->outputs[0].shape, Shape{35});
}

TEST(ModelTest, ComputesWithTheWeightsInTheirOrder) {
  const Model model =
      Model::Sequential({layers::Input({2}), layers::Dense(3), layers::Activation("relu")}).value();
  const std::vector<Tensor> weights = {
      Tensor::FromValues<float>({2, 3}, {1, 2, 3, 4, 5, 6}).value(),
      Tensor::FromValues<float>({3}, {0.5F, -100, 1}).value()};
  const auto outputs = RunGraph(*model.loaded(), weights,
                                {Tensor::FromValues<float>({2, 2}, {1, 1, -1, 2}).value()});
  ASSERT_TRUE(outputs.ok()) << outputs.status();
  EXPECT_THAT((*outputs)[0].values<float>(),
              Pointwise(FloatNear(1e-5F), {5.5F, 0.0F, 10.0F, 7.5F, 0.0F, 10.0F}));
}

TEST(ModelTest, CompileWritesKerassCompileConfig) {
  Model model = Model::Sequential({layers::Input({2}), layers::Dense(3)}).value();
  EXPECT_EQ(model.loaded()->compile_config, "");
  CompileOptions options;
  options.loss = Loss(KerasObject(R"({"class_name": "Huber", "config": {"delta": 2}})"));
  options.metrics = {Metric(KerasObject("\"accuracy\"")),
                     Metric(KerasObject(R"({"class_name":"AUC","config":{}})"))};
  ASSERT_TRUE(model.Compile(options).ok());
  json config = json::parse(model.loaded()->compile_config);
  EXPECT_EQ(config["loss"]["config"]["delta"], 2);
  EXPECT_EQ(config["metrics"][0], "accuracy");
  EXPECT_EQ(config["metrics"][1]["class_name"], "AUC");
  EXPECT_TRUE(config["weighted_metrics"].is_null());

  options = {};
  options.losses.emplace("dense", KerasObject("\"mse\""));
  options.loss_weights = {{"dense", 0.5}};
  options.output_weighted_metrics["dense"].emplace_back(KerasObject("\"mae\""));
  ASSERT_TRUE(model.Compile(options).ok());
  config = json::parse(model.loaded()->compile_config);
  EXPECT_EQ(config["loss"], json({{"dense", "mse"}}));
  EXPECT_EQ(config["loss_weights"], json({{"dense", 0.5}}));
  EXPECT_EQ(config["weighted_metrics"], json({{"dense", {"mae"}}}));
  EXPECT_TRUE(config["metrics"].is_null());

  options.loss = Loss(KerasObject("{"));
  options.losses.clear();
  EXPECT_EQ(model.Compile(options).code(), StatusCode::kInvalidArgument);
}

TEST(ModelTest, CompileFromJsonTakesAnObjectOnly) {
  Model model = Model::Sequential({layers::Input({2}), layers::Dense(3)}).value();
  EXPECT_TRUE(model.CompileFromJson(R"({"loss": "mse"})").ok());
  EXPECT_EQ(model.loaded()->compile_config, R"({"loss": "mse"})");
  EXPECT_EQ(model.CompileFromJson("[]").code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(model.CompileFromJson("{").code(), StatusCode::kDataLoss);
}

TEST(ModelTest, LoadTellsKindsOfFilesApart) {
  EXPECT_EQ(Model::Load("/nonexistent/model.keras").status().code(), StatusCode::kNotFound);
  const Status directory = Model::Load(SIDECAR_TEST_DATA).status();
  EXPECT_EQ(directory.code(), StatusCode::kFailedPrecondition);
  EXPECT_THAT(directory.message(), HasSubstr("is a directory without saved_model.pb"));
  EXPECT_EQ(Model::Load(GoldenModel("k2_mlp/data.npz")).status().code(), StatusCode::kDataLoss);
  EXPECT_EQ(Model::Load(GoldenModel("k2_mlp/ckpts/ckpt-1.index")).status().code(),
            StatusCode::kDataLoss);
}

TEST(ModelTest, LoadReadsArchivesAndTheirCompileConfig) {
  const Model model = Model::Load(GoldenModel("k3_two_in_out/model.keras")).value();
  EXPECT_EQ(model.name(), "two_in_out");
  EXPECT_EQ(model.keras_version(), KerasVersion::kKeras3);
  EXPECT_THAT(model.loaded()->keras_version_reason, HasSubstr("metadata.json says 3."));
  EXPECT_THAT(model.input_names(), ElementsAre("wide", "deep"));
  EXPECT_THAT(model.output_names(), ElementsAre("kind", "score"));
  const json config = json::parse(model.loaded()->compile_config);
  EXPECT_EQ(config["loss_weights"]["kind"], 0.7);
  EXPECT_FALSE(config.contains("optimizer"));
  EXPECT_TRUE(model.loaded()->outputs[0].logits_result.has_value());
  EXPECT_FALSE(model.loaded()->outputs[1].logits_result.has_value());
}

TEST(ModelTest, FindsOutWhichKerasWroteTheJson) {
  constexpr KerasVersion kTwo = KerasVersion::kKeras2;
  constexpr KerasVersion kThree = KerasVersion::kKeras3;
  const std::string layers = R"("config": {"layers": [
      {"class_name": "InputLayer", "config": {"name": "in", "SHAPE": [null, 3]}}]})";
  const auto text = [&layers](const std::string& head, const std::string& shape) {
    std::string body = layers;
    return R"({"class_name": "Sequential", )" + head + body.replace(body.find("SHAPE"), 5, shape) +
           "}";
  };
  const auto version = [](const std::string& json_text, std::optional<KerasVersion> asked) {
    return Model::FromJson(json_text, {.keras_version = asked}).value().keras_version();
  };
  EXPECT_EQ(version(text(R"("keras_version": "2.15.0", "module": "keras", )", "batch_shape"), {}),
            kTwo);
  EXPECT_EQ(version(text(R"("keras_version": "3.1.0", )", "batch_input_shape"), {}), kThree);
  EXPECT_EQ(version(text(R"("module": "keras", )", "batch_input_shape"), {}), kThree);
  EXPECT_EQ(version(text("", "batch_shape"), {}), kThree);
  EXPECT_EQ(version(text("", "batch_input_shape"), {}), kTwo);
  EXPECT_EQ(version(text(R"("keras_version": "2.15.0", )", "batch_input_shape"), kThree), kThree);
  EXPECT_EQ(
      Model::FromJson(text(R"("keras_version": "1.2", )", "batch_input_shape")).status().code(),
      StatusCode::kUnimplemented);
}

TEST(ModelTest, NamesOutputsAsEachKerasDoes) {
  const json keras2 =
      Functional2("m",
                  json::array({Input2("a", {nullptr, 3}), Layer2("ReLU", "r", {}, {"a"}),
                               Layer2("Dense", "d", {{"units", 2}}, {"a"})}),
                  {"a"}, {"d", "r", "d"});
  EXPECT_THAT(Model::FromJson(keras2.dump()).value().output_names(), ElementsAre("d", "r", "d_1"));
  const json layers3 =
      json::array({Input3("a", {nullptr, 3}), Layer3("ReLU", "r", {}, {Tensor3("a")}),
                   Layer3("Dense", "d", {{"units", 2}}, {Tensor3("a")})});
  const json list =
      json::array({json::array({"d", 0, 0}), json::array({"r", 0, 0}), json::array({"d", 0, 0})});
  const json in = json::array({"a", 0, 0});
  EXPECT_THAT(Model::FromJson(Functional3("m", layers3, in, list).dump()).value().output_names(),
              ElementsAre("d", "r", "d"));
  const json keyed = {{"z", json::array({"d", 0, 0})}, {"y", json::array({"r", 0, 0})}};
  EXPECT_THAT(Model::FromJson(Functional3("m", layers3, in, keyed).dump()).value().output_names(),
              ElementsAre("y", "z"));
}

TEST(ModelTest, InputsOfADictionaryAreSortedByKey) {
  const json layers =
      json::array({Input2("b", {nullptr, 3}), Input2("a", {nullptr, 4}, "int64"),
                   Layer2("Flatten", "f", {}, {"a"}), Layer2("Concatenate", "c", {}, {"b", "f"})});
  json document = Functional2("m", layers, {}, {"c"});
  document["config"]["input_layers"] = {{"x2", json::array({"a", 0, 0})},
                                        {"x1", json::array({"b", 0, 0})}};
  const Model model = Model::FromJson(document.dump()).value();
  EXPECT_THAT(model.input_names(), ElementsAre("b", "a"));
  EXPECT_EQ(model.loaded()->inputs[1].dtype, DType::kInt64);
  EXPECT_EQ(model.loaded()->outputs[0].shape, Shape{7});
}

TEST(SupportedLayersTest, AreSortedAndComplete) {
  const auto layers = model::SupportedLayers();
  std::set<std::string> names;
  for (const auto& layer : layers) names.insert(layer.class_name);
  EXPECT_EQ(names.size(), layers.size());
  for (const char* name : {"Dense", "InputLayer", "Sequential", "ZeroPadding2D", "Activation"}) {
    EXPECT_EQ(names.count(name), 1U) << name;
  }
  EXPECT_TRUE(std::is_sorted(layers.begin(), layers.end(), [](const auto& a, const auto& b) {
    return a.class_name < b.class_name;
  }));
  const auto activations = model::SupportedActivations();
  const auto hard = std::find_if(activations.begin(), activations.end(),
                                 [](const auto& item) { return item.name == "hard_sigmoid"; });
  ASSERT_NE(hard, activations.end());
  EXPECT_TRUE(hard->keras2 && hard->keras3);
}

}  // namespace
}  // namespace sidecar
