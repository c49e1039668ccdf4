// Ops that move, cut, join and repeat.
#include <algorithm>
#include <openvino/op/constant.hpp>

#include "model/saved_model/row_rules.h"

namespace sidecar::model::saved_model {

std::optional<std::size_t> RankOf(const ov::PartialShape& shape) {
  if (shape.rank().is_dynamic()) return std::nullopt;
  return static_cast<std::size_t>(shape.rank().get_length());
}

std::optional<std::vector<std::size_t>> Axes(const ov::Node& node, std::size_t input,
                                             std::size_t rank) {
  if (input >= node.get_input_size()) return std::nullopt;
  const auto constant =
      ov::as_type_ptr<ov::op::v0::Constant>(node.get_input_node_shared_ptr(input));
  if (constant == nullptr) return std::nullopt;
  std::vector<std::size_t> axes;
  for (const std::int64_t axis : constant->cast_vector<std::int64_t>()) {
    const std::int64_t counted = axis < 0 ? axis + static_cast<std::int64_t>(rank) : axis;
    if (counted < 0 || counted >= static_cast<std::int64_t>(rank)) return std::nullopt;
    axes.push_back(static_cast<std::size_t>(counted));
  }
  return axes;
}

ov::Dimension SizeAt(const ov::PartialShape& shape, std::size_t axis) {
  return shape[static_cast<std::ptrdiff_t>(axis)];
}

bool Contains(const std::vector<std::size_t>& axes, std::size_t axis) {
  return std::find(axes.begin(), axes.end(), axis) != axes.end();
}

std::size_t Aligned(std::size_t axis, std::size_t own_rank, std::size_t rank) {
  return axis + rank - own_rank;
}

/// Rows stay rows where the batch is first before and after, and a row keeps its size.
State RowRules::Reshape(const ov::Node& node) const {
  const State data = Of(node, 0);
  if (!data.rows() || data.axis != 0) return kMixed;
  const auto row_size = [](const ov::PartialShape& shape) -> std::optional<std::int64_t> {
    if (shape.rank().is_dynamic() || shape.size() == 0 || shape[0].is_static()) return std::nullopt;
    std::int64_t size = 1;
    for (std::size_t i = 1; i < shape.size(); ++i) {
      if (SizeAt(shape, i).is_dynamic()) return std::nullopt;
      size *= SizeAt(shape, i).get_length();
    }
    return size;
  };
  const auto before = row_size(node.get_input_partial_shape(0));
  const auto after = row_size(node.get_output_partial_shape(0));
  return before && after && *before == *after ? Rows(0) : kMixed;
}

State RowRules::Transpose(const ov::Node& node) const {
  const State data = Of(node, 0);
  const std::optional<std::size_t> rank = RankOf(node.get_input_partial_shape(0));
  const auto order = rank ? Axes(node, 1, *rank) : std::nullopt;
  if (!data.rows() || !order) return kMixed;
  const auto found = std::find(order->begin(), order->end(), data.axis);
  return found == order->end() ? kMixed : Rows(static_cast<std::size_t>(found - order->begin()));
}

State RowRules::Squeeze(const ov::Node& node, bool removes) const {
  const State data = Of(node, 0);
  const std::optional<std::size_t> rank =
      RankOf(removes ? node.get_input_partial_shape(0) : node.get_output_partial_shape(0));
  auto axes = rank ? Axes(node, 1, *rank) : std::nullopt;
  if (!data.rows() || !axes) return kMixed;
  std::sort(axes->begin(), axes->end());
  std::size_t axis = data.axis;
  if (removes) {
    if (Contains(*axes, axis)) return kMixed;
    return Rows(axis - static_cast<std::size_t>(std::lower_bound(axes->begin(), axes->end(), axis) -
                                                axes->begin()));
  }
  for (const std::size_t added : *axes) axis += added <= axis ? 1U : 0U;
  return Rows(axis);
}

State RowRules::Concat(const ov::op::v0::Concat& node) const {
  const std::optional<std::size_t> rank = RankOf(node.get_output_partial_shape(0));
  const State first = Of(node, 0);
  if (!rank || !first.rows()) return kMixed;
  const std::int64_t axis =
      node.get_axis() < 0 ? node.get_axis() + static_cast<std::int64_t>(*rank) : node.get_axis();
  if (axis == static_cast<std::int64_t>(first.axis)) return kMixed;
  for (std::size_t i = 1; i < node.get_input_size(); ++i) {
    if (!Of(node, i).rows() || Of(node, i).axis != first.axis) return kMixed;
  }
  return first;
}

State RowRules::Gather(const ov::op::util::GatherBase& node) const {
  const std::optional<std::size_t> data_rank = RankOf(node.get_input_partial_shape(0));
  const std::optional<std::size_t> index_rank = RankOf(node.get_input_partial_shape(1));
  if (!data_rank || !index_rank || node.get_batch_dims() != 0) return kMixed;
  const auto axes = Axes(node, 2, *data_rank);
  if (!axes || axes->size() != 1) return kMixed;
  const std::size_t axis = axes->front();
  const State data = Of(node, 0);
  const State indices = Of(node, 1);
  if (data.fixed() && indices.rows()) return Rows(axis + indices.axis);
  if (!data.rows() || !indices.fixed() || data.axis == axis) return kMixed;
  return Rows(data.axis < axis ? data.axis : data.axis + *index_rank - 1);
}

/// To the batch's size: the dimension whose size is not known, of something that is the same along
/// it.
State RowRules::Broadcast(const ov::Node& node) const {
  const State data = Of(node, 0);
  const std::optional<std::size_t> own_rank = RankOf(node.get_input_partial_shape(0));
  const ov::PartialShape& shape = node.get_output_partial_shape(0);
  const std::optional<std::size_t> rank = RankOf(shape);
  if (node.get_input_size() != 2 || !own_rank || !rank || *own_rank > *rank) return kMixed;
  if (data.rows()) return Rows(Aligned(data.axis, *own_rank, *rank));
  std::optional<std::size_t> axis;
  for (std::size_t i = 0; i < *rank; ++i) {
    if (SizeAt(shape, i).is_static()) continue;
    if (axis) return kMixed;
    axis = i;
  }
  const std::size_t missing = *rank - *own_rank;
  if (!data.fixed() || !axis) return kMixed;
  if (*axis >= missing && SizeAt(node.get_input_partial_shape(0), *axis - missing) != 1)
    return kMixed;
  return Rows(*axis);
}

/// Slices that take the whole batch.
State RowRules::StridedSlice(const ov::op::v1::StridedSlice& node) const {
  const State data = Of(node, 0);
  const auto any = [](const std::vector<std::int64_t>& mask) {
    return std::any_of(mask.begin(), mask.end(), [](std::int64_t bit) { return bit != 0; });
  };
  const auto bit = [](const std::vector<std::int64_t>& mask, std::size_t at) {
    return at < mask.size() && mask[at] != 0;
  };
  if (!data.rows() || any(node.get_new_axis_mask()) || any(node.get_ellipsis_mask())) return kMixed;
  for (std::size_t i = 1; i < node.get_input_size(); ++i) {
    if (!ov::is_type<ov::op::v0::Constant>(node.get_input_node_ptr(i))) return kMixed;
  }
  const auto begin = ov::as_type_ptr<ov::op::v0::Constant>(node.get_input_node_shared_ptr(1));
  const std::size_t sliced = ov::shape_size(begin->get_shape());
  std::size_t axis = data.axis;
  if (axis < sliced) {
    if (bit(node.get_shrink_axis_mask(), axis) || !bit(node.get_begin_mask(), axis) ||
        !bit(node.get_end_mask(), axis)) {
      return kMixed;
    }
    const auto strides =
        node.get_input_size() < 4
            ? nullptr
            : ov::as_type_ptr<ov::op::v0::Constant>(node.get_input_node_shared_ptr(3));
    if (strides != nullptr && strides->cast_vector<std::int64_t>().at(axis) != 1) return kMixed;
  }
  for (std::size_t i = 0; i < data.axis; ++i) axis -= bit(node.get_shrink_axis_mask(), i) ? 1U : 0U;
  return Rows(axis);
}

}  // namespace sidecar::model::saved_model
