// Functions of each element on its own.
#include <cmath>
#include <numbers>
#include <openvino/op/abs.hpp>
#include <openvino/op/acos.hpp>
#include <openvino/op/acosh.hpp>
#include <openvino/op/asin.hpp>
#include <openvino/op/asinh.hpp>
#include <openvino/op/atan.hpp>
#include <openvino/op/atanh.hpp>
#include <openvino/op/ceiling.hpp>
#include <openvino/op/cos.hpp>
#include <openvino/op/cosh.hpp>
#include <openvino/op/equal.hpp>
#include <openvino/op/erf.hpp>
#include <openvino/op/exp.hpp>
#include <openvino/op/floor.hpp>
#include <openvino/op/less.hpp>
#include <openvino/op/log.hpp>
#include <openvino/op/logical_and.hpp>
#include <openvino/op/logical_not.hpp>
#include <openvino/op/logical_or.hpp>
#include <openvino/op/maximum.hpp>
#include <openvino/op/minimum.hpp>
#include <openvino/op/negative.hpp>
#include <openvino/op/not_equal.hpp>
#include <openvino/op/power.hpp>
#include <openvino/op/round.hpp>
#include <openvino/op/sign.hpp>
#include <openvino/op/sin.hpp>
#include <openvino/op/sinh.hpp>
#include <openvino/op/tan.hpp>
#include <openvino/op/tanh.hpp>

#include "base/status_macros.h"
#include "model/keras/ops/op_functions.h"
#include "model/keras/ops/op_table.h"

namespace sidecar::model::keras {
namespace {

using Function = GraphOutput (*)(const GraphOutput&);

template <class Op>
GraphOutput Plain(const GraphOutput& x) {
  return MakeOp<Op>(x);
}

GraphOutput Constant(double value) { return FloatConstant(value); }

GraphOutput Square(const GraphOutput& x) { return Times(x, x); }
GraphOutput Rsqrt(const GraphOutput& x) { return Over(Constant(1), SquareRoot(x)); }
GraphOutput Reciprocal(const GraphOutput& x) { return Over(Constant(1), x); }
GraphOutput Log1p(const GraphOutput& x) { return Plain<ov::op::v0::Log>(Plus(x, Constant(1))); }
GraphOutput Expm1(const GraphOutput& x) { return Minus(Plain<ov::op::v0::Exp>(x), Constant(1)); }
GraphOutput Exp2(const GraphOutput& x) {
  return Plain<ov::op::v0::Exp>(Times(x, Constant(std::numbers::ln2)));
}
GraphOutput Log2(const GraphOutput& x) {
  return Over(Plain<ov::op::v0::Log>(x), Constant(std::numbers::ln2));
}
GraphOutput Log10(const GraphOutput& x) {
  return Over(Plain<ov::op::v0::Log>(x), Constant(std::numbers::ln10));
}
GraphOutput Erfc(const GraphOutput& x) { return Minus(Constant(1), Plain<ov::op::v0::Erf>(x)); }
GraphOutput ToRadians(const GraphOutput& x) { return Times(x, Constant(std::numbers::pi / 180)); }
GraphOutput ToDegrees(const GraphOutput& x) { return Times(x, Constant(180 / std::numbers::pi)); }
GraphOutput Cbrt(const GraphOutput& x) {
  return Times(Plain<ov::op::v0::Sign>(x),
               MakeOp<ov::op::v1::Power>(Plain<ov::op::v0::Abs>(x), Constant(1.0 / 3)));
}
GraphOutput Truncated(const GraphOutput& x) {
  return Times(Plain<ov::op::v0::Sign>(x), Plain<ov::op::v0::Floor>(Plain<ov::op::v0::Abs>(x)));
}
GraphOutput RoundToEven(const GraphOutput& x) {
  return MakeOp<ov::op::v5::Round>(x, ov::op::v5::Round::RoundMode::HALF_TO_EVEN);
}
GraphOutput Same(const GraphOutput& x) { return x; }

GraphOutput IsNan(const GraphOutput& x) { return MakeOp<ov::op::v1::NotEqual>(x, x); }
GraphOutput IsPositiveInfinity(const GraphOutput& x) {
  return MakeOp<ov::op::v1::Equal>(x, Constant(std::numeric_limits<double>::infinity()));
}
GraphOutput IsNegativeInfinity(const GraphOutput& x) {
  return IsPositiveInfinity(Plain<ov::op::v0::Negative>(x));
}
GraphOutput IsInfinite(const GraphOutput& x) {
  return IsPositiveInfinity(Plain<ov::op::v0::Abs>(x));
}
GraphOutput IsFinite(const GraphOutput& x) {
  return MakeOp<ov::op::v1::Less>(Plain<ov::op::v0::Abs>(x),
                                  Constant(std::numeric_limits<double>::infinity()));
}
GraphOutput Not(const GraphOutput& x) { return MakeOp<ov::op::v1::LogicalNot>(IsNotZero(x)); }

// Of floats; integers become float32.
template <Function F>
Result<Values> OfFloat(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const Operand x, call.Tensor("x"));
  return Only(MapElements(AsFloat(x), F), FloatTypeOf(x.dtype()));
}

// The type stays.
template <Function F>
Result<Values> OfAny(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const Operand x, call.Tensor("x"));
  return Only(MapElements(x.output(), F), x.dtype());
}

// The type stays; integers stay as they are.
template <Function F>
Result<Values> OfFloatOnly(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const Operand x, call.Tensor("x"));
  return Only(IsFloat(x.output()) ? MapElements(x.output(), F) : x.output(), x.dtype());
}

template <Function F>
Result<Values> ToBool(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const Operand x, call.Tensor("x"));
  return Only(F(AsFloat(x)), DType::kBool);
}

Result<Values> LogicalNot(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const Operand x, call.Tensor("x"));
  return Only(Not(x.output()), DType::kBool);
}

Result<Values> Round(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const Operand x, call.Tensor("x"));
  SIDECAR_ASSIGN_OR_RETURN(const std::int64_t decimals, call.Int("decimals", 0));
  if (!IsFloat(x.output())) return Only(x.output(), x.dtype());
  if (decimals == 0) return Only(RoundToEven(x.output()), x.dtype());
  const GraphOutput scale = Constant(std::pow(10.0, static_cast<double>(decimals)));
  return Only(Over(RoundToEven(Times(x.output(), scale)), scale), x.dtype());
}

Result<Values> Clip(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const Operand x, call.Tensor("x"));
  SIDECAR_ASSIGN_OR_RETURN(const Operand low, call.Tensor("x_min"));
  SIDECAR_ASSIGN_OR_RETURN(const Operand high, call.Tensor("x_max"));
  const DType dtype = ResultType({x, low, high}, call.is_keras2());
  const GraphOutput bounded =
      MakeOp<ov::op::v1::Maximum>(ConvertedTo(x.output(), dtype), ConvertedTo(low.output(), dtype));
  return Only(MakeOp<ov::op::v1::Minimum>(bounded, ConvertedTo(high.output(), dtype)), dtype);
}

// Keras and TensorFlow return the very tensor where the type is the same.
Result<Values> Cast(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const Operand x, call.Tensor("x"));
  SIDECAR_ASSIGN_OR_RETURN(const DType dtype, call.Type("dtype"));
  if (dtype == x.dtype()) return Values{x.value};
  return Only(ConvertedTo(x.output(), dtype), dtype);
}

Result<Values> ConvertToTensor(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const Operand x, call.Tensor("x"));
  SIDECAR_ASSIGN_OR_RETURN(const DType dtype, call.Type("dtype", x.dtype()));
  call.Ignore("sparse");
  call.Ignore("ragged");
  if (dtype == x.dtype()) return Values{x.value};
  return Only(ConvertedTo(x.output(), dtype), dtype);
}

Result<Values> NanToNum(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const Operand x, call.Tensor("x"));
  constexpr auto kMost = static_cast<double>(std::numeric_limits<float>::max());
  SIDECAR_ASSIGN_OR_RETURN(const double nan, call.AnyNumber("nan", 0));
  SIDECAR_ASSIGN_OR_RETURN(const double high, call.AnyNumber("posinf", kMost));
  SIDECAR_ASSIGN_OR_RETURN(const double low, call.AnyNumber("neginf", -kMost));
  if (!IsFloat(x.output())) return Only(x.output(), x.dtype());
  GraphOutput result = Choose(IsNan(x.output()), Constant(nan), x.output());
  result = Choose(IsPositiveInfinity(result), Constant(high), result);
  return Only(Choose(IsNegativeInfinity(result), Constant(low), result), x.dtype());
}

using ov::op::v0::Abs;
using ov::op::v0::Ceiling;
using ov::op::v0::Floor;
using ov::op::v0::Negative;
using ov::op::v0::Sign;

constexpr OpEntry kElementwiseOps[] = {
    {"core", "Cast", Cast, "x"},
    {"core", "ConvertToTensor", ConvertToTensor, "x"},
    {"core", "StopGradient", OfAny<Same>, "x"},
    {"math", "Erf", OfFloat<Plain<ov::op::v0::Erf>>, "x"},
    {"math", "Erfc", OfFloat<Erfc>, "x"},
    {"math", "Rsqrt", OfFloat<Rsqrt>, "x"},
    {"numpy", "Abs", OfAny<Plain<Abs>>, "x"},
    {"numpy", "Array", ConvertToTensor, "x"},
    {"numpy", "Absolute", OfAny<Plain<Abs>>, "x"},
    {"numpy", "Arccos", OfFloat<Plain<ov::op::v0::Acos>>, "x"},
    {"numpy", "Arccosh", OfFloat<Plain<ov::op::v3::Acosh>>, "x"},
    {"numpy", "Arcsin", OfFloat<Plain<ov::op::v0::Asin>>, "x"},
    {"numpy", "Arcsinh", OfFloat<Plain<ov::op::v3::Asinh>>, "x"},
    {"numpy", "Arctan", OfFloat<Plain<ov::op::v0::Atan>>, "x"},
    {"numpy", "Arctanh", OfFloat<Plain<ov::op::v3::Atanh>>, "x"},
    {"numpy", "Cbrt", OfFloat<Cbrt>, "x"},
    {"numpy", "Ceil", OfFloat<Plain<Ceiling>>, "x"},
    {"numpy", "Clip", Clip, "x"},
    {"numpy", "Copy", OfAny<Same>, "x"},
    {"numpy", "Cos", OfFloat<Plain<ov::op::v0::Cos>>, "x"},
    {"numpy", "Cosh", OfFloat<Plain<ov::op::v0::Cosh>>, "x"},
    {"numpy", "Deg2rad", OfFloat<ToRadians>, "x"},
    {"numpy", "Exp", OfFloat<Plain<ov::op::v0::Exp>>, "x"},
    {"numpy", "Exp2", OfFloat<Exp2>, "x"},
    {"numpy", "Expm1", OfFloat<Expm1>, "x"},
    {"numpy", "Floor", OfFloat<Plain<Floor>>, "x"},
    {"numpy", "Isfinite", ToBool<IsFinite>, "x"},
    {"numpy", "Isinf", ToBool<IsInfinite>, "x"},
    {"numpy", "Isnan", ToBool<IsNan>, "x"},
    {"numpy", "Isneginf", ToBool<IsNegativeInfinity>, "x"},
    {"numpy", "Isposinf", ToBool<IsPositiveInfinity>, "x"},
    {"numpy", "Log", OfFloat<Plain<ov::op::v0::Log>>, "x"},
    {"numpy", "Log10", OfFloat<Log10>, "x"},
    {"numpy", "Log1p", OfFloat<Log1p>, "x"},
    {"numpy", "Log2", OfFloat<Log2>, "x"},
    {"numpy", "LogicalNot", LogicalNot, "x"},
    {"numpy", "NanToNum", NanToNum, "x"},
    {"numpy", "Negative", OfAny<Plain<Negative>>, "x"},
    {"numpy", "Rad2deg", OfFloat<ToDegrees>, "x"},
    {"numpy", "Reciprocal", OfFloat<Reciprocal>, "x"},
    {"numpy", "Round", Round, "x"},
    {"numpy", "Sign", OfAny<Plain<Sign>>, "x"},
    {"numpy", "Sin", OfFloat<Plain<ov::op::v0::Sin>>, "x"},
    {"numpy", "Sinh", OfFloat<Plain<ov::op::v0::Sinh>>, "x"},
    {"numpy", "Sqrt", OfFloat<SquareRoot>, "x"},
    {"numpy", "Square", OfAny<Square>, "x"},
    {"numpy", "Tan", OfFloat<Plain<ov::op::v0::Tan>>, "x"},
    {"numpy", "Tanh", OfFloat<Plain<ov::op::v0::Tanh>>, "x"},
    {"numpy", "Trunc", OfFloatOnly<Truncated>, "x"},
    {"tf", "cast", Cast, "x dtype"},
    {"tf", "clip_by_value", Clip, "t:x clip_value_min:x_min clip_value_max:x_max"},
    {"tf", "convert_to_tensor", ConvertToTensor, "value:x dtype"},
    {"tf", "identity", OfAny<Same>, "input:x"},
    {"tf", "math.abs", OfAny<Plain<Abs>>, "x"},
    {"tf", "math.acos", OfFloat<Plain<ov::op::v0::Acos>>, "x"},
    {"tf", "math.acosh", OfFloat<Plain<ov::op::v3::Acosh>>, "x"},
    {"tf", "math.asin", OfFloat<Plain<ov::op::v0::Asin>>, "x"},
    {"tf", "math.asinh", OfFloat<Plain<ov::op::v3::Asinh>>, "x"},
    {"tf", "math.atan", OfFloat<Plain<ov::op::v0::Atan>>, "x"},
    {"tf", "math.atanh", OfFloat<Plain<ov::op::v3::Atanh>>, "x"},
    {"tf", "math.ceil", OfFloat<Plain<Ceiling>>, "x"},
    {"tf", "math.cos", OfFloat<Plain<ov::op::v0::Cos>>, "x"},
    {"tf", "math.cosh", OfFloat<Plain<ov::op::v0::Cosh>>, "x"},
    {"tf", "math.erf", OfFloat<Plain<ov::op::v0::Erf>>, "x"},
    {"tf", "math.erfc", OfFloat<Erfc>, "x"},
    {"tf", "math.exp", OfFloat<Plain<ov::op::v0::Exp>>, "x"},
    {"tf", "math.expm1", OfFloat<Expm1>, "x"},
    {"tf", "math.floor", OfFloat<Plain<Floor>>, "x"},
    {"tf", "math.is_finite", ToBool<IsFinite>, "x"},
    {"tf", "math.is_inf", ToBool<IsInfinite>, "x"},
    {"tf", "math.is_nan", ToBool<IsNan>, "x"},
    {"tf", "math.log", OfFloat<Plain<ov::op::v0::Log>>, "x"},
    {"tf", "math.log1p", OfFloat<Log1p>, "x"},
    {"tf", "math.logical_not", LogicalNot, "x"},
    {"tf", "math.negative", OfAny<Plain<Negative>>, "x"},
    {"tf", "math.reciprocal", OfFloat<Reciprocal>, "x"},
    {"tf", "math.rint", OfFloatOnly<RoundToEven>, "x"},
    {"tf", "math.round", OfFloatOnly<RoundToEven>, "x"},
    {"tf", "math.rsqrt", OfFloat<Rsqrt>, "x"},
    {"tf", "math.sign", OfAny<Plain<Sign>>, "x"},
    {"tf", "math.sin", OfFloat<Plain<ov::op::v0::Sin>>, "x"},
    {"tf", "math.sinh", OfFloat<Plain<ov::op::v0::Sinh>>, "x"},
    {"tf", "math.sqrt", OfFloat<SquareRoot>, "x"},
    {"tf", "math.square", OfAny<Square>, "x"},
    {"tf", "math.tan", OfFloat<Plain<ov::op::v0::Tan>>, "x"},
    {"tf", "math.tanh", OfFloat<Plain<ov::op::v0::Tanh>>, "x"},
    {"tf", "stop_gradient", OfAny<Same>, "input:x"},
};

}  // namespace

std::span<const OpEntry> ElementwiseOps() { return kElementwiseOps; }

}  // namespace sidecar::model::keras
