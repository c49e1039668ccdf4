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

/// Rows stay rows where the batch is the first dimension of more than one, before and after, and
/// each row has as many elements: [batch, 9, 8], [batch * 9, 8] and [1, batch * 9, 8, 1].
State RowRules::Reshape(const ov::Node& node) const {
  struct Layout {
    std::size_t axis = 0;
    std::int64_t slice = 1;  // elements of one slice along the axis
  };
  const auto layout_of = [](const ov::PartialShape& shape) -> std::optional<Layout> {
    if (shape.rank().is_dynamic()) return std::nullopt;
    Layout layout;
    while (layout.axis < shape.size() && SizeAt(shape, layout.axis) == 1) ++layout.axis;
    if (layout.axis == shape.size() || SizeAt(shape, layout.axis).is_static()) return std::nullopt;
    for (std::size_t i = layout.axis + 1; i < shape.size(); ++i) {
      if (SizeAt(shape, i).is_dynamic()) return std::nullopt;
      layout.slice *= SizeAt(shape, i).get_length();
    }
    return layout;
  };
  const State data = Of(node, 0);
  const auto before = layout_of(node.get_input_partial_shape(0));
  const auto after = layout_of(node.get_output_partial_shape(0));
  if (!data.rows() || data.group == 0 || !before || !after || data.axis != before->axis)
    return kMixed;
  const std::int64_t row = data.group * before->slice;
  if (after->slice == 0 || row % after->slice != 0) return kMixed;
  return Rows(after->axis, row / after->slice);
}

State RowRules::Transpose(const ov::Node& node) const {
  const State data = Of(node, 0);
  const std::optional<std::size_t> rank = RankOf(node.get_input_partial_shape(0));
  const auto order = rank ? Axes(node, 1, *rank) : std::nullopt;
  if (!data.rows() || !order) return kMixed;
  const auto found = std::find(order->begin(), order->end(), data.axis);
  return found == order->end() ? kMixed
                               : Rows(static_cast<std::size_t>(found - order->begin()), data.group);
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
                                                axes->begin()),
                data.group);
  }
  for (const std::size_t added : *axes) axis += added <= axis ? 1U : 0U;
  return Rows(axis, data.group);
}

State RowRules::Concat(const ov::op::v0::Concat& node) const {
  const std::optional<std::size_t> rank = RankOf(node.get_output_partial_shape(0));
  const State first = Of(node, 0);
  if (!rank || !first.rows()) return kMixed;
  const std::int64_t axis =
      node.get_axis() < 0 ? node.get_axis() + static_cast<std::int64_t>(*rank) : node.get_axis();
  if (axis == static_cast<std::int64_t>(first.axis)) return kMixed;
  for (std::size_t i = 1; i < node.get_input_size(); ++i) {
    if (!Of(node, i).rows() || Of(node, i).axis != first.axis || Of(node, i).group != first.group) {
      return kMixed;
    }
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
  if (data.fixed() && indices.rows()) return Rows(axis + indices.axis, indices.group);
  if (!data.rows() || !indices.fixed() || data.axis == axis) return kMixed;
  return Rows(data.axis < axis ? data.axis : data.axis + *index_rank - 1, data.group);
}

/// To the batch's size: the dimension whose size is not known, of something that is the same along
/// it.
State RowRules::Broadcast(const ov::Node& node) const {
  const State data = Of(node, 0);
  const std::optional<std::size_t> own_rank = RankOf(node.get_input_partial_shape(0));
  const ov::PartialShape& shape = node.get_output_partial_shape(0);
  const std::optional<std::size_t> rank = RankOf(shape);
  if (node.get_input_size() != 2 || !own_rank || !rank || *own_rank > *rank) return kMixed;
  if (data.rows()) return Rows(Aligned(data.axis, *own_rank, *rank), data.group);
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
  return Rows(*axis, 0);
}

/// Padding that adds no rows.
State RowRules::Pad(const ov::Node& node) const {
  const State data = Of(node, 0);
  for (std::size_t i = 1; i < node.get_input_size(); ++i) {
    if (!data.rows() || !Of(node, i).fixed()) return kMixed;
  }
  for (const std::size_t input : {std::size_t{1}, std::size_t{2}}) {
    const auto pads = ov::as_type_ptr<ov::op::v0::Constant>(node.get_input_node_shared_ptr(input));
    if (pads == nullptr) return kMixed;
    const std::vector<std::int64_t> sizes = pads->cast_vector<std::int64_t>();
    if (data.axis >= sizes.size() || sizes[data.axis] != 0) return kMixed;
  }
  return data;
}

/// Slices that take the whole batch.
State RowRules::StridedSlice(const ov::op::v1::StridedSlice& node) const {
  const State data = Of(node, 0);
  const auto bit = [](const std::vector<std::int64_t>& mask, std::size_t at) {
    return at < mask.size() && mask[at] != 0;
  };
  std::vector<std::vector<std::int64_t>> bounds;  // begins, ends, strides
  for (std::size_t i = 1; i < node.get_input_size(); ++i) {
    const auto constant = ov::as_type_ptr<ov::op::v0::Constant>(node.get_input_node_shared_ptr(i));
    if (constant == nullptr) return kMixed;
    bounds.push_back(constant->cast_vector<std::int64_t>());
  }
  if (!data.rows() || bounds.size() < 2) return kMixed;
  std::size_t axis = 0;   // of the data
  std::size_t place = 0;  // of the result
  for (std::size_t i = 0; i < bounds[0].size() && axis <= data.axis; ++i) {
    if (bit(node.get_ellipsis_mask(), i)) return kMixed;
    if (bit(node.get_new_axis_mask(), i)) {
      ++place;
      continue;
    }
    const bool shrinks = bit(node.get_shrink_axis_mask(), i);
    if (axis == data.axis) {
      const bool whole = bit(node.get_begin_mask(), i) && bit(node.get_end_mask(), i) && !shrinks &&
                         (bounds.size() < 3 || bounds[2].at(i) == 1);
      return whole ? Rows(place, data.group) : kMixed;
    }
    ++axis;
    place += shrinks ? 0U : 1U;
  }
  return Rows(place + data.axis - axis, data.group);  // beyond what is sliced
}

}  // namespace sidecar::model::saved_model
