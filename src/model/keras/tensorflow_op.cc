#include "model/keras/tensorflow_op.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <iterator>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "base/status_macros.h"
#include "model/keras/config_reader.h"
#include "model/keras/json_text.h"

namespace sidecar::model::keras {
namespace {

using nlohmann::json;

struct TensorFlowOp {
  std::string_view name;
  std::string_view function;
  std::string_view inputs;
  std::string_view attributes;
};

#define SIDECAR_TENSORFLOW_OP(name, function, inputs, attributes) \
  TensorFlowOp{#name, function, inputs, attributes},
constexpr TensorFlowOp kOps[] = {
#include "model/keras/tensorflow_ops.inc"
};
#undef SIDECAR_TENSORFLOW_OP

constexpr bool AreSorted() {
  for (std::size_t i = 1; i < std::size(kOps); ++i) {
    if (kOps[i - 1].name >= kOps[i].name) return false;
  }
  return true;
}
static_assert(AreSorted(), "one line for each op, sorted");

const TensorFlowOp* FindTensorFlowOp(std::string_view name) {
  for (const TensorFlowOp& op : kOps) {
    if (op.name == name) return &op;
  }
  return nullptr;
}

std::vector<std::string_view> Words(std::string_view text) {
  std::vector<std::string_view> words;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    words.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return words;
}

std::optional<unsigned> SixBits(char c) {
  constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const std::size_t place = kAlphabet.find(c);
  if (place == std::string_view::npos) return std::nullopt;
  return static_cast<unsigned>(place);
}

// The bytes that a text in base64 stands for, or nothing where it is none.
std::optional<std::string> FromBase64(std::string_view text) {
  while (text.ends_with('=')) text.remove_suffix(1);
  std::string bytes;
  unsigned bits = 0;
  int count = 0;
  for (const char c : text) {
    const auto six = SixBits(c);
    if (!six) return std::nullopt;
    bits = (bits << 6U | *six) & 0xffffU;
    count += 6;
    if (count >= 8) {
      count -= 8;
      bytes += static_cast<char>(bits >> static_cast<unsigned>(count) & 0xffU);
    }
  }
  return bytes;
}

// Keras's name of a type of TensorFlow's; empty for one that has none here.
std::string_view TypeName(std::string_view name) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 13> kTypes = {
      {{"DT_FLOAT", "float32"},
       {"DT_DOUBLE", "float64"},
       {"DT_HALF", "float16"},
       {"DT_BFLOAT16", "bfloat16"},
       {"DT_INT8", "int8"},
       {"DT_INT16", "int16"},
       {"DT_INT32", "int32"},
       {"DT_INT64", "int64"},
       {"DT_UINT8", "uint8"},
       {"DT_UINT16", "uint16"},
       {"DT_UINT32", "uint32"},
       {"DT_UINT64", "uint64"},
       {"DT_BOOL", "bool"}}};
  for (const auto& [theirs, ours] : kTypes) {
    if (theirs == name) return ours;
  }
  return {};
}

// 64-bit integers are text in the JSON of protocol buffers.
std::optional<json> AsInteger(const json& value) {
  if (value.is_number_integer()) return value;
  if (!value.is_string()) return std::nullopt;
  const auto& text = value.get_ref<const std::string&>();
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return json(number);
}

std::optional<json> AsFloat(const json& value) {
  if (value.is_number()) return value;
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  if (value == "Infinity") return json(kInfinity);
  if (value == "-Infinity") return json(-kInfinity);
  if (value == "NaN") return json(std::numeric_limits<double>::quiet_NaN());
  return std::nullopt;
}

std::optional<json> AsList(const json& list) {
  if (!list.is_object()) return std::nullopt;
  json items = json::array();
  if (list.empty()) return items;
  if (list.size() != 1 || !list.contains("i") || !list["i"].is_array()) return std::nullopt;
  for (const json& item : list["i"]) {
    const auto number = AsInteger(item);
    if (!number) return std::nullopt;
    items.push_back(*number);
  }
  return items;
}

// An AttrValue as a plain value, or nothing where it is of another kind.
std::optional<json> PlainAttribute(const json& attribute) {
  if (!attribute.is_object() || attribute.size() != 1) return std::nullopt;
  const std::string& kind = attribute.items().begin().key();
  const json& value = attribute.items().begin().value();
  if (kind == "b" && value.is_boolean()) return value;
  if (kind == "i") return AsInteger(value);
  if (kind == "f") return AsFloat(value);
  if (kind == "list") return AsList(value);
  if (!value.is_string()) return std::nullopt;
  if (kind == "s") {
    auto bytes = FromBase64(value.get_ref<const std::string&>());
    return bytes ? std::optional<json>(*std::move(bytes)) : std::nullopt;
  }
  if (kind != "type") return std::nullopt;
  const std::string_view type = TypeName(value.get_ref<const std::string&>());
  return type.empty() ? std::nullopt : std::optional<json>(std::string(type));
}

Result<json> ReadAttributes(const TensorFlowOp& op, const json* attributes,
                            const std::string& path) {
  json arguments = json::object();
  if (attributes == nullptr) return arguments;
  for (const std::string_view pair : Words(op.attributes)) {
    const std::size_t colon = pair.find(':');
    const json* found = ConfigReader(*attributes, "").Find(pair.substr(0, colon));
    if (found == nullptr) continue;
    auto value = PlainAttribute(*found);
    if (!value) {
      return Status(StatusCode::kDataLoss,
                    fmt::format("{}.{} is {}; an attribute of the op {} is allowed", path,
                                pair.substr(0, colon), Excerpt(*found), op.name));
    }
    arguments[std::string(pair.substr(colon + 1))] = *std::move(value);
  }
  return arguments;
}

// The array itself, in place of Keras's object around it; what it has besides plays no part.
json PlainConstant(const json& constant) {
  if (TextMember(constant, "class_name") != "__numpy__") return constant;
  const json* config = ConfigReader(constant, "").Find("config");
  const json* value = config == nullptr ? nullptr : ConfigReader(*config, "").Find("value");
  return value == nullptr ? constant : *value;
}

Result<json> ReadConstants(const json* constants, const std::string& path) {
  json result = json::object();
  if (constants == nullptr) return result;
  if (!constants->is_object()) {
    return Status(StatusCode::kDataLoss,
                  fmt::format("{} is {}; an object is allowed", path, Excerpt(*constants)));
  }
  for (const auto& item : constants->items()) result[item.key()] = PlainConstant(item.value());
  return result;
}

// The names of `count` inputs, in order; nothing where the op does not take as many.
std::optional<std::vector<std::string>> NamesOf(const json& op, std::size_t count) {
  std::vector<std::string> names;
  const std::string text = TextMember(op, "inputs");
  const std::vector<std::string_view> words = Words(text);
  if (text == "#") {
    for (std::size_t i = 0; i < count; ++i) names.push_back(std::to_string(i));
    return names;
  }
  const bool variadic = text.find('*') != std::string::npos;
  const std::size_t fixed = words.size() - (variadic ? 1 : 0);
  if (count < fixed || (!variadic && count != fixed)) return std::nullopt;
  for (const std::string_view word : words) {
    const bool many = word.starts_with('*');
    names.insert(names.end(), many ? count - fixed : 1, std::string(word));
  }
  return names;
}

using Tree = ArgumentTree<NamedReference>;

// Each input of the op: the tensors of the call in turn, with the constants at their places.
Result<std::vector<Tree>> InputsOf(const NamedCall& call, const json& constants,
                                   const std::string& path) {
  std::vector<Tree> inputs;
  const std::size_t count = call.inputs.size() + constants.size();
  std::size_t next = 0;
  std::size_t used = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const auto constant = constants.find(std::to_string(i));
    if (constant != constants.end()) {
      inputs.push_back({&*constant, {}});
      ++used;
    } else if (next < call.inputs.size()) {
      const auto& value = call.inputs[next++].value;
      Tree tree;
      if (const auto* json_value = std::get_if<const json*>(&value)) {
        tree.value = *json_value;
      } else {
        tree.value = std::get<NamedReference>(value);
      }
      inputs.push_back(std::move(tree));
    }
  }
  if (used == constants.size() && next == call.inputs.size()) return inputs;
  return Status(StatusCode::kDataLoss,
                fmt::format("{}: the numbers of its constants are not those of inputs", path));
}

}  // namespace

Result<json> ReadTensorFlowOp(const json& config, const std::string& path) {
  const ConfigReader reader(config, path);
  const json* node = reader.Find("node_def");
  if (node != nullptr && node->is_string()) {
    return Status(
        StatusCode::kUnimplemented,
        fmt::format("{}.node_def is text, as TensorFlow 2.0 wrote it; load the model with "
                    "a later one and save it again",
                    path));
  }
  if (node == nullptr || !node->is_object()) return reader.Wrong("node_def", "an object");
  const ConfigReader node_reader(*node, path + ".node_def");
  SIDECAR_ASSIGN_OR_RETURN(const std::string name, node_reader.String("op"));
  constexpr std::size_t kMostName = 100;
  if (name.size() > kMostName) return node_reader.Wrong("op", "the name of an op");
  SIDECAR_ASSIGN_OR_RETURN(json constants,
                           ReadConstants(reader.Find("constants"), path + ".constants"));
  json result = {{"op", name}, {"function", ""}, {"constants", std::move(constants)}};
  const TensorFlowOp* op = FindTensorFlowOp(name);
  if (op == nullptr) return result;
  SIDECAR_ASSIGN_OR_RETURN(result["arguments"],
                           ReadAttributes(*op, node_reader.Find("attr"), path + ".node_def.attr"));
  result["function"] = std::string(op->function);
  result["inputs"] = std::string(op->inputs);
  return result;
}

Result<NamedCall> ReadTensorFlowOpCall(const json& node, const json& op, const std::string& path) {
  SIDECAR_ASSIGN_OR_RETURN(NamedCall call, ReadCall(node, path));
  SIDECAR_ASSIGN_OR_RETURN(std::vector<Tree> inputs, InputsOf(call, op["constants"], path));
  call.inputs.clear();
  call.arguments.clear();
  const std::string name = TextMember(op, "op");
  const auto names = NamesOf(op, inputs.size());
  if (!op.contains("inputs")) {  // an op to be refused by its name; its inputs are looked at
    call.arguments.push_back({"0", Tree{std::move(inputs), {}}});
    return call;
  }
  if (!names) {
    return Status(StatusCode::kDataLoss,
                  fmt::format("{}: the op {} is called with {} inputs", path, name, inputs.size()));
  }
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const std::string& input = (*names)[i];
    if (!input.starts_with('*')) {
      call.arguments.push_back({input, std::move(inputs[i])});
      continue;
    }
    if (i == 0 || (*names)[i - 1] != input) {
      call.arguments.push_back({input.substr(1), Tree{Tree::Items(), {}}});
    }
    std::get<Tree::Items>(call.arguments.back().tree.value).push_back(std::move(inputs[i]));
  }
  for (const auto& argument : op["arguments"].items()) {
    call.arguments.push_back({argument.key(), Tree{&argument.value(), {}}});
  }
  return call;
}

std::vector<std::string_view> TensorFlowOps() {
  std::vector<std::string_view> names;
  for (const TensorFlowOp& op : kOps) names.push_back(op.name);
  return names;
}

}  // namespace sidecar::model::keras
