// Optimizers in a checkpoint's object graph: where Keras 2 and 3 keep the step, and Keras 3 the
// model's trainable variables.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "checkpoint/bundle_index.h"
#include "checkpoint/object_graph.h"

namespace sidecar::checkpoint {

/// Whether the node is an optimizer, by the names of its children.
[[nodiscard]] bool IsOptimizer(const ObjectGraph& graph, ObjectGraph::NodeId node);

/// The optimizers of the model at `model`, the most likely first: the root's child `optimizer`,
/// then the model's own.
[[nodiscard]] std::vector<ObjectGraph::NodeId> OptimizersOf(const ObjectGraph& graph,
                                                            ObjectGraph::NodeId model);

/// The key of the optimizer's `iterations`, an integer without dimensions; nothing where the
/// checkpoint has none. Looked for in the root's child `optimizer`, then in that of its child
/// `model_name` (a model saved without its optimizer beside it still carries it), then in the only
/// child of the root that is an optimizer.
[[nodiscard]] std::optional<std::string> FindStepKey(const ObjectGraph& graph,
                                                     const BundleIndex& index,
                                                     const std::string& model_name);

}  // namespace sidecar::checkpoint
