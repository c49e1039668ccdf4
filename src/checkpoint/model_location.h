// Where in a checkpoint's object graph the model is, and what to say when it is not there.
#pragma once

#include <optional>
#include <span>
#include <string>

#include "checkpoint/bundle_index.h"
#include "checkpoint/object_graph.h"
#include "checkpoint/variable_match.h"
#include "checkpoint/variable_source.h"
#include "sidecar/status.h"

namespace sidecar::checkpoint {

struct ModelLocation {
  ObjectGraph::NodeId node = ObjectGraph::kRoot;
  std::string name;  ///< the root's attribute that it is; empty: the root itself
  ModelMatch match;  ///< may be incomplete
  std::string hint;  ///< another child that would fit, where the match is incomplete; mostly empty
};

/// With a name: the root's child of that name. Without: the child `model` or, where its variables
/// do not fit, the root itself if that fits; in a checkpoint without a child `model`: the root if
/// it fits, else the only child that fits, else the place where most variables fit.
/// kFailedPrecondition naming the children when there is no child of the given name or more than
/// one fits. Thread-safe.
Result<ModelLocation> LocateModel(const ObjectGraph& graph, const BundleIndex& index,
                                  std::span<const VariableRequest> requests,
                                  const std::optional<std::string>& name);

/// The names of the root's children, for messages: "model, optimizer, save_counter".
[[nodiscard]] std::string RootChildren(const ObjectGraph& graph);

}  // namespace sidecar::checkpoint
