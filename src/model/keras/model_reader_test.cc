// From JSON to graphs: dialects, nested models, logits, dtype policies, and what is refused.
#include "model/keras/model_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "model/testing/keras_json.h"
#include "model/testing/run_graph.h"

namespace sidecar::model::keras {
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
using ::testing::ElementsAre;
using ::testing::FloatNear;
using ::testing::HasSubstr;
using ::testing::Pointwise;

Result<std::shared_ptr<LoadedModel>> Read(const json& document) {
  return ReadModel(document.dump(), {.source = "test"});
}

json OneLayer2(const std::string& class_name, const json& config, const json& batch_shape,
               const std::string& dtype = "float32") {
  return Functional2(
      "m",
      json::array({Input2("in", batch_shape, dtype), Layer2(class_name, "layer", config, {"in"})}),
      {"in"}, {"layer"});
}

json OneLayer3(const std::string& class_name, const json& config, const json& batch_shape) {
  return Functional3("m",
                     json::array({Input3("in", batch_shape),
                                  Layer3(class_name, "layer", config, {Tensor3("in")})}),
                     json::array({"in", 0, 0}), json::array({"layer", 0, 0}));
}

// Doubles its input: a nested model that can be called again and again.
json Doubler2() {
  json model = Functional2("twice",
                           json::array({Input2("t_in", {nullptr, 2}),
                                        Layer2("Rescaling", "scale", {{"scale", 2.0}}, {"t_in"})}),
                           {"t_in"}, {"scale"});
  model.erase("keras_version");
  model["name"] = "twice";
  return model;
}

std::vector<float> RowOf(const LoadedModel& model, std::initializer_list<float> row) {
  const auto outputs = RunGraph(
      model, {},
      {Tensor::FromValues<float>({1, static_cast<std::int64_t>(row.size())}, row).value()});
  if (!outputs.ok()) {
    ADD_FAILURE() << outputs.status();
    return {};
  }
  const auto values = (*outputs)[model.outputs[0].result].values<float>();
  return {values.begin(), values.end()};
}

TEST(ModelReaderTest, FollowsNestedCallsOfKeras2) {
  // Keras 2 numbers the calls of a nested model from 1.
  json nested = Doubler2();
  nested["inbound_nodes"] = json::parse(R"([[["in", 0, 0, {}]], [["twice", 1, 0, {}]]])");
  json document = Functional2("m", json::array({Input2("in", {nullptr, 2}), nested}), {"in"}, {});
  document["config"]["output_layers"] = json::parse(R"([["twice", 2, 0]])");
  const auto model = Read(document);
  ASSERT_TRUE(model.ok()) << model.status();
  EXPECT_THAT(RowOf(**model, {1, 3}), Pointwise(FloatNear(1e-6F), {4.0F, 12.0F}));
  EXPECT_EQ((*model)->outputs[0].name, "twice");
}

TEST(ModelReaderTest, FollowsNestedCallsOfKeras3) {
  // Keras 3 numbers calls from 0, but those of a Functional model in output_layers from 1.
  json nested =
      Functional3("twice",
                  json::array({Input3("t_in", {nullptr, 2}),
                               Layer3("Rescaling", "scale", {{"scale", 2.0}}, {Tensor3("t_in")})}),
                  json::array({"t_in", 0, 0}), json::array({"scale", 0, 0}));
  nested["name"] = "twice";
  nested["inbound_nodes"] = Layer3(
      "Dense", "d", {}, {Tensor3("in"), Tensor3("twice", 0), Tensor3("twice", 1)})["inbound_nodes"];
  for (const auto& [output, factor] : std::vector<std::pair<int, float>>{{1, 2}, {2, 4}, {3, 8}}) {
    const auto model =
        Read(Functional3("m", json::array({Input3("in", {nullptr, 2}), nested}),
                         json::array({"in", 0, 0}), json::array({"twice", output, 0})));
    ASSERT_TRUE(model.ok()) << model.status();
    EXPECT_THAT(RowOf(**model, {1, 3}), Pointwise(FloatNear(1e-6F), {factor, 3 * factor}));
  }
}

TEST(ModelReaderTest, FollowsNestedSequentialOfKeras3FromZero) {
  json nested = {{"module", "keras"},
                 {"class_name", "Sequential"},
                 {"name", "twice"},
                 {"config",
                  {{"name", "twice"},
                   {"layers", json::array({Input3("t_in", {nullptr, 2}),
                                           Layer3("Rescaling", "s", {{"scale", 2.0}}, {})})}}}};
  nested["inbound_nodes"] =
      Layer3("Dense", "d", {}, {Tensor3("in"), Tensor3("twice", 0)})["inbound_nodes"];
  const auto model = Read(Functional3("m", json::array({Input3("in", {nullptr, 2}), nested}),
                                      json::array({"in", 0, 0}), json::array({"twice", 1, 0})));
  ASSERT_TRUE(model.ok()) << model.status();
  EXPECT_THAT(RowOf(**model, {1, 3}), Pointwise(FloatNear(1e-6F), {4.0F, 12.0F}));
}

TEST(ModelReaderTest, MatchesDictionariesOfNestedModelsByKeyOrName) {
  json inner = Functional2("inner",
                           json::array({Input2("p", {nullptr, 1}), Input2("q", {nullptr, 1}),
                                        Layer2("Concatenate", "join", {}, {"p", "q"})}),
                           {"p", "q"}, {"join"});
  inner["name"] = "inner";
  inner["inbound_nodes"] = json::parse(R"([{"q": ["x", 0, 0, {}], "p": ["y", 0, 0, {}]}])");
  json document =
      Functional2("m", json::array({Input2("x", {nullptr, 1}), Input2("y", {nullptr, 1}), inner}),
                  {"x", "y"}, {});
  document["config"]["output_layers"] = json::parse(R"([["inner", 1, 0]])");
  document["config"]["layers"][2]["inbound_nodes"] =
      json::parse(R"([{"q": ["x", 0, 0, {}], "p": ["y", 0, 0, {}]}])");
  const auto model = Read(document);
  ASSERT_TRUE(model.ok()) << model.status();
  const auto one = [](float value) { return Tensor::FromValues<float>({1, 1}, {value}).value(); };
  const auto outputs = RunGraph(**model, {}, {one(1), one(2)});
  ASSERT_TRUE(outputs.ok()) << outputs.status();
  EXPECT_THAT((*outputs)[0].values<float>(), ElementsAre(2, 1));
}

TEST(ModelReaderTest, TakesConstantsOfTheGraph) {
  json keras2 = OneLayer2("Add", json::object(), {nullptr, 2});
  keras2["config"]["layers"][1]["inbound_nodes"] =
      json::parse(R"([[["in", 0, 0, {}], ["_CONSTANT_VALUE", -1, [[10.0, 20.0]], {}]]])");
  auto model = Read(keras2);
  ASSERT_TRUE(model.ok()) << model.status();
  EXPECT_THAT(RowOf(**model, {1, 3}), ElementsAre(11, 23));
  json keras3 = OneLayer3("Multiply", json::object(), {nullptr, 2});
  keras3["config"]["layers"][1]["inbound_nodes"][0]["args"] = json::array({json::array(
      {Tensor3("in"), json{{"class_name", "__numpy__"},
                           {"config", {{"value", {{10.0, 20.0}}}, {"dtype", "float32"}}}}})});
  model = Read(keras3);
  ASSERT_TRUE(model.ok()) << model.status();
  EXPECT_THAT(RowOf(**model, {1, 3}), ElementsAre(10, 60));
  keras3["config"]["layers"][1]["inbound_nodes"][0]["args"][0][1]["config"]["value"] = {1.0, 2.0};
  EXPECT_EQ(Read(keras3).status().code(), StatusCode::kUnimplemented);
}

TEST(ModelReaderTest, GoesThroughAChainOfThousandsOfLayers) {
  json layers = json::array({Input2("l0", {nullptr, 2})});
  const int count = 5000;
  for (int i = 1; i <= count; ++i) {
    layers.push_back(Layer2("Dropout", "l" + std::to_string(i), {}, {"l" + std::to_string(i - 1)}));
  }
  const auto model = Read(Functional2("m", layers, {"l0"}, {"l" + std::to_string(count)}));
  ASSERT_TRUE(model.ok()) << model.status();
  EXPECT_THAT(RowOf(**model, {1, 3}), ElementsAre(1, 3));
}

// Measured with real Keras: whether a crossentropy on the output finds the logits.
TEST(ModelReaderTest, FindsLogitsWhereKerasDoes) {
  struct Case {
    std::vector<std::pair<std::string, json>> layers;
    bool keras2;
    bool keras3;
  };
  const json softmax = {{"activation", "softmax"}};
  const json sigmoid = {{"activation", "sigmoid"}};
  const std::vector<Case> cases = {
      {{{"Softmax", json::object()}}, true, true},
      {{{"Softmax", {{"axis", {-1}}}}}, true, true},
      {{{"Softmax", {{"axis", 1}}}}, true, true},
      {{{"Softmax", {{"axis", {1, 2}}}}}, false, false},
      {{{"Activation", softmax}}, true, true},
      {{{"Activation", sigmoid}}, true, true},
      {{{"Dense", {{"units", 3}, {"activation", "softmax"}}}}, true, true},
      {{{"Activation", softmax}, {"Dropout", json::object()}}, false, true},
      {{{"Activation", sigmoid}, {"Dropout", json::object()}}, false, true},
      {{{"Activation", softmax}, {"Activation", {{"activation", "linear"}}}}, true, true},
      {{{"Activation", softmax}, {"Reshape", {{"target_shape", {3, 3}}}}}, false, false},
      {{{"Activation", sigmoid}, {"ReLU", json::object()}}, false, false},
      {{{"Activation", softmax}, {"Rescaling", {{"scale", 1.0}}}}, false, false},
      {{{"Activation", {{"activation", "log_softmax"}}}}, false, false},
      {{{"Activation", {{"activation", "hard_sigmoid"}}}}, false, false},
      {{{"Activation", softmax}, {"Activation", {{"activation", "linear"}, {"dtype", "float16"}}}},
       false,
       false},
  };
  for (const Case& item : cases) {
    json layers = json::array({Input2("l0", {nullptr, 3, 3})});
    for (std::size_t i = 0; i < item.layers.size(); ++i) {
      layers.push_back(Layer2(item.layers[i].first, "l" + std::to_string(i + 1),
                              item.layers[i].second, {"l" + std::to_string(i)}));
    }
    const std::string text =
        Functional2("m", layers, {"l0"}, {"l" + std::to_string(item.layers.size())}).dump();
    for (const KerasVersion version : {KerasVersion::kKeras2, KerasVersion::kKeras3}) {
      const auto model = ReadModel(text, {.source = "test", .keras_version = version});
      ASSERT_TRUE(model.ok()) << model.status();
      EXPECT_EQ((*model)->outputs[0].logits_result.has_value(),
                version == KerasVersion::kKeras2 ? item.keras2 : item.keras3)
          << text;
    }
  }
}

TEST(ModelReaderTest, KeepsTheLogitsOfNestedModels) {
  json nested = Functional2(
      "inner", json::array({Input2("i", {nullptr, 3}), Layer2("Softmax", "s", {}, {"i"})}), {"i"},
      {"s"});
  nested["name"] = "inner";
  nested["inbound_nodes"] = json::parse(R"([[["in", 0, 0, {}]]])");
  json document = Functional2("m", json::array({Input2("in", {nullptr, 3}), nested}), {"in"}, {});
  document["config"]["output_layers"] = json::parse(R"([["inner", 1, 0]])");
  EXPECT_TRUE(Read(document).value()->outputs[0].logits_result.has_value());
}

TEST(ModelReaderTest, StoresVariablesAsThePolicySays) {
  struct Case {
    json dtype;
    DType variable;
    DType keras_output;
  };
  const std::vector<Case> cases = {
      {"float32", DType::kFloat32, DType::kFloat32},
      {"float64", DType::kFloat64, DType::kFloat64},
      {"bfloat16", DType::kBfloat16, DType::kBfloat16},
      {"mixed_float16", DType::kFloat32, DType::kFloat16},
      {json::parse(R"({"class_name": "Policy", "config": {"name": "mixed_bfloat16"}})"),
       DType::kFloat32, DType::kBfloat16},
      {json::parse(R"({"module": "keras", "class_name": "DTypePolicy",
                       "config": {"name": "float16"}})"),
       DType::kFloat16, DType::kFloat16}};
  for (const Case& item : cases) {
    const auto model =
        Read(OneLayer2("Dense", {{"units", 2}, {"dtype", item.dtype}}, {nullptr, 3}));
    ASSERT_TRUE(model.ok()) << model.status();
    EXPECT_EQ((*model)->variables[0].request.dtype, item.variable) << item.dtype;
    EXPECT_EQ((*model)->outputs[0].dtype, DType::kFloat32);
    EXPECT_EQ((*model)->outputs[0].keras_dtype, item.keras_output) << item.dtype;
  }
}

TEST(ModelReaderTest, ReadsRegularizersAndLeavesFrozenOnesToKeras2) {
  const json config = {{"units", 2},
                       {"trainable", false},
                       {"kernel_regularizer", {{"class_name", "L2"}, {"config", {{"l2", 0.25}}}}},
                       {"bias_regularizer", "l1"}};
  const std::string text = OneLayer2("Dense", config, {nullptr, 3}).dump();
  auto model = ReadModel(text, {.source = "t", .keras_version = KerasVersion::kKeras2}).value();
  EXPECT_EQ(model->variables[0].l2, 0.25F);
  EXPECT_EQ(model->variables[0].l1, 0.0F);
  EXPECT_EQ(model->variables[1].l1, 0.01F);
  EXPECT_FALSE(model->variables[0].request.trainable);
  model = ReadModel(text, {.source = "t", .keras_version = KerasVersion::kKeras3}).value();
  EXPECT_EQ(model->variables[0].l2, 0.0F);
  EXPECT_EQ(model->variables[1].l1, 0.0F);
}

TEST(ModelReaderTest, ChecksEmbeddingIdsRowByRow) {
  const auto model =
      Read(OneLayer2("Embedding", {{"input_dim", 4}, {"output_dim", 1}}, {nullptr, 2}, "int64"))
          .value();
  ASSERT_EQ(model->checks.size(), 1U);
  EXPECT_THAT(model->checks[0].message, HasSubstr("0 … 3"));
  const Tensor table = Tensor::FromValues<float>({4, 1}, {10, 11, 12, 13}).value();
  const Tensor ids = Tensor::FromValues<std::int64_t>(
                         {6, 2}, {0, 3, 1, 4, -1, 2, 2147483647, 1, 3, 3, -2147483647, 0})
                         .value();
  const auto outputs = RunGraph(*model, {table}, {ids});
  ASSERT_TRUE(outputs.ok()) << outputs.status();
  EXPECT_THAT((*outputs)[model->checks[0].result].values<std::int32_t>(),
              ElementsAre(0, 1, 1, 1, 0, 1));
  EXPECT_EQ((*outputs)[0].values<float>()[1], 13);
}

TEST(ModelReaderTest, SaysWhenRowsDependOnEachOther) {
  EXPECT_TRUE(Read(OneLayer2("Softmax", {{"axis", 1}}, {nullptr, 3})).value()->rows_independent);
  EXPECT_FALSE(Read(OneLayer2("Softmax", {{"axis", 0}}, {nullptr, 3})).value()->rows_independent);
}

TEST(ModelReaderTest, NamesAllUnsupportedLayersAtOnce) {
  json layers = json::array(
      {Input2("in", {nullptr, 3}), Layer2("RandomFourierFeatures", "random", {}, {"in"}),
       Layer2("RandomFourierFeatures", "random_1", {}, {"random"}),
       Layer2("Lambda", "crop", {}, {"random_1"}),
       Layer2("Dense", "sparse", {{"units", 2}, {"activation", "my>act"}}, {"crop"}),
       Layer2("Dense", "fine", {{"units", 2}}, {"sparse"}),
       Layer2("Dense", "own", {{"units", 2}}, {"fine"})});
  layers[6]["module"] = "my_package.layers";
  layers[6]["registered_name"] = "my_package>Dense";
  layers[5]["inbound_nodes"][0][0][3] = {{"training", true}};
  const Status status = Read(Functional2("m", layers, {"in"}, {"own"})).status();
  EXPECT_EQ(status.code(), StatusCode::kUnimplemented);
  EXPECT_EQ(status.message(),
            "test: 6 layers are not supported: Dense (keras.layers) 'sparse', 'fine'; "
            "Dense (my_package.layers) 'own'; Lambda (keras.layers) 'crop'; "
            "RandomFourierFeatures (keras.layers) 'random', 'random_1'");
  EXPECT_THAT(status.details(),
              ElementsAre(HasSubstr("the layer 'crop' (Lambda): its function is Python code"),
                          "the layer 'sparse' (Dense): the activation my>act is not supported",
                          "the layer 'fine' (Dense): the call argument training = true is not "
                          "supported"));
}

TEST(ModelReaderTest, RefusesOptionsThatChangeWhatALayerComputes) {
  const std::vector<std::pair<std::string, json>> cases = {
      {"Dense", {{"units", 2}, {"activity_regularizer", "l2"}}},
      {"Dense",
       {{"units", 2},
        {"kernel_regularizer", {{"class_name", "Mine"}, {"config", json::object()}}}}},
      {"Dense", {{"units", 2}, {"lora_rank", 2}}},
      {"Dense", {{"units", 2}, {"dtype", "int8_from_float32"}}},
      {"Dense",
       {{"units", 2},
        {"dtype",
         {{"class_name", "QuantizedDTypePolicy"}, {"config", {{"name", "int8_from_float32"}}}}}}},
      {"Activation", {{"activation", "no_such"}}},
      {"Activation", {{"activation", {{"class_name", "__lambda__"}, {"config", json::object()}}}}},
      {"Rescaling", {{"scale", 2}, {"dtype", "uint8"}}},
      {"GRU", {{"units", 2}, {"stateful", true}}},
      {"LSTM", {{"units", 2}, {"time_major", true}}}};
  for (const auto& [class_name, config] : cases) {
    EXPECT_EQ(Read(OneLayer2(class_name, config, {nullptr, 3})).status().code(),
              StatusCode::kUnimplemented)
        << class_name << config;
  }
  // Names that only the other Keras has.
  EXPECT_EQ(ReadModel(OneLayer2("Activation", {{"activation", "hard_tanh"}}, {nullptr, 3}).dump(),
                      {.source = "t", .keras_version = KerasVersion::kKeras2})
                .status()
                .code(),
            StatusCode::kUnimplemented);
}

TEST(ModelReaderTest, TakesOperationsThatShareALayersNameForOperations) {
  json document = OneLayer3("Multiply", json::object(), {nullptr, 2});
  document["config"]["layers"][1]["module"] = "keras.src.ops.numpy";
  EXPECT_THAT(Read(document).status().message(), HasSubstr("without the argument x2"));
}

TEST(ModelReaderTest, SaysHowToSaveASubclassedModel) {
  const Status status =
      Read(json{{"module", "my"}, {"class_name", "MyModel"}, {"config", {{"width", 3}}}}).status();
  EXPECT_EQ(status.code(), StatusCode::kUnimplemented);
  EXPECT_THAT(status.message(), HasSubstr("keras.Model(model.inputs, model.outputs)"));
}

struct HostileCase {
  const char* pointer;  // what is replaced
  const char* value;    // null: removed
  StatusCode code;
  const char* message;
};

class HostileTest : public ::testing::TestWithParam<HostileCase> {};

TEST_P(HostileTest, IsRefusedWithWhereAndWhy) {
  json document = Functional2(
      "m",
      json::array({Input2("in", {nullptr, 4, 4, 2}),
                   Layer2("Conv2D", "conv", {{"filters", 3}, {"kernel_size", {2, 2}}}, {"in"}),
                   Layer2("Reshape", "shape", {{"target_shape", {27}}}, {"conv"}),
                   Layer2("Dense", "dense", {{"units", 5}}, {"shape"}),
                   Layer2("Add", "add", {}, {"dense", "dense"})}),
      {"in"}, {"add"});
  ASSERT_TRUE(Read(document).ok()) << Read(document).status();
  const HostileCase& item = GetParam();
  const json::json_pointer pointer(item.pointer);
  if (item.value == nullptr) {
    document.at(pointer.parent_pointer()).erase(pointer.back());
  } else {
    document[pointer] = json::parse(item.value);
  }
  const Status status = Read(document).status();
  EXPECT_EQ(status.code(), item.code) << status;
  EXPECT_THAT(status.message(), HasSubstr(item.message));
}

INSTANTIATE_TEST_SUITE_P(
    ModelReader, HostileTest,
    ::testing::Values(
        HostileCase{"/class_name", "5", StatusCode::kDataLoss, "model.class_name is 5"},
        HostileCase{"/config", nullptr, StatusCode::kDataLoss, "model.config is missing"},
        HostileCase{"/config/layers", "{}", StatusCode::kUnimplemented, "not a Sequential"},
        HostileCase{"/config/layers/1", "7", StatusCode::kDataLoss, "layers[1] is 7"},
        HostileCase{"/config/layers/1/config", "[]", StatusCode::kDataLoss, "layers[1].config"},
        HostileCase{"/config/layers/1/name", "\"in\"", StatusCode::kDataLoss,
                    "two layers are called 'in'"},
        HostileCase{"/config/layers/1/inbound_nodes", nullptr, StatusCode::kDataLoss,
                    "inbound_nodes is missing"},
        HostileCase{"/config/layers/1/inbound_nodes", "[[]]", StatusCode::kFailedPrecondition,
                    "takes one input; is called with 0"},
        HostileCase{"/config/layers/1/inbound_nodes/0/0/0", "\"nowhere\"", StatusCode::kDataLoss,
                    "names the layer 'nowhere'"},
        HostileCase{"/config/layers/1/inbound_nodes/0/0/1", "1", StatusCode::kDataLoss,
                    "names node 1 of the layer 'in'"},
        HostileCase{"/config/layers/1/inbound_nodes/0/0/1", "-1", StatusCode::kDataLoss,
                    "numbers from 0"},
        HostileCase{"/config/layers/1/inbound_nodes/0/0/1", "18446744073709551615",
                    StatusCode::kDataLoss, "numbers from 0"},
        HostileCase{"/config/layers/1/inbound_nodes/0/0/2", "1", StatusCode::kDataLoss,
                    "output 1 of the layer 'in' (InputLayer) is used; it has 1"},
        HostileCase{"/config/layers/1/inbound_nodes/0/0/0", "\"conv\"", StatusCode::kDataLoss,
                    "depends on its own output"},
        HostileCase{"/config/layers/1/inbound_nodes/0/0/0", "\"dense\"", StatusCode::kDataLoss,
                    "depends on its own output"},
        HostileCase{"/config/input_layers", "[]", StatusCode::kDataLoss, "input_layers is empty"},
        HostileCase{"/config/input_layers", "[[\"dense\", 0, 0]]", StatusCode::kUnimplemented,
                    "only an InputLayer"},
        HostileCase{"/config/output_layers", nullptr, StatusCode::kDataLoss, "output_layers"},
        HostileCase{"/config/output_layers", "5", StatusCode::kDataLoss, "output_layers is 5"},
        HostileCase{"/config/layers/0/config/batch_input_shape", "[null, -4]",
                    StatusCode::kDataLoss, "batch_input_shape"},
        HostileCase{"/config/layers/0/config/batch_input_shape", "[null, 4]",
                    StatusCode::kFailedPrecondition, "takes an input of shape"},
        HostileCase{"/config/layers/0/config/batch_input_shape",
                    "[null, 2147483647, 2147483647, 2147483647]", StatusCode::kFailedPrecondition,
                    "the layer 'conv' (Conv2D)"},
        HostileCase{"/config/layers/0/config/dtype", "\"string\"", StatusCode::kUnimplemented,
                    "is called with strings"},
        HostileCase{"/config/layers/1/config/filters", "-3", StatusCode::kDataLoss,
                    "the layer 'conv' (Conv2D): config.filters is -3"},
        HostileCase{"/config/layers/1/config/filters", "2147483647",
                    StatusCode::kFailedPrecondition, "cannot reshape"},
        HostileCase{"/config/layers/1/config/filters", "1e30", StatusCode::kDataLoss,
                    "config.filters"},
        HostileCase{"/config/layers/1/config/kernel_size", "[2, 2, 2]", StatusCode::kDataLoss,
                    "config.kernel_size"},
        HostileCase{"/config/layers/1/config/kernel_size", "100", StatusCode::kFailedPrecondition,
                    "the layer 'conv' (Conv2D): cannot work on inputs of shape [?,4,4,2]"},
        HostileCase{"/config/layers/1/config/kernel_size", "2147483647",
                    StatusCode::kFailedPrecondition, "the layer 'conv' (Conv2D)"},
        HostileCase{"/config/layers/1/config/strides", "0", StatusCode::kDataLoss,
                    "config.strides"},
        HostileCase{"/config/layers/1/config/groups", "3", StatusCode::kFailedPrecondition,
                    "3 groups do not divide 2 input channels"},
        HostileCase{"/config/layers/1/config/padding", "\"full\"", StatusCode::kDataLoss,
                    "one of \"valid\", \"same\""},
        HostileCase{"/config/layers/1/config/trainable", "7", StatusCode::kDataLoss, "trainable"},
        HostileCase{"/config/layers/2/config/target_shape", "[26]", StatusCode::kFailedPrecondition,
                    "cannot reshape [3,3,3] to [26]"},
        HostileCase{"/config/layers/2/config/target_shape", "[-1, -1]",
                    StatusCode::kFailedPrecondition, "cannot reshape"},
        HostileCase{"/config/layers/2/config/target_shape",
                    "[2147483647, 2147483647, 2147483647, -1]", StatusCode::kDataLoss,
                    "target_shape"},
        HostileCase{"/config/layers/3/config/units", nullptr, StatusCode::kDataLoss,
                    "the layer 'dense' (Dense): config.units is missing"},
        HostileCase{"/config/layers/3/class_name", "\"Lambda\"", StatusCode::kUnimplemented,
                    "1 layer is not supported: Lambda (keras.layers) 'dense'"}));

TEST(ModelReaderTest, RefusesModelsThatMultiply) {
  // Each model calls the one inside it twice: 2^15 calls of the innermost layer.
  json model = Doubler2();
  for (int i = 0; i < 15; ++i) {
    const auto inner = model["name"].get<std::string>();
    model["inbound_nodes"] =
        json::array({json::array({json::array({"in", 0, 0, json::object()})}),
                     json::array({json::array({inner, 1, 0, json::object()})})});
    json outer = Functional2("m" + std::to_string(i),
                             json::array({Input2("in", {nullptr, 2}), model}), {"in"}, {});
    outer["config"]["output_layers"] = json::array({json::array({inner, 2, 0})});
    outer["name"] = "m" + std::to_string(i);
    model = std::move(outer);
  }
  const Status status = Read(model).status();
  EXPECT_EQ(status.code(), StatusCode::kFailedPrecondition);
  EXPECT_THAT(status.message(), HasSubstr("more than 20000 layer calls"));
}

TEST(ModelReaderTest, BoundsNestingAndNames) {
  json model = Doubler2();
  for (int i = 0; i < 25; ++i) {
    const auto inner = model["name"].get<std::string>();
    model["inbound_nodes"] = json::parse(R"([[["in", 0, 0, {}]]])");
    json outer = Functional2("m" + std::to_string(i),
                             json::array({Input2("in", {nullptr, 2}), model}), {"in"}, {});
    outer["config"]["output_layers"] = json::array({json::array({inner, 1, 0})});
    outer["name"] = "m" + std::to_string(i);
    model = std::move(outer);
  }
  EXPECT_THAT(Read(model).status().message(), HasSubstr("nested deeper than 20"));
  json many = OneLayer2("Dense", {{"units", 2}}, {nullptr, 3});
  for (int i = 0; i < 50'000; ++i) {
    many["config"]["layers"].push_back(
        Layer2("Flatten", "f" + std::to_string(i), json::object(), {"in"}));
  }
  EXPECT_THAT(Read(many).status().message(), HasSubstr("more than 50000 layers and calls"));
  json named = OneLayer2("Dense", {{"units", 2}}, {nullptr, 3});
  named["config"]["layers"][1]["name"] = std::string(301, 'x');
  EXPECT_THAT(Read(named).status().message(), HasSubstr("more than 300 bytes"));
}

}  // namespace
}  // namespace sidecar::model::keras
