#include "engine/variable_placeholder.h"

#include <openvino/core/attribute_visitor.hpp>

namespace sidecar::engine {

VariablePlaceholder::VariablePlaceholder(std::size_t index, const ov::element::Type& type,
                                         const ov::Shape& shape)
    : index_(index), type_(type), shape_(shape) {
  constructor_validate_and_infer_types();
}

void VariablePlaceholder::validate_and_infer_types() { set_output_type(0, type_, shape_); }

std::shared_ptr<ov::Node> VariablePlaceholder::clone_with_new_inputs(
    const ov::OutputVector& /*inputs*/) const {
  return std::make_shared<VariablePlaceholder>(index_, type_, shape_);
}

bool VariablePlaceholder::visit_attributes(ov::AttributeVisitor& visitor) {
  visitor.on_attribute("index", index_);
  visitor.on_attribute("element_type", type_);
  visitor.on_attribute("shape", shape_);
  return true;
}

}  // namespace sidecar::engine
