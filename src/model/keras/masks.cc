#include "model/keras/masks.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <nlohmann/json.hpp>
#include <openvino/op/broadcast.hpp>
#include <openvino/op/concat.hpp>
#include <openvino/op/constant.hpp>
#include <openvino/op/convert.hpp>
#include <openvino/op/logical_and.hpp>
#include <openvino/op/logical_or.hpp>
#include <openvino/op/not_equal.hpp>
#include <openvino/op/reduce_logical_and.hpp>
#include <openvino/op/reduce_logical_or.hpp>
#include <openvino/op/shape_of.hpp>
#include <vector>

#include "base/status_macros.h"
#include "model/keras/graph_ops.h"

namespace sidecar::model::keras {
namespace {

using OptionalMask = std::optional<GraphOutput>;

// A list of nulls is what a call with several inputs has without masks.
bool IsNothing(const nlohmann::json& mask) {
  if (mask.is_null()) return true;
  return mask.is_array() && std::all_of(mask.begin(), mask.end(),
                                        [](const nlohmann::json& item) { return item.is_null(); });
}

Result<OptionalMask> ReadMask(const std::string& layer, const Argument& argument) {
  const Value* value = argument.tensor();
  if (value != nullptr && !IsFloat(value->output)) return OptionalMask(AsBoolean(value->output));
  const nlohmann::json* constant = argument.constant();
  if (constant != nullptr && IsNothing(*constant)) return OptionalMask();
  return Status(StatusCode::kUnimplemented,
                fmt::format("{} is called with a mask that is {}; only boolean and integer tensors "
                            "are supported",
                            layer, value == nullptr ? "a constant" : "of a floating type"));
}

OptionalMask MergedMask(const LayerContext& context, const Values& inputs) {
  OptionalMask merged;
  for (const Value& input : inputs) {
    if (!input.mask && !context.is_keras2()) return std::nullopt;
    if (!input.mask) continue;
    if (!merged) {
      merged = input.mask;
    } else {
      merged = context.is_keras2() ? Both(*merged, *input.mask) : Either(*merged, *input.mask);
    }
  }
  return merged;
}

// A mask as large as the value: [batch, time, channels].
GraphOutput FullMask(const Value& value) {
  const GraphOutput mask =
      value.mask ? MaskForRank(*value.mask, RankOf(value.output))
                 : ov::op::v0::Constant::create(ov::element::boolean, ov::Shape{}, {true});
  return std::make_shared<ov::op::v3::Broadcast>(
      mask, std::make_shared<ov::op::v3::ShapeOf>(value.output));
}

}  // namespace

Status TakeMaskArgument(const std::string& layer, const Argument* argument, Values& inputs) {
  if (argument == nullptr || inputs.empty()) return Status();
  const Argument::Items* items = argument->items();
  if (items == nullptr) {
    SIDECAR_ASSIGN_OR_RETURN(inputs.front().mask, ReadMask(layer, *argument));
    return Status();
  }
  // Attention with a key of its own has masks for query and value only.
  if (items->size() > inputs.size()) {
    return {StatusCode::kFailedPrecondition, fmt::format("{} is called with {} inputs and {} masks",
                                                         layer, inputs.size(), items->size())};
  }
  for (std::size_t i = 0; i < items->size(); ++i) {
    SIDECAR_ASSIGN_OR_RETURN(inputs[i].mask, ReadMask(layer, (*items)[i]));
  }
  return Status();
}

void ApplyMaskRule(const LayerContext& context, MaskRule rule, const Values& inputs,
                   Values& outputs) {
  if (rule == MaskRule::kSetsMask) return;
  for (Value& output : outputs) output.mask.reset();
  if (rule == MaskRule::kMergesMasks) {
    if (!outputs.empty()) outputs.front().mask = MergedMask(context, inputs);
    return;
  }
  const bool passes = rule == MaskRule::kPassesMask ||
                      (rule == MaskRule::kPassesMaskInKeras3 && !context.is_keras2());
  if (!passes) return;
  for (std::size_t i = 0; i < std::min(inputs.size(), outputs.size()); ++i) {
    outputs[i].mask = inputs[i].mask;
  }
}

OptionalMask ConcatenatedMask(const LayerContext& context, const Values& inputs,
                              std::int64_t axis) {
  const auto has_mask = [](const Value& value) { return value.mask.has_value(); };
  if (std::none_of(inputs.begin(), inputs.end(), has_mask)) return std::nullopt;
  ov::OutputVector masks;
  for (const Value& input : inputs) masks.push_back(FullMask(input));
  const GraphOutput all = std::make_shared<ov::op::v0::Concat>(masks, axis);
  const GraphOutput last = IntConstant(std::vector<std::int64_t>{-1});
  if (context.is_keras2()) {
    return GraphOutput(std::make_shared<ov::op::v1::ReduceLogicalAnd>(all, last, false));
  }
  return GraphOutput(std::make_shared<ov::op::v1::ReduceLogicalOr>(all, last, false));
}

GraphOutput MaskForRank(const GraphOutput& mask, std::int64_t rank) {
  std::vector<std::int64_t> axes;
  for (std::int64_t axis = RankOf(mask); axis < rank; ++axis) axes.push_back(axis);
  return Expanded(mask, axes);
}

GraphOutput AsBoolean(const GraphOutput& value) {
  const ov::element::Type type = value.get_element_type();
  if (type == ov::element::boolean) return value;
  return std::make_shared<ov::op::v1::NotEqual>(
      value, ov::op::v0::Constant::create(type, ov::Shape{}, {0}));
}

GraphOutput Both(const GraphOutput& a, const GraphOutput& b) {
  return std::make_shared<ov::op::v1::LogicalAnd>(a, b);
}

GraphOutput Either(const GraphOutput& a, const GraphOutput& b) {
  return std::make_shared<ov::op::v1::LogicalOr>(a, b);
}

}  // namespace sidecar::model::keras
