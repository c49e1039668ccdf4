#include "model/saved_model/object_paths.h"

#include <algorithm>
#include <deque>
#include <optional>
#include <utility>

namespace sidecar::model::saved_model {
namespace {

constexpr std::size_t kMostPaths = 32;
constexpr std::size_t kMostNames = 64;
constexpr std::size_t kMostSteps = 20'000;

/// Children that Keras 2 adds to each object of its own when it saves.
bool IsAddedBySaving(const SavedObjectGraph& graph, std::size_t object, std::string_view name) {
  if (name == "keras_api" || name == "signatures") return true;
  const bool is_list = name == "variables" || name == "trainable_variables" ||
                       name == "regularization_losses" || name == "non_trainable_variables";
  return is_list && graph.Child(object, "keras_api").has_value();
}

bool IsContainer(const SavedObject& object) {
  return object.identifier == "trackable_list_wrapper" ||
         object.identifier == "trackable_dict_wrapper" ||
         object.identifier == "trackable_tuple_wrapper";
}

/// A list or dictionary whose items Keras 3 tracks by itself, unlike a tuple's.
bool IsList(const SavedObject& object) {
  return IsContainer(object) && object.identifier != "trackable_tuple_wrapper";
}

bool IsOptimizer(const SavedObjectGraph& graph, std::size_t object, std::string_view name) {
  return name == "optimizer" || graph.Child(object, "_iterations").has_value() ||
         graph.objects[object].identifier.find("ptimizer") != std::string_view::npos;
}

/// The children of a layer in Keras's order: its own variables first.
std::vector<std::size_t> OrderedChildren(const SavedObjectGraph& graph, std::size_t object) {
  std::vector<std::size_t> variables;
  std::vector<std::size_t> others;
  for (const SavedObject::Edge& edge : graph.objects[object].children) {
    if (IsAddedBySaving(graph, object, edge.name) || IsOptimizer(graph, edge.child, edge.name))
      continue;
    (graph.objects[edge.child].variable ? variables : others).push_back(edge.child);
  }
  if (IsContainer(graph.objects[object])) {  // in the order of the items, whatever they are
    std::vector<std::size_t> items;
    for (const SavedObject::Edge& edge : graph.objects[object].children)
      items.push_back(edge.child);
    return items;
  }
  variables.insert(variables.end(), others.begin(), others.end());
  return variables;
}

}  // namespace

ObjectPaths::ObjectPaths(const SavedObjectGraph& graph) : parents_(graph.objects.size()) {
  for (std::size_t object = 0; object < graph.objects.size(); ++object) {
    for (const SavedObject::Edge& edge : graph.objects[object].children) {
      if (!IsAddedBySaving(graph, object, edge.name))
        parents_[edge.child].push_back({object, edge.name});
    }
  }
}

// Breadth first from the object upwards, so that short ways come first.
std::vector<ObjectPath> ObjectPaths::To(std::size_t object) const {
  struct Way {
    std::vector<std::size_t> objects;  // from the target upwards
    std::vector<std::string_view> names;
  };
  std::vector<ObjectPath> paths;
  std::deque<Way> queue{{{object}, {}}};
  for (std::size_t step = 0; !queue.empty() && step < kMostSteps; ++step) {
    const Way way = std::move(queue.front());
    queue.pop_front();
    if (way.objects.back() == kRoot) {
      paths.emplace_back(way.names.rbegin(), way.names.rend());
      if (paths.size() == kMostPaths) break;
      continue;
    }
    if (way.names.size() == kMostNames) continue;
    for (const Parent& parent : parents_[way.objects.back()]) {
      if (std::find(way.objects.begin(), way.objects.end(), parent.object) != way.objects.end())
        continue;
      Way longer = way;
      longer.objects.push_back(parent.object);
      longer.names.push_back(parent.name);
      queue.push_back(std::move(longer));
    }
  }
  return paths;
}

std::vector<OrderedVariable> KerasOrder(const SavedObjectGraph& graph) {
  struct Visit {
    std::size_t object;
    std::vector<std::size_t> children;
    std::size_t next = 0;
  };
  std::vector<OrderedVariable> order;
  std::vector<bool> seen(graph.objects.size(), false);
  std::vector<Visit> stack{{kRoot, OrderedChildren(graph, kRoot)}};
  seen[kRoot] = true;
  while (!stack.empty()) {
    Visit& visit = stack.back();
    if (visit.next == visit.children.size()) {
      stack.pop_back();
      continue;
    }
    const std::size_t child = visit.children[visit.next++];
    if (seen[child]) continue;
    seen[child] = true;
    if (!graph.objects[child].variable) {
      stack.push_back({child, OrderedChildren(graph, child)});
      continue;
    }
    OrderedVariable variable{child, {}, false};
    for (const Visit& above : stack) {
      variable.way.push_back(above.object);
      variable.in_list = variable.in_list || IsList(graph.objects[above.object]);
    }
    variable.way.push_back(child);
    order.push_back(std::move(variable));
  }
  return order;
}

bool IsOrderKnown(const SavedObjectGraph& graph, const OrderedVariable& a,
                  const OrderedVariable& b) {
  const auto [at_a, at_b] = std::mismatch(a.way.begin(), a.way.end(), b.way.begin(), b.way.end());
  if (at_a == a.way.begin() || at_a == a.way.end() || at_b == b.way.end()) return false;
  if (IsContainer(graph.objects[*(at_a - 1)])) return true;
  return !IsList(graph.objects[*at_a]) && !IsList(graph.objects[*at_b]);
}

}  // namespace sidecar::model::saved_model
