// From JSON to graphs: dialects, nested models, logits, dtype policies.
#include "model/keras/model_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "model/testing/keras_json.h"
#include "model/testing/run_graph.h"

namespace sidecar::model::keras {
namespace {

using model::testing::Doubler2;
using model::testing::Functional2;
using model::testing::Functional3;
using model::testing::Input2;
using model::testing::Input3;
using model::testing::json;
using model::testing::Layer2;
using model::testing::Layer3;
using model::testing::OneLayer2;
using model::testing::OneLayer3;
using model::testing::RunGraph;
using model::testing::Tensor3;
using ::testing::ElementsAre;
using ::testing::FloatNear;
using ::testing::HasSubstr;
using ::testing::Pointwise;

Result<std::shared_ptr<LoadedModel>> Read(const json& document) {
  return ReadModel(document.dump(), {.source = "test"});
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
  EXPECT_EQ(model->variables[0].regularizer.l2, 0.25F);
  EXPECT_EQ(model->variables[0].regularizer.l1, 0.0F);
  EXPECT_EQ(model->variables[1].regularizer.l1, 0.01F);
  EXPECT_FALSE(model->variables[0].request.trainable);
  model = ReadModel(text, {.source = "t", .keras_version = KerasVersion::kKeras3}).value();
  EXPECT_EQ(model->variables[0].regularizer.l2, 0.0F);
  EXPECT_EQ(model->variables[1].regularizer.l1, 0.0F);
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

TEST(ModelReaderTest, ActivityRegularizersBecomeLossTerms) {
  const json l1l2 = {{"class_name", "L1L2"}, {"config", {{"l1", 0.1}, {"l2", 0.2}}}};
  const auto model =
      Read(OneLayer2("Dense", {{"units", 2}, {"activity_regularizer", l1l2}}, {nullptr, 3}));
  ASSERT_TRUE(model.ok()) << model.status();
  ASSERT_EQ((*model)->loss_terms.size(), 2U);
  for (const LossTerm& term : (*model)->loss_terms) {
    EXPECT_EQ(term.kind, TermKind::kPerSample);
  }
}

}  // namespace
}  // namespace sidecar::model::keras
