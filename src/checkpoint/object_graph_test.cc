#include "checkpoint/object_graph.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "base/protobuf.h"
#include "checkpoint/testing/bundle_writer.h"

namespace sidecar::checkpoint {
namespace {

using testing::GraphWriter;
using ::testing::HasSubstr;

TEST(ObjectGraphTest, WalksByNames) {
  GraphWriter writer;
  const auto layer = writer.Path(0, "model/layer-0");
  writer.AddVariable(layer, "kernel", "the/key", "dense/kernel");
  writer.AddChild(0, "root", 0);
  auto parsed = ObjectGraph::Parse(writer.Serialize());
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  const ObjectGraph graph = std::move(*parsed);  // views stay valid
  const auto kernel =
      graph.Walk(ObjectGraph::kRoot, {"root", "root", "model", "layer-0", "kernel"});
  ASSERT_TRUE(kernel.has_value());
  ASSERT_NE(graph.Variable(*kernel), nullptr);
  EXPECT_EQ(graph.Variable(*kernel)->key, "the/key");
  EXPECT_EQ(graph.Variable(*kernel)->full_name, "dense/kernel");
  EXPECT_EQ(graph.Variable(ObjectGraph::kRoot), nullptr);
  EXPECT_FALSE(graph.Walk(ObjectGraph::kRoot, {"model", "layer-1"}).has_value());
  EXPECT_EQ(graph.Children(ObjectGraph::kRoot).size(), 2U);
  EXPECT_EQ(graph.Children(ObjectGraph::kRoot)[0].name, "model");
}

TEST(ObjectGraphTest, TakesTheFirstOfEdgesWithOneName) {
  GraphWriter writer;
  const auto first = writer.AddNode();
  const auto second = writer.AddNode();
  writer.AddChild(0, "x", first);
  writer.AddChild(0, "x", second);
  EXPECT_EQ(ObjectGraph::Parse(writer.Serialize())->Child(0, "x"), first);
}

TEST(ObjectGraphTest, RejectsDanglingIds) {
  GraphWriter writer;
  writer.AddChild(0, "x", 1);
  EXPECT_THAT(ObjectGraph::Parse(writer.Serialize()).status().message(),
              HasSubstr("names node 1, it has 1"));
  base::ProtoWriter slot;
  slot.AddVarint(1, 0);
  slot.AddVarint(3, 7);
  base::ProtoWriter node;
  node.AddBytesAlways(3, slot.bytes());
  base::ProtoWriter graph;
  graph.AddBytesAlways(1, node.bytes());
  EXPECT_EQ(ObjectGraph::Parse(graph.bytes()).status().code(), StatusCode::kDataLoss);
  base::ProtoWriter negative;
  negative.AddVarint(1, UINT64_MAX);
  base::ProtoWriter child;
  child.AddBytesAlways(1, negative.bytes());
  base::ProtoWriter whole;
  whole.AddBytesAlways(1, child.bytes());
  EXPECT_EQ(ObjectGraph::Parse(whole.bytes()).status().code(), StatusCode::kDataLoss);
}

TEST(ObjectGraphTest, RejectsEmptyAndDamagedMessages) {
  EXPECT_FALSE(ObjectGraph::Parse("").ok());
  EXPECT_FALSE(ObjectGraph::Parse("\xFF").ok());
  GraphWriter writer;
  writer.AddVariable(writer.Path(0, "a/b"), "kernel", "key", "name");
  const std::string good = writer.Serialize();
  ASSERT_TRUE(ObjectGraph::Parse(good).ok());
  for (std::size_t size = 0; size < good.size(); ++size) {
    // What ends between two nodes is well-formed, but names nodes that are not there.
    EXPECT_FALSE(ObjectGraph::Parse(good.substr(0, size)).ok()) << size;
  }
}

TEST(ObjectGraphTest, TakesAMillionNodesInAChain) {
  std::string bytes;
  constexpr std::uint32_t kNodes = 1'000'000;
  for (std::uint32_t i = 0; i < kNodes; ++i) {
    base::ProtoWriter reference;
    reference.AddVarint(1, (i + 1) % kNodes);  // the last leads back to the first
    reference.AddBytes(2, "n");
    base::ProtoWriter object;
    object.AddBytesAlways(1, reference.bytes());
    base::ProtoWriter graph;
    graph.AddBytesAlways(1, object.bytes());
    bytes += graph.bytes();
  }
  const auto graph = ObjectGraph::Parse(std::move(bytes));
  ASSERT_TRUE(graph.ok()) << graph.status();
  const std::vector<std::string> path(1'000'001, "n");
  EXPECT_EQ(graph->Walk(ObjectGraph::kRoot, path), 1U);
}

}  // namespace
}  // namespace sidecar::checkpoint
