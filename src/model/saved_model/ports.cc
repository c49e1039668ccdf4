#include "model/saved_model/ports.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "base/status_macros.h"
#include "engine/graph_preparation.h"
#include "model/saved_model/attr_value.h"

namespace sidecar::model::saved_model {
namespace {

bool IsDigit(char c) { return std::isdigit(static_cast<unsigned char>(c)) != 0; }

/// Compares texts with the numbers in them by value.
bool NaturalLess(std::string_view a, std::string_view b) {
  std::size_t i = 0;
  std::size_t j = 0;
  while (i < a.size() && j < b.size()) {
    if (IsDigit(a[i]) && IsDigit(b[j])) {
      const std::size_t begin_a = std::min(a.find_first_not_of('0', i), a.size());
      const std::size_t begin_b = std::min(b.find_first_not_of('0', j), b.size());
      std::size_t end_a = begin_a;
      std::size_t end_b = begin_b;
      while (end_a < a.size() && IsDigit(a[end_a])) ++end_a;
      while (end_b < b.size() && IsDigit(b[end_b])) ++end_b;
      const std::string_view number_a = a.substr(begin_a, end_a - begin_a);
      const std::string_view number_b = b.substr(begin_b, end_b - begin_b);
      if (number_a.size() != number_b.size()) return number_a.size() < number_b.size();
      if (number_a != number_b) return number_a < number_b;
      i = end_a;
      j = end_b;
    } else {
      if (a[i] != b[j]) return a[i] < b[j];
      ++i;
      ++j;
    }
  }
  return a.size() - i < b.size() - j;
}

/// Names that Keras 3 gives to inputs whose own names a SavedModel loses: "inputs_1", "args_0_1".
bool IsMadeUp(std::string_view name) {
  for (const std::string_view start : {"inputs", "args"}) {
    if (!name.starts_with(start)) continue;
    name.remove_prefix(start.size());
    return std::all_of(name.begin(), name.end(), [](char c) { return c == '_' || IsDigit(c); });
  }
  return false;
}

/// A call of a function: what it is given, and what the function calls these arguments.
struct Call {
  std::string_view function;
  std::vector<std::string_view> producers;  // by argument: the node or argument that makes it
};

Result<std::vector<Call>> CallsAmong(const std::vector<NodeDef>& nodes) {
  std::vector<Call> calls;
  for (const NodeDef& node : nodes) {
    const std::optional<Bytes> attribute = node.Attribute("f");
    if (!attribute) continue;
    SIDECAR_ASSIGN_OR_RETURN(const AttrValue value, ParseAttrValue(*attribute));
    const auto* function = std::get_if<FunctionName>(&value);
    if (function == nullptr) continue;
    Call call{function->name, {}};
    for (const std::string_view input : node.inputs)
      call.producers.push_back(ParseTensorName(input)->node);
    calls.push_back(std::move(call));
  }
  return calls;
}

/// Where the model's own function takes an input, and what it calls it.
struct Argument {
  std::size_t position = 0;
  std::string name;  // a dictionary's key; empty where it has none
};

/// Follows a signature's placeholder through the signature's wrapper to the function that was
/// traced from Python code, whose structured arguments have the order and the keys of the model's.
Result<std::optional<Argument>> FindArgument(const InferenceGraph& graph,
                                             const SavedObjectGraph& objects,
                                             const std::vector<Call>& outer,
                                             std::string_view placeholder) {
  for (const Call& call : outer) {
    const auto found = std::find(call.producers.begin(), call.producers.end(), placeholder);
    const FunctionDef& wrapper = graph.functions.at(call.function);
    const auto index = static_cast<std::size_t>(found - call.producers.begin());
    if (found == call.producers.end() || index >= wrapper.inputs.size()) continue;
    SIDECAR_ASSIGN_OR_RETURN(const std::vector<Call> inner, CallsAmong(wrapper.nodes));
    for (const Call& traced : inner) {
      const auto function = objects.functions.find(traced.function);
      const auto argument =
          std::find(traced.producers.begin(), traced.producers.end(), wrapper.inputs[index].name);
      if (function == objects.functions.end() || argument == traced.producers.end()) continue;
      SIDECAR_ASSIGN_OR_RETURN(const std::vector<std::string_view> names,
                               FlattenedNames(function->second.input_signature));
      const auto position = static_cast<std::size_t>(argument - traced.producers.begin());
      if (position < names.size())
        return std::optional(Argument{position, std::string(names[position])});
    }
  }
  return std::optional<Argument>();
}

Result<GraphInput> CheckInput(const SignaturePort& port, const NodeDef& node) {
  const ov::element::Type type = engine::ToElementType(port.dtype);
  if (type.is_dynamic()) {
    return Status(StatusCode::kUnimplemented,
                  fmt::format("input '{}' is of type {}: the model must take numbers or bool",
                              port.name, DTypeName(port.dtype)));
  }
  if (node.op != "Placeholder") {
    return Status(StatusCode::kFailedPrecondition,
                  fmt::format("input '{}' is node '{}' of op {}, a Placeholder is expected",
                              port.name, node.name, node.op));
  }
  if (!port.shape || port.shape->rank() == 0) {
    return Status(StatusCode::kFailedPrecondition,
                  fmt::format("input '{}' has {}: a batch dimension is needed", port.name,
                              port.shape ? "no dimensions" : "an unknown number of dimensions"));
  }
  std::vector<ov::Dimension> sizes(port.shape->sizes().begin(), port.shape->sizes().end());
  sizes.front() = ov::Dimension::dynamic();
  return GraphInput{node.name, type, ov::PartialShape(std::move(sizes))};
}

std::string NamesOf(const std::vector<OutputPort>& outputs) {
  std::string names;
  for (const OutputPort& output : outputs) names += (names.empty() ? "" : ", ") + output.name;
  return names;
}

/// The ports in the order of `names`; nothing where these are not exactly the ports' names.
std::optional<std::vector<OutputPort>> InOrderOf(const std::vector<OutputPort>& outputs,
                                                 const std::vector<std::string>& names) {
  if (names.size() != outputs.size()) return std::nullopt;
  std::vector<OutputPort> ordered;
  std::set<std::string_view> used;
  for (const std::string& name : names) {
    const auto found = std::find_if(outputs.begin(), outputs.end(),
                                    [&](const OutputPort& port) { return port.name == name; });
    if (found == outputs.end() || !used.insert(name).second) return std::nullopt;
    ordered.push_back(*found);
  }
  return ordered;
}

}  // namespace

Result<InputPorts> ReadInputs(const InferenceGraph& graph, const SavedObjectGraph& objects,
                              const Signature& signature) {
  struct Input {
    ModelInput model;
    GraphInput graph;
    std::optional<Argument> argument;
  };
  SIDECAR_ASSIGN_OR_RETURN(const std::vector<Call> calls, CallsAmong(graph.nodes));
  std::vector<Input> inputs;
  InputPorts ports;
  for (const auto& [name, port] : signature.inputs) {
    const std::optional<TensorName> tensor = ParseTensorName(port.tensor);
    const NodeDef* node = tensor ? graph.FindNode(tensor->node) : nullptr;
    if (node == nullptr) continue;  // nothing reads it
    Input input;
    SIDECAR_ASSIGN_OR_RETURN(input.graph, CheckInput(port, *node));
    SIDECAR_ASSIGN_OR_RETURN(input.argument, FindArgument(graph, objects, calls, node->name));
    input.model.name = port.name;
    input.model.dtype = port.dtype;
    input.model.shape = port.shape->WithoutFirst();
    if (input.argument && !input.argument->name.empty()) {
      input.model.other_names.push_back(input.argument->name);
    }
    input.model.has_own_name = !IsMadeUp(name) || !input.model.other_names.empty();
    if ((*port.shape)[0] != Shape::kUnknown) ports.fixed_batch = (*port.shape)[0];
    inputs.push_back(std::move(input));
  }
  const bool placed = std::all_of(inputs.begin(), inputs.end(),
                                  [](const Input& input) { return input.argument.has_value(); });
  std::stable_sort(inputs.begin(), inputs.end(), [&](const Input& a, const Input& b) {
    return placed ? a.argument->position < b.argument->position
                  : NaturalLess(a.model.name, b.model.name);
  });
  for (Input& input : inputs) {
    ports.inputs.push_back(std::move(input.model));
    ports.graph_inputs.push_back(std::move(input.graph));
  }
  return ports;
}

Result<std::vector<OutputPort>> ReadOutputs(const Signature& signature,
                                            const KerasMetadata& metadata,
                                            const std::vector<std::string>& output_names) {
  std::vector<OutputPort> outputs;
  for (const auto& [name, port] : signature.outputs) outputs.push_back({std::string(name), port});
  std::stable_sort(outputs.begin(), outputs.end(), [](const OutputPort& a, const OutputPort& b) {
    return NaturalLess(a.name, b.name);
  });
  if (auto ordered = InOrderOf(outputs, metadata.output_layers)) outputs = std::move(*ordered);
  if (output_names.empty()) return outputs;
  if (auto ordered = InOrderOf(outputs, output_names)) return std::move(*ordered);
  if (output_names.size() != outputs.size()) {
    return Status(StatusCode::kInvalidArgument,
                  fmt::format("--output-names has {} names, the signature has {} outputs: {}",
                              output_names.size(), outputs.size(), NamesOf(outputs)));
  }
  for (std::size_t i = 0; i < outputs.size(); ++i) outputs[i].name = output_names[i];
  return outputs;
}

}  // namespace sidecar::model::saved_model
