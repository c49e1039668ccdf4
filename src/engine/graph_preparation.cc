#include "engine/graph_preparation.h"

#include <map>
#include <openvino/core/graph_util.hpp>
#include <openvino/op/constant.hpp>
#include <openvino/op/convert.hpp>
#include <openvino/op/parameter.hpp>
#include <openvino/runtime/tensor.hpp>
#include <string>
#include <utility>

#include "base/status_macros.h"
#include "engine/variable_placeholder.h"

namespace sidecar::engine {

ov::element::Type ToElementType(DType dtype) {
  switch (dtype) {
    case DType::kFloat32:
      return ov::element::f32;
    case DType::kFloat64:
      return ov::element::f64;
    case DType::kFloat16:
      return ov::element::f16;
    case DType::kBfloat16:
      return ov::element::bf16;
    case DType::kInt8:
      return ov::element::i8;
    case DType::kInt16:
      return ov::element::i16;
    case DType::kInt32:
      return ov::element::i32;
    case DType::kInt64:
      return ov::element::i64;
    case DType::kUint8:
      return ov::element::u8;
    case DType::kUint16:
      return ov::element::u16;
    case DType::kUint32:
      return ov::element::u32;
    case DType::kUint64:
      return ov::element::u64;
    case DType::kBool:
      return ov::element::boolean;
    default:
      return ov::element::dynamic;
  }
}

DType FromElementType(const ov::element::Type& type) {
  for (const DType dtype :
       {DType::kFloat32, DType::kFloat64, DType::kFloat16, DType::kBfloat16, DType::kInt8,
        DType::kInt16, DType::kInt32, DType::kInt64, DType::kUint8, DType::kUint16, DType::kUint32,
        DType::kUint64, DType::kBool}) {
    if (ToElementType(dtype) == type) return dtype;
  }
  return DType::kInvalid;
}

ov::Shape ToOvShape(const Shape& shape) {
  ov::Shape result;
  for (const std::int64_t size : shape.sizes()) result.push_back(static_cast<std::size_t>(size));
  return result;
}

ov::Tensor ReadOnlyTensor(const Tensor& tensor) {
  auto* data = const_cast<std::byte*>(
      tensor.bytes().data());  // NOLINT(cppcoreguidelines-pro-type-const-cast)
  return {ToElementType(tensor.dtype()), ToOvShape(tensor.shape()), data};
}

bool IsGraphInputType(DType dtype) {
  switch (dtype) {
    case DType::kFloat32:
    case DType::kInt32:
    case DType::kInt64:
    case DType::kUint8:
    case DType::kInt8:
    case DType::kBool:
      return true;
    default:
      return false;
  }
}

std::shared_ptr<ov::Model> WithInputs(const ov::Model& graph, std::span<const DType> types,
                                      std::span<const Shape> shapes) {
  std::shared_ptr<ov::Model> copy = graph.clone();
  const ov::ParameterVector parameters = copy->get_parameters();
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    const std::shared_ptr<ov::op::v0::Parameter>& old = parameters[i];
    auto parameter =
        std::make_shared<ov::op::v0::Parameter>(ToElementType(types[i]), ToOvShape(shapes[i]));
    parameter->set_friendly_name(old->get_friendly_name());
    ov::Output<ov::Node> value = parameter->output(0);
    if (parameter->get_element_type() != old->get_element_type()) {
      value = std::make_shared<ov::op::v0::Convert>(value, old->get_element_type());
    }
    for (ov::Input<ov::Node> consumer : old->output(0).get_target_inputs())
      consumer.replace_source_output(value);
    copy->replace_parameter(i, parameter);
  }
  copy->validate_nodes_and_infer_types();
  return copy;
}

namespace {

using Placeholders = std::vector<std::shared_ptr<VariablePlaceholder>>;

Placeholders PlaceholdersOf(const ov::Model& graph) {
  Placeholders found;
  for (const std::shared_ptr<ov::Node>& node : graph.get_ordered_ops()) {
    auto placeholder = std::dynamic_pointer_cast<VariablePlaceholder>(node);
    if (placeholder != nullptr) found.push_back(std::move(placeholder));
  }
  return found;
}

Status CheckValue(const VariablePlaceholder& placeholder, std::span<const Tensor> values) {
  const std::size_t index = placeholder.index();
  if (index >= values.size()) {
    return {StatusCode::kInternal, "the graph reads variable " + std::to_string(index) + " of " +
                                       std::to_string(values.size()) + " given"};
  }
  const Tensor& value = values[index];
  if (ToElementType(value.dtype()) != placeholder.get_output_element_type(0) ||
      ToOvShape(value.shape()) != placeholder.get_output_shape(0)) {
    return {StatusCode::kInternal,
            "the value of variable " + std::to_string(index) + " (" +
                placeholder.get_friendly_name() + ") is " + std::string(DTypeName(value.dtype())) +
                value.shape().ToString() + ", which is not what the graph reads"};
  }
  return {};
}

}  // namespace

Status VariablesToConstants(ov::Model& graph, std::span<const Tensor> values) {
  for (const std::shared_ptr<VariablePlaceholder>& placeholder : PlaceholdersOf(graph)) {
    SIDECAR_RETURN_IF_ERROR(CheckValue(*placeholder, values));
    auto constant =
        std::make_shared<ov::op::v0::Constant>(ReadOnlyTensor(values[placeholder->index()]));
    constant->set_friendly_name(placeholder->get_friendly_name());
    ov::replace_node(placeholder, constant);
  }
  return {};
}

Result<std::vector<std::size_t>> VariablesToInputs(ov::Model& graph,
                                                   std::span<const Tensor> values) {
  std::vector<std::size_t> order;
  std::map<std::size_t, std::shared_ptr<ov::op::v0::Parameter>> inputs;  // by variable
  for (const std::shared_ptr<VariablePlaceholder>& placeholder : PlaceholdersOf(graph)) {
    SIDECAR_RETURN_IF_ERROR(CheckValue(*placeholder, values));
    const std::size_t index = placeholder->index();
    if (!IsGraphInputType(values[index].dtype()) || values[index].num_elements() == 0) {
      return Status(StatusCode::kUnimplemented,
                    "variable " + std::to_string(index) + " cannot be an input of the graph");
    }
    std::shared_ptr<ov::op::v0::Parameter>& input = inputs[index];
    if (input == nullptr) {
      input = std::make_shared<ov::op::v0::Parameter>(placeholder->get_output_element_type(0),
                                                      placeholder->get_output_shape(0));
      input->set_friendly_name(placeholder->get_friendly_name());
      graph.add_parameters({input});
      order.push_back(index);
    }
    ov::replace_node(placeholder, input);
  }
  return order;
}

std::vector<DType> PlaceholderTypes(const ov::Model& graph, std::size_t count) {
  std::vector<DType> types(count, DType::kInvalid);
  for (const std::shared_ptr<VariablePlaceholder>& placeholder : PlaceholdersOf(graph)) {
    if (placeholder->index() < count) {
      types[placeholder->index()] = FromElementType(placeholder->get_output_element_type(0));
    }
  }
  return types;
}

}  // namespace sidecar::engine
