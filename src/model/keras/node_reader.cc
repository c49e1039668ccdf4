#include "model/keras/node_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/status_macros.h"
#include "model/keras/config_reader.h"
#include "model/keras/json_text.h"

namespace sidecar::model::keras {
namespace {

using nlohmann::json;

Status Wrong(const std::string& path, const json& found, std::string_view allowed) {
  return {StatusCode::kDataLoss,
          fmt::format("{} is {}; {} is allowed", path, Excerpt(found), allowed)};
}

// `["layer", node, tensor]` and, in Keras 2, a fourth item: keyword arguments.
bool LooksLikeReference(const json& value) {
  return value.is_array() && (value.size() == 3 || value.size() == 4) && value[0].is_string();
}

Result<NamedReference> ReadReference(const json& value, const std::string& path) {
  if (!LooksLikeReference(value) || !value[1].is_number_integer() ||
      !value[2].is_number_integer()) {
    return Wrong(path, value, "[layer name, node number, tensor number]");
  }
  NamedReference reference{value[0].get<std::string>(), value[1].get<std::int64_t>(),
                           value[2].get<std::int64_t>()};
  constexpr std::int64_t kMost = 1'000'000;
  if (reference.node < 0 || reference.node > kMost || reference.output < 0 ||
      reference.output > kMost) {
    return Wrong(path, value, "numbers from 0 to 1000000");
  }
  return reference;
}

using Tree = ArgumentTree<NamedReference>;

// Reads one argument; `read_tensor(value)` gives the reference where the value is a tensor. The
// JSON parser has bounded the depth.
template <class ReadTensor>
Result<Tree> ReadArgument(const json& value, const ReadTensor& read_tensor) {
  SIDECAR_ASSIGN_OR_RETURN(std::optional<NamedReference> tensor, read_tensor(value));
  Tree tree;
  if (tensor) {
    tree.value = std::move(*tensor);
    return tree;
  }
  tree.value = &value;
  const json* list = ListItems(value);
  if (list == nullptr && !value.is_object()) return tree;
  Tree::Items items;
  bool has_tensors = false;
  for (const auto& item : (list == nullptr ? value : *list).items()) {
    SIDECAR_ASSIGN_OR_RETURN(Tree inner, ReadArgument(item.value(), read_tensor));
    has_tensors = has_tensors || inner.constant() == nullptr;
    items.push_back(std::move(inner));
    if (list == nullptr) tree.keys.push_back(item.key());
  }
  if (has_tensors) {
    tree.value = std::move(items);
  } else {
    tree.keys.clear();
  }
  return tree;
}

// Adds an argument unless it says nothing, or is there already: Keras 2 repeats the keyword
// arguments on each input.
template <class ReadTensor>
Status AddArgument(const std::string& name, const json& value, const ReadTensor& read_tensor,
                   NamedCall& call) {
  if (value.is_null() || name == "name") return Status();
  if (name == "training" && (value == json(false) || value == json(0))) return Status();
  const auto same = [&name](const auto& known) { return known.name == name; };
  if (std::any_of(call.arguments.begin(), call.arguments.end(), same)) return Status();
  SIDECAR_ASSIGN_OR_RETURN(Tree tree, ReadArgument(value, read_tensor));
  call.arguments.push_back({name, std::move(tree)});
  return Status();
}

// Walks a nested structure and hands each leaf to `add(leaf, key)`. The JSON parser has bounded the
// depth.
template <class IsLeaf, class Add>
Status Flatten(const json& value, const std::string& key, const IsLeaf& is_leaf, const Add& add) {
  if (is_leaf(value)) return add(value, key);
  if (const json* items = ListItems(value)) {
    for (const json& item : *items) {
      SIDECAR_RETURN_IF_ERROR(Flatten(item, "", is_leaf, add));
    }
    return Status();
  }
  if (value.is_object()) {
    for (const auto& item : value.items()) {  // sorted by key
      SIDECAR_RETURN_IF_ERROR(Flatten(item.value(), item.key(), is_leaf, add));
    }
    return Status();
  }
  return add(value, key);  // refused there
}

// A list that could be a reference is one (tf_keras/utils/tf_utils.py `convert_inner_node_data`).
Result<std::optional<NamedReference>> Keras2Tensor(const json& value, const std::string& path) {
  if (!LooksLikeReference(value) || value[0] == "_CONSTANT_VALUE" ||
      value[0] == "_COMPOSITE_TYPE") {
    return std::optional<NamedReference>();
  }
  SIDECAR_ASSIGN_OR_RETURN(NamedReference reference, ReadReference(value, path));
  return std::optional(std::move(reference));
}

// The keyword arguments beside a reference of Keras 2.
Status AddKeras2Arguments(const json& leaf, const std::string& path, NamedCall& call) {
  if (leaf.size() < 4) return Status();
  if (!leaf[3].is_object() && !leaf[3].is_null()) {
    return Wrong(path + "[3]", leaf[3], "an object of call arguments");
  }
  for (const auto& item : leaf[3].items()) {
    SIDECAR_RETURN_IF_ERROR(AddArgument(
        item.key(), item.value(), [&](const json& value) { return Keras2Tensor(value, path); },
        call));
  }
  return Status();
}

Status AddKeras2Leaf(const json& leaf, const std::string& key, const std::string& path,
                     NamedCall& call) {
  if (!LooksLikeReference(leaf)) {
    return Wrong(path, leaf, "[layer name, node number, tensor number, arguments]");
  }
  SIDECAR_RETURN_IF_ERROR(AddKeras2Arguments(leaf, path, call));
  if (leaf[0] == "_CONSTANT_VALUE") {
    call.inputs.push_back({&leaf[2], key});
    return Status();
  }
  if (leaf[0] == "_COMPOSITE_TYPE") {
    call.unsupported_argument = "a sparse or ragged constant";
    return Status();
  }
  SIDECAR_ASSIGN_OR_RETURN(NamedReference reference, ReadReference(leaf, path));
  call.inputs.push_back({std::move(reference), key});
  return Status();
}

bool HasClass(const json& value, std::string_view class_name) {
  return TextMember(value, "class_name") == class_name;
}

bool IsKeras3Leaf(const json& value) {
  return HasClass(value, "__keras_tensor__") || HasClass(value, "__numpy__") ||
         HasClass(value, "__tensor__") || !value.is_structured();
}

Result<std::optional<NamedReference>> Keras3Tensor(const json& leaf, const std::string& path) {
  if (!HasClass(leaf, "__keras_tensor__")) return std::optional<NamedReference>();
  const json* config = ConfigReader(leaf, path).Find("config");
  const json* history =
      config == nullptr ? nullptr : ConfigReader(*config, path).Find("keras_history");
  if (history == nullptr) return Wrong(path, leaf, "a __keras_tensor__ with config.keras_history");
  SIDECAR_ASSIGN_OR_RETURN(NamedReference reference,
                           ReadReference(*history, path + ".keras_history"));
  return std::optional(std::move(reference));
}

Status AddKeras3Leaf(const json& leaf, const std::string& key, const std::string& path,
                     NamedCall& call) {
  if (leaf.is_null()) return Status();
  SIDECAR_ASSIGN_OR_RETURN(std::optional<NamedReference> reference, Keras3Tensor(leaf, path));
  if (reference) {
    call.inputs.push_back({std::move(*reference), key});
  } else {
    call.inputs.push_back({&leaf, key});  // a constant
  }
  return Status();
}

Result<NamedCall> ReadKeras3Call(const json& node, const std::string& path) {
  const ConfigReader reader(node, path);
  const json* args = reader.Find("args");
  const json* kwargs = reader.Find("kwargs");
  const json* items = args == nullptr ? nullptr : ListItems(*args);
  if (items == nullptr) return reader.Wrong("args", "a list");
  if (kwargs != nullptr && !kwargs->is_object()) return reader.Wrong("kwargs", "an object");
  NamedCall call;
  const auto add = [&](const json& leaf, const std::string& key) {
    return AddKeras3Leaf(leaf, key, path + ".args", call);
  };
  if (!items->empty()) {
    SIDECAR_RETURN_IF_ERROR(Flatten(items->front(), "", IsKeras3Leaf, add));
  }
  const auto tensor = [&](const json& value) { return Keras3Tensor(value, path); };
  for (std::size_t i = 1; i < items->size(); ++i) {
    SIDECAR_RETURN_IF_ERROR(AddArgument(std::to_string(i), (*items)[i], tensor, call));
  }
  if (kwargs == nullptr) return call;
  for (const auto& item : kwargs->items()) {
    // What evaluate() says holds for every call (keras/src/models/functional.py `operation_fn`).
    if (item.key() == "training") continue;
    if (items->empty() && item.key() == "inputs") {
      SIDECAR_RETURN_IF_ERROR(Flatten(item.value(), "", IsKeras3Leaf, add));
    } else {
      SIDECAR_RETURN_IF_ERROR(AddArgument(item.key(), item.value(), tensor, call));
    }
  }
  return call;
}

// The first argument of an operation in Keras 2, as it is nested.
Result<Tree> ReadKeras2Operand(const json& value, const std::string& path, NamedCall& call) {
  Tree tree;
  if (LooksLikeReference(value)) {
    SIDECAR_RETURN_IF_ERROR(AddKeras2Arguments(value, path, call));
    if (value[0] == "_CONSTANT_VALUE") {
      tree.value = &value[2];
    } else if (value[0] == "_COMPOSITE_TYPE") {
      call.unsupported_argument = "a sparse or ragged constant";
    } else {
      SIDECAR_ASSIGN_OR_RETURN(tree.value, ReadReference(value, path));
    }
    return tree;
  }
  if (!value.is_structured()) return Wrong(path, value, "a reference, or nested lists of them");
  Tree::Items items;
  for (const auto& item : value.items()) {
    SIDECAR_ASSIGN_OR_RETURN(Tree inner, ReadKeras2Operand(item.value(), path, call));
    items.push_back(std::move(inner));
    if (value.is_object()) tree.keys.push_back(item.key());
  }
  tree.value = std::move(items);
  return tree;
}

}  // namespace

Result<NamedCall> ReadOperationCall(const json& node, const std::string& path) {
  NamedCall call;
  if (!node.is_object() || !node.contains("args")) {
    SIDECAR_ASSIGN_OR_RETURN(Tree tree, ReadKeras2Operand(node, path, call));
    call.arguments.push_back({"0", std::move(tree)});
    return call;
  }
  const ConfigReader reader(node, path);
  const json* args = reader.Find("args");
  const json* kwargs = reader.Find("kwargs");
  const json* items = args == nullptr ? nullptr : ListItems(*args);
  if (items == nullptr) return reader.Wrong("args", "a list");
  if (kwargs != nullptr && !kwargs->is_object()) return reader.Wrong("kwargs", "an object");
  const auto tensor = [&](const json& value) { return Keras3Tensor(value, path); };
  for (std::size_t i = 0; i < items->size(); ++i) {
    SIDECAR_RETURN_IF_ERROR(AddArgument(std::to_string(i), (*items)[i], tensor, call));
  }
  if (kwargs == nullptr) return call;
  for (const auto& item : kwargs->items()) {
    SIDECAR_RETURN_IF_ERROR(AddArgument(item.key(), item.value(), tensor, call));
  }
  return call;
}

Result<NamedCall> ReadCall(const json& node, const std::string& path) {
  if (node.is_object() && node.contains("args")) return ReadKeras3Call(node, path);
  if (!node.is_array() && !node.is_object()) {
    return Wrong(path, node, "a list, or an object with args and kwargs");
  }
  NamedCall call;
  SIDECAR_RETURN_IF_ERROR(
      Flatten(node, "", LooksLikeReference, [&](const json& leaf, const std::string& key) {
        return AddKeras2Leaf(leaf, key, path, call);
      }));
  return call;
}

Result<std::vector<NamedInput>> ReadPorts(const json& ports, const std::string& path) {
  std::vector<NamedInput> result;
  SIDECAR_RETURN_IF_ERROR(Flatten(
      ports, "", LooksLikeReference, [&](const json& leaf, const std::string& key) -> Status {
        SIDECAR_ASSIGN_OR_RETURN(NamedReference reference, ReadReference(leaf, path));
        result.push_back({std::move(reference), key});
        return Status();
      }));
  return result;
}

}  // namespace sidecar::model::keras
