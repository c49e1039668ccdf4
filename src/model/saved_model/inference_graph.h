// What a signature computes: the nodes and functions that its outputs depend on, checked before
// anything is done with them.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "model/saved_model/saved_model_proto.h"
#include "sidecar/status.h"

namespace sidecar::model::saved_model {

/// The nodes that a signature's outputs need, producers before consumers, and the functions that
/// they call. Guaranteed: every attribute can be parsed, every input names a node of the same graph
/// or an argument of the same function, every function that is named exists, there are no cycles
/// among nodes or functions.
struct InferenceGraph {
  std::vector<NodeDef> nodes;
  std::map<std::string_view, FunctionDef> functions;

  [[nodiscard]] const NodeDef* FindNode(std::string_view name) const;
};

/// A node, and where it is.
struct PlacedNode {
  const NodeDef* node = nullptr;
  std::string_view function;  ///< empty for the graph itself
};

/// Selects what the signature needs. kDataLoss when something that it needs is damaged, missing or
/// goes round in circles, or when functions are nested so that the graph would have more than
/// 10 million nodes.
Result<InferenceGraph> SelectInferenceGraph(const MetaGraph& meta, const Signature& signature);

/// The functions that a node's attributes name: calls, branches, loop bodies.
Result<std::vector<std::string_view>> FunctionsOf(const NodeDef& node);

/// All nodes of the graph and its functions.
[[nodiscard]] std::vector<PlacedNode> AllNodes(const InferenceGraph& graph);

}  // namespace sidecar::model::saved_model
