// What the reader of model JSON refuses: what is not supported, and what is damaged or hostile.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "model/keras/model_reader.h"
#include "model/testing/keras_json.h"

namespace sidecar::model::keras {
namespace {

using model::testing::Doubler2;
using model::testing::Functional2;
using model::testing::Input2;
using model::testing::json;
using model::testing::Layer2;
using model::testing::OneLayer2;
using model::testing::OneLayer3;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

Result<std::shared_ptr<LoadedModel>> Read(const json& document) {
  return ReadModel(document.dump(), {.source = "test"});
}

TEST(ModelReaderRefusalsTest, NamesAllUnsupportedLayersAtOnce) {
  json layers =
      json::array({Input2("in", {nullptr, 3}), Layer2("NoSuchLayer", "random", {}, {"in"}),
                   Layer2("NoSuchLayer", "random_1", {}, {"random"}),
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
            "NoSuchLayer (keras.layers) 'random', 'random_1'");
  EXPECT_THAT(
      status.details(),
      ElementsAre(
          HasSubstr("the layer 'crop' (Lambda): its function is Python code"),
          "the layer 'sparse' (Dense): config.activation: the activation my>act is not supported",
          "the layer 'fine' (Dense): the call argument training = true is not "
          "supported"));
}

TEST(ModelReaderRefusalsTest, SaysWhyAnOptionIsRefused) {
  const json config = {{"virtual_batch_size", 2}};
  EXPECT_THAT(
      Read(OneLayer2("BatchNormalization", config, {nullptr, 3})).status().details(),
      ElementsAre(HasSubstr("config.virtual_batch_size is not supported: it takes batches of")));
}

TEST(ModelReaderRefusalsTest, NamesTheFieldOfWhatIsRefused) {
  const std::pair<json, const char*> cases[] = {
      {{{"units", 2}, {"activation", "nosuch"}}, "config.activation: the activation nosuch"},
      {{{"units", 2}, {"dtype", "int4"}}, "config.dtype: the dtype policy \"int4\""},
      {{{"units", 2}, {"dtype", "int32"}}, "config.dtype: the dtype policy int32"},
      {{{"units", 2}, {"kernel_regularizer", "mine"}},
       "config.kernel_regularizer: the regularizer \"mine\""},
      {{{"units", 2}, {"wings", 2}}, "config.wings, which is no option"},
  };
  for (const auto& [config, message] : cases) {
    const Status status = Read(OneLayer2("Dense", config, {nullptr, 3})).status();
    EXPECT_EQ(status.code(), StatusCode::kUnimplemented) << status;
    EXPECT_THAT(status.details(), ElementsAre(HasSubstr(message)));
  }
}

// Keras 2 adds the terms of a model inside of TimeDistributed twice.
TEST(ModelReaderRefusalsTest, RefusesTermsOfModelsForEachStep) {
  const auto wrapped = [](const json& regularizer) {
    json layers = json::array(
        {Input2("step", {nullptr, 3}),
         Layer2("Dense", "dense", {{"units", 2}, {"activity_regularizer", regularizer}}, {})});
    const json inner = {{"class_name", "Sequential"},
                        {"config", {{"name", "inner"}, {"layers", std::move(layers)}}}};
    return Read(OneLayer2("TimeDistributed", {{"layer", inner}}, {nullptr, 4, 3})).status();
  };
  EXPECT_TRUE(wrapped(json()).ok()) << wrapped(json());
  EXPECT_EQ(wrapped("l2").code(), StatusCode::kUnimplemented);
  EXPECT_THAT(wrapped("l2").message(), HasSubstr("is not supported inside of TimeDistributed"));
}

TEST(ModelReaderRefusalsTest, RefusesNumbersThatMustBeFiniteByTheirPath) {
  const std::pair<json, std::string> cases[] = {
      {OneLayer2("BatchNormalization", {{"epsilon", "?"}}, {nullptr, 3}), "config.epsilon is NaN"},
      {OneLayer2("Dense", {{"units", "?"}}, {nullptr, 3}), "config.units is NaN"},
      {OneLayer2("ReLU", {{"max_value", "?"}}, {nullptr, 3}), "config.max_value is NaN"}};
  for (const auto& [document, expected] : cases) {
    std::string text = document.dump();
    text.replace(text.find("\"?\""), 3, "NaN");
    const Status status = ReadModel(text, {.source = "test"}).status();
    EXPECT_EQ(status.code(), StatusCode::kDataLoss);
    EXPECT_THAT(status.message(), HasSubstr(expected));
  }
}

TEST(ModelReaderRefusalsTest, RefusesOptionsThatChangeWhatALayerComputes) {
  const std::vector<std::pair<std::string, json>> cases = {
      {"Dense", {{"units", 2}, {"activity_regularizer", "orthogonal_regularizer"}}},
      {"Dense",
       {{"units", 2},
        {"kernel_regularizer", {{"class_name", "Mine"}, {"config", json::object()}}}}},
      {"Dense", {{"units", 2}, {"dtype", "int8_from_float32"}}},
      {"Dense",
       {{"units", 2},
        {"dtype",
         {{"class_name", "QuantizedDTypePolicy"}, {"config", {{"name", "int8_from_float32"}}}}}}},
      {"Activation", {{"activation", "no_such"}}},
      {"Activation", {{"activation", {{"class_name", "__lambda__"}, {"config", json::object()}}}}},
      {"Rescaling", {{"scale", 2}, {"dtype", "uint8"}}},
      {"RNN",
       {{"num_constants", 1}, {"cell", {{"class_name", "GRUCell"}, {"config", {{"units", 2}}}}}}}};
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

TEST(ModelReaderRefusalsTest, TakesOperationsThatShareALayersNameForOperations) {
  json document = OneLayer3("Multiply", json::object(), {nullptr, 2});
  document["config"]["layers"][1]["module"] = "keras.src.ops.numpy";
  EXPECT_THAT(Read(document).status().message(), HasSubstr("without the argument x2"));
}

TEST(ModelReaderRefusalsTest, SaysHowToSaveASubclassedModel) {
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
                    StatusCode::kFailedPrecondition, "config.target_shape: cannot reshape"},
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
                    "config.groups = 3 does not divide 2 input channels"},
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

TEST(ModelReaderRefusalsTest, RefusesModelsThatMultiply) {
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

TEST(ModelReaderRefusalsTest, BoundsNestingAndNames) {
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
