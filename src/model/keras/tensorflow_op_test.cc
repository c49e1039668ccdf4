#include "model/keras/tensorflow_op.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>

#include "model/keras/model_reader.h"
#include "model/testing/keras_json.h"

namespace sidecar::model::keras {
namespace {

using model::testing::json;
using model::testing::OneLayer2;
using ::testing::HasSubstr;

json Config(const std::string& op, const json& attributes = json::object(),
            const json& constants = json::object()) {
  return {{"name", "some"},
          {"node_def", {{"name", "some"}, {"op", op}, {"attr", attributes}}},
          {"constants", constants}};
}

Status Read(const json& config) {
  return ReadModel(OneLayer2("TensorFlowOpLayer", config, {nullptr, 4}).dump(), {.source = "test"})
      .status();
}

// A user's class may have the same name, and any config.
TEST(TensorFlowOpTest, IsOneOfKerasOnly) {
  json model = OneLayer2("TensorFlowOpLayer", {{"name", "some"}, {"node_def", 1}}, {nullptr, 4});
  for (json& layer : model["config"]["layers"]) {
    if (layer["class_name"] == "TensorFlowOpLayer") layer["module"] = "mine.layers";
  }
  const Status status = ReadModel(model.dump(), {.source = "test"}).status();
  EXPECT_EQ(status.code(), StatusCode::kUnimplemented) << status;
  EXPECT_THAT(status.message(), HasSubstr("TensorFlowOpLayer"));
}

TEST(TensorFlowOpTest, NamesInputsAndAttributes) {
  const json attributes = {{"padding", {{"s", "U0FNRQ=="}}},
                           {"data_format", {{"s", "TkhXQw=="}}},
                           {"ksize", {{"list", {{"i", {"1", "2", "2", "1"}}}}}},
                           {"strides", {{"list", json::object()}}},
                           {"T", {{"type", "DT_FLOAT"}}}};
  const auto op = ReadTensorFlowOp(Config("MaxPool", attributes), "config");
  ASSERT_TRUE(op.ok()) << op.status();
  EXPECT_EQ((*op)["function"], "nn.max_pool");
  EXPECT_EQ((*op)["arguments"]["padding"], "SAME");
  EXPECT_EQ((*op)["arguments"]["data_format"], "NHWC");
  EXPECT_EQ((*op)["arguments"]["pool_size"], (json{1, 2, 2, 1}));
  EXPECT_EQ((*op)["arguments"]["strides"], json::array());
  EXPECT_FALSE((*op)["arguments"].contains("T"));
}

TEST(TensorFlowOpTest, PutsConstantsAtTheirPlaces) {
  const json constants = {
      {"0", {{"class_name", "__numpy__"}, {"config", {{"value", {1, 2}}, {"dtype", "int32"}}}}},
      {"3", 1}};
  const json op = ReadTensorFlowOp(Config("ConcatV2", json::object(), constants), "config").value();
  const json node = json::parse(R"([["a", 0, 0, {}], ["b", 1, 2, {}]])");
  const auto call = ReadTensorFlowOpCall(node, op, "node");
  ASSERT_TRUE(call.ok()) << call.status();
  ASSERT_EQ(call->arguments.size(), 2U);
  EXPECT_EQ(call->arguments[0].name, "xs");
  ASSERT_NE(call->arguments[0].tree.items(), nullptr);
  const auto& parts = *call->arguments[0].tree.items();
  ASSERT_EQ(parts.size(), 3U);
  EXPECT_EQ(*parts[0].constant(), (json{1, 2}));
  EXPECT_EQ(parts[1].tensor()->layer, "a");
  EXPECT_EQ(parts[2].tensor()->output, 2);
  EXPECT_EQ(call->arguments[1].name, "axis");
  EXPECT_EQ(*call->arguments[1].tree.constant(), 1);
}

TEST(TensorFlowOpTest, RefusesUnknownOpsByName) {
  const Status status = Read(Config("Lgamma"));
  EXPECT_EQ(status.code(), StatusCode::kUnimplemented);
  EXPECT_THAT(status.message(), HasSubstr("tf.raw_ops.Lgamma 'layer'"));
}

TEST(TensorFlowOpTest, RefusesConfigsThatLie) {
  EXPECT_TRUE(Read(Config("Neg")).ok());
  EXPECT_THAT(Read({{"name", "x"}}).message(), HasSubstr("config.node_def is missing"));
  EXPECT_THAT(Read({{"name", "x"}, {"node_def", json::object()}}).message(),
              HasSubstr("config.node_def.op is missing"));
  const Status text = Read({{"name", "x"}, {"node_def", "\n\u0001x"}});
  EXPECT_EQ(text.code(), StatusCode::kUnimplemented);
  EXPECT_THAT(text.message(), HasSubstr("save it again"));
  EXPECT_THAT(Read(Config("Add")).message(), HasSubstr("the op Add is called with 1 inputs"));
  EXPECT_THAT(Read(Config("Neg", json::object(), {{"7", 1}})).message(),
              HasSubstr("the numbers of its constants"));
  EXPECT_THAT(Read(Config("Neg", json::object(), json::array({1}))).message(),
              HasSubstr("config.constants is [1]"));
  for (const json& wrong :
       {json(3), json::object(), json{{"type", "DT_VARIANT"}}, json{{"s", "=!"}},
        json{{"i", "12x"}}, json{{"list", {{"f", {1.5}}}}}, json{{"type", "DT_INT32"}, {"i", 1}}}) {
    EXPECT_THAT(Read(Config("Cast", {{"DstT", wrong}})).message(),
                HasSubstr("config.node_def.attr.DstT is"))
        << wrong;
  }
  // A kind that the function does not expect.
  EXPECT_EQ(Read(Config("Cast", {{"DstT", {{"i", "3"}}}})).code(), StatusCode::kDataLoss);
}

TEST(TensorFlowOpTest, HasSortedOps) {
  const auto ops = TensorFlowOps();
  EXPECT_GT(ops.size(), 100U);
  EXPECT_TRUE(std::is_sorted(ops.begin(), ops.end()));
}

}  // namespace
}  // namespace sidecar::model::keras
