// Further functions of keras.ops.numpy: spaces between numbers, bits, signs, places, areas.
#include <algorithm>
#include <limits>
#include <numbers>
#include <openvino/op/abs.hpp>
#include <openvino/op/bitwise_left_shift.hpp>
#include <openvino/op/bitwise_right_shift.hpp>
#include <openvino/op/broadcast.hpp>
#include <openvino/op/clamp.hpp>
#include <openvino/op/divide.hpp>
#include <openvino/op/equal.hpp>
#include <openvino/op/floor_mod.hpp>
#include <openvino/op/less.hpp>
#include <openvino/op/less_eq.hpp>
#include <openvino/op/log.hpp>
#include <openvino/op/logical_and.hpp>
#include <openvino/op/logical_or.hpp>
#include <openvino/op/matmul.hpp>
#include <openvino/op/power.hpp>
#include <openvino/op/reduce_logical_and.hpp>
#include <openvino/op/reduce_prod.hpp>
#include <openvino/op/reshape.hpp>
#include <openvino/op/sign.hpp>
#include <utility>

#include "base/status_macros.h"
#include "model/keras/ops/op_functions.h"
#include "model/keras/ops/op_table.h"

namespace sidecar::model::keras {
namespace {

GraphOutput Scalar(double value) { return FloatConstant(value); }

// ---- Numbers at equal distances.

// Rows of numbers from one tensor to another, along a new dimension.
struct Space {
  GraphOutput start;
  GraphOutput stop;
  DType dtype = DType::kFloat32;
  std::int64_t count = 0;
  bool open = false;  // the last number is left out
  std::int64_t axis = 0;
};

Result<Space> ReadSpace(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const Pair pair, ReadPair(call, "start", "stop", true));
  Space space{RestorePair(pair, pair.a), RestorePair(pair, pair.b), pair.dtype};
  SIDECAR_ASSIGN_OR_RETURN(space.count, call.Int("num", 50));
  SIDECAR_ASSIGN_OR_RETURN(const bool closed, call.Bool("endpoint", true));
  SIDECAR_ASSIGN_OR_RETURN(const bool step, call.Bool("retstep", false));
  SIDECAR_ASSIGN_OR_RETURN(space.dtype, call.Type("dtype", space.dtype));
  space.open = !closed;
  constexpr std::int64_t kMostNumbers = 1 << 16;
  if (step || !IsFloating(space.dtype)) {
    return call.Unsupported("retstep = true and types that are not floating are not supported");
  }
  if (space.count < 1 || space.count > kMostNumbers) return call.Fail("num is not 1 to 2^16");
  const std::int64_t rank = std::max(RankOf(space.start), RankOf(space.stop));
  SIDECAR_ASSIGN_OR_RETURN(space.axis, call.Axis("axis", rank + 1, 0));
  if (HasBatch(space.start) || HasBatch(space.stop)) call.MixRowsOver({space.axis});
  return space;
}

// start + i * step, and `stop` itself at the end.
GraphOutput NumbersOf(const Space& space) {
  const std::int64_t intervals = space.open ? space.count : space.count - 1;
  const GraphOutput width = Minus(space.stop, space.start);
  std::vector<GraphOutput> parts;
  for (std::int64_t i = 0; i < space.count; ++i) {
    const double part =
        intervals == 0 ? 0 : static_cast<double>(i) / static_cast<double>(intervals);
    const bool last = i > 0 && i == intervals;
    const GraphOutput zero = Times(width, Scalar(0));  // brings both to one shape
    parts.push_back(
        Expanded(last ? Plus(space.stop, zero) : Plus(space.start, Times(width, Scalar(part))),
                 {space.axis}));
  }
  return Joined(parts, space.axis);
}

Result<Values> LinearSpace(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const Space space, ReadSpace(call));
  return Only(NumbersOf(space), space.dtype);
}

GraphOutput PowerOf(double base, const GraphOutput& exponent) {
  return MakeOp<ov::op::v1::Power>(Scalar(base), exponent);
}

Result<Values> LogarithmicSpace(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const Space space, ReadSpace(call));
  SIDECAR_ASSIGN_OR_RETURN(const double base, call.Number("base", 10));
  return Only(PowerOf(base, NumbersOf(space)), space.dtype);
}

// Of the sign of the first.
Result<Values> GeometricSpace(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(Space space, ReadSpace(call));
  if (space.axis != 0) return call.Unsupported("Keras 3.15 fails where axis is not 0");
  const GraphOutput sign = MakeOp<ov::op::v0::Sign>(space.start);
  const auto decimal = [](const GraphOutput& x) {
    return Over(MakeOp<ov::op::v0::Log>(MakeOp<ov::op::v0::Abs>(x)), Scalar(std::numbers::ln10));
  };
  space.start = decimal(space.start);
  space.stop = decimal(space.stop);
  return Only(Times(PowerOf(10, NumbersOf(space)), sign), space.dtype);
}

// ---- Of each element.

GraphOutput IsBelowZero(const GraphOutput& x) { return IsGreater(Scalar(0), x); }

// Of real numbers: 0, or half a turn for those below 0.
Result<Values> Angle(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const Operand x, call.Tensor("x"));
  const GraphOutput value = AsFloat(x);
  const GraphOutput angle = Choose(IsBelowZero(value), Scalar(std::numbers::pi), Scalar(0));
  return Only(Plus(angle, Times(value, Scalar(0))), FloatTypeOf(x.dtype()));
}

// Real numbers have none.
Result<Values> ImaginaryPart(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const Operand x, call.Tensor("x"));
  return Only(
      MakeOp<ov::op::v3::Broadcast>(ConvertedTo(Scalar(0), x.dtype()), RunTimeShape(x.output())),
      x.dtype());
}

Result<Values> EmptyLike(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const Operand x, call.Tensor("x"));
  SIDECAR_ASSIGN_OR_RETURN(const DType dtype, call.Type("dtype", x.dtype()));
  return Only(
      MakeOp<ov::op::v3::Broadcast>(ConvertedTo(Scalar(0), dtype), RunTimeShape(x.output())),
      dtype);
}

Result<Values> IsReal(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const Operand x, call.Tensor("x"));
  return Only(MakeOp<ov::op::v3::Broadcast>(ConvertedTo(IntConstant(1), DType::kBool),
                                            RunTimeShape(x.output())),
              DType::kBool);
}

// -0.0 has the sign, too: its reciprocal is below 0.
Result<Values> SignBit(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const Operand x, call.Tensor("x"));
  const GraphOutput value = AsFloat(x);
  if (!IsFloating(x.dtype())) return Only(IsBelowZero(value), DType::kBool);
  const GraphOutput reciprocal = Over(Scalar(1), value);
  return Only(MakeOp<ov::op::v1::LogicalOr>(IsBelowZero(value), IsBelowZero(reciprocal)),
              DType::kBool);
}

template <class Op>
Result<Values> Shift(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const Pair pair, ReadPair(call, "x1", "x2"));
  if (!IsInteger(pair.dtype)) return call.Unsupported("works on integers only");
  return Only(RestorePair(pair, MakeOp<Op>(pair.a, pair.b)), pair.dtype);
}

// ---- Places and sizes.

// The indices along each dimension of `shape`. For other than vectors Keras on TensorFlow takes
// the sizes in the wrong order (keras/src/backend/tensorflow/numpy.py).
Result<Values> UnravelIndex(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const Operand indices, call.Tensor("indices"));
  SIDECAR_ASSIGN_OR_RETURN(const auto shape, call.Ints("shape"));
  constexpr std::int64_t kMostCells = std::int64_t{1} << 31;
  const auto is_size = [](std::int64_t size) { return size >= 1 && size < kMostCells; };
  if (!shape || shape->empty() || !std::all_of(shape->begin(), shape->end(), is_size)) {
    return call.Fail("its shape is not a list of sizes from 1 to 2^31");
  }
  if (!IsInteger(indices.dtype())) return call.Unsupported("works on integers only");
  Axes sizes = *shape;
  if (RankOf(indices.output()) == 1) std::reverse(sizes.begin(), sizes.end());
  GraphOutput rest = indices.output();
  Values places;
  for (const std::int64_t size : sizes) {
    const GraphOutput divisor = ConvertedTo(IntConstant(size), indices.dtype());
    const GraphOutput place = MakeOp<ov::op::v1::FloorMod>(rest, divisor);
    places.push_back({place, indices.dtype()});
    rest = MakeOp<ov::op::v1::Divide>(Minus(rest, place), divisor);
  }
  std::reverse(places.begin(), places.end());
  return places;
}

Result<Values> NumberOfElements(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const Operand x, call.Tensor("x"));
  if (HasBatch(x.output())) call.MixRows();
  const GraphOutput count =
      MakeOp<ov::op::v1::ReduceProd>(RunTimeShape(x.output()), IntConstant(Axes{0}), false);
  return Only(ConvertedTo(count, DType::kInt32), DType::kInt32);
}

// ---- Along dimensions, and of all.

Result<Values> AllClose(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const Pair pair, ReadPair(call, "x1", "x2", true));
  SIDECAR_ASSIGN_OR_RETURN(const double relative, call.Number("rtol", 1e-5));
  SIDECAR_ASSIGN_OR_RETURN(const double absolute, call.Number("atol", 1e-8));
  SIDECAR_ASSIGN_OR_RETURN(const bool equal_nan, call.Bool("equal_nan", false));
  if (equal_nan) return call.Unsupported("equal_nan = true is not supported");
  call.MixRows();
  const GraphOutput size = MakeOp<ov::op::v0::Abs>(pair.b);
  const GraphOutput bound = Plus(Scalar(absolute), Times(Scalar(relative), size));
  const GraphOutput finite =
      MakeOp<ov::op::v1::Less>(size, Scalar(std::numeric_limits<double>::infinity()));
  const GraphOutput near = MakeOp<ov::op::v1::LogicalAnd>(
      finite, MakeOp<ov::op::v1::LessEqual>(MakeOp<ov::op::v0::Abs>(Minus(pair.a, pair.b)), bound));
  const GraphOutput close =
      MakeOp<ov::op::v1::LogicalOr>(near, MakeOp<ov::op::v1::Equal>(pair.a, pair.b));
  return Only(MakeOp<ov::op::v1::ReduceLogicalAnd>(Raveled(close), IntConstant(Axes{0}), false),
              DType::kBool);
}

// The area below a line of straight pieces, each `dx` wide.
Result<Values> Trapezoid(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const Operand y, call.Tensor("y"));
  SIDECAR_ASSIGN_OR_RETURN(const double width, call.Number("dx", 1));
  SIDECAR_ASSIGN_OR_RETURN(const std::int64_t axis, call.Axis("axis", RankOf(y.output()), -1));
  call.MixRowsOver({axis});
  const GraphOutput value = AsFloat(y);
  constexpr std::int64_t kEnd = std::numeric_limits<std::int64_t>::max();
  const GraphOutput heights =
      Times(Plus(Sliced(value, axis, 1, kEnd), Sliced(value, axis, 0, -1)), Scalar(0.5));
  return Only(SumOver(Times(heights, Scalar(width)), {axis}, false), FloatTypeOf(y.dtype()));
}

// Powers of a vector's numbers, as rows.
Result<Values> Vandermonde(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const Operand x, call.Tensor("x"));
  SIDECAR_ASSIGN_OR_RETURN(const bool increasing, call.Bool("increasing", false));
  if (!call.Has("N")) return call.Unsupported("N must be given");
  SIDECAR_ASSIGN_OR_RETURN(const std::int64_t count, call.Int("N"));
  constexpr std::int64_t kMostPowers = 4096;
  if (count < 1 || count > kMostPowers) return call.Fail("N is not from 1 to 4096");
  if (!IsFloating(x.dtype())) return call.Unsupported("integers are not supported");
  std::vector<double> powers;
  for (std::int64_t i = 0; i < count; ++i) {
    powers.push_back(static_cast<double>(increasing ? i : count - 1 - i));
  }
  const GraphOutput rows = Expanded(x.output(), {RankOf(x.output())});
  return Only(MakeOp<ov::op::v1::Power>(rows, FloatConstant(ov::Shape{powers.size()}, powers)),
              x.dtype());
}

// Each block of the result is the second times one element of the first.
Result<Values> Kronecker(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const Operand a, call.Tensor("x1"));
  SIDECAR_ASSIGN_OR_RETURN(const Operand b, call.Tensor("x2"));
  const DType dtype = ResultType({a, b}, call.is_keras2());
  const std::int64_t rank = std::max(RankOf(a.output()), RankOf(b.output()));
  const auto spread = [&](const Operand& operand, std::int64_t added) {
    GraphOutput value = ConvertedTo(operand.output(), dtype);
    while (RankOf(value) < rank) value = Expanded(value, {0});
    Axes axes;
    for (std::int64_t axis = 0; axis < rank; ++axis) axes.push_back(2 * axis + added);
    return std::pair(value, Expanded(value, axes));
  };
  const auto [first, first_spread] = spread(a, 1);
  const auto [second, second_spread] = spread(b, 0);
  // A batch times one row stays the batch.
  const bool keeps_rows = SizeOf(second, 0) == 1 && RankOf(a.output()) == rank;
  if (rank == 0 || !keeps_rows) call.MixRows();
  const GraphOutput shape = Times(RunTimeShape(first), RunTimeShape(second));
  return Only(MakeOp<ov::op::v1::Reshape>(Times(first_spread, second_spread), shape, false), dtype);
}

Result<Values> VectorDot(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const Operand a, call.Tensor("x1"));
  SIDECAR_ASSIGN_OR_RETURN(const Operand b, call.Tensor("x2"));
  call.MixRows();
  const DType dtype = ResultType({a, b}, call.is_keras2());
  if (!IsFloating(dtype)) return call.Unsupported("integers are not supported");
  return Only(SumOver(Times(Raveled(AsFloat(a)), Raveled(AsFloat(b))), {0}, false), dtype);
}

// The distance of each row of one to each of the other.
Result<Values> Distances(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const Operand x, call.Tensor("x"));
  SIDECAR_ASSIGN_OR_RETURN(const Operand y, call.Tensor("y"));
  const std::int64_t rank = RankOf(x.output());
  if (rank < 2 || RankOf(y.output()) != rank) {
    return call.Unsupported("two inputs of one rank, 2 or more, are supported");
  }
  if (rank == 2) call.MixRows();
  const GraphOutput apart =
      Minus(Expanded(AsFloat(x), {rank - 1}), Expanded(AsFloat(y), {rank - 2}));
  return Only(SquareRoot(SumOver(Times(apart, apart), {rank}, false)),
              FloatTypeOf(ResultType({x, y}, false)));
}

// Of the rows of a matrix with each other.
Result<Values> Correlations(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const Operand x, call.Tensor("x"));
  if (RankOf(x.output()) != 2) return call.Unsupported("only matrices are supported");
  call.MixRows();
  const GraphOutput value = AsFloat(x);
  const GraphOutput centred = Minus(value, MeanOver(value, {1}, true));
  const GraphOutput products =
      std::make_shared<ov::op::v0::MatMul>(centred, centred, false, true)->output(0);
  const GraphOutput deviation = SquareRoot(SumOver(Times(centred, centred), {1}, true));
  const GraphOutput both =
      std::make_shared<ov::op::v0::MatMul>(deviation, deviation, false, true)->output(0);
  return Only(MakeOp<ov::op::v0::Clamp>(Over(products, both), -1.0, 1.0), FloatTypeOf(x.dtype()));
}

constexpr OpEntry kFurtherOps[] = {
    {"math", "CDist", Distances, "x y"},
    {"numpy", "AllClose", AllClose, "x1 x2"},
    {"numpy", "Angle", Angle, "x"},
    {"numpy", "BitwiseLeftShift", Shift<ov::op::v15::BitwiseLeftShift>, "x:x1 y:x2"},
    {"numpy", "BitwiseRightShift", Shift<ov::op::v15::BitwiseRightShift>, "x:x1 y:x2"},
    {"numpy", "Corrcoef", Correlations, "x"},
    {"numpy", "EmptyLike", EmptyLike, "x"},
    {"numpy", "Geomspace", GeometricSpace, "start stop"},
    {"numpy", "Imag", ImaginaryPart, "x"},
    {"numpy", "Isreal", IsReal, "x"},
    {"numpy", "Kron", Kronecker, "x1 x2"},
    {"numpy", "LeftShift", Shift<ov::op::v15::BitwiseLeftShift>, "x:x1 y:x2"},
    {"numpy", "Linspace", LinearSpace, "start stop"},
    {"numpy", "Logspace", LogarithmicSpace, "start stop"},
    {"numpy", "RightShift", Shift<ov::op::v15::BitwiseRightShift>, "x:x1 y:x2"},
    {"numpy", "Signbit", SignBit, "x"},
    {"numpy", "Size", NumberOfElements, "x"},
    {"numpy", "Trapezoid", Trapezoid, "y"},
    {"numpy", "UnravelIndex", UnravelIndex, "indices"},
    {"numpy", "Vander", Vandermonde, "x"},
    {"numpy", "Vdot", VectorDot, "x1 x2"},
    {"tf", "bitwise.left_shift", Shift<ov::op::v15::BitwiseLeftShift>, "x:x1 y:x2"},
    {"tf", "bitwise.right_shift", Shift<ov::op::v15::BitwiseRightShift>, "x:x1 y:x2"},
    {"tf", "linspace", LinearSpace, "start stop num name axis"},
};

}  // namespace

std::span<const OpEntry> FurtherOps() { return kFurtherOps; }

}  // namespace sidecar::model::keras
