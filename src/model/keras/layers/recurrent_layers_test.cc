// What the CPU device makes of recurrent layers, and which rows their checks are of.
#include <gtest/gtest.h>

#include <map>
#include <nlohmann/json.hpp>
#include <openvino/core/model.hpp>
#include <openvino/runtime/core.hpp>
#include <string>
#include <utility>
#include <vector>

#include "engine/graph_preparation.h"
#include "model/loaded_model.h"
#include "model/testing/keras_json.h"
#include "model/testing/run_graph.h"
#include "sidecar/model.h"
#include "sidecar/tensor.h"

namespace sidecar::model::keras {
namespace {

using nlohmann::json;
using testing::Functional2;
using testing::Input2;
using testing::Layer2;
using testing::OneLayer3;

json Layer(const std::string& class_name, json config) {
  config["name"] = "inner";
  return {{"module", "keras.layers"}, {"class_name", class_name}, {"config", std::move(config)}};
}

json Recurrent(bool sequences) {
  return {{"units", 4},
          {"activation", "tanh"},
          {"recurrent_activation", "sigmoid"},
          {"return_sequences", sequences}};
}

Model OneLayer(const std::string& class_name, const json& config) {
  const json model = Functional2(
      "model",
      json::array({Input2("x", {nullptr, 6, 3}), Layer2(class_name, "layer", config, {"x"})}),
      {"x"}, {"layer"});
  return Model::FromJson(model.dump()).value();
}

std::vector<Tensor> ZeroWeights(const LoadedModel& model) {
  std::vector<Tensor> weights;
  for (const ModelVariable& variable : model.variables) {
    weights.push_back(Tensor::Zeros(DType::kFloat32, variable.request.shape).value());
  }
  return weights;
}

// The kinds of nodes that the CPU device executes, with their counts.
std::map<std::string, int> ExecutedNodes(const Model& model) {
  const LoadedModel& loaded = *model.loaded();
  const std::vector<Shape> shapes = {Shape({2, 6, 3})};
  const std::vector<DType> types = {DType::kFloat32};
  const auto graph = engine::WithInputs(*loaded.graph, types, shapes);
  const std::vector<Tensor> weights = ZeroWeights(loaded);
  EXPECT_TRUE(engine::VariablesToConstants(*graph, weights).ok());
  ov::Core core;
  std::map<std::string, int> counts;
  const auto compiled = core.compile_model(graph, "CPU");
  for (const auto& node : compiled.get_runtime_model()->get_ops()) {
    ++counts[node->get_rt_info().at("layerType").as<std::string>()];
  }
  return counts;
}

TEST(RecurrentLayers, AreSequenceOpsOnTheDevice) {
  for (const std::string class_name : {"LSTM", "GRU", "SimpleRNN"}) {
    for (const bool sequences : {false, true}) {
      auto nodes = ExecutedNodes(OneLayer(class_name, Recurrent(sequences)));
      EXPECT_EQ(nodes["RNNSeq"], 1) << class_name;
      EXPECT_EQ(nodes["TensorIterator"], 0) << class_name;
    }
  }
}

TEST(RecurrentLayers, AreSequenceOpsWithEveryOptionThatAllowsIt) {
  json config = Recurrent(true);
  config["reset_after"] = false;
  config["go_backwards"] = true;
  config["use_bias"] = false;
  EXPECT_EQ(ExecutedNodes(OneLayer("GRU", config))["RNNSeq"], 1);
  EXPECT_EQ(ExecutedNodes(OneLayer("LSTM", config))["RNNSeq"], 1);
}

TEST(RecurrentLayers, RunAsTwoSequencesInBidirectional) {
  const json config = {{"layer", Layer("LSTM", Recurrent(true))}, {"merge_mode", "concat"}};
  auto nodes = ExecutedNodes(OneLayer("Bidirectional", config));
  EXPECT_EQ(nodes["RNNSeq"], 2);
  EXPECT_EQ(nodes["TensorIterator"], 0);
}

TEST(RecurrentLayers, LoopWithOtherActivations) {
  json config = Recurrent(false);
  config["activation"] = "relu";
  EXPECT_EQ(ExecutedNodes(OneLayer("LSTM", config))["TensorIterator"], 1);
}

json Stateful(json layer) {
  layer["config"]["stateful"] = true;
  return layer;
}

std::vector<std::vector<std::string>> Edges(const checkpoint::VariableRequest& request) {
  std::vector<std::vector<std::string>> edges;
  for (const checkpoint::PathStep& step : request.graph_path) {
    edges.push_back(step.alternatives.front());
  }
  return edges;
}

TEST(StatefulLayers, SayWhatTheyKeepAndWhereKeras3KeepsIt) {
  json config = Recurrent(false);
  config["stateful"] = true;
  const json model = OneLayer3("LSTM", config, {2, 6, 3});
  const Model loaded = Model::FromJson(model.dump()).value();
  const std::vector<ModelState>& states = loaded.loaded()->states;
  ASSERT_EQ(states.size(), 2U);
  EXPECT_FALSE(loaded.loaded()->rows_independent);
  EXPECT_EQ(states[1].shape, Shape({2, 4}));
  EXPECT_EQ(states[1].request.name, "layer/states/1");
  EXPECT_TRUE(states[1].request.optional);
  EXPECT_EQ(Edges(states[1].request),
            (std::vector<std::vector<std::string>>{{"_operations", "1"}, {"states", "1"}}));
  // After the input, and after the output.
  EXPECT_EQ(loaded.loaded()->graph->get_parameters().size(), 3U);
  EXPECT_EQ(states[1].result, 2U);
}

TEST(StatefulLayers, AreInNoCheckpointOfKeras2) {
  const json wrapped = {{"layer", Stateful(Layer("GRU", Recurrent(false)))}};
  const json model = Functional2(
      "model",
      json::array({Input2("x", {2, 6, 3}), Layer2("Bidirectional", "layer", wrapped, {"x"})}),
      {"x"}, {"layer"});
  const Model loaded = Model::FromJson(model.dump()).value();
  const std::vector<ModelState>& states = loaded.loaded()->states;
  ASSERT_EQ(states.size(), 2U);
  EXPECT_EQ(states[1].request.name, "layer/backward_layer/states/0");
  EXPECT_TRUE(states[1].request.graph_path.empty());
}

TEST(StatefulLayers, NeedTheBatchSize) {
  json config = Recurrent(false);
  config["stateful"] = true;
  const Status status = Model::FromJson(OneLayer3("LSTM", config, {nullptr, 6, 3}).dump()).status();
  EXPECT_EQ(status.code(), StatusCode::kFailedPrecondition);
  EXPECT_NE(status.ToString().find("leave the batch size open"), std::string::npos) << status;
}

TEST(StatefulLayers, NeedOneBatchSize) {
  json config = Recurrent(false);
  config["stateful"] = true;
  const auto model_of = [&config](std::int64_t rows, const json& input) {
    json inner = Functional2(
        "inner",
        json::array({Input2("y", {rows, 6, 3}), Layer2("LSTM", "inner_lstm", config, {"y"})}),
        {"y"}, {"inner_lstm"});
    inner["name"] = "inner";
    inner["inbound_nodes"] = json::array({json::array({json::array({"x", 0, 0, json::object()})})});
    return Functional2("model", json::array({input, inner, Layer2("LSTM", "outer", config, {"x"})}),
                       {"x"}, {"inner", "outer"});
  };
  EXPECT_TRUE(Model::FromJson(model_of(2, Input2("x", {2, 6, 3})).dump()).ok());
  const Status status = Model::FromJson(model_of(4, Input2("x", {2, 6, 3})).dump()).status();
  EXPECT_EQ(status.code(), StatusCode::kFailedPrecondition);
  EXPECT_NE(status.ToString().find("different sizes"), std::string::npos) << status;
}

TEST(StatefulLayers, OfHostileSizesAreRefused) {
  json config = Recurrent(false);
  config["stateful"] = true;
  config["units"] = 1024;
  const Status status =
      Model::FromJson(OneLayer3("LSTM", config, {2147483647, 6, 3}).dump()).status();
  EXPECT_EQ(status.code(), StatusCode::kFailedPrecondition);
  EXPECT_NE(status.ToString().find("would keep a state of shape"), std::string::npos) << status;
}

TEST(TimeDistributed, SaysInWhichRowAnIdIsOutside) {
  const json embedding = Layer("Embedding", {{"input_dim", 4}, {"output_dim", 2}});
  const json model =
      Functional2("model",
                  json::array({Input2("x", {nullptr, 3, 2}, "int32"),
                               Layer2("TimeDistributed", "layer", {{"layer", embedding}}, {"x"})}),
                  {"x"}, {"layer"});
  const Model loaded = Model::FromJson(model.dump()).value();
  const std::vector<std::int32_t> ids = {0, 1, 2, 3, 0, 0,  //
                                         0, 0, 0, 0, 0, 4};
  const Tensor x = Tensor::FromValues<std::int32_t>(Shape({2, 3, 2}), ids).value();
  const auto results =
      testing::RunGraph(*loaded.loaded(), ZeroWeights(*loaded.loaded()), {x}).value();
  ASSERT_EQ(loaded.loaded()->checks.size(), 1U);
  const Tensor& flags = results[loaded.loaded()->checks.front().result];
  ASSERT_EQ(flags.shape(), Shape({2}));
  EXPECT_EQ(flags.values<std::int32_t>()[0], 0);
  EXPECT_EQ(flags.values<std::int32_t>()[1], 1);
}

}  // namespace
}  // namespace sidecar::model::keras
