// Which tensor of a checkpoint is which variable of a model.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "checkpoint/bundle_index.h"
#include "checkpoint/object_graph.h"
#include "checkpoint/variable_source.h"

namespace sidecar::checkpoint {

/// What was found for one request.
struct VariableMatch {
  std::optional<ObjectGraph::NodeId> node;  ///< of the object graph, if there is one
  std::string key;                          ///< of the tensor; empty where none was found
  std::string problem;                      ///< why it does not fit; empty where it does
};

/// What was found for all requests of a model, in their order.
struct ModelMatch {
  std::vector<VariableMatch> variables;
  std::size_t num_needed = 0;
  std::size_t num_fitting = 0;  ///< of those needed

  [[nodiscard]] bool complete() const { return num_fitting == num_needed; }
};

/// Follows each request's path from the node `model`. Where a step has alternatives, the first one
/// from which the rest of the path leads to a variable counts; its shape and dtype play no part in
/// the choice, so that a model is never put together from what happens to fit. Two variables that
/// lead to the same tensor do not fit either, unless layer and weight have the same names: those
/// of a layer that stands in two models. Requests without a path are looked up by their full
/// names among the variables below the node, optimizers left out. Thread-safe.
[[nodiscard]] ModelMatch MatchByGraph(const ObjectGraph& graph, const BundleIndex& index,
                                      ObjectGraph::NodeId model,
                                      std::span<const VariableRequest> requests);

/// Fills in trainable variables that have no path from the model, as Keras 3 layers in lists, from
/// the list of variables that the optimizer was built with. The list counts only if it is as long
/// as the model's own and agrees with what was found on a path. Where the order is known only among
/// variables of one type and shape, the list must have as many of each as the model, and none that
/// an attribute of the model at `model` leads to: that is another variable.
[[nodiscard]] ModelMatch CompleteFromOptimizer(const ObjectGraph& graph, const BundleIndex& index,
                                               ObjectGraph::NodeId model,
                                               ObjectGraph::NodeId optimizer,
                                               std::span<const VariableRequest> requests,
                                               ModelMatch match);

/// For checkpoints without an object graph (TensorFlow 1): the tensor named as the request, or else
/// the only one whose name ends in "/" and the request's name, the names of enclosing models left
/// out where need be, down to "layer/weight".
[[nodiscard]] ModelMatch MatchByName(const BundleIndex& index,
                                     std::span<const VariableRequest> requests);

/// "float32[3,4]".
[[nodiscard]] std::string TypeText(DType dtype, const Shape& shape);

}  // namespace sidecar::checkpoint
