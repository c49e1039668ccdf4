#include "checkpoint/model_location.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "checkpoint/optimizer_node.h"

namespace sidecar::checkpoint {
namespace {

using NodeId = ObjectGraph::NodeId;

constexpr std::string_view kModel = "model";

bool IsFound(const ModelLocation& location) {
  return location.match.num_needed > 0 && location.match.complete();
}

class Locator {
 public:
  Locator(const ObjectGraph& graph, const BundleIndex& index,
          std::span<const VariableRequest> requests)
      : graph_(graph), index_(index), requests_(requests) {}

  Result<ModelLocation> AtName(const std::string& name) const;
  Result<ModelLocation> Find() const;

 private:
  /// What fits at the node by the paths alone.
  [[nodiscard]] ModelLocation ByPaths(NodeId node, std::string_view name) const;
  /// The same, completed from an optimizer's list where that helps.
  [[nodiscard]] ModelLocation Completed(ModelLocation location) const;
  /// Children of the root, each node once, without the root itself.
  [[nodiscard]] std::vector<ModelLocation> Children() const;
  static Result<ModelLocation> OnlyFitting(std::vector<ModelLocation>& children);

  const ObjectGraph& graph_;
  const BundleIndex& index_;
  std::span<const VariableRequest> requests_;
};

ModelLocation Locator::ByPaths(NodeId node, std::string_view name) const {
  return {node, std::string(name), MatchByGraph(graph_, index_, node, requests_), {}};
}

ModelLocation Locator::Completed(ModelLocation location) const {
  for (const NodeId optimizer : OptimizersOf(graph_, location.node)) {
    if (location.match.complete()) break;
    location.match = CompleteFromOptimizer(graph_, index_, location.node, optimizer, requests_,
                                           std::move(location.match));
  }
  return location;
}

std::vector<ModelLocation> Locator::Children() const {
  std::vector<bool> seen(graph_.num_nodes(), false);
  seen[ObjectGraph::kRoot] = true;  // a model saved by Keras is its own child `root`
  std::vector<ModelLocation> children;
  for (const ObjectGraph::Edge& edge : graph_.Children(ObjectGraph::kRoot)) {
    if (seen[edge.child]) continue;
    seen[edge.child] = true;
    ModelLocation child = ByPaths(edge.child, edge.name);
    if (child.match.num_fitting > 0) children.push_back(std::move(child));
  }
  return children;
}

Result<ModelLocation> Locator::AtName(const std::string& name) const {
  if (const auto node = graph_.Child(ObjectGraph::kRoot, name))
    return Completed(ByPaths(*node, name));
  return Status(StatusCode::kFailedPrecondition,
                fmt::format("the checkpoint's root has no child '{}'; it has: {}", name,
                            RootChildren(graph_)));
}

/// The one child where everything fits; a status when there are several, an incomplete location
/// when there is none.
Result<ModelLocation> Locator::OnlyFitting(std::vector<ModelLocation>& children) {
  std::string names;
  ModelLocation* fitting = nullptr;
  for (ModelLocation& child : children) {
    if (!child.match.complete()) continue;
    if (fitting != nullptr) names += ", ";
    names += child.name;
    fitting = fitting == nullptr ? &child : fitting;
  }
  if (fitting == nullptr) return ModelLocation{};
  if (names == fitting->name) return std::move(*fitting);
  return Status(StatusCode::kFailedPrecondition,
                fmt::format("the model fits several children of the checkpoint's root: {}; choose "
                            "one with --checkpoint-root",
                            names));
}

Result<ModelLocation> Locator::Find() const {
  ModelLocation root = ByPaths(ObjectGraph::kRoot, "");
  if (const auto node = graph_.Child(ObjectGraph::kRoot, kModel)) {
    ModelLocation model = Completed(ByPaths(*node, kModel));
    if (model.match.complete()) return model;
    if (root.match.complete()) return root;
    // Weights of another child would be another model's results under this one's name.
    for (const ModelLocation& child : Children()) {
      if (child.match.complete()) model.hint = child.name;
    }
    return model;
  }
  if (root.match.complete()) return root;
  std::vector<ModelLocation> places = Children();
  auto only = OnlyFitting(places);
  if (!only.ok() || IsFound(*only)) return only;
  // The root comes first: it is reported where nothing fits anywhere.
  places.insert(places.begin(), std::move(root));
  for (ModelLocation& place : places) {
    if (place.match.num_fitting > 0) place = Completed(std::move(place));
  }
  only = OnlyFitting(places);
  if (!only.ok() || IsFound(*only)) return only;
  const auto best = std::max_element(
      places.begin(), places.end(),
      [](const auto& a, const auto& b) { return a.match.num_fitting < b.match.num_fitting; });
  return std::move(*best);
}

}  // namespace

Result<ModelLocation> LocateModel(const ObjectGraph& graph, const BundleIndex& index,
                                  std::span<const VariableRequest> requests,
                                  const std::optional<std::string>& name) {
  const Locator locator(graph, index, requests);
  return name ? locator.AtName(*name) : locator.Find();
}

std::string RootChildren(const ObjectGraph& graph) {
  constexpr std::size_t kMaxNames = 20;
  const auto edges = graph.Children(ObjectGraph::kRoot);
  std::string names;
  for (std::size_t i = 0; i < edges.size() && i < kMaxNames; ++i)
    names += (i > 0 ? ", " : "") + PrintableKey(edges[i].name);
  if (edges.size() > kMaxNames) names += fmt::format(" and {} more", edges.size() - kMaxNames);
  return names.empty() ? "nothing" : names;
}

}  // namespace sidecar::checkpoint
