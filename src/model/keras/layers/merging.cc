// Add, Subtract, Multiply, Average, Maximum, Minimum and Concatenate.
#include <fmt/format.h>

#include <algorithm>
#include <openvino/op/concat.hpp>
#include <openvino/op/constant.hpp>
#include <optional>

#include "base/status_macros.h"
#include "model/keras/graph_ops.h"
#include "model/keras/layers/layer_functions.h"
#include "model/keras/masks.h"

namespace sidecar::model::keras {
namespace {

std::vector<GraphOutput> OutputsOf(const Values& inputs) {
  const bool any_float = std::any_of(inputs.begin(), inputs.end(),
                                     [](const Value& value) { return IsFloat(value.output); });
  const bool same_type = std::all_of(inputs.begin(), inputs.end(), [&](const Value& value) {
    return value.output.get_element_type() == inputs.front().output.get_element_type();
  });
  std::vector<GraphOutput> outputs;
  for (const Value& value : inputs) {
    outputs.push_back(any_float || !same_type ? ToFloat(value.output) : value.output);
  }
  return outputs;
}

// Brings grids to channels_first where one of them comes from there; returns whether it did.
bool MoveToChannelsFirst(std::vector<GraphOutput>& values) {
  const bool grids = std::all_of(values.begin(), values.end(), [&values](const GraphOutput& value) {
    return RankOf(value) >= 3 && RankOf(value) == RankOf(values.front());
  });
  const bool any = std::any_of(values.begin(), values.end(), [](const GraphOutput& value) {
    return BeforeChannelsLast(value).has_value();
  });
  if (!grids || !any) return false;
  for (GraphOutput& value : values) value = ChannelsFirst(value);
  return true;
}

GraphOutput SameType(const GraphOutput& like, int value) {
  return ov::op::v0::Constant::create(like.get_element_type(), ov::Shape{}, {value});
}

using BinaryFunction = GraphOutput (*)(const GraphOutput&, const GraphOutput&);

// The inputs with as many dimensions as the one with the most. Keras adds the missing ones after
// the batch, not before it.
Result<Values> WithSameRank(const LayerContext& context, const Values& inputs) {
  if (inputs.empty()) {
    return context.Fail(StatusCode::kFailedPrecondition, "is called without inputs");
  }
  std::int64_t most = 0;
  for (const Value& input : inputs) most = std::max(most, RankOf(input.output));
  Values result;
  for (const Value& input : inputs) {
    const std::int64_t missing = most - RankOf(input.output);
    if (missing > 0 && RankOf(input.output) == 0) {
      return context.Fail(StatusCode::kFailedPrecondition,
                          "is called with a scalar and a tensor, which Keras does not merge");
    }
    std::vector<std::int64_t> axes;
    for (std::int64_t axis = 1; axis <= missing; ++axis) axes.push_back(axis);
    result.push_back({Expanded(input.output, axes), input.dtype});
    if (missing == 0) result.back().mask = input.mask;
  }
  return result;
}

Result<Values> Merge(const LayerContext& context, const Values& inputs, BinaryFunction function) {
  SIDECAR_ASSIGN_OR_RETURN(const Values expanded, WithSameRank(context, inputs));
  std::vector<GraphOutput> values = OutputsOf(expanded);
  const bool moved = MoveToChannelsFirst(values);
  GraphOutput result = values.front();
  for (std::size_t i = 1; i < values.size(); ++i) result = function(result, values[i]);
  return Values{{moved ? ChannelsLast(result) : result}};
}

// Maximum and Minimum. In Keras 3 a masked element does not count where another one is there
// (keras/src/layers/merging/base_merge.py `_apply_merge_op_and_or_mask`).
Result<Values> MergeExtremes(const LayerContext& context, const Values& inputs,
                             BinaryFunction function) {
  const bool masked = std::any_of(inputs.begin(), inputs.end(),
                                  [](const Value& input) { return input.mask.has_value(); });
  if (context.is_keras2() || !masked) return Merge(context, inputs, function);
  SIDECAR_ASSIGN_OR_RETURN(const Values values, WithSameRank(context, inputs));
  const std::vector<GraphOutput> outputs = OutputsOf(values);
  GraphOutput result = outputs.front();
  std::optional<GraphOutput> result_mask;
  for (std::size_t i = 0; i < values.size(); ++i) {
    std::optional<GraphOutput> mask;
    if (values[i].mask) mask = MaskForRank(*values[i].mask, RankOf(result));
    if (i == 0) {
      result_mask = mask;
      continue;
    }
    const GraphOutput x = mask ? Choose(*mask, outputs[i], result) : outputs[i];
    if (result_mask) result = Choose(*result_mask, result, x);
    result_mask = mask && result_mask ? std::optional(Either(*mask, *result_mask)) : std::nullopt;
    result = function(result, x);
  }
  return Values{{result}};
}

}  // namespace

Result<Values> LowerAdd(LayerContext& context, const Values& inputs) {
  return Merge(context, inputs, Plus);
}

// keras/src/layers/merging/multiply.py: where an input is masked it counts as 1; where all are, the
// product is 0.
Result<Values> LowerMultiply(LayerContext& context, const Values& inputs) {
  if (context.is_keras2()) return Merge(context, inputs, Times);
  Values factors = inputs;
  std::optional<GraphOutput> valid;
  bool all_masked = true;
  for (Value& factor : factors) {
    all_masked = all_masked && factor.mask.has_value();
    if (!factor.mask) continue;
    const GraphOutput mask = MaskForRank(*factor.mask, RankOf(factor.output));
    factor.output = Choose(mask, factor.output, SameType(factor.output, 1));
    valid = valid ? Either(*valid, mask) : mask;
  }
  SIDECAR_ASSIGN_OR_RETURN(Values result, Merge(context, factors, Times));
  GraphOutput& product = result.front().output;
  if (all_masked && valid) product = Choose(*valid, product, SameType(product, 0));
  return result;
}

Result<Values> LowerSubtract(LayerContext& context, const Values& inputs) {
  if (inputs.size() != 2) {
    return context.Fail(StatusCode::kFailedPrecondition,
                        fmt::format("takes two inputs; is called with {}", inputs.size()));
  }
  return Merge(context, inputs, Minus);
}

Result<Values> LowerAverage(LayerContext& context, const Values& inputs) {
  SIDECAR_ASSIGN_OR_RETURN(Values sums, Merge(context, inputs, Plus));
  const GraphOutput count = FloatConstant(static_cast<double>(inputs.size()));
  return Values{{MapElements(ToFloat(sums.front().output),
                             [&count](const GraphOutput& sum) { return Over(sum, count); })}};
}

Result<Values> LowerMaximum(LayerContext& context, const Values& inputs) {
  return MergeExtremes(context, inputs, AtLeast);
}

Result<Values> LowerMinimum(LayerContext& context, const Values& inputs) {
  return MergeExtremes(context, inputs, AtMost);
}

Result<Values> LowerConcatenate(LayerContext& context, const Values& inputs) {
  if (inputs.empty()) {
    return context.Fail(StatusCode::kFailedPrecondition, "is called without inputs");
  }
  std::vector<GraphOutput> values = OutputsOf(inputs);
  SIDECAR_ASSIGN_OR_RETURN(const std::int64_t config_axis, context.config().Int("axis", -1));
  SIDECAR_ASSIGN_OR_RETURN(std::int64_t axis,
                           NormalizeAxis(context, config_axis, RankOf(values.front())));
  if (axis == 0) {
    return context.Fail(StatusCode::kUnimplemented, "concatenation of batches is not supported");
  }
  for (const GraphOutput& value : values) {
    if (RankOf(value) == RankOf(values.front())) continue;
    return context.Fail(StatusCode::kFailedPrecondition,
                        fmt::format("cannot concatenate {} and {}",
                                    ShapeOf(values.front()).ToString(), ShapeOf(value).ToString()));
  }
  const auto mask = ConcatenatedMask(context, inputs, axis);
  const bool moved = MoveToChannelsFirst(values);
  if (moved) axis = axis == RankOf(values.front()) - 1 ? 1 : axis + 1;
  const GraphOutput result = std::make_shared<ov::op::v0::Concat>(values, axis);
  return Values{{moved ? ChannelsLast(result) : result, DType::kFloat32, mask}};
}

}  // namespace sidecar::model::keras
