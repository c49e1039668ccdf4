// Further functions of numbers: those that leave NaN out, comparisons with a tolerance, medians,
// differences, and products that zero wins.
#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <openvino/op/abs.hpp>
#include <openvino/op/bitwise_not.hpp>
#include <openvino/op/clamp.hpp>
#include <openvino/op/equal.hpp>
#include <openvino/op/exp.hpp>
#include <openvino/op/less.hpp>
#include <openvino/op/less_eq.hpp>
#include <openvino/op/log.hpp>
#include <openvino/op/logical_and.hpp>
#include <openvino/op/logical_not.hpp>
#include <openvino/op/logical_or.hpp>
#include <openvino/op/mod.hpp>
#include <openvino/op/not_equal.hpp>
#include <openvino/op/power.hpp>
#include <openvino/op/reduce_logical_or.hpp>
#include <openvino/op/reduce_min.hpp>
#include <openvino/op/reduce_prod.hpp>
#include <openvino/op/sin.hpp>
#include <openvino/op/topk.hpp>

#include "base/status_macros.h"
#include "model/keras/ops/op_functions.h"
#include "model/keras/ops/op_table.h"

namespace sidecar::model::keras {
namespace {

constexpr double kMostFloat = std::numeric_limits<double>::infinity();

GraphOutput Number(double value) { return FloatConstant(value); }
GraphOutput IsNan(const GraphOutput& x) { return MakeOp<ov::op::v1::NotEqual>(x, x); }
GraphOutput SizeOfEach(const GraphOutput& x) { return MakeOp<ov::op::v0::Abs>(x); }
GraphOutput EqualTo(const GraphOutput& a, const GraphOutput& b) {
  return MakeOp<ov::op::v1::Equal>(a, b);
}

// ---- Reductions that leave NaN out.

struct NanInput {
  GraphOutput x;
  GraphOutput missing;  // boolean
  DType dtype = DType::kFloat32;
  Axes axes;
  bool keep = false;

  [[nodiscard]] GraphOutput Filled(double value) const { return Choose(missing, Number(value), x); }
  [[nodiscard]] GraphOutput Sum(const GraphOutput& a, bool keep_axes) const {
    return axes.empty() ? a : SumOver(a, axes, keep_axes);
  }
  [[nodiscard]] GraphOutput Count(bool keep_axes) const {
    return Sum(Choose(missing, Number(0), Number(1)), keep_axes);
  }
  // NaN where there is no number.
  [[nodiscard]] GraphOutput WhereAny(const GraphOutput& result) const {
    return Choose(IsGreater(Count(keep), Number(0)), result, Number(std::nan("")));
  }
};

Result<NanInput> ReadNanInput(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const Operand x, call.Tensor("x"));
  NanInput input;
  if (!IsFloating(x.dtype())) return call.Unsupported("integers are not supported");
  input.x = x.output();
  input.dtype = x.dtype();
  input.missing = IsNan(input.x);
  SIDECAR_ASSIGN_OR_RETURN(input.axes, call.Axes("axis", RankOf(input.x)));
  SIDECAR_ASSIGN_OR_RETURN(input.keep, call.Bool("keepdims", false));
  call.MixRowsOver(input.axes);
  return input;
}

GraphOutput NanSum(const NanInput& in) { return in.Sum(in.Filled(0), in.keep); }
GraphOutput NanProduct(const NanInput& in) {
  return MakeOp<ov::op::v1::ReduceProd>(in.Filled(1), IntConstant(in.axes), in.keep);
}
GraphOutput NanMean(const NanInput& in) { return Over(NanSum(in), in.Count(in.keep)); }
GraphOutput NanMost(const NanInput& in) {
  return in.WhereAny(MaxOver(in.Filled(-kMostFloat), in.axes, in.keep));
}
GraphOutput NanLeast(const NanInput& in) {
  return in.WhereAny(
      MakeOp<ov::op::v1::ReduceMin>(in.Filled(kMostFloat), IntConstant(in.axes), in.keep));
}
GraphOutput NanVariance(const NanInput& in) {
  const GraphOutput mean = Over(in.Sum(in.Filled(0), true), in.Count(true));
  const GraphOutput difference = Choose(in.missing, Number(0), Minus(in.x, mean));
  return Over(in.Sum(Times(difference, difference), in.keep), in.Count(in.keep));
}
GraphOutput NanDeviation(const NanInput& in) { return SquareRoot(NanVariance(in)); }

using NanFunction = GraphOutput (*)(const NanInput&);
template <NanFunction F>
Result<Values> LeavingNanOut(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const NanInput input, ReadNanInput(call));
  return Only(F(input), input.dtype);
}

// ---- Functions of two numbers.

using PairFunction = GraphOutput (*)(const GraphOutput&, const GraphOutput&);

GraphOutput NanAware(const GraphOutput& a, const GraphOutput& b, const GraphOutput& both) {
  return Choose(IsNan(a), b, Choose(IsNan(b), a, both));
}
GraphOutput LargerNumber(const GraphOutput& a, const GraphOutput& b) {
  return NanAware(a, b, AtLeast(a, b));
}
GraphOutput SmallerNumber(const GraphOutput& a, const GraphOutput& b) {
  return NanAware(a, b, AtMost(a, b));
}
GraphOutput LogAddExp2(const GraphOutput& a, const GraphOutput& b) {
  const GraphOutput apart = Minus(AtMost(a, b), AtLeast(a, b));
  const GraphOutput rest = MakeOp<ov::op::v0::Log>(
      Plus(Number(1), MakeOp<ov::op::v0::Exp>(Times(apart, Number(std::numbers::ln2)))));
  return Plus(AtLeast(a, b), Over(rest, Number(std::numbers::ln2)));
}
GraphOutput Step(const GraphOutput& a, const GraphOutput& b) {
  return Choose(EqualTo(a, Number(0)), b, Choose(IsGreater(a, Number(0)), Number(1), Number(0)));
}
GraphOutput TimesPowerOfTwo(const GraphOutput& a, const GraphOutput& b) {
  return Times(a, MakeOp<ov::op::v1::Power>(Number(2), b));
}
// 0 where the first is 0, whatever the second.
GraphOutput TimesLog(const GraphOutput& a, const GraphOutput& b) {
  return Choose(EqualTo(a, Number(0)), Number(0), Times(a, MakeOp<ov::op::v0::Log>(b)));
}
GraphOutput TimesLog1p(const GraphOutput& a, const GraphOutput& b) {
  return TimesLog(a, Plus(b, Number(1)));
}
GraphOutput OverUnlessZero(const GraphOutput& a, const GraphOutput& b) {
  return Choose(EqualTo(a, Number(0)), Number(0), Over(a, b));
}
// 0 where the second is 0, whatever the first.
GraphOutput TimesNoNan(const GraphOutput& a, const GraphOutput& b) {
  return Choose(EqualTo(b, Number(0)), Number(0), Times(a, b));
}

template <PairFunction F>
Result<Values> OfFloatPair(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const Pair pair, ReadPair(call, "x1", "x2", true));
  return Only(RestorePair(pair, F(pair.a, pair.b)), pair.dtype);
}

// The rest of a division that truncates: of the sign of the first.
Result<Values> Remainder(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const Pair pair, ReadPair(call, "x1", "x2"));
  if (pair.dtype == DType::kBool) return call.Unsupported("arithmetic of booleans");
  return Only(RestorePair(pair, MakeOp<ov::op::v1::Mod>(pair.a, pair.b)), pair.dtype);
}

Result<Values> IsClose(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const Pair pair, ReadPair(call, "x1", "x2", true));
  SIDECAR_ASSIGN_OR_RETURN(const double relative, call.Number("rtol", 1e-5));
  SIDECAR_ASSIGN_OR_RETURN(const double absolute, call.Number("atol", 1e-8));
  SIDECAR_ASSIGN_OR_RETURN(const bool equal_nan, call.Bool("equal_nan", false));
  const GraphOutput bound = Plus(Number(absolute), Times(Number(relative), SizeOfEach(pair.b)));
  // Infinities are close to themselves only.
  const GraphOutput finite = MakeOp<ov::op::v1::Less>(SizeOfEach(pair.b), Number(kMostFloat));
  const GraphOutput near = MakeOp<ov::op::v1::LogicalAnd>(
      finite, MakeOp<ov::op::v1::LessEqual>(SizeOfEach(Minus(pair.a, pair.b)), bound));
  GraphOutput close = MakeOp<ov::op::v1::LogicalOr>(near, EqualTo(pair.a, pair.b));
  if (equal_nan) {
    close = MakeOp<ov::op::v1::LogicalOr>(
        close, MakeOp<ov::op::v1::LogicalAnd>(IsNan(pair.a), IsNan(pair.b)));
  }
  return Only(RestorePair(pair, close), DType::kBool);
}

// ---- Functions of each element.

Result<Values> Sinc(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const Operand x, call.Tensor("x"));
  const GraphOutput angle = Times(AsFloat(x), Number(std::numbers::pi));
  const GraphOutput wave = Over(MakeOp<ov::op::v0::Sin>(angle), angle);
  return Only(Choose(EqualTo(angle, Number(0)), Number(1), wave), FloatTypeOf(x.dtype()));
}

Result<Values> Invert(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const Operand x, call.Tensor("x"));
  if (!IsInteger(x.dtype())) return call.Unsupported("works on integers only");
  const bool is_unsigned = x.dtype() == DType::kUint8 || x.dtype() == DType::kUint16 ||
                           x.dtype() == DType::kUint32 || x.dtype() == DType::kUint64;
  if (is_unsigned) return call.Unsupported("unsigned integers are not supported");
  return Only(MakeOp<ov::op::v13::BitwiseNot>(x.output()), x.dtype());
}

Result<Values> FloatAbs(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const Operand x, call.Tensor("x"));
  return Only(SizeOfEach(AsFloat(x)), FloatTypeOf(x.dtype()));
}

// Of real numbers.
Result<Values> SameNumber(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const Operand x, call.Tensor("x"));
  return Only(x.output(), x.dtype());
}

// Shapes are what the graph knows: this one only asserts.
Result<Values> EnsureShape(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const Operand x, call.Tensor("x"));
  call.Ignore("shape");
  return Values{x.value};
}

// Into the range of an integer type, then as a cast.
Result<Values> SaturateCast(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const Operand x, call.Tensor("x"));
  SIDECAR_ASSIGN_OR_RETURN(const DType dtype, call.Type("dtype"));
  if (dtype == x.dtype()) return Values{x.value};
  const bool is_signed = dtype == DType::kInt8 || dtype == DType::kInt16;
  if (!IsInteger(dtype) || DTypeSize(dtype) > 2) {
    if (IsFloating(dtype)) return Only(ConvertedTo(x.output(), dtype), dtype);
    return call.Unsupported("only types of 8 and 16 bits and floats can be its result");
  }
  const double values = std::ldexp(1.0, static_cast<int>(8 * DTypeSize(dtype)));
  const double least = is_signed ? -values / 2 : 0;
  const GraphOutput bounded = MakeOp<ov::op::v0::Clamp>(AsFloat(x), least, least + values - 1);
  return Only(ConvertedTo(bounded, dtype), dtype);
}

// ---- Along dimensions.

// The middle one of all, or the mean of the two in the middle.
Result<Values> Median(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const Operand x, call.Tensor("x"));
  SIDECAR_ASSIGN_OR_RETURN(const bool keep, call.Bool("keepdims", false));
  const std::int64_t rank = RankOf(x.output());
  SIDECAR_ASSIGN_OR_RETURN(const Axes axes, call.Axes("axis", rank));
  if (axes.size() != 1) return call.Unsupported("a median over more than one dimension");
  call.MixRowsOver(axes);
  const std::int64_t axis = axes.front();
  const std::int64_t size = SizeOf(x.output(), axis);
  if (size < 1) return call.Unsupported("the dimension has no known size");
  const GraphOutput sorted = std::make_shared<ov::op::v11::TopK>(
                                 AsFloat(x), IntConstant(size), axis, ov::op::TopKMode::MIN,
                                 ov::op::TopKSortType::SORT_VALUES, ov::element::i32)
                                 ->output(0);
  const GraphOutput middle = Sliced(sorted, axis, (size - 1) / 2, size / 2 + 1);
  return Only(MeanOver(middle, axes, keep), FloatTypeOf(x.dtype()));
}

// Neighbours' differences, `n` times.
Result<Values> Diff(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const Operand x, call.Tensor("x"));
  SIDECAR_ASSIGN_OR_RETURN(const std::int64_t times, call.Int("n", 1));
  SIDECAR_ASSIGN_OR_RETURN(const std::int64_t axis, call.Axis("axis", RankOf(x.output()), -1));
  call.MixRowsOver({axis});
  constexpr std::int64_t kMost = 100;
  if (times < 0 || times > kMost) return call.Fail("n is not from 0 to 100");
  if (x.dtype() == DType::kBool) return call.Unsupported("arithmetic of booleans");
  GraphOutput result = x.output();
  constexpr std::int64_t kEnd = std::numeric_limits<std::int64_t>::max();
  for (std::int64_t i = 0; i < times; ++i) {
    result = Minus(Sliced(result, axis, 1, kEnd), Sliced(result, axis, 0, -1));
  }
  return Only(result, x.dtype());
}

// Whether an element is one of a list.
Result<Values> IsIn(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const Operand x, call.Tensor("x1"));
  SIDECAR_ASSIGN_OR_RETURN(const Operand list, call.Tensor("x2"));
  SIDECAR_ASSIGN_OR_RETURN(const bool invert, call.Bool("invert", false));
  call.Ignore("assume_unique");
  if (HasBatch(list.output())) call.MixRows();
  const DType dtype = ResultType({x, list}, false);
  const GraphOutput each = Expanded(ConvertedTo(x.output(), dtype), {-1});
  const GraphOutput same = EqualTo(each, Raveled(ConvertedTo(list.output(), dtype)));
  const GraphOutput found = MakeOp<ov::op::v1::ReduceLogicalOr>(same, IntConstant(Axes{-1}), false);
  return Only(invert ? MakeOp<ov::op::v1::LogicalNot>(found) : found, DType::kBool);
}

// Scaled down where it is longer than clip_norm.
Result<Values> ClipByNorm(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const Operand x, call.Tensor("x"));
  SIDECAR_ASSIGN_OR_RETURN(const double most, call.Number("clip_norm"));
  SIDECAR_ASSIGN_OR_RETURN(const Axes axes, call.Axes("axes", RankOf(x.output())));
  call.MixRowsOver(axes);
  const GraphOutput value = AsFloat(x);
  const GraphOutput norm = SquareRoot(SumOver(Times(value, value), axes, true));
  return Only(Over(Times(value, Number(most)), AtLeast(norm, Number(most))), x.dtype());
}

// The part of all elements that is zero.
Result<Values> ZeroFraction(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const Operand x, call.Tensor("x"));
  call.MixRows();
  const GraphOutput zero = EqualTo(AsFloat(x), Number(0));
  return Only(MeanOver(Raveled(ConvertedTo(zero, DType::kFloat32)), {0}, false), DType::kFloat32);
}

constexpr std::string_view kPairXY = "x:x1 y:x2";

constexpr OpEntry kNumericOps[] = {
    {"core", "SaturateCast", SaturateCast, "x"},
    {"numpy", "BitwiseInvert", Invert, "x"},
    {"numpy", "BitwiseNot", Invert, "x"},
    {"numpy", "Conj", SameNumber, "x"},
    {"numpy", "Conjugate", SameNumber, "x"},
    {"numpy", "Diff", Diff, "a:x"},
    {"numpy", "Fabs", FloatAbs, "x"},
    {"numpy", "Fmax", OfFloatPair<LargerNumber>, "x1 x2"},
    {"numpy", "Fmin", OfFloatPair<SmallerNumber>, "x1 x2"},
    {"numpy", "Fmod", Remainder, "x1 x2"},
    {"numpy", "Heaviside", OfFloatPair<Step>, "x1 x2"},
    {"numpy", "IsIn", IsIn, "x1 x2"},
    {"numpy", "Isclose", IsClose, "x1 x2 rtol atol"},
    {"numpy", "Ldexp", OfFloatPair<TimesPowerOfTwo>, "x1 x2"},
    {"numpy", "Logaddexp2", OfFloatPair<LogAddExp2>, "x1 x2"},
    {"numpy", "Median", Median, "x"},
    {"numpy", "Nanmax", LeavingNanOut<NanMost>, "x"},
    {"numpy", "Nanmean", LeavingNanOut<NanMean>, "x"},
    {"numpy", "Nanmin", LeavingNanOut<NanLeast>, "x"},
    {"numpy", "Nanprod", LeavingNanOut<NanProduct>, "x"},
    {"numpy", "Nanstd", LeavingNanOut<NanDeviation>, "x"},
    {"numpy", "Nansum", LeavingNanOut<NanSum>, "x"},
    {"numpy", "Nanvar", LeavingNanOut<NanVariance>, "x"},
    {"numpy", "Real", SameNumber, "x"},
    {"numpy", "Sinc", Sinc, "x"},
    {"tf", "bitwise.invert", Invert, "x"},
    {"tf", "clip_by_norm", ClipByNorm, "t:x clip_norm axes"},
    {"tf", "dtypes.saturate_cast", SaturateCast, "value:x dtype"},
    {"tf", "ensure_shape", EnsureShape, "x shape"},
    {"tf", "math.multiply_no_nan", OfFloatPair<TimesNoNan>, kPairXY},
    {"tf", "math.real", SameNumber, "input:x"},
    {"tf", "math.xdivy", OfFloatPair<OverUnlessZero>, kPairXY},
    {"tf", "math.xlog1py", OfFloatPair<TimesLog1p>, kPairXY},
    {"tf", "math.xlogy", OfFloatPair<TimesLog>, kPairXY},
    {"tf", "math.zero_fraction", ZeroFraction, "value:x"},
};

}  // namespace

std::span<const OpEntry> NumericOps() { return kNumericOps; }

}  // namespace sidecar::model::keras
