#include "checkpoint/optimizer_node.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace sidecar::checkpoint {
namespace {

using NodeId = ObjectGraph::NodeId;

/// The key of the node's value if that is a signed integer without dimensions.
std::optional<std::string> CounterKey(const ObjectGraph& graph, const BundleIndex& index,
                                      std::optional<NodeId> node) {
  const ObjectGraph::Attribute* variable = node ? graph.Variable(*node) : nullptr;
  const BundleEntry* entry = variable == nullptr ? nullptr : index.Find(variable->key);
  if (entry == nullptr || entry->shape.rank() != 0) return std::nullopt;
  if (entry->dtype != DType::kInt64 && entry->dtype != DType::kInt32) return std::nullopt;
  return std::string(variable->key);
}

std::optional<std::string> StepKeyOf(const ObjectGraph& graph, const BundleIndex& index,
                                     NodeId optimizer) {
  // A Keras 3 LossScaleOptimizer has a counter of its own that stays 0: the inner one counts.
  // TensorFlow 2.2's LossScaleOptimizer keeps its optimizer under base_optimizer. `_variables/0` is
  // the counter wherever it is one at all.
  const std::array<std::optional<NodeId>, 6> places{
      graph.Walk(optimizer, {"inner_optimizer", "_iterations"}),
      graph.Walk(optimizer, {"_iterations"}),
      graph.Walk(optimizer, {"iter"}),
      graph.Walk(optimizer, {"base_optimizer", "iter"}),
      graph.Walk(optimizer, {"base_optimizer", "_iterations"}),
      graph.Walk(optimizer, {"_variables", "0"}),
  };
  for (const std::optional<NodeId>& place : places) {
    if (auto key = CounterKey(graph, index, place)) return key;
  }
  return std::nullopt;
}

}  // namespace

bool IsOptimizer(const ObjectGraph& graph, NodeId node) {
  constexpr std::array<std::string_view, 5> kMarks{"_iterations", "iter", "_trainable_variables",
                                                   "inner_optimizer", "base_optimizer"};
  return std::any_of(kMarks.begin(), kMarks.end(),
                     [&](std::string_view mark) { return graph.Child(node, mark).has_value(); });
}

std::vector<NodeId> OptimizersOf(const ObjectGraph& graph, NodeId model) {
  std::vector<NodeId> found;
  for (const NodeId parent : {ObjectGraph::kRoot, model}) {
    const auto optimizer = graph.Child(parent, "optimizer");
    if (optimizer && (found.empty() || found.front() != *optimizer)) found.push_back(*optimizer);
  }
  return found;
}

std::optional<std::string> FindStepKey(const ObjectGraph& graph, const BundleIndex& index,
                                       const std::string& model_name) {
  const NodeId model = graph.Child(ObjectGraph::kRoot, model_name).value_or(ObjectGraph::kRoot);
  for (const NodeId optimizer : OptimizersOf(graph, model)) {
    if (auto key = StepKeyOf(graph, index, optimizer)) return key;
  }
  std::vector<NodeId> optimizers;
  for (const ObjectGraph::Edge& edge : graph.Children(ObjectGraph::kRoot)) {
    const bool known =
        std::find(optimizers.begin(), optimizers.end(), edge.child) != optimizers.end();
    if (!known && edge.child != ObjectGraph::kRoot && IsOptimizer(graph, edge.child))
      optimizers.push_back(edge.child);
  }
  if (optimizers.size() != 1) return std::nullopt;
  return StepKeyOf(graph, index, optimizers.front());
}

}  // namespace sidecar::checkpoint
