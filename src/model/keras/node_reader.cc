#include "model/keras/node_reader.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

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

// Notes the first argument that changes what a layer computes in a way that is not supported.
void NoteArgument(const std::string& name, const json& value, NamedCall& call) {
  if (value.is_null() || !call.unsupported_argument.empty()) return;
  if (name == "training" && (value == json(false) || value == json(0))) return;
  if (name == "name") return;
  call.unsupported_argument = fmt::format("{} = {}", name, Excerpt(value));
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

Status AddKeras2Leaf(const json& leaf, const std::string& key, const std::string& path,
                     NamedCall& call) {
  if (!LooksLikeReference(leaf)) {
    return Wrong(path, leaf, "[layer name, node number, tensor number, arguments]");
  }
  if (leaf.size() == 4) {
    if (!leaf[3].is_object() && !leaf[3].is_null()) {
      return Wrong(path + "[3]", leaf[3], "an object of call arguments");
    }
    for (const auto& item : leaf[3].items()) NoteArgument(item.key(), item.value(), call);
  }
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

Status AddKeras3Leaf(const json& leaf, const std::string& key, const std::string& path,
                     NamedCall& call) {
  if (leaf.is_null()) return Status();
  if (!HasClass(leaf, "__keras_tensor__")) {
    call.inputs.push_back({&leaf, key});  // a constant
    return Status();
  }
  const json* config = ConfigReader(leaf, path).Find("config");
  const json* history =
      config == nullptr ? nullptr : ConfigReader(*config, path).Find("keras_history");
  if (history == nullptr) return Wrong(path, leaf, "a __keras_tensor__ with config.keras_history");
  SIDECAR_ASSIGN_OR_RETURN(NamedReference reference,
                           ReadReference(*history, path + ".keras_history"));
  call.inputs.push_back({std::move(reference), key});
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
  for (std::size_t i = 1; i < items->size(); ++i) {
    NoteArgument(fmt::format("argument {}", i + 1), (*items)[i], call);
  }
  if (kwargs == nullptr) return call;
  for (const auto& item : kwargs->items()) {
    if (items->empty() && item.key() == "inputs") {
      SIDECAR_RETURN_IF_ERROR(Flatten(item.value(), "", IsKeras3Leaf, add));
    } else {
      NoteArgument(item.key(), item.value(), call);
    }
  }
  return call;
}

}  // namespace

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
