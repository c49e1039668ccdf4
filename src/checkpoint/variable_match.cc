#include "checkpoint/variable_match.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "checkpoint/optimizer_node.h"

namespace sidecar::checkpoint {
namespace {

using NodeId = ObjectGraph::NodeId;

/// The first variable that the steps lead to. `tried` holds the (step, node) pairs that lead
/// nowhere, which keeps the search linear in the graph whatever the alternatives are.
std::optional<NodeId> FindVariable(const ObjectGraph& graph, NodeId node,
                                   std::span<const PathStep> path, std::size_t step,
                                   std::set<std::pair<std::size_t, NodeId>>& tried) {
  if (step == path.size())
    return graph.Variable(node) != nullptr ? std::optional(node) : std::nullopt;
  if (!tried.emplace(step, node).second) return std::nullopt;
  for (const std::vector<std::string>& names : path[step].alternatives) {
    const auto next = graph.Walk(node, names);
    const auto found = next ? FindVariable(graph, *next, path, step + 1, tried) : std::nullopt;
    if (found) return found;
  }
  return std::nullopt;
}

/// Looks the tensor up and states what is wrong with it.
void CheckTensor(const BundleIndex& index, const VariableRequest& request, VariableMatch& match) {
  const BundleEntry* entry = index.Find(match.key);
  if (entry == nullptr) {
    match.problem = fmt::format("missing: the object graph names tensor '{}', the index lacks it",
                                PrintableKey(match.key));
    match.key.clear();
  } else if (entry->dtype != request.dtype || entry->shape != request.shape) {
    match.problem =
        fmt::format("checkpoint has {}, model needs {}", TypeText(entry->dtype, entry->shape),
                    TypeText(request.dtype, request.shape));
  }
}

/// What follows the last but one '/'.
std::string_view LastTwo(std::string_view name) {
  const std::size_t last = name.rfind('/');
  if (last == std::string_view::npos || last == 0) return name;
  const std::size_t before = name.rfind('/', last - 1);
  return before == std::string_view::npos ? name : name.substr(before + 1);
}

/// Marks variables that share a tensor, and counts.
ModelMatch Finish(std::span<const VariableRequest> requests, ModelMatch match) {
  std::map<std::string_view, const VariableRequest*> owners;
  match.num_needed = 0;
  match.num_fitting = 0;
  for (std::size_t i = 0; i < requests.size(); ++i) {
    VariableMatch& variable = match.variables[i];
    if (!requests[i].needed) continue;
    if (requests[i].optional && variable.key.empty() && variable.problem.empty()) continue;
    ++match.num_needed;
    if (variable.key.empty() && variable.problem.empty()) variable.problem = "missing";
    if (!variable.problem.empty()) continue;
    const auto [owner, is_new] = owners.emplace(variable.key, &requests[i]);
    // A layer of two models is two layers in the JSON of Keras 2.
    const bool is_shared =
        !is_new && variable.node && LastTwo(owner->second->name) == LastTwo(requests[i].name);
    if (is_new || is_shared) {
      ++match.num_fitting;
    } else {
      variable.problem = fmt::format("leads to tensor '{}', as {} does", PrintableKey(variable.key),
                                     owner->second->name);
    }
  }
  return match;
}

void MatchNode(const ObjectGraph& graph, const BundleIndex& index, const VariableRequest& request,
               NodeId node, VariableMatch& match) {
  const ObjectGraph::Attribute* variable = graph.Variable(node);
  if (variable == nullptr) return;
  match = VariableMatch{node, std::string(variable->key), {}};
  CheckTensor(index, request, match);
}

/// The variables below a node, optimizers left out.
std::vector<NodeId> VariablesBelow(const ObjectGraph& graph, NodeId model) {
  std::vector<NodeId> variables;
  std::vector<bool> seen(graph.num_nodes(), false);
  std::vector<NodeId> queue{model};
  seen[model] = true;
  for (std::size_t i = 0; i < queue.size(); ++i) {
    if (graph.Variable(queue[i]) != nullptr) variables.push_back(queue[i]);
    for (const ObjectGraph::Edge& edge : graph.Children(queue[i])) {
      if (seen[edge.child] || IsOptimizer(graph, edge.child)) continue;
      seen[edge.child] = true;
      queue.push_back(edge.child);
    }
  }
  return variables;
}

bool HasTypeOf(const BundleIndex& index, std::string_view key, const VariableRequest& request) {
  const BundleEntry* entry = index.Find(key);
  return entry != nullptr && entry->dtype == request.dtype && entry->shape == request.shape;
}

/// Fills in requests that have a full name alone.
void MatchFullNames(const ObjectGraph& graph, const BundleIndex& index, NodeId model,
                    std::span<const VariableRequest> requests, ModelMatch& match) {
  std::unordered_map<std::string_view, std::vector<NodeId>> by_name;
  for (const NodeId node : VariablesBelow(graph, model))
    by_name[graph.Variable(node)->full_name].push_back(node);
  for (std::size_t i = 0; i < requests.size(); ++i) {
    const VariableRequest& request = requests[i];
    const auto named = by_name.find(request.full_name);
    if (request.full_name.empty() || match.variables[i].node || named == by_name.end()) continue;
    std::vector<NodeId> alike;
    for (const NodeId node : named->second) {
      if (HasTypeOf(index, graph.Variable(node)->key, request)) alike.push_back(node);
    }
    if (alike.size() == 1 || (alike.empty() && named->second.size() == 1)) {
      MatchNode(graph, index, request, alike.empty() ? named->second[0] : alike[0],
                match.variables[i]);
    } else if (alike.size() > 1) {
      match.variables[i].problem = fmt::format("'{}' and '{}' both have its name and shape",
                                               PrintableKey(graph.Variable(alike[0])->key),
                                               PrintableKey(graph.Variable(alike[1])->key));
    }
  }
}

/// Which variable of an optimizer's list a request is.
using Places = std::vector<std::pair<std::size_t, NodeId>>;

/// Position by position; nothing where the list disagrees with what was found.
Places PlacesInOrder(std::span<const std::size_t> trainable, std::span<const NodeId> nodes,
                     const ModelMatch& match) {
  Places places;
  for (std::size_t position = 0; position < nodes.size(); ++position) {
    const std::size_t i = trainable[position];
    const std::optional<NodeId>& found = match.variables[i].node;
    if (found && *found != nodes[position]) return {};  // the list of another model
    if (!found) places.emplace_back(i, nodes[position]);
  }
  return places;
}

/// Those that were not found yet take what is left of the list: among variables of one type and
/// shape in order, if their order is known or there is only one. Nothing where the counts differ.
Places PlacesAmongAlike(const ObjectGraph& graph, const BundleIndex& index, NodeId model,
                        std::span<const VariableRequest> requests,
                        std::span<const std::size_t> trainable, std::span<const NodeId> nodes,
                        const ModelMatch& match) {
  std::set<NodeId> left(nodes.begin(), nodes.end());
  std::map<std::string, std::vector<std::size_t>> wanted;
  for (const std::size_t i : trainable) {
    const std::optional<NodeId>& found = match.variables[i].node;
    if (found && left.erase(*found) == 0) return {};  // the list of another model
    if (!found) wanted[TypeText(requests[i].dtype, requests[i].shape)].push_back(i);
  }
  for (const NodeId node : VariablesBelow(graph, model)) {
    if (left.contains(node)) return {};  // an attribute leads to it: not what is in a list
  }
  std::map<std::string, std::vector<NodeId>> offered;
  for (const NodeId node : nodes) {
    const ObjectGraph::Attribute* variable = graph.Variable(node);
    const BundleEntry* entry = variable == nullptr ? nullptr : index.Find(variable->key);
    if (entry == nullptr) return {};
    if (left.contains(node)) offered[TypeText(entry->dtype, entry->shape)].push_back(node);
  }
  Places places;
  for (const auto& [type, alike] : wanted) {
    const std::vector<NodeId>& candidates = offered[type];
    if (candidates.size() != alike.size()) return {};
    const bool known = std::none_of(alike.begin(), alike.end(), [&](std::size_t i) {
      return requests[i].optimizer_place == OptimizerPlace::kUnknown;
    });
    for (std::size_t k = 0; (known || alike.size() == 1) && k < alike.size(); ++k)
      places.emplace_back(alike[k], candidates[k]);
  }
  return places;
}

bool IsNameOrEnd(std::string_view key, std::string_view name) {
  return key.ends_with(name) &&
         (key.size() == name.size() || key[key.size() - name.size() - 1] == '/');
}

/// Names that no other one of them is the end of: "dense/kernel" but not "Adam/m/dense/kernel".
std::vector<std::string_view> Shortest(const std::vector<std::string_view>& names) {
  constexpr std::size_t kMaxCompared = 100;  // more are ambiguous in any case
  if (names.size() > kMaxCompared) return names;
  std::vector<std::string_view> kept;
  for (const std::string_view name : names) {
    bool longer = false;
    for (const std::string_view other : names)
      longer = longer || (other.size() < name.size() && IsNameOrEnd(name, other));
    if (!longer) kept.push_back(name);
  }
  return kept;
}

VariableMatch MatchName(const BundleIndex& index, const VariableRequest& request,
                        const std::vector<std::string_view>& keys) {
  VariableMatch match;
  std::string_view name = request.name;
  std::vector<std::string_view> found;
  while (found.empty()) {
    for (const std::string_view key : keys) {
      if (IsNameOrEnd(key, name)) found.push_back(key);
    }
    if (name == LastTwo(name)) break;
    name.remove_prefix(name.find('/') + 1);  // an enclosing model
  }
  found = Shortest(found);
  if (found.size() == 1) {
    match.key = found.front();
    CheckTensor(index, request, match);
  } else if (found.size() > 1) {
    match.problem = fmt::format("'{}' and '{}' both have its name", PrintableKey(found[0]),
                                PrintableKey(found[1]));
  }
  return match;
}

}  // namespace

std::string TypeText(DType dtype, const Shape& shape) {
  return std::string(DTypeName(dtype)) + shape.ToString();
}

ModelMatch MatchByGraph(const ObjectGraph& graph, const BundleIndex& index, NodeId model,
                        std::span<const VariableRequest> requests) {
  ModelMatch match;
  match.variables.resize(requests.size());
  bool has_full_names = false;
  for (std::size_t i = 0; i < requests.size(); ++i) {
    has_full_names = has_full_names || !requests[i].full_name.empty();
    if (requests[i].graph_path.empty()) continue;
    std::set<std::pair<std::size_t, NodeId>> tried;
    const auto node = FindVariable(graph, model, requests[i].graph_path, 0, tried);
    if (node) MatchNode(graph, index, requests[i], *node, match.variables[i]);
  }
  if (has_full_names) MatchFullNames(graph, index, model, requests, match);
  return Finish(requests, std::move(match));
}

ModelMatch CompleteFromOptimizer(const ObjectGraph& graph, const BundleIndex& index, NodeId model,
                                 NodeId optimizer, std::span<const VariableRequest> requests,
                                 ModelMatch match) {
  const auto list = graph.Child(optimizer, "_trainable_variables");
  if (!list) return match;
  std::vector<std::size_t> trainable;
  bool in_order = true;
  for (std::size_t i = 0; i < requests.size(); ++i) {
    if (!requests[i].trainable) continue;
    trainable.push_back(i);
    in_order = in_order && requests[i].optimizer_place == OptimizerPlace::kInOrder;
  }
  if (trainable.size() != graph.Children(*list).size()) return match;
  std::vector<NodeId> nodes;
  for (std::size_t position = 0; position < trainable.size(); ++position) {
    const auto node = graph.Child(*list, std::to_string(position));
    if (!node) return match;
    nodes.push_back(*node);
  }
  const auto places =
      in_order ? PlacesInOrder(trainable, nodes, match)
               : PlacesAmongAlike(graph, index, model, requests, trainable, nodes, match);
  for (const auto& [i, node] : places) {
    if (requests[i].needed) MatchNode(graph, index, requests[i], node, match.variables[i]);
  }
  return Finish(requests, std::move(match));
}

ModelMatch MatchByName(const BundleIndex& index, std::span<const VariableRequest> requests) {
  std::unordered_map<std::string_view, std::vector<std::string_view>> keys_by_end;
  for (const BundleIndex::Item& item : index.items()) {
    if (!IsSliceKey(item.key)) keys_by_end[LastTwo(item.key)].push_back(item.key);
  }
  ModelMatch match;
  for (const VariableRequest& request : requests) {
    const auto keys = keys_by_end.find(LastTwo(request.name));
    match.variables.push_back(keys == keys_by_end.end() ? VariableMatch{}
                                                        : MatchName(index, request, keys->second));
  }
  return Finish(requests, std::move(match));
}

}  // namespace sidecar::checkpoint
