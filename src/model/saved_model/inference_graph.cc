#include "model/saved_model/inference_graph.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <set>
#include <utility>
#include <variant>

#include "base/status_macros.h"
#include "model/saved_model/attr_value.h"
#include "model/saved_model/proto_fields.h"

namespace sidecar::model::saved_model {
namespace {

constexpr std::size_t kMostNestedCalls = 100;
constexpr std::uint64_t kMostExpandedNodes = 10'000'000;

/// Names for messages may hold any bytes and be of any length.
std::string_view Short(std::string_view name) { return name.substr(0, 200); }

/// Finds what the roots depend on among one graph's nodes.
class Selector {
 public:
  /// `leaves` are names that need no node: a function's arguments. `where` names the graph.
  Selector(const std::vector<NodeDef>& nodes, std::set<std::string_view> leaves, std::string where)
      : nodes_(nodes), leaves_(std::move(leaves)), where_(std::move(where)) {
    for (std::size_t i = 0; i < nodes.size(); ++i) {
      if (!by_name_.emplace(nodes[i].name, i).second) twice_ = nodes[i].name;
    }
    states_.resize(nodes.size(), State::kNew);
  }

  /// Adds what this tensor depends on to the selection.
  Status Add(std::string_view tensor);
  /// What was selected, producers first.
  [[nodiscard]] std::vector<NodeDef> Selected() const {
    std::vector<NodeDef> selected;
    for (const std::size_t i : order_) selected.push_back(nodes_[i]);
    return selected;
  }
  [[nodiscard]] Status CheckNames() const {
    if (twice_.empty()) return {};
    return Damaged(where_, fmt::format("has node '{}' twice", Short(twice_)));
  }

 private:
  enum class State : std::uint8_t { kNew, kOpen, kDone };
  struct Visit {
    std::size_t node;
    std::size_t next_input;
  };

  /// The node that makes a tensor; kNone for a leaf.
  static constexpr std::size_t kNone = static_cast<std::size_t>(-1);
  Result<std::size_t> Producer(std::string_view tensor, std::string_view consumer) const;

  const std::vector<NodeDef>& nodes_;
  std::set<std::string_view> leaves_;
  std::string where_;
  std::string_view twice_;
  std::map<std::string_view, std::size_t> by_name_;
  std::vector<State> states_;
  std::vector<std::size_t> order_;
};

Result<std::size_t> Selector::Producer(std::string_view tensor, std::string_view consumer) const {
  const std::optional<TensorName> name = ParseTensorName(tensor);
  if (name && leaves_.contains(name->node)) return std::size_t{kNone};
  const auto found = name ? by_name_.find(name->node) : by_name_.end();
  if (found != by_name_.end()) return std::size_t{found->second};
  return Damaged(where_, fmt::format("'{}' reads tensor '{}', which nothing there makes",
                                     Short(consumer), Short(tensor)));
}

// Depth first with a stack of its own: files may chain any number of nodes.
Status Selector::Add(std::string_view tensor) {
  SIDECAR_ASSIGN_OR_RETURN(const std::size_t root, Producer(tensor, "an output"));
  if (root == kNone || states_[root] == State::kDone) return {};
  std::vector<Visit> stack{{root, 0}};
  states_[root] = State::kOpen;
  while (!stack.empty()) {
    Visit& visit = stack.back();
    const NodeDef& node = nodes_[visit.node];
    if (visit.next_input == node.inputs.size()) {
      states_[visit.node] = State::kDone;
      order_.push_back(visit.node);
      stack.pop_back();
      continue;
    }
    const std::string_view input = node.inputs[visit.next_input++];
    SIDECAR_ASSIGN_OR_RETURN(const std::size_t producer, Producer(input, node.name));
    if (producer == kNone || states_[producer] == State::kDone) continue;
    if (states_[producer] == State::kOpen) {
      return Damaged(where_, fmt::format("nodes depend on each other in a circle: '{}' and '{}'",
                                         Short(nodes_[producer].name), Short(node.name)));
    }
    states_[producer] = State::kOpen;
    stack.push_back({producer, 0});
  }
  return {};
}

Result<FunctionDef> SelectFunction(Bytes bytes, std::string_view name) {
  SIDECAR_ASSIGN_OR_RETURN(FunctionDef function, ParseFunction(bytes));
  std::set<std::string_view> arguments;
  for (const FunctionArgument& input : function.inputs) arguments.insert(input.name);
  const std::string where = fmt::format("function '{}'", Short(name));
  Selector selector(function.nodes, std::move(arguments), where);
  SIDECAR_RETURN_IF_ERROR(selector.CheckNames());
  for (const FunctionArgument& output : function.outputs) {
    const auto source = function.returns.find(output.name);
    if (source == function.returns.end())
      return Damaged(where, fmt::format("does not say what output '{}' is", Short(output.name)));
    SIDECAR_RETURN_IF_ERROR(selector.Add(source->second));
  }
  std::vector<NodeDef> selected = selector.Selected();
  function.nodes = std::move(selected);
  function.IndexNodes();
  return function;
}

/// Collects the functions that are called, with the number of nodes each stands for.
class FunctionCollector {
 public:
  FunctionCollector(const MetaGraph& meta, InferenceGraph& graph) : meta_(meta), graph_(graph) {}

  /// The number of nodes once all calls are replaced by what they call.
  Result<std::uint64_t> Expand(const std::vector<NodeDef>& nodes, std::size_t depth);

 private:
  Result<std::uint64_t> Collect(std::string_view name, std::size_t depth);

  const MetaGraph& meta_;
  InferenceGraph& graph_;
  std::set<std::string_view> open_;  // being expanded
  std::map<std::string_view, std::uint64_t> sizes_;
};

Result<std::uint64_t> FunctionCollector::Expand(const std::vector<NodeDef>& nodes,
                                                std::size_t depth) {
  std::uint64_t total = 0;
  for (const NodeDef& node : nodes) {
    SIDECAR_ASSIGN_OR_RETURN(const std::vector<std::string_view> functions, FunctionsOf(node));
    ++total;
    for (const std::string_view function : functions) {
      SIDECAR_ASSIGN_OR_RETURN(const std::uint64_t size, Collect(function, depth + 1));
      total += size;
    }
    if (total > kMostExpandedNodes) {
      return Damaged("the graph", fmt::format("has more than {} nodes once functions are expanded",
                                              kMostExpandedNodes));
    }
  }
  return total;
}

Result<std::uint64_t> FunctionCollector::Collect(std::string_view name, std::size_t depth) {
  if (const auto known = sizes_.find(name); known != sizes_.end())
    return std::uint64_t{known->second};
  if (open_.contains(name))
    return Damaged("the graph", fmt::format("function '{}' calls itself", Short(name)));
  if (depth > kMostNestedCalls) {
    return Damaged("the graph", fmt::format("functions are nested deeper than {}: '{}'",
                                            kMostNestedCalls, Short(name)));
  }
  const auto bytes = meta_.functions.find(name);
  if (bytes == meta_.functions.end())
    return Damaged("the graph", fmt::format("calls function '{}', which it lacks", Short(name)));
  SIDECAR_ASSIGN_OR_RETURN(FunctionDef parsed, SelectFunction(bytes->second, name));
  const FunctionDef& function = graph_.functions.emplace(name, std::move(parsed)).first->second;
  open_.insert(name);
  SIDECAR_ASSIGN_OR_RETURN(const std::uint64_t size, Expand(function.nodes, depth));
  open_.erase(name);
  sizes_.emplace(name, size);
  return size;
}

}  // namespace

const NodeDef* InferenceGraph::FindNode(std::string_view name) const {
  const auto found = std::find_if(nodes.begin(), nodes.end(),
                                  [&](const NodeDef& node) { return node.name == name; });
  return found == nodes.end() ? nullptr : &*found;
}

Result<std::vector<std::string_view>> FunctionsOf(const NodeDef& node) {
  std::vector<std::string_view> names;
  for (const auto& [name, bytes] : node.attributes) {
    const Result<AttrValue> value = ParseAttrValue(bytes);
    if (!value.ok()) {
      return value.status().WithContext(
          fmt::format("node '{}', attribute '{}'", Short(node.name), Short(name)));
    }
    if (const auto* function = std::get_if<FunctionName>(&*value)) names.push_back(function->name);
    if (const auto* list = std::get_if<ListValue>(&*value)) {
      for (const FunctionName& function : list->functions) names.push_back(function.name);
    }
  }
  return names;
}

Result<InferenceGraph> SelectInferenceGraph(const MetaGraph& meta, const Signature& signature) {
  InferenceGraph graph;
  Selector selector(meta.nodes, {}, "the graph");
  SIDECAR_RETURN_IF_ERROR(selector.CheckNames());
  for (const auto& [name, output] : signature.outputs)
    SIDECAR_RETURN_IF_ERROR(selector.Add(output.tensor));
  graph.nodes = selector.Selected();
  FunctionCollector collector(meta, graph);
  SIDECAR_ASSIGN_OR_RETURN(const std::uint64_t size, collector.Expand(graph.nodes, 0));
  (void)size;
  return graph;
}

std::vector<PlacedNode> AllNodes(const InferenceGraph& graph) {
  std::vector<PlacedNode> nodes;
  for (const NodeDef& node : graph.nodes) nodes.push_back({&node, {}});
  for (const auto& [name, function] : graph.functions) {
    for (const NodeDef& node : function.nodes) nodes.push_back({&node, name});
  }
  return nodes;
}

}  // namespace sidecar::model::saved_model
