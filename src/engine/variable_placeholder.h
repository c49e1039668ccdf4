// The op that stands for a variable in a graph until a checkpoint's value takes its place.
#pragma once

#include <cstddef>
#include <memory>
#include <openvino/op/op.hpp>
#include <string>
#include <vector>

#include "sidecar/tensor.h"

namespace sidecar::engine {

/// An op without inputs and with one output of the variable's type and shape. Nothing can fold it,
/// so no stored value survives unnoticed; a graph that still holds one cannot be compiled.
class VariablePlaceholder : public ov::op::Op {
 public:
  OPENVINO_OP("VariablePlaceholder", "sidecar")

  VariablePlaceholder() = default;
  /// `index` is the variable's position in LoadedModel::variables.
  VariablePlaceholder(std::size_t index, const ov::element::Type& type, const ov::Shape& shape);

  void validate_and_infer_types() override;
  std::shared_ptr<ov::Node> clone_with_new_inputs(const ov::OutputVector& inputs) const override;
  bool visit_attributes(ov::AttributeVisitor& visitor) override;

  [[nodiscard]] std::size_t index() const { return index_; }
  /// For a graph that is built before the order of its variables is known.
  void set_index(std::size_t index) { index_ = index; }

 private:
  std::size_t index_ = 0;
  ov::element::Type type_;
  ov::Shape shape_;
};

}  // namespace sidecar::engine
