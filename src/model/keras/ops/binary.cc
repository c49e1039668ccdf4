// Functions of two elements: arithmetic, comparisons, logic.
#include <numbers>
#include <openvino/op/abs.hpp>
#include <openvino/op/atan.hpp>
#include <openvino/op/bitwise_and.hpp>
#include <openvino/op/bitwise_or.hpp>
#include <openvino/op/bitwise_xor.hpp>
#include <openvino/op/equal.hpp>
#include <openvino/op/exp.hpp>
#include <openvino/op/floor.hpp>
#include <openvino/op/floor_mod.hpp>
#include <openvino/op/greater.hpp>
#include <openvino/op/greater_eq.hpp>
#include <openvino/op/less.hpp>
#include <openvino/op/less_eq.hpp>
#include <openvino/op/log.hpp>
#include <openvino/op/logical_and.hpp>
#include <openvino/op/logical_or.hpp>
#include <openvino/op/logical_xor.hpp>
#include <openvino/op/minimum.hpp>
#include <openvino/op/negative.hpp>
#include <openvino/op/not_equal.hpp>
#include <openvino/op/power.hpp>
#include <openvino/op/squared_difference.hpp>

#include "base/status_macros.h"
#include "model/keras/ops/op_functions.h"
#include "model/keras/ops/op_table.h"

namespace sidecar::model::keras {
namespace {

using Function = GraphOutput (*)(const GraphOutput&, const GraphOutput&);

template <class Op>
GraphOutput Plain(const GraphOutput& a, const GraphOutput& b) {
  return MakeOp<Op>(a, b);
}

GraphOutput Constant(double value) { return FloatConstant(value); }

GraphOutput AtMost(const GraphOutput& a, const GraphOutput& b) {
  return MakeOp<ov::op::v1::Minimum>(a, b);
}
GraphOutput SquaredDifference(const GraphOutput& a, const GraphOutput& b) {
  return MakeOp<ov::op::v0::SquaredDifference>(a, b);
}
GraphOutput Hypotenuse(const GraphOutput& a, const GraphOutput& b) {
  return SquareRoot(Plus(Times(a, a), Times(b, b)));
}
// log(exp(a) + exp(b))
GraphOutput LogAddExp(const GraphOutput& a, const GraphOutput& b) {
  const GraphOutput difference = MakeOp<ov::op::v0::Negative>(MakeOp<ov::op::v0::Abs>(Minus(a, b)));
  return Plus(AtLeast(a, b),
              MakeOp<ov::op::v0::Log>(Plus(Constant(1), MakeOp<ov::op::v0::Exp>(difference))));
}
GraphOutput DivideNoNan(const GraphOutput& a, const GraphOutput& b) {
  const GraphOutput is_zero = MakeOp<ov::op::v1::Equal>(b, Constant(0));
  return Choose(is_zero, Constant(0), Over(a, Choose(is_zero, Constant(1), b)));
}
// The quadrant of a point by the signs of its coordinates; as NumPy has it for zeros.
GraphOutput Arctan2(const GraphOutput& y, const GraphOutput& x) {
  const GraphOutput zero = Constant(0);
  const GraphOutput x_zero = MakeOp<ov::op::v1::Equal>(x, zero);
  const GraphOutput plain = MakeOp<ov::op::v0::Atan>(Over(y, Choose(x_zero, Constant(1), x)));
  const GraphOutput y_low = MakeOp<ov::op::v1::Less>(y, zero);
  const GraphOutput turn = Choose(y_low, Constant(-std::numbers::pi), Constant(std::numbers::pi));
  const GraphOutput left = Choose(MakeOp<ov::op::v1::Less>(x, zero), Plus(plain, turn), plain);
  const GraphOutput half = Times(turn, Constant(0.5));
  const GraphOutput up = Choose(MakeOp<ov::op::v1::Equal>(y, zero), zero, half);
  return Choose(x_zero, up, left);
}

// Of the common type of both.
template <Function F>
Result<Values> Same(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const Pair pair, ReadPair(call, "x1", "x2"));
  if (pair.dtype == DType::kBool) return call.Unsupported("arithmetic of booleans");
  return Only(RestorePair(pair, F(pair.a, pair.b)), pair.dtype);
}

// Of floats; integers become float32.
template <Function F>
Result<Values> OfFloat(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const Pair pair, ReadPair(call, "x1", "x2", true));
  return Only(RestorePair(pair, F(pair.a, pair.b)), pair.dtype);
}

template <Function F>
Result<Values> Compare(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const Pair pair, ReadPair(call, "x1", "x2"));
  call.Ignore("incompatible_shape_error");
  return Only(RestorePair(pair, F(pair.a, pair.b)), DType::kBool);
}

template <Function F>
Result<Values> Logical(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const Pair pair, ReadPair(call, "x1", "x2"));
  return Only(RestorePair(pair, F(IsNotZero(pair.a), IsNotZero(pair.b))), DType::kBool);
}

template <Function F>
Result<Values> Bitwise(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const Pair pair, ReadPair(call, "x1", "x2"));
  if (IsFloating(pair.dtype)) return call.Fail("works on integers; is called with floats");
  return Only(F(pair.a, pair.b), pair.dtype);
}

// The graph's own power of integers is not exact everywhere.
Result<Values> Power(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const Pair pair, ReadPair(call, "x1", "x2"));
  const GraphOutput result = Plain<ov::op::v1::Power>(ToFloat(pair.a), ToFloat(pair.b));
  return Only(RestorePair(pair, ConvertedTo(result, pair.dtype)), pair.dtype);
}

// The graph's division of integers truncates, whatever it says.
Result<Values> FloorDivide(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const Pair pair, ReadPair(call, "x1", "x2"));
  const GraphOutput result =
      IsFloat(pair.a) ? MakeOp<ov::op::v0::Floor>(Over(pair.a, pair.b))
                      : Over(Minus(pair.a, MakeOp<ov::op::v1::FloorMod>(pair.a, pair.b)), pair.b);
  return Only(RestorePair(pair, result), pair.dtype);
}

Result<Values> AddMany(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const Operands operands, call.Tensors("inputs"));
  GraphOutput sum = operands.front().output();
  for (std::size_t i = 1; i < operands.size(); ++i) sum = Plus(sum, operands[i].output());
  return Only(sum, operands.front().dtype());
}

constexpr std::string_view kXY = "x:x1 y:x2";
using ov::op::v1::Equal;
using ov::op::v1::FloorMod;
using ov::op::v1::Greater;
using ov::op::v1::GreaterEqual;
using ov::op::v1::Less;
using ov::op::v1::LessEqual;
using ov::op::v1::LogicalAnd;
using ov::op::v1::LogicalOr;
using ov::op::v1::LogicalXor;
using ov::op::v1::NotEqual;

constexpr OpEntry kBinaryOps[] = {
    {"numpy", "Add", Same<Plus>, "x1 x2"},
    {"numpy", "Arctan2", OfFloat<Arctan2>, "x1 x2"},
    {"numpy", "BitwiseAnd", Bitwise<Plain<ov::op::v13::BitwiseAnd>>, kXY},
    {"numpy", "BitwiseOr", Bitwise<Plain<ov::op::v13::BitwiseOr>>, kXY},
    {"numpy", "BitwiseXor", Bitwise<Plain<ov::op::v13::BitwiseXor>>, kXY},
    {"numpy", "Divide", OfFloat<Over>, "x1 x2"},
    {"numpy", "DivideNoNan", OfFloat<DivideNoNan>, "x1 x2"},
    {"numpy", "Equal", Compare<Plain<Equal>>, "x1 x2"},
    {"numpy", "FloorDivide", FloorDivide, "x1 x2"},
    {"numpy", "Greater", Compare<Plain<Greater>>, "x1 x2"},
    {"numpy", "GreaterEqual", Compare<Plain<GreaterEqual>>, "x1 x2"},
    {"numpy", "Hypot", OfFloat<Hypotenuse>, "x1 x2"},
    {"numpy", "Less", Compare<Plain<Less>>, "x1 x2"},
    {"numpy", "LessEqual", Compare<Plain<LessEqual>>, "x1 x2"},
    {"numpy", "Logaddexp", OfFloat<LogAddExp>, "x1 x2"},
    {"numpy", "LogicalAnd", Logical<Plain<LogicalAnd>>, "x1 x2"},
    {"numpy", "LogicalOr", Logical<Plain<LogicalOr>>, "x1 x2"},
    {"numpy", "LogicalXor", Logical<Plain<LogicalXor>>, "x1 x2"},
    {"numpy", "Maximum", Same<AtLeast>, "x1 x2"},
    {"numpy", "Minimum", Same<AtMost>, "x1 x2"},
    {"numpy", "Mod", Same<Plain<FloorMod>>, "x1 x2"},
    {"numpy", "Multiply", Same<Times>, "x1 x2"},
    {"numpy", "NotEqual", Compare<Plain<NotEqual>>, "x1 x2"},
    {"numpy", "Power", Power, "x1 x2"},
    {"numpy", "Subtract", Same<Minus>, "x1 x2"},
    {"numpy", "TrueDivide", OfFloat<Over>, "x1 x2"},
    {"tf", "__operators__.add", Same<Plus>, kXY},
    {"tf", "__operators__.eq", Compare<Plain<Equal>>, "self:x1 other:x2"},
    {"tf", "__operators__.ne", Compare<Plain<NotEqual>>, "self:x1 other:x2"},
    {"tf", "bitwise.bitwise_and", Bitwise<Plain<ov::op::v13::BitwiseAnd>>, kXY},
    {"tf", "bitwise.bitwise_or", Bitwise<Plain<ov::op::v13::BitwiseOr>>, kXY},
    {"tf", "bitwise.bitwise_xor", Bitwise<Plain<ov::op::v13::BitwiseXor>>, kXY},
    {"tf", "floor_div", FloorDivide, kXY},
    {"tf", "math.add", Same<Plus>, kXY},
    {"tf", "math.add_n", AddMany, "inputs"},
    {"tf", "math.atan2", OfFloat<Arctan2>, "y:x1 x:x2"},
    {"tf", "math.divide", OfFloat<Over>, kXY},
    {"tf", "math.divide_no_nan", OfFloat<DivideNoNan>, kXY},
    {"tf", "math.equal", Compare<Plain<Equal>>, kXY},
    {"tf", "math.floordiv", FloorDivide, kXY},
    {"tf", "math.floormod", Same<Plain<FloorMod>>, kXY},
    {"tf", "math.greater", Compare<Plain<Greater>>, kXY},
    {"tf", "math.greater_equal", Compare<Plain<GreaterEqual>>, kXY},
    {"tf", "math.less", Compare<Plain<Less>>, kXY},
    {"tf", "math.less_equal", Compare<Plain<LessEqual>>, kXY},
    {"tf", "math.logical_and", Logical<Plain<LogicalAnd>>, kXY},
    {"tf", "math.logical_or", Logical<Plain<LogicalOr>>, kXY},
    {"tf", "math.logical_xor", Logical<Plain<LogicalXor>>, kXY},
    {"tf", "math.maximum", Same<AtLeast>, kXY},
    {"tf", "math.minimum", Same<AtMost>, kXY},
    {"tf", "math.multiply", Same<Times>, kXY},
    {"tf", "math.not_equal", Compare<Plain<NotEqual>>, kXY},
    {"tf", "math.pow", Power, kXY},
    {"tf", "math.scalar_mul", Same<Times>, "scalar:x1 x:x2"},
    {"tf", "math.squared_difference", Same<SquaredDifference>, kXY},
    {"tf", "math.subtract", Same<Minus>, kXY},
    {"tf", "math.truediv", OfFloat<Over>, kXY},
    {"tf", "realdiv", OfFloat<Over>, kXY},
};

}  // namespace

std::span<const OpEntry> BinaryOps() { return kBinaryOps; }

}  // namespace sidecar::model::keras
