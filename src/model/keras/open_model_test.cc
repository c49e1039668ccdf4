// Models whose JSON leaves the shapes of their inputs open, and policies that depend on a layer's
// path.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <openvino/core/model.hpp>

#include "model/keras/model_reader.h"
#include "model/testing/keras_json.h"

namespace sidecar::model::keras {
namespace {

using model::testing::Functional2;
using model::testing::Functional3;
using model::testing::Input2;
using model::testing::Input3;
using model::testing::json;
using model::testing::Layer2;
using model::testing::Layer3;
using model::testing::Tensor3;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

Result<std::shared_ptr<LoadedModel>> Read(const json& document) {
  return ReadModel(document.dump(), {.source = "test"});
}

TEST(OpenModelTest, OpenShapesComeFromTheData) {
  json document = Functional2("m",
                              json::array({Input2("in", {nullptr, nullptr}),
                                           Layer2("Dense", "layer", {{"units", 2}}, {"in"})}),
                              {"in"}, {"layer"});
  document["compile_config"] = {{"loss", "mse"}};
  for (const bool declared : {true, false}) {
    if (!declared) document["config"]["layers"][0]["config"].erase("batch_input_shape");
    const auto model = Read(document);
    ASSERT_TRUE(model.ok()) << model.status();
    EXPECT_EQ((*model)->graph, nullptr);
    EXPECT_EQ((*model)->inputs.at(0).name, "in");
    EXPECT_EQ((*model)->inputs.at(0).declared, declared);
    EXPECT_EQ((*model)->outputs.at(0).name, "layer");
    EXPECT_EQ((*model)->compile_config, R"({"loss":"mse"})");
    ASSERT_TRUE((*model)->finish);
    const auto finished = (*model)->finish({{.name = "in", .shape = {3}}});
    ASSERT_TRUE(finished.ok()) << finished.status();
    EXPECT_EQ((*finished)->variables.at(0).request.shape, (Shape{3, 2}));
    const Status status = (*model)->finish({{.name = "in", .shape = {Shape::kUnknown}}}).status();
    EXPECT_EQ(status.code(), StatusCode::kFailedPrecondition);
    EXPECT_THAT(status.message(), HasSubstr("needs to know the size of dimension 1"));
  }
}

TEST(OpenModelTest, AStackWithoutAnInputTakesWhatTheDataHas) {
  const json dense = Layer2("Dense", "d", {{"units", 2}}, {});
  json document = {{"class_name", "Sequential"},
                   {"config", {{"name", "s"}, {"layers", json::array({dense})}}}};
  const auto open = Read(document);
  ASSERT_TRUE(open.ok()) << open.status();
  EXPECT_EQ((*open)->graph, nullptr);
  EXPECT_EQ((*open)->inputs.at(0).name, "d_input");
  const auto finished =
      (*open)->finish({{.name = "", .dtype = DType::kUint8, .shape = {4}, .declared = false}});
  ASSERT_TRUE(finished.ok()) << finished.status();
  EXPECT_EQ((*finished)->inputs.at(0).dtype, DType::kInt32);
  EXPECT_EQ((*finished)->variables.at(0).request.shape, (Shape{4, 2}));
  // What it was built with, and what a model inside it says, is as good as an Input.
  json built = document;
  built["config"]["build_input_shape"] = {nullptr, 5};
  json inner = Functional2("inner", json::array({Input2("x", {nullptr, 5}), dense}), {"x"}, {"d"});
  inner["config"]["layers"][1]["inbound_nodes"] = json::parse(R"([[["x", 0, 0, {}]]])");
  json around = document;
  around["config"]["layers"] = json::array({inner});
  for (const json& known : {built, around}) {
    const auto model = Read(known);
    ASSERT_TRUE(model.ok()) << model.status();
    ASSERT_NE((*model)->graph, nullptr);
    EXPECT_EQ((*model)->variables.at(0).request.shape, (Shape{5, 2}));
  }
}

TEST(DTypePolicyTest, LooksUpMapsOfPolicies) {
  const auto policy = [](const char* name) {
    return json{{"class_name", "DTypePolicy"}, {"config", {{"name", name}}}};
  };
  const auto variable_type = [&](const json& map, bool sequential) {
    const json layer = Layer3("Dense", "d", {{"units", 2}, {"dtype", map}}, {Tensor3("in")});
    const json layers = json::array({Input3("in", {nullptr, 3}), layer});
    json document = Functional3("m", layers, json::array({"in", 0, 0}), json::array({"d", 0, 0}));
    if (sequential) document["class_name"] = "Sequential";
    return Read(document);
  };
  const auto map = [](const json& otherwise, const json& entries) {
    return json{{"class_name", "DTypePolicyMap"},
                {"config", {{"default_policy", otherwise}, {"policy_map", entries}}}};
  };
  struct Case {
    json dtype;
    bool sequential;
    DType expected;
  };
  const std::vector<Case> cases = {
      {map(nullptr, json::object()), false, DType::kFloat32},
      {map("float64", json::object()), false, DType::kFloat64},
      {map(policy("float16"), {{"e", policy("float64")}}), false, DType::kFloat16},
      {map(nullptr, {{"d", policy("float64")}}), false, DType::kFloat64},
      {map(nullptr, {{"d", policy("float64")}}), true, DType::kFloat32},
      {map(nullptr, {{"m/d", policy("float64")}}), true, DType::kFloat64},
      {map(nullptr, {{"m/.*", policy("bfloat16")}}), true, DType::kBfloat16},
      {map(nullptr, {{".*d", policy("mixed_float16")}, {"m.d.", "float64"}}), true,
       DType::kFloat32},
  };
  for (const Case& item : cases) {
    SCOPED_TRACE(item.dtype.dump());
    const auto model = variable_type(item.dtype, item.sequential);
    ASSERT_TRUE(model.ok()) << model.status();
    EXPECT_EQ((*model)->variables.at(0).request.dtype, item.expected);
  }
  const json quantized = {{"class_name", "QuantizedDTypePolicy"},
                          {"config", {{"mode", "int8"}, {"source_name", "float32"}}}};
  const std::vector<std::pair<json, const char*>> refused = {
      {quantized, "the dtype policy int8_from_float32"},
      {"float8_from_mixed_bfloat16", "the dtype policy \"float8_from_mixed_bfloat16\""},
      {map(nullptr, {{"d", quantized}}), "the dtype policy int8_from_float32"},
      {map(nullptr, {{"(d|e)+", policy("float64")}}), "the dtype policy map"},
      {map(nullptr, {{"d.*", policy("float64")}, {".*", "float32"}}), "the dtype policy map"},
  };
  for (const auto& [dtype, message] : refused) {
    const Status status = variable_type(dtype, false).status();
    EXPECT_EQ(status.code(), StatusCode::kUnimplemented) << status;
    EXPECT_THAT(status.details(), ElementsAre(HasSubstr(std::string("config.dtype: ") + message)));
  }
}

}  // namespace
}  // namespace sidecar::model::keras
