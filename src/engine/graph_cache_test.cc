#include "engine/graph_cache.h"

#include <gtest/gtest.h>

#include <openvino/op/abs.hpp>
#include <openvino/op/parameter.hpp>
#include <openvino/op/result.hpp>
#include <optional>

namespace sidecar::engine {
namespace {

// |x| of x [batch, 2], whose rows always fit a cache.
GraphCache Cache(const EngineOptions& options) {
  auto x = std::make_shared<ov::op::v0::Parameter>(ov::element::f32, ov::PartialShape{-1, 2});
  auto graph = std::make_shared<ov::Model>(
      ov::ResultVector{std::make_shared<ov::op::v0::Result>(std::make_shared<ov::op::v0::Abs>(x))},
      ov::ParameterVector{x});
  return {graph, options, {DType::kFloat32}, options.threads};
}

std::int64_t MaxRows(const EngineOptions& options, std::int64_t batch = 12) {
  GraphCache cache = Cache(options);
  const auto graph = cache.For({{batch, 2}}, WeightMode::kConstants, {});
  EXPECT_TRUE(graph.ok()) << graph.status();
  return graph.ok() ? (*graph)->max_rows() : -1;
}

EngineOptions Options(std::optional<std::int64_t> batches) {
  EngineOptions options;
  options.threads = 3;
  options.batches = batches;
  return options;
}

TEST(GraphCacheTest, SplitsBatchesWhereThereAreFewerThanThreads) {
  EXPECT_EQ(MaxRows(Options(std::nullopt)), 12);
  EXPECT_EQ(MaxRows(Options(3)), 12);
  EXPECT_EQ(MaxRows(Options(2)), 6);  // at most 8, without more padding than a tenth
  EXPECT_EQ(MaxRows(Options(1)), 4);
  EXPECT_EQ(MaxRows(Options(1), 1), 1);
}

TEST(GraphCacheTest, SplitsAsItIsToldTo) {
  EngineOptions options = Options(1);
  options.rows_per_run = 5;
  EXPECT_EQ(MaxRows(options), 5);
  options.rows_per_run = 100;
  EXPECT_EQ(MaxRows(options), 12);
}

TEST(GraphCacheTest, LeavesRowsTogetherThatDependOnEachOther) {
  EngineOptions options = Options(1);
  options.rows_independent = false;
  options.rows_per_run = 5;
  EXPECT_EQ(MaxRows(options), 12);
}

TEST(GraphCacheTest, CompilesShapesOnce) {
  GraphCache cache = Cache(Options(std::nullopt));
  const auto first = cache.For({{4, 2}}, WeightMode::kConstants, {}).value();
  const auto other = cache.For({{5, 2}}, WeightMode::kConstants, {}).value();
  EXPECT_NE(first, other);
  EXPECT_EQ(cache.For({{4, 2}}, WeightMode::kConstants, {}).value(), first);
  cache.Clear();
  EXPECT_NE(cache.For({{4, 2}}, WeightMode::kConstants, {}).value(), first);
}

}  // namespace
}  // namespace sidecar::engine
