#include "model/saved_model/graph_import.h"

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <map>
#include <openvino/core/model.hpp>
#include <openvino/frontend/manager.hpp>
#include <openvino/frontend/tensorflow/extension/conversion.hpp>
#include <openvino/op/parameter.hpp>
#include <openvino/op/result.hpp>
#include <openvino/op/util/framework_node.hpp>
#include <openvino/op/util/multi_subgraph_base.hpp>
#include <utility>

#include "base/status_macros.h"
#include "engine/graph_preparation.h"
#include "engine/openvino_error.h"
#include "engine/variable_placeholder.h"
#include "model/saved_model/attr_value.h"

namespace sidecar::model::saved_model {
namespace {

using ov::frontend::tensorflow::ConversionExtension;
using ov::frontend::tensorflow::NodeContext;

/// Constants take at most this, whatever the file claims of their shapes.
constexpr std::uint64_t kMostConstantBytes = std::uint64_t{4} << 30U;

constexpr std::size_t kMostNamedNodes = 3;  // of one op, in a message

/// A front end of its own for each import: extensions stay with it.
ov::frontend::FrontEnd::Ptr MakeFrontEnd(const std::vector<VariableHandle>& variables) {
  static ov::frontend::FrontEndManager manager;
  ov::frontend::FrontEnd::Ptr front_end = manager.load_by_framework("tf");
  OPENVINO_ASSERT(front_end != nullptr, "OpenVINO's TensorFlow front end is not installed");
  std::map<std::string, VariableHandle, std::less<>> by_node;
  for (const VariableHandle& variable : variables) by_node.emplace(variable.node, variable);
  front_end->add_extension(std::make_shared<ConversionExtension>(
      "VarHandleOp", [by_node](const NodeContext& context) -> ov::OutputVector {
        const auto found = by_node.find(context.get_name());
        OPENVINO_ASSERT(found != by_node.end(), "variable ", context.get_name(), " is not bound");
        const VariableHandle& variable = found->second;
        auto placeholder = std::make_shared<engine::VariablePlaceholder>(
            variable.index, engine::ToElementType(variable.dtype),
            engine::ToOvShape(variable.shape));
        placeholder->set_friendly_name(context.get_name());
        return placeholder->outputs();
      }));
  front_end->add_extension(std::make_shared<ConversionExtension>(
      "ReadVariableOp",
      [](const NodeContext& context) -> ov::OutputVector { return {context.get_input(0)}; }));
  return front_end;
}

/// Parameters in the order of `inputs`, results in that of the iterator's result names.
void OrderPorts(ov::Model& model, const std::vector<GraphInput>& inputs, std::size_t num_outputs) {
  ov::ParameterVector parameters;
  for (const GraphInput& input : inputs) {
    for (const auto& parameter : model.get_parameters()) {
      const std::string_view name = parameter->get_friendly_name();
      if (name == input.node || name == std::string(input.node) + ":0")
        parameters.push_back(parameter);
    }
  }
  ov::ResultVector results;
  for (std::size_t i = 0; i < num_outputs; ++i) {
    for (const auto& result : model.get_results()) {
      const std::string& name = result->get_friendly_name();
      if (name == ResultName(i) || name == ResultName(i) + ":0") results.push_back(result);
    }
  }
  OPENVINO_ASSERT(
      parameters.size() == model.get_parameters().size() && parameters.size() == inputs.size() &&
          results.size() == model.get_results().size() && results.size() == num_outputs,
      "the converted graph has ", model.get_parameters().size(), " inputs and ",
      model.get_results().size(), " outputs, the signature ", inputs.size(), " and ", num_outputs);
  for (const auto& parameter : parameters) model.remove_parameter(parameter);
  model.add_parameters(parameters);
  for (const auto& result : results) model.remove_result(result);
  model.add_results(results);
}

void CollectFrameworkNodes(const ov::Model& model, std::map<std::string, std::string>& reasons) {
  for (const auto& node : model.get_ordered_ops()) {
    if (const auto framework = ov::as_type_ptr<ov::op::util::FrameworkNode>(node)) {
      const ov::op::util::FrameworkNodeAttrs& attributes = framework->get_attrs();
      std::string reason;
      for (const auto& attribute : attributes) {
        if (attribute.first.find("failed_conversion") != std::string::npos)
          reason = attribute.second;
      }
      reasons.emplace(attributes.get_type_name(), std::move(reason));
    }
    if (const auto graphs = ov::as_type_ptr<ov::op::util::MultiSubGraphOp>(node)) {
      for (std::size_t i = 0; i < graphs->get_internal_subgraphs_size(); ++i) {
        if (const auto body = graphs->get_function(i)) CollectFrameworkNodes(*body, reasons);
      }
    }
  }
}

Status UnsupportedStatus(const std::vector<UnsupportedOp>& ops) {
  std::string message;
  std::vector<std::string> details;
  for (const UnsupportedOp& op : ops) {
    std::string nodes;
    for (std::size_t i = 0; i < op.nodes.size() && i < kMostNamedNodes; ++i)
      nodes += (i > 0 ? ", " : "") + op.nodes[i];
    if (op.nodes.size() > kMostNamedNodes)
      nodes += fmt::format(" and {} more", op.nodes.size() - kMostNamedNodes);
    message += fmt::format("{}{} ({})", message.empty() ? "" : "; ", op.op, nodes);
    if (!op.reason.empty()) details.push_back(fmt::format("{}: {}", op.op, op.reason));
  }
  return {StatusCode::kUnimplemented,
          fmt::format("{} op{} of the graph {} not supported: {}", ops.size(),
                      ops.size() == 1 ? "" : "s", ops.size() == 1 ? "is" : "are", message),
          std::move(details)};
}

}  // namespace

Result<std::shared_ptr<ov::Model>> ImportGraph(const InferenceGraph& graph,
                                               const std::vector<GraphInput>& inputs,
                                               const std::vector<std::string_view>& outputs,
                                               const std::vector<VariableHandle>& variables) {
  try {
    const ov::frontend::FrontEnd::Ptr front_end = MakeFrontEnd(variables);
    const ov::frontend::InputModel::Ptr source =
        front_end->load(MakeGraphIterator(graph, inputs, outputs, kMostConstantBytes));
    std::shared_ptr<ov::Model> model = front_end->convert(source);
    OrderPorts(*model, inputs, outputs.size());
    return model;
  } catch (const std::exception& error) {
    const std::vector<UnsupportedOp> unsupported =
        FindUnsupportedOps(graph, inputs, outputs, variables);
    if (!unsupported.empty()) return UnsupportedStatus(unsupported);
    return Status(StatusCode::kUnimplemented,
                  "the graph cannot be converted: " + engine::Explanation(error));
  }
}

std::vector<UnsupportedOp> FindUnsupportedOps(const InferenceGraph& graph,
                                              const std::vector<GraphInput>& inputs,
                                              const std::vector<std::string_view>& outputs,
                                              const std::vector<VariableHandle>& variables) {
  std::map<std::string, std::string> reasons;
  try {
    const ov::frontend::FrontEnd::Ptr front_end = MakeFrontEnd(variables);
    const ov::frontend::InputModel::Ptr source =
        front_end->load(MakeGraphIterator(graph, inputs, outputs, kMostConstantBytes));
    CollectFrameworkNodes(*front_end->convert_partially(source), reasons);
  } catch (const std::exception&) {
    return {};  // the import's own failure says what is wrong
  }
  std::vector<UnsupportedOp> ops;
  for (const auto& [op, reason] : reasons) {
    UnsupportedOp unsupported{op, {}, reason.substr(0, 300)};
    for (const PlacedNode& placed : AllNodes(graph)) {
      if (placed.node->op == op) unsupported.nodes.emplace_back(placed.node->name);
    }
    std::sort(unsupported.nodes.begin(), unsupported.nodes.end());
    ops.push_back(std::move(unsupported));
  }
  return ops;
}

}  // namespace sidecar::model::saved_model
