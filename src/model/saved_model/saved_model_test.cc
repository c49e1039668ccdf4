#include <gtest/gtest.h>

#include <openvino/core/model.hpp>
#include <openvino/op/add.hpp>
#include <openvino/op/constant.hpp>
#include <openvino/op/convert.hpp>
#include <openvino/op/divide.hpp>
#include <openvino/op/gather.hpp>
#include <openvino/op/matmul.hpp>
#include <openvino/op/pad.hpp>
#include <openvino/op/parameter.hpp>
#include <openvino/op/reduce_mean.hpp>
#include <openvino/op/reshape.hpp>
#include <openvino/op/result.hpp>
#include <openvino/op/shape_of.hpp>
#include <openvino/op/softmax.hpp>
#include <openvino/op/transpose.hpp>
#include <string>

#include "base/byte_reader.h"
#include "base/protobuf.h"
#include "model/loaded_model.h"
#include "model/saved_model/attr_value.h"
#include "model/saved_model/inference_graph.h"
#include "model/saved_model/object_paths.h"
#include "model/saved_model/ports.h"
#include "model/saved_model/row_analysis.h"
#include "model/saved_model/saved_model_proto.h"
#include "model/saved_model/saved_object_graph.h"
#include "sidecar/model.h"

namespace sidecar::model::saved_model {
namespace {

using base::AsBytes;
using base::ProtoWriter;

std::string ShapeProto(const std::vector<std::int64_t>& sizes) {
  ProtoWriter shape;
  for (const std::int64_t size : sizes) {
    ProtoWriter dimension;
    dimension.AddVarint(1, static_cast<std::uint64_t>(size));
    shape.AddBytesAlways(2, dimension.bytes());
  }
  return shape.bytes();
}

std::string FloatTensor(const std::vector<std::int64_t>& sizes, const std::vector<float>& values) {
  ProtoWriter tensor;
  tensor.AddVarint(1, 1);
  tensor.AddBytes(2, ShapeProto(sizes));
  for (const float value : values) tensor.AddFixed32(5, std::bit_cast<std::uint32_t>(value));
  ProtoWriter attribute;
  attribute.AddBytes(8, tensor.bytes());
  return attribute.bytes();
}

Result<Tensor> Unpacked(const std::string& attribute, std::uint64_t max_bytes = 1000) {
  const auto value = ParseAttrValue(AsBytes(attribute));
  if (!value.ok()) return value.status();
  return UnpackTensor(std::get<TensorProto>(*value), max_bytes);
}

TEST(AttrValueTest, TheLastValueStandsForTheRest) {
  const Tensor tensor = Unpacked(FloatTensor({2, 2}, {1, 2})).value();
  const auto values = tensor.values<float>();
  EXPECT_EQ(std::vector<float>(values.begin(), values.end()), (std::vector<float>{1, 2, 2, 2}));
  EXPECT_EQ(Unpacked(FloatTensor({3}, {})).value().values<float>()[2], 0);
}

TEST(AttrValueTest, ConstantsThatLieAboutTheirSizeAreDamaged) {
  EXPECT_EQ(Unpacked(FloatTensor({1}, {1, 2})).status().code(), StatusCode::kDataLoss);
  EXPECT_EQ(Unpacked(FloatTensor({1 << 20, 1 << 20}, {1})).status().code(), StatusCode::kDataLoss);
  EXPECT_EQ(Unpacked(FloatTensor({1 << 30, 1 << 30, 1 << 30}, {1})).status().code(),
            StatusCode::kDataLoss);
  EXPECT_EQ(Unpacked(FloatTensor({-1}, {1})).status().code(), StatusCode::kDataLoss);
  ProtoWriter tensor;
  tensor.AddVarint(1, 1);
  tensor.AddBytes(2, ShapeProto({2}));
  tensor.AddBytes(4, "123");
  ProtoWriter attribute;
  attribute.AddBytes(8, tensor.bytes());
  EXPECT_EQ(Unpacked(attribute.bytes()).status().code(), StatusCode::kDataLoss);
}

TEST(TensorNameTest, ReadsBothForms) {
  EXPECT_EQ(ParseTensorName("a:2")->port, 2U);
  const TensorName name = *ParseTensorName("top:indices:1");
  EXPECT_EQ(name.node, "top");
  EXPECT_EQ(name.output, "indices");
  EXPECT_EQ(name.port, 1U);
  for (const char* text : {"", ":1", "a:", "a:b", "a:-1", "a:99999999999"})
    EXPECT_FALSE(ParseTensorName(text)) << text;
}

// A graph under construction.
class GraphText {
 public:
  void AddNode(const std::string& name, const std::string& op,
               const std::vector<std::string>& inputs, const std::string& function = "") {
    nodes_.AddBytes(1, Node(name, op, inputs, function));
  }
  // A function of one argument `a` whose only node calls `callee`, or adds where there is none.
  void AddFunction(const std::string& name, const std::string& callee) {
    ProtoWriter argument;
    argument.AddBytes(1, "a");
    ProtoWriter output;
    output.AddBytes(1, "b");
    ProtoWriter signature;
    signature.AddBytes(1, name);
    signature.AddBytes(2, argument.bytes());
    signature.AddBytes(3, output.bytes());
    ProtoWriter returns;
    returns.AddBytes(1, "b");
    returns.AddBytes(2, "c:output:0");
    ProtoWriter function;
    function.AddBytes(1, signature.bytes());
    function.AddBytes(3, Node("c", callee.empty() ? "Relu" : "PartitionedCall", {"a"}, callee));
    function.AddBytes(4, returns.bytes());
    library_.AddBytes(1, function.bytes());
  }
  [[nodiscard]] Status Select() {
    ProtoWriter info;
    info.AddBytes(4, "serve");
    ProtoWriter graph;
    graph.AddBytes(2, library_.bytes());
    ProtoWriter meta;
    meta.AddBytes(1, info.bytes());
    meta.AddBytes(2, graph.bytes() + nodes_.bytes());
    ProtoWriter model;
    model.AddBytes(2, meta.bytes());
    text_ = model.bytes();
    const auto parsed = ParseSavedModel(AsBytes(text_));
    if (!parsed.ok()) return parsed.status();
    Signature signature;
    signature.outputs["y"].tensor = "y:0";
    return SelectInferenceGraph(*parsed, signature).status();
  }

 private:
  static std::string Node(const std::string& name, const std::string& op,
                          const std::vector<std::string>& inputs, const std::string& function) {
    ProtoWriter node;
    node.AddBytes(1, name);
    node.AddBytes(2, op);
    for (const std::string& input : inputs) node.AddBytes(3, input);
    if (function.empty()) return node.bytes();
    ProtoWriter named;
    named.AddBytes(1, function);
    ProtoWriter value;
    value.AddBytes(10, named.bytes());
    ProtoWriter entry;
    entry.AddBytes(1, "f");
    entry.AddBytes(2, value.bytes());
    node.AddBytes(5, entry.bytes());
    return node.bytes();
  }

  ProtoWriter nodes_;
  ProtoWriter library_;
  std::string text_;
};

void ExpectDamage(const Status& status, const std::string& part) {
  EXPECT_EQ(status.code(), StatusCode::kDataLoss) << status;
  EXPECT_NE(status.message().find(part), std::string::npos) << status;
}

TEST(InferenceGraphTest, SelectsWhatTheOutputsNeed) {
  GraphText graph;
  graph.AddNode("x", "Placeholder", {});
  graph.AddNode("y", "PartitionedCall", {"x", "^other"}, "f");
  graph.AddNode("unused", "Relu", {"nothing"});
  graph.AddFunction("f", "");
  const Status status = graph.Select();
  EXPECT_TRUE(status.ok()) << status;
}

TEST(InferenceGraphTest, CirclesAreDamage) {
  GraphText nodes;
  nodes.AddNode("y", "Relu", {"z"});
  nodes.AddNode("z", "Relu", {"y"});
  ExpectDamage(nodes.Select(), "in a circle");
  GraphText functions;
  functions.AddNode("y", "PartitionedCall", {}, "f");
  functions.AddFunction("f", "g");
  functions.AddFunction("g", "f");
  ExpectDamage(functions.Select(), "calls itself");
}

TEST(InferenceGraphTest, MissingPartsAreDamage) {
  GraphText node;
  node.AddNode("y", "Relu", {"x"});
  ExpectDamage(node.Select(), "'x'");
  GraphText function;
  function.AddNode("y", "PartitionedCall", {}, "f");
  ExpectDamage(function.Select(), "'f'");
}

TEST(InferenceGraphTest, DeepNestingIsDamage) {
  GraphText graph;
  graph.AddNode("y", "PartitionedCall", {}, "f0");
  for (int i = 0; i < 200; ++i)
    graph.AddFunction("f" + std::to_string(i), i < 199 ? "f" + std::to_string(i + 1) : "");
  ExpectDamage(graph.Select(), "nested deeper");
}

// A graph of objects under construction: children as "name", object.
SavedObject Layer(std::vector<SavedObject::Edge> children, std::string_view kind = "layer") {
  SavedObject object;
  object.children = std::move(children);
  object.identifier = kind;
  return object;
}
SavedObject Variable(std::string_view name) {
  SavedObject object;
  object.variable = SavedVariable{name, DType::kFloat32, Shape{3}, true};
  return object;
}

TEST(ObjectPathsTest, FindsAllWaysShortestFirst) {
  SavedObjectGraph graph;
  graph.objects = {Layer({{"tower", 1}, {"shared", 2}, {"keras_api", 1}, {"root", 0}}),
                   Layer({{"shared", 2}}), Layer({{"kernel", 3}}), Variable("v")};
  EXPECT_EQ(ObjectPaths(graph).To(3),
            (std::vector<ObjectPath>{{"shared", "kernel"}, {"tower", "shared", "kernel"}}));
}

TEST(ObjectPathsTest, OrdersVariablesAsKerasDoes) {
  // A layer's own variables come before its sublayers'; lists beside each other have no order.
  SavedObjectGraph graph;
  graph.objects = {Layer({{"first", 1}, {"scale", 2}, {"a", 3}, {"b", 4}}),
                   Layer({{"kernel", 5}}),
                   Variable("scale"),
                   Layer({{"0", 6}, {"1", 7}}, "trackable_list_wrapper"),
                   Layer({{"0", 8}}, "trackable_list_wrapper"),
                   Variable("kernel"),
                   Variable("a0"),
                   Variable("a1"),
                   Variable("b0")};
  const std::vector<OrderedVariable> order = KerasOrder(graph);
  std::vector<std::size_t> objects;
  for (const OrderedVariable& variable : order) objects.push_back(variable.object);
  EXPECT_EQ(objects, (std::vector<std::size_t>{2, 5, 6, 7, 8}));
  EXPECT_TRUE(order[2].in_list);
  EXPECT_FALSE(order[1].in_list);
  EXPECT_TRUE(IsOrderKnown(graph, order[2], order[3]));
  EXPECT_FALSE(IsOrderKnown(graph, order[2], order[4]));
}

TEST(SavedObjectGraphTest, FlattensDictionariesByKey) {
  const auto tensor = [] {
    ProtoWriter value;
    value.AddBytesAlways(33, "");
    return value.bytes();
  };
  ProtoWriter fields;
  for (const char* key : {"wide", "deep"}) {
    ProtoWriter entry;
    entry.AddBytes(1, key);
    entry.AddBytes(2, tensor());
    fields.AddBytes(1, entry.bytes());
  }
  ProtoWriter dictionary;
  dictionary.AddBytes(53, fields.bytes());
  ProtoWriter items;
  items.AddBytes(1, dictionary.bytes());
  items.AddBytes(1, tensor());
  ProtoWriter list;
  list.AddBytes(51, items.bytes());
  EXPECT_EQ(FlattenedNames(AsBytes(list.bytes())).value(),
            (std::vector<std::string_view>{"deep", "wide", ""}));
  std::string nested = tensor();
  for (int i = 0; i < 500; ++i) {
    ProtoWriter item;
    item.AddBytes(1, nested);
    ProtoWriter value;
    value.AddBytes(51, item.bytes());
    nested = value.bytes();
  }
  EXPECT_EQ(FlattenedNames(AsBytes(nested)).status().code(), StatusCode::kDataLoss);
}

std::vector<std::string> OutputNames(const std::vector<const char*>& signature,
                                     const std::vector<std::string>& layers,
                                     const std::vector<std::string>& asked) {
  Signature ports;
  for (const char* name : signature) ports.outputs[name].name = name;
  KerasMetadata metadata;
  metadata.output_layers = layers;
  std::vector<std::string> names;
  const std::vector<OutputPort> outputs = ReadOutputs(ports, metadata, asked).value();
  for (const OutputPort& port : outputs)
    names.push_back(port.name + "=" + std::string(port.port.name));
  return names;
}

TEST(PortsTest, OutputsHaveTheModelsOrder) {
  using Names = std::vector<std::string>;
  EXPECT_EQ(OutputNames({"output_10", "output_9"}, {}, {}),
            (Names{"output_9=output_9", "output_10=output_10"}));
  EXPECT_EQ(OutputNames({"a", "b"}, {"b", "a"}, {}), (Names{"b=b", "a=a"}));
  EXPECT_EQ(OutputNames({"a", "b"}, {"other", "a"}, {}), (Names{"a=a", "b=b"}));
  EXPECT_EQ(OutputNames({"a", "b"}, {}, {"b", "a"}), (Names{"b=b", "a=a"}));
  EXPECT_EQ(OutputNames({"a", "b"}, {}, {"x", "y"}), (Names{"x=a", "y=b"}));
  Signature one;
  one.outputs["a"].name = "a";
  EXPECT_EQ(ReadOutputs(one, {}, {"x", "y"}).status().code(), StatusCode::kInvalidArgument);
}

std::shared_ptr<ov::Node> Integers(const std::vector<std::int64_t>& values) {
  return ov::op::v0::Constant::create(ov::element::i64, {values.size()}, values);
}

// Whether rows of `make(x)` are apart, x being [batch, 2, 3].
template <class Make>
bool RowsAreApart(const Make& make) {
  auto x = std::make_shared<ov::op::v0::Parameter>(ov::element::f32, ov::PartialShape{-1, 2, 3});
  const std::shared_ptr<ov::Node> y = make(x);
  return AreRowsIndependent(
      ov::Model(ov::ResultVector{std::make_shared<ov::op::v0::Result>(y)}, ov::ParameterVector{x}));
}

TEST(RowAnalysisTest, OpsOverTheBatchMixRows) {
  using Node = std::shared_ptr<ov::Node>;
  const auto mean = [](std::int64_t axis) {
    return [axis](const Node& x) -> Node {
      return std::make_shared<ov::op::v1::ReduceMean>(x, Integers({axis}), true);
    };
  };
  EXPECT_TRUE(RowsAreApart(mean(1)));
  EXPECT_FALSE(RowsAreApart(mean(0)));
  EXPECT_FALSE(RowsAreApart(mean(-3)));
  const auto softmax = [](std::int64_t axis) {
    return [axis](const Node& x) -> Node { return std::make_shared<ov::op::v8::Softmax>(x, axis); };
  };
  EXPECT_TRUE(RowsAreApart(softmax(-1)));
  EXPECT_FALSE(RowsAreApart(softmax(0)));
  const auto reshape = [](const std::vector<std::int64_t>& sizes) {
    return [sizes](const Node& x) -> Node {
      return std::make_shared<ov::op::v1::Reshape>(x, Integers(sizes), false);
    };
  };
  EXPECT_TRUE(RowsAreApart(reshape({-1, 6})));
  EXPECT_FALSE(RowsAreApart(reshape({-1, 3})));
  const auto pad = [](const std::vector<std::int64_t>& sizes) {
    return [sizes](const Node& x) -> Node {
      return std::make_shared<ov::op::v1::Pad>(x, Integers(sizes), Integers({0, 1, 0}),
                                               ov::op::PadMode::CONSTANT);
    };
  };
  EXPECT_TRUE(RowsAreApart(pad({0, 1, 0})));
  EXPECT_FALSE(RowsAreApart(pad({1, 0, 0})));
  EXPECT_FALSE(RowsAreApart([](const Node& x) -> Node {
    return std::make_shared<ov::op::v1::Transpose>(x, Integers({1, 0, 2}));
  }));
  EXPECT_FALSE(RowsAreApart([](const Node& x) -> Node {
    auto turned = std::make_shared<ov::op::v1::Transpose>(x, Integers({1, 0, 2}));
    return std::make_shared<ov::op::v0::MatMul>(turned, turned, false, true);
  }));
}

TEST(RowAnalysisTest, WhatFollowsFromTheBatchSizeMixesRows) {
  using Node = std::shared_ptr<ov::Node>;
  // x / batch size.
  EXPECT_FALSE(RowsAreApart([](const Node& x) -> Node {
    const auto sizes = std::make_shared<ov::op::v3::ShapeOf>(x);
    const auto batch = std::make_shared<ov::op::v8::Gather>(sizes, Integers({0}), Integers({0}));
    const auto count = std::make_shared<ov::op::v0::Convert>(batch, ov::element::f32);
    return std::make_shared<ov::op::v1::Divide>(x, count);
  }));
  // Reshaped to [batch size, 6].
  EXPECT_TRUE(RowsAreApart([](const Node& x) -> Node {
    return std::make_shared<ov::op::v1::Reshape>(x, Integers({0, 6}), true);
  }));
  // x plus the first row of x.
  EXPECT_FALSE(RowsAreApart([](const Node& x) -> Node {
    const auto first = std::make_shared<ov::op::v8::Gather>(x, Integers({0}), Integers({0}));
    return std::make_shared<ov::op::v1::Add>(x, first);
  }));
}

TEST(RowAnalysisTest, KnowsRealModels) {
  const auto rows_independent = [](const std::string& name) {
    return Model::Load(SIDECAR_TEST_DATA "/saved_models/" + name + "/model")
        .value()
        .loaded()
        ->rows_independent;
  };
  for (const char* name :
       {"k2_subclassed", "k2_transformer", "k2_embedding", "k2_export_cnn_fit", "k2_constants",
        "k2_uint8_image", "k3_functional", "k3_transformer", "k3_cnn", "k3_shared"}) {
    EXPECT_TRUE(rows_independent(name)) << name;
  }
  EXPECT_FALSE(rows_independent("k2_batch_statistics"));
  EXPECT_FALSE(rows_independent("k3_batch_statistics"));
}

}  // namespace
}  // namespace sidecar::model::saved_model
