#include "model/keras/layers/attention_layout.h"

#include <algorithm>
#include <memory>
#include <openvino/op/concat.hpp>
#include <openvino/op/reshape.hpp>

#include "model/keras/graph_ops.h"
#include "model/keras/layers/attention_functions.h"

namespace sidecar::model::keras {

using Axes = std::vector<std::int64_t>;

AttentionLayout::AttentionLayout(std::int64_t rank, const Axes& attention)
    : rank_(rank), attention_(attention) {
  for (std::int64_t axis = 0; axis < rank - 1; ++axis) {
    if (std::find(attention.begin(), attention.end(), axis) == attention.end()) {
      order_.push_back(axis);
    }
  }
  lead_ = order_.size();
  order_.insert(order_.end(), attention.begin(), attention.end());
  order_.push_back(rank - 1);
}

GraphOutput AttentionLayout::Apply(const GraphOutput& projected) const {
  const GraphOutput moved = Transposed(projected, order_);
  if (!joins()) return moved;
  Axes sizes(lead_, 0);
  sizes.push_back(-1);
  sizes.push_back(SizeOf(projected, rank_ - 1));
  return Reshaped(moved, sizes);
}

GraphOutput AttentionLayout::Sizes(const GraphOutput& projected) const {
  ov::OutputVector sizes;
  for (const std::int64_t axis : attention_) {
    sizes.push_back(Expanded(RunTimeSize(projected, axis), {0}));
  }
  return std::make_shared<ov::op::v0::Concat>(sizes, 0);
}

GraphOutput AttentionLayout::Restore(const GraphOutput& result, const GraphOutput& query) const {
  GraphOutput split = result;
  if (joins()) {
    ov::OutputVector sizes;
    for (std::size_t i = 0; i < lead_; ++i) {
      sizes.push_back(Expanded(RunTimeSize(result, static_cast<std::int64_t>(i)), {0}));
    }
    sizes.push_back(Sizes(query));
    sizes.push_back(Expanded(RunTimeSize(result, RankOf(result) - 1), {0}));
    split = std::make_shared<ov::op::v1::Reshape>(
        result, std::make_shared<ov::op::v0::Concat>(sizes, 0), false);
  }
  Axes inverse(order_.size());
  for (std::size_t i = 0; i < order_.size(); ++i) {
    inverse[static_cast<std::size_t>(order_[i])] = static_cast<std::int64_t>(i);
  }
  return Transposed(split, inverse);
}

}  // namespace sidecar::model::keras
