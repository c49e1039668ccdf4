#include "checkpoint/match_report.h"

#include <fmt/format.h>

#include <set>
#include <string_view>
#include <utility>
#include <vector>

#include "checkpoint/optimizer_node.h"

namespace sidecar::checkpoint {
namespace {

using NodeId = ObjectGraph::NodeId;

constexpr std::size_t kMaxInMessage = 3;
constexpr std::size_t kMaxUnused = 200;  // tensors that are listed

/// "dense/kernel: missing" for each variable that does not fit.
std::vector<std::string> Problems(std::span<const VariableRequest> requests,
                                  const ModelMatch& match) {
  std::vector<std::string> problems;
  for (std::size_t i = 0; i < requests.size(); ++i) {
    const std::string& problem = match.variables[i].problem;
    if (requests[i].needed && !problem.empty())
      problems.push_back(requests[i].name + ": " + problem);
  }
  return problems;
}

std::string DescribeTensor(const BundleIndex& index, std::string_view key,
                           std::string_view full_name) {
  const BundleEntry* entry = index.Find(key);
  const std::string type =
      entry == nullptr ? "not in the index" : TypeText(entry->dtype, entry->shape);
  return full_name.empty() || full_name == key
             ? fmt::format("{}: {}", PrintableKey(key), type)
             : fmt::format("{} ({}): {}", PrintableKey(key), PrintableKey(full_name), type);
}

/// The variables below the model that no request was matched to, optimizers left out.
std::vector<std::string> UnusedBelow(const ObjectGraph& graph, const BundleIndex& index,
                                     const ModelLocation& location,
                                     const std::set<std::string_view>& used) {
  std::vector<std::string> unused;
  std::vector<bool> seen(graph.num_nodes(), false);
  std::vector<NodeId> queue{location.node};
  seen[location.node] = true;
  for (std::size_t i = 0; i < queue.size() && unused.size() < kMaxUnused; ++i) {
    const ObjectGraph::Attribute* variable = graph.Variable(queue[i]);
    if (variable != nullptr && !used.contains(variable->key))
      unused.push_back(DescribeTensor(index, variable->key, variable->full_name));
    for (const ObjectGraph::Edge& edge : graph.Children(queue[i])) {
      if (seen[edge.child] || IsOptimizer(graph, edge.child)) continue;
      seen[edge.child] = true;
      queue.push_back(edge.child);
    }
  }
  return unused;
}

std::vector<std::string> UnusedKeys(const BundleIndex& index,
                                    const std::set<std::string_view>& used) {
  std::vector<std::string> unused;
  for (const BundleIndex::Item& item : index.items()) {
    if (unused.size() == kMaxUnused) break;
    if (!IsSliceKey(item.key) && !used.contains(item.key))
      unused.push_back(DescribeTensor(index, item.key, {}));
  }
  return unused;
}

std::string Place(const ObjectGraph* graph, const ModelLocation& location) {
  if (graph == nullptr) return "which has no object graph, so that names are compared";
  if (!location.name.empty()) return fmt::format("whose model is '{}'", location.name);
  return "whose root has: " + RootChildren(*graph);
}

}  // namespace

Status MismatchStatus(const std::string& prefix, const ObjectGraph* graph, const BundleIndex& index,
                      std::span<const VariableRequest> requests, const ModelLocation& location) {
  const ModelMatch& match = location.match;
  std::vector<std::string> problems = Problems(requests, match);
  std::string message =
      fmt::format("{}: {} of {} variables of the model do not match this checkpoint ({}): ", prefix,
                  problems.size(), match.num_needed, Place(graph, location));
  for (std::size_t i = 0; i < problems.size() && i < kMaxInMessage; ++i)
    message += (i > 0 ? "; " : "") + problems[i];
  if (problems.size() > kMaxInMessage)
    message += fmt::format("; and {} more", problems.size() - kMaxInMessage);
  if (match.num_fitting == 0) message += "; it looks like a checkpoint of another model";
  for (std::size_t i = 0; i < requests.size(); ++i) {
    if (!requests[i].needed || match.variables[i].node || requests[i].missing_hint.empty())
      continue;
    message += "; " + requests[i].missing_hint;
    break;
  }
  if (!location.hint.empty()) {
    message += fmt::format("; the root's child '{}' fits: --checkpoint-root {}", location.hint,
                           location.hint);
  }
  std::vector<std::string> details;
  for (std::size_t i = kMaxInMessage; i < problems.size(); ++i)
    details.push_back(std::move(problems[i]));
  std::set<std::string_view> used;
  for (const VariableMatch& variable : match.variables) {
    if (!variable.key.empty() && variable.problem.empty()) used.insert(variable.key);
  }
  std::vector<std::string> unused =
      graph == nullptr ? UnusedKeys(index, used) : UnusedBelow(*graph, index, location, used);
  if (!unused.empty()) details.emplace_back("the checkpoint has, not used by the model:");
  for (std::string& line : unused) details.push_back("  " + std::move(line));
  if (unused.size() == kMaxUnused) details.emplace_back("  and possibly more");
  return {StatusCode::kFailedPrecondition, std::move(message), std::move(details)};
}

}  // namespace sidecar::checkpoint
