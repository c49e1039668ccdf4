#include "engine/openvino_defects.h"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <openvino/core/graph_util.hpp>
#include <openvino/op/broadcast.hpp>
#include <openvino/op/constant.hpp>
#include <openvino/op/gather.hpp>
#include <openvino/op/loop.hpp>
#include <openvino/op/parameter.hpp>
#include <openvino/op/result.hpp>
#include <openvino/op/squeeze.hpp>
#include <vector>

#include "engine/node_type.h"

namespace sidecar::engine {
namespace {

// How many leading dimensions of the indices are the data's own; 0 for other ops.
std::int64_t BatchDims(const std::shared_ptr<ov::Node>& node) {
  if (const auto gather = ov::as_type_ptr<ov::op::v8::Gather>(node)) {
    return gather->get_batch_dims();
  }
  if (const auto gather = ov::as_type_ptr<ov::op::v7::Gather>(node)) {
    return gather->get_batch_dims();
  }
  return 0;
}

bool AreOnes(const ov::PartialShape& shape, std::int64_t count) {
  if (shape.rank().is_dynamic() || shape.rank().get_length() < count) return false;
  for (std::int64_t i = 0; i < count; ++i) {
    if (shape[i] != 1) return false;
  }
  return true;
}

void DropBatchDims(const std::shared_ptr<ov::Node>& gather, std::int64_t count) {
  std::vector<std::int64_t> axes;
  for (std::int64_t axis = 0; axis < count; ++axis) axes.push_back(axis);
  const auto indices = std::make_shared<ov::op::v0::Squeeze>(
      gather->input_value(1), ov::op::v0::Constant::create(ov::element::i64, {axes.size()}, axes));
  const auto plain =
      std::make_shared<ov::op::v8::Gather>(gather->input_value(0), indices, gather->input_value(2));
  plain->set_friendly_name(gather->get_friendly_name());
  ov::replace_node(gather, plain);
}

// Whether a loop's step broadcasts the value before anything else reads more than its shape.
bool IsBroadcastFirst(const ov::op::v0::Parameter& value) {
  bool broadcast = false;
  for (const ov::Input<ov::Node>& input : value.output(0).get_target_inputs()) {
    const bool is_data = input.get_index() == 0;
    if (is_data && IsType(*input.get_node(), {"Broadcast"})) {
      broadcast = true;
    } else if (!IsType(*input.get_node(), {"ShapeOf"})) {
      return false;
    }
  }
  return broadcast;
}

bool CanBroadcast(const ov::PartialShape& from, const ov::PartialShape& to) {
  if (from.is_dynamic() || from.size() != to.size()) return false;
  return std::equal(
      from.begin(), from.end(), to.begin(),
      [](const ov::Dimension& a, const ov::Dimension& b) { return a == 1 || a == b; });
}

void FixCarriedShapes(ov::op::v5::Loop& loop) {
  const std::shared_ptr<ov::Model> body = loop.get_function();
  bool changed = false;
  for (const auto& description : loop.get_input_descriptions()) {
    const auto carried =
        std::dynamic_pointer_cast<ov::op::util::MultiSubGraphOp::MergedInputDescription>(
            description);
    if (carried == nullptr) continue;
    const auto& value = body->get_parameters()[carried->m_body_parameter_index];
    const auto& next = body->get_results()[carried->m_body_value_index];
    const ov::PartialShape& shape = next->get_input_partial_shape(0);
    const ov::Output<ov::Node> first = loop.input_value(carried->m_input_index);
    if (value->get_partial_shape().is_static() || shape.is_dynamic() ||
        !CanBroadcast(first.get_partial_shape(), shape) || !IsBroadcastFirst(*value)) {
      continue;
    }
    const ov::Shape sizes = shape.to_shape();
    loop.input(carried->m_input_index)
        .replace_source_output(std::make_shared<ov::op::v3::Broadcast>(
            first, ov::op::v0::Constant::create(ov::element::i64, {sizes.size()}, sizes)));
    value->set_partial_shape(shape);
    changed = true;
  }
  if (!changed) return;
  body->validate_nodes_and_infer_types();
  loop.validate_and_infer_types();
}

}  // namespace

void AvoidDefects(ov::Model& graph) {
  for (const std::shared_ptr<ov::Node>& node : graph.get_ordered_ops()) {
    const std::int64_t count = BatchDims(node);
    if (count > 0 && AreOnes(node->get_input_partial_shape(0), count) &&
        AreOnes(node->get_input_partial_shape(1), count)) {
      DropBatchDims(node, count);
    }
    if (const auto loop = ov::as_type_ptr<ov::op::v5::Loop>(node)) FixCarriedShapes(*loop);
  }
}

}  // namespace sidecar::engine
