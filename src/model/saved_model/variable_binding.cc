#include "model/saved_model/variable_binding.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string_view>
#include <utility>

#include "base/status_macros.h"
#include "engine/graph_preparation.h"
#include "model/saved_model/object_paths.h"

namespace sidecar::model::saved_model {
namespace {

using checkpoint::OptimizerPlace;
using checkpoint::VariableRequest;

constexpr std::string_view kHandleOp = "VarHandleOp";

/// Nodes by name, of the graph alone.
std::map<std::string_view, const NodeDef*> NodesByName(const InferenceGraph& graph) {
  std::map<std::string_view, const NodeDef*> nodes;
  for (const NodeDef& node : graph.nodes) nodes.emplace(node.name, &node);
  return nodes;
}

/// The objects of the variable handles that a call passes to `function` after its own arguments.
Status AddCapturedHandles(const NodeDef& call, const ConcreteFunction& function,
                          const std::map<std::string_view, const NodeDef*>& nodes,
                          std::map<std::string_view, std::size_t>& handles) {
  if (function.bound_inputs.size() > call.inputs.size()) {
    return {StatusCode::kDataLoss,
            fmt::format("node '{}' passes {} inputs to a function that captured {} objects",
                        call.name, call.inputs.size(), function.bound_inputs.size())};
  }
  const std::size_t own = call.inputs.size() - function.bound_inputs.size();
  for (std::size_t i = 0; i < function.bound_inputs.size(); ++i) {
    const std::string_view producer = ParseTensorName(call.inputs[own + i])->node;
    const auto node = nodes.find(producer);
    if (node == nodes.end() || node->second->op != kHandleOp) continue;
    const auto [known, is_new] = handles.emplace(producer, function.bound_inputs[i]);
    if (!is_new && known->second != function.bound_inputs[i]) {
      return {StatusCode::kDataLoss,
              fmt::format("variable '{}' of the graph is said to be two objects", producer)};
    }
  }
  return {};
}

/// The object of each VarHandleOp that the graph reads.
Result<std::map<std::string_view, std::size_t>> HandleObjects(const InferenceGraph& graph,
                                                              const SavedObjectGraph& objects) {
  const std::map<std::string_view, const NodeDef*> nodes = NodesByName(graph);
  std::map<std::string_view, std::size_t> handles;
  for (const NodeDef& node : graph.nodes) {
    SIDECAR_ASSIGN_OR_RETURN(const std::vector<std::string_view> functions, FunctionsOf(node));
    for (const std::string_view name : functions) {
      const auto function = objects.functions.find(name);
      if (function == objects.functions.end()) continue;
      SIDECAR_RETURN_IF_ERROR(AddCapturedHandles(node, function->second, nodes, handles));
    }
  }
  for (const PlacedNode& placed : AllNodes(graph)) {
    if (placed.node->op != kHandleOp) continue;
    const auto handle = placed.function.empty() ? handles.find(placed.node->name) : handles.end();
    if (handle == handles.end() || !objects.objects[handle->second].variable) {
      return Status(
          StatusCode::kFailedPrecondition,
          fmt::format("variable '{}' of the graph belongs to no object that was saved, so "
                      "that no checkpoint can be said to have it",
                      placed.node->name));
    }
  }
  return handles;
}

bool IsExport(const SavedObjectGraph& objects) {
  return objects.Child(kRoot, "_all_variables") && objects.Child(kRoot, "trainable_variables");
}

/// Variables in the order in which requests stand, with what is known of that order.
struct Ordered {
  std::size_t object = 0;
  OptimizerPlace place = OptimizerPlace::kUnknown;
  bool in_list = false;
};

std::vector<Ordered> ExportOrder(const SavedObjectGraph& objects) {
  std::vector<Ordered> order;
  for (const char* list : {"trainable_variables", "non_trainable_variables"}) {
    const std::optional<std::size_t> items = objects.Child(kRoot, list);
    if (!items) continue;
    for (const SavedObject::Edge& edge : objects.objects[*items].children) {
      if (objects.objects[edge.child].variable)
        order.push_back({edge.child, OptimizerPlace::kInOrder, false});
    }
  }
  return order;
}

bool IsAlike(const SavedVariable& a, const SavedVariable& b) {
  return a.dtype == b.dtype && a.shape == b.shape;
}

/// Keras 3's order. Variables outside of lists are found by their ways, so that only the order
/// within lists matters.
std::vector<Ordered> ModelOrder(const SavedObjectGraph& objects) {
  const std::vector<OrderedVariable> variables = KerasOrder(objects);
  std::vector<Ordered> order;
  for (const OrderedVariable& variable : variables) {
    const auto unclear = [&](const OrderedVariable& other) {
      return other.in_list && other.object != variable.object &&
             IsAlike(*objects.objects[other.object].variable,
                     *objects.objects[variable.object].variable) &&
             !IsOrderKnown(objects, variable, other);
    };
    const bool known = std::none_of(variables.begin(), variables.end(), unclear);
    order.push_back({variable.object,
                     known ? OptimizerPlace::kAmongAlike : OptimizerPlace::kUnknown,
                     variable.in_list});
  }
  return order;
}

/// Names that Keras makes up say less than the variable's own.
bool IsReadable(const ObjectPath& path) {
  return std::none_of(path.begin(), path.end(), [](const std::string& name) {
    return name.starts_with("layer-") || name.starts_with("layer_with_weights-") ||
           name == "_operations" || name == "_functional";
  });
}

class Binder {
 public:
  Binder(const SavedObjectGraph& objects, KerasVersion keras_version)
      : objects_(objects),
        keras_version_(keras_version),
        is_export_(IsExport(objects)),
        paths_(objects) {}

  Result<BoundVariables> Bind(const std::map<std::string_view, std::size_t>& handles);

 private:
  [[nodiscard]] std::vector<Ordered> Order(const std::set<std::size_t>& read) const;
  [[nodiscard]] Result<VariableRequest> Request(const Ordered& ordered, bool needed) const;

  const SavedObjectGraph& objects_;
  KerasVersion keras_version_;
  bool is_export_;
  ObjectPaths paths_;
};

/// All trainable variables under Keras 3, whose optimizers list them; else those that are read.
std::vector<Ordered> Binder::Order(const std::set<std::size_t>& read) const {
  const bool listed = keras_version_ == KerasVersion::kKeras3;
  std::vector<Ordered> order;
  std::set<std::size_t> added;
  for (const Ordered& ordered : is_export_ ? ExportOrder(objects_) : ModelOrder(objects_)) {
    const bool in_optimizer = listed && objects_.objects[ordered.object].variable->trainable;
    if (!in_optimizer && !read.contains(ordered.object)) continue;
    if (added.insert(ordered.object).second) order.push_back(ordered);
  }
  for (const std::size_t object : read) {
    if (added.insert(object).second) order.push_back({object, OptimizerPlace::kUnknown, false});
  }
  return order;
}

Result<VariableRequest> Binder::Request(const Ordered& ordered, bool needed) const {
  const SavedVariable& variable = *objects_.objects[ordered.object].variable;
  VariableRequest request;
  request.name = variable.name;
  request.dtype = variable.dtype;
  request.trainable = variable.trainable;
  request.needed = needed;
  request.optimizer_place = ordered.place;
  if (is_export_) {
    request.full_name = variable.name;
  } else {
    checkpoint::PathStep step{paths_.To(ordered.object)};
    if (step.alternatives.empty() && needed) {
      return Status(
          StatusCode::kFailedPrecondition,
          fmt::format("no attribute of the saved object leads to variable '{}'", variable.name));
    }
    if (!step.alternatives.empty() && IsReadable(step.alternatives.front()))
      request.name = fmt::format("{}", fmt::join(step.alternatives.front(), "/"));
    if (!step.alternatives.empty()) request.graph_path.push_back(std::move(step));
  }
  if (ordered.in_list && keras_version_ == KerasVersion::kKeras3) {
    request.missing_hint =
        "under Keras 3 checkpoints do not keep what Python lists and dictionaries of layers hold: "
        "assign each layer as an attribute of its own";
  }
  if (needed && (!variable.shape || !variable.shape->is_static() ||
                 engine::ToElementType(variable.dtype).is_dynamic())) {
    return Status(
        StatusCode::kFailedPrecondition,
        fmt::format("variable '{}' is {}{}: a type that is computed with and a fixed shape "
                    "are needed",
                    request.name, DTypeName(variable.dtype),
                    variable.shape ? variable.shape->ToString() : " of unknown rank"));
  }
  if (variable.shape) request.shape = *variable.shape;
  return request;
}

Result<BoundVariables> Binder::Bind(const std::map<std::string_view, std::size_t>& handles) {
  std::set<std::size_t> read;
  for (const auto& [node, object] : handles) read.insert(object);
  BoundVariables bound;
  std::map<std::size_t, std::size_t> index_of;
  for (const Ordered& ordered : Order(read)) {
    SIDECAR_ASSIGN_OR_RETURN(VariableRequest request,
                             Request(ordered, read.contains(ordered.object)));
    index_of.emplace(ordered.object, bound.variables.size());
    bound.variables.push_back({std::move(request), {}});
  }
  for (const auto& [node, object] : handles) {
    const std::size_t index = index_of.at(object);
    const VariableRequest& request = bound.variables[index].request;
    bound.handles.push_back({node, index, request.dtype, request.shape});
  }
  return bound;
}

}  // namespace

Result<BoundVariables> BindVariables(const InferenceGraph& graph, const SavedObjectGraph& objects,
                                     KerasVersion keras_version) {
  SIDECAR_ASSIGN_OR_RETURN(const auto handles, HandleObjects(graph, objects));
  return Binder(objects, keras_version).Bind(handles);
}

}  // namespace sidecar::model::saved_model
