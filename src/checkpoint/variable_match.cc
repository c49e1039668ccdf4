#include "checkpoint/variable_match.h"

#include <fmt/format.h>

#include <map>
#include <set>
#include <string_view>
#include <unordered_map>
#include <utility>

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

/// Marks variables that share a tensor, and counts.
ModelMatch Finish(std::span<const VariableRequest> requests, ModelMatch match) {
  std::map<std::string_view, const VariableRequest*> owners;
  match.num_needed = 0;
  match.num_fitting = 0;
  for (std::size_t i = 0; i < requests.size(); ++i) {
    VariableMatch& variable = match.variables[i];
    if (!requests[i].needed) continue;
    ++match.num_needed;
    if (variable.key.empty() && variable.problem.empty()) variable.problem = "missing";
    if (!variable.problem.empty()) continue;
    const auto [owner, is_new] = owners.emplace(variable.key, &requests[i]);
    if (is_new) {
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

/// What follows the last but one '/'.
std::string_view LastTwo(std::string_view name) {
  const std::size_t last = name.rfind('/');
  if (last == std::string_view::npos || last == 0) return name;
  const std::size_t before = name.rfind('/', last - 1);
  return before == std::string_view::npos ? name : name.substr(before + 1);
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
  for (std::size_t i = 0; i < requests.size(); ++i) {
    std::set<std::pair<std::size_t, NodeId>> tried;
    const auto node = FindVariable(graph, model, requests[i].graph_path, 0, tried);
    if (node) MatchNode(graph, index, requests[i], *node, match.variables[i]);
  }
  return Finish(requests, std::move(match));
}

ModelMatch CompleteFromOptimizer(const ObjectGraph& graph, const BundleIndex& index,
                                 NodeId optimizer, std::span<const VariableRequest> requests,
                                 ModelMatch match) {
  const auto list = graph.Child(optimizer, "_trainable_variables");
  if (!list) return match;
  std::vector<std::pair<std::size_t, NodeId>> added;
  std::size_t position = 0;
  for (std::size_t i = 0; i < requests.size(); ++i) {
    if (!requests[i].trainable) continue;
    const auto node = graph.Child(*list, std::to_string(position++));
    if (!node) return match;
    const std::optional<NodeId>& on_path = match.variables[i].node;
    if (on_path && *on_path != *node) return match;  // the list of another model
    if (!on_path && requests[i].needed) added.emplace_back(i, *node);
  }
  if (position != graph.Children(*list).size()) return match;
  for (const auto& [i, node] : added)
    MatchNode(graph, index, requests[i], node, match.variables[i]);
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
