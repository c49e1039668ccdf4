#include "engine/openvino_defects.h"

#include <cstdint>
#include <memory>
#include <openvino/core/graph_util.hpp>
#include <openvino/op/constant.hpp>
#include <openvino/op/gather.hpp>
#include <openvino/op/squeeze.hpp>
#include <vector>

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

}  // namespace

void AvoidDefects(ov::Model& graph) {
  for (const std::shared_ptr<ov::Node>& node : graph.get_ordered_ops()) {
    const std::int64_t count = BatchDims(node);
    if (count > 0 && AreOnes(node->get_input_partial_shape(0), count) &&
        AreOnes(node->get_input_partial_shape(1), count)) {
      DropBatchDims(node, count);
    }
  }
}

}  // namespace sidecar::engine
