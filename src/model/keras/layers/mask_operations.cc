// Operations of keras.ops that masks are made with; keras/src/ops/numpy.py.
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <openvino/op/broadcast.hpp>
#include <openvino/op/concat.hpp>
#include <openvino/op/constant.hpp>
#include <openvino/op/equal.hpp>
#include <openvino/op/greater.hpp>
#include <openvino/op/greater_eq.hpp>
#include <openvino/op/less.hpp>
#include <openvino/op/less_eq.hpp>
#include <openvino/op/logical_not.hpp>
#include <openvino/op/not_equal.hpp>
#include <openvino/op/reduce_logical_or.hpp>
#include <openvino/op/shape_of.hpp>

#include "base/status_macros.h"
#include "model/keras/graph_ops.h"
#include "model/keras/layers/layer_functions.h"
#include "model/keras/masks.h"

namespace sidecar::model::keras {
namespace {

Result<GraphOutput> SecondOperand(const LayerContext& context) {
  const Argument* argument = context.arguments().Find({"x2", "1"});
  if (argument == nullptr) {
    return context.Fail(StatusCode::kFailedPrecondition, "is called without its second argument");
  }
  if (const Value* value = argument->tensor()) return value->output;
  if (argument->constant() == nullptr) {
    return context.Fail(StatusCode::kUnimplemented, "a list of tensors as its second argument");
  }
  const nlohmann::json& constant = *argument->constant();
  if (constant.is_boolean()) {
    return GraphOutput(
        ov::op::v0::Constant::create(ov::element::boolean, ov::Shape{}, {constant.get<bool>()}));
  }
  SIDECAR_ASSIGN_OR_RETURN(const NumberArray numbers,
                           ReadNumbers(constant, context.description() + ": its second argument"));
  return FloatConstant(ov::Shape(numbers.shape), numbers.values);
}

// Compares as numbers; two integer tensors as integers.
template <class Op>
Result<Values> Compare(const LayerContext& context, const Values& inputs) {
  SIDECAR_ASSIGN_OR_RETURN(const Value input, OnlyInput(context, inputs));
  SIDECAR_ASSIGN_OR_RETURN(GraphOutput second, SecondOperand(context));
  GraphOutput first = input.output;
  if (first.get_element_type() != second.get_element_type()) {
    first = ToFloat(first);
    second = ToFloat(second);
  }
  return Values{{std::make_shared<Op>(first, second), DType::kBool}};
}

Result<Values> Combine(const LayerContext& context, const Values& inputs,
                       GraphOutput (*function)(const GraphOutput&, const GraphOutput&)) {
  SIDECAR_ASSIGN_OR_RETURN(const Value input, OnlyInput(context, inputs));
  SIDECAR_ASSIGN_OR_RETURN(const GraphOutput second, SecondOperand(context));
  return Values{{function(AsBoolean(input.output), AsBoolean(second)), DType::kBool}};
}

// All elements are `value`; config.dtype, else the input's type.
Result<Values> Fill(const LayerContext& context, const Values& inputs, int value) {
  SIDECAR_ASSIGN_OR_RETURN(const Value input, OnlyInput(context, inputs));
  SIDECAR_ASSIGN_OR_RETURN(const std::string name,
                           context.config().String("dtype", std::string(DTypeName(input.dtype))));
  const DType dtype = DTypeFromName(name);
  ov::element::Type type = ov::element::f32;
  if (dtype == DType::kBool) {
    type = ov::element::boolean;
  } else if (IsInteger(dtype)) {
    type = dtype == DType::kInt64 ? ov::element::i64 : ov::element::i32;
  } else if (!IsFloating(dtype)) {
    return context.config().Wrong("dtype", "a numeric type");
  }
  return Values{{std::make_shared<ov::op::v3::Broadcast>(
                     ov::op::v0::Constant::create(type, ov::Shape{}, {value}),
                     std::make_shared<ov::op::v3::ShapeOf>(input.output)),
                 dtype}};
}

}  // namespace

Result<Values> LowerAnyOperation(LayerContext& context, const Values& inputs) {
  SIDECAR_ASSIGN_OR_RETURN(const Value input, OnlyInput(context, inputs));
  SIDECAR_ASSIGN_OR_RETURN(const bool keep, context.config().Bool("keepdims", false));
  SIDECAR_ASSIGN_OR_RETURN(const auto config_axes, context.config().Ints("axis"));
  SIDECAR_ASSIGN_OR_RETURN(const auto axes,
                           NormalizeAxes(context, config_axes, RankOf(input.output)));
  return Values{{std::make_shared<ov::op::v1::ReduceLogicalOr>(AsBoolean(input.output),
                                                               IntConstant(axes), keep),
                 DType::kBool}};
}

Result<Values> LowerConcatenateOperation(LayerContext& context, const Values& inputs) {
  if (inputs.empty()) {
    return context.Fail(StatusCode::kFailedPrecondition, "is called without inputs");
  }
  SIDECAR_ASSIGN_OR_RETURN(const std::int64_t config_axis, context.config().Int("axis", 0));
  SIDECAR_ASSIGN_OR_RETURN(const std::int64_t axis,
                           NormalizeAxis(context, config_axis, RankOf(inputs.front().output)));
  const bool same_type = std::all_of(inputs.begin(), inputs.end(), [&](const Value& value) {
    return value.output.get_element_type() == inputs.front().output.get_element_type();
  });
  ov::OutputVector parts;
  for (const Value& input : inputs) {
    parts.push_back(same_type ? input.output : ToFloat(input.output));
  }
  return Values{{std::make_shared<ov::op::v0::Concat>(parts, axis), inputs.front().dtype}};
}

Result<Values> LowerExpandDimsOperation(LayerContext& context, const Values& inputs) {
  SIDECAR_ASSIGN_OR_RETURN(const Value input, OnlyInput(context, inputs));
  SIDECAR_ASSIGN_OR_RETURN(const auto config_axes, context.config().Ints("axis"));
  const auto rank = RankOf(input.output) + static_cast<std::int64_t>(config_axes.size());
  SIDECAR_ASSIGN_OR_RETURN(const auto axes, NormalizeAxes(context, config_axes, rank));
  return Values{{Expanded(input.output, axes), input.dtype}};
}

Result<Values> LowerLogicalNotOperation(LayerContext& context, const Values& inputs) {
  SIDECAR_ASSIGN_OR_RETURN(const Value input, OnlyInput(context, inputs));
  return Values{{std::make_shared<ov::op::v1::LogicalNot>(AsBoolean(input.output)), DType::kBool}};
}

Result<Values> LowerEqualOperation(LayerContext& context, const Values& inputs) {
  return Compare<ov::op::v1::Equal>(context, inputs);
}
Result<Values> LowerNotEqualOperation(LayerContext& context, const Values& inputs) {
  return Compare<ov::op::v1::NotEqual>(context, inputs);
}
Result<Values> LowerGreaterOperation(LayerContext& context, const Values& inputs) {
  return Compare<ov::op::v1::Greater>(context, inputs);
}
Result<Values> LowerGreaterEqualOperation(LayerContext& context, const Values& inputs) {
  return Compare<ov::op::v1::GreaterEqual>(context, inputs);
}
Result<Values> LowerLessOperation(LayerContext& context, const Values& inputs) {
  return Compare<ov::op::v1::Less>(context, inputs);
}
Result<Values> LowerLessEqualOperation(LayerContext& context, const Values& inputs) {
  return Compare<ov::op::v1::LessEqual>(context, inputs);
}
Result<Values> LowerLogicalAndOperation(LayerContext& context, const Values& inputs) {
  return Combine(context, inputs, Both);
}
Result<Values> LowerLogicalOrOperation(LayerContext& context, const Values& inputs) {
  return Combine(context, inputs, Either);
}
Result<Values> LowerOnesLikeOperation(LayerContext& context, const Values& inputs) {
  return Fill(context, inputs, 1);
}
Result<Values> LowerZerosLikeOperation(LayerContext& context, const Values& inputs) {
  return Fill(context, inputs, 0);
}

}  // namespace sidecar::model::keras
