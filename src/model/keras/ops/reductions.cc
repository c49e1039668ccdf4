// Reductions: one value from all those along some dimensions.
#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <openvino/op/abs.hpp>
#include <openvino/op/concat.hpp>
#include <openvino/op/convert.hpp>
#include <openvino/op/divide.hpp>
#include <openvino/op/exp.hpp>
#include <openvino/op/gather.hpp>
#include <openvino/op/log.hpp>
#include <openvino/op/minimum.hpp>
#include <openvino/op/power.hpp>
#include <openvino/op/reduce_l1.hpp>
#include <openvino/op/reduce_l2.hpp>
#include <openvino/op/reduce_logical_and.hpp>
#include <openvino/op/reduce_logical_or.hpp>
#include <openvino/op/reduce_max.hpp>
#include <openvino/op/reduce_mean.hpp>
#include <openvino/op/reduce_min.hpp>
#include <openvino/op/reduce_prod.hpp>
#include <openvino/op/reduce_sum.hpp>
#include <openvino/op/squeeze.hpp>
#include <openvino/op/topk.hpp>

#include "base/status_macros.h"
#include "model/keras/ops/op_functions.h"
#include "model/keras/ops/op_table.h"

namespace sidecar::model::keras {
namespace {

// The tensor and what it is reduced over.
struct Reduction {
  Operand x;
  Axes axes;
  bool keep = false;
};

Result<Reduction> ReadReduction(OpCall& call, std::string_view axis = "axis") {
  Reduction reduction;
  SIDECAR_ASSIGN_OR_RETURN(reduction.x, call.Tensor("x"));
  SIDECAR_ASSIGN_OR_RETURN(reduction.axes, call.Axes(axis, RankOf(reduction.x.output())));
  SIDECAR_ASSIGN_OR_RETURN(reduction.keep, call.Bool("keepdims", false));
  call.MixRowsOver(reduction.axes);
  return reduction;
}

template <class Op>
GraphOutput Reduced(const GraphOutput& x, const Reduction& reduction) {
  if (reduction.axes.empty()) return x;
  return MakeOp<Op>(x, IntConstant(reduction.axes), reduction.keep);
}

// Keras 3 sums small integers and booleans as int32.
DType SumType(const OpCall& call, DType dtype) {
  if (call.is_keras2() || IsFloating(dtype) || DTypeSize(dtype) >= 4) return dtype;
  return dtype == DType::kUint8 || dtype == DType::kUint16 ? DType::kUint32 : DType::kInt32;
}

template <class Op>
Result<Values> SumLike(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const Reduction reduction, ReadReduction(call));
  const DType dtype = SumType(call, reduction.x.dtype());
  SIDECAR_ASSIGN_OR_RETURN(const DType wanted, call.Type("dtype", dtype));
  return Only(Reduced<Op>(ConvertedTo(reduction.x.output(), wanted), reduction), wanted);
}

template <class Op>
Result<Values> MostLike(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const Reduction reduction, ReadReduction(call));
  const Operand& x = reduction.x;
  GraphOutput result = Reduced<Op>(x.output(), reduction);
  SIDECAR_ASSIGN_OR_RETURN(const auto initial, call.OptionalTensor("initial"));
  if (initial) {
    const GraphOutput bound = ConvertedTo(initial->output(), x.dtype());
    result = std::is_same_v<Op, ov::op::v1::ReduceMax> ? AtLeast(result, bound)
                                                       : MakeOp<ov::op::v1::Minimum>(result, bound);
  }
  return Only(result, x.dtype());
}

template <class Op>
Result<Values> LogicalLike(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const Reduction reduction, ReadReduction(call));
  return Only(Reduced<Op>(IsNotZero(reduction.x.output()), reduction), DType::kBool);
}

// A reduction of floats by `function(x, reduction)`.
using FloatReduction = GraphOutput (*)(const GraphOutput&, const Reduction&);
template <FloatReduction F>
Result<Values> OfFloat(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const Reduction reduction, ReadReduction(call));
  const DType dtype = reduction.x.dtype();
  if (call.is_keras2() && !IsFloating(dtype)) return call.Unsupported("a mean of integers");
  return Only(F(AsFloat(reduction.x), reduction), FloatTypeOf(dtype));
}

GraphOutput MeanOf(const GraphOutput& x, const Reduction& reduction) {
  return Reduced<ov::op::v1::ReduceMean>(x, reduction);
}
GraphOutput VarianceOf(const GraphOutput& x, const Reduction& reduction) {
  const GraphOutput difference = Minus(x, MeanOver(x, reduction.axes, true));
  return MeanOf(Times(difference, difference), reduction);
}
GraphOutput DeviationOf(const GraphOutput& x, const Reduction& reduction) {
  return SquareRoot(VarianceOf(x, reduction));
}
GraphOutput LogSumExpOf(const GraphOutput& x, const Reduction& reduction) {
  const GraphOutput most = MakeOp<ov::op::v1::ReduceMax>(x, IntConstant(reduction.axes), true);
  const GraphOutput sum =
      Reduced<ov::op::v1::ReduceSum>(MakeOp<ov::op::v0::Exp>(Minus(x, most)), reduction);
  return Plus(MakeOp<ov::op::v0::Log>(sum), Reduced<ov::op::v1::ReduceMax>(x, reduction));
}

Result<Values> PeakToPeak(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const Reduction reduction, ReadReduction(call));
  const GraphOutput& x = reduction.x.output();
  return Only(Minus(Reduced<ov::op::v1::ReduceMax>(x, reduction),
                    Reduced<ov::op::v1::ReduceMin>(x, reduction)),
              reduction.x.dtype());
}

Result<Values> CountNonzero(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const Reduction reduction, ReadReduction(call));
  SIDECAR_ASSIGN_OR_RETURN(const DType dtype,
                           call.Type("dtype", call.is_keras2() ? DType::kInt64 : DType::kInt32));
  const GraphOutput ones = ConvertedTo(IsNotZero(reduction.x.output()), dtype);
  return Only(Reduced<ov::op::v1::ReduceSum>(ones, reduction), dtype);
}

Result<Values> Average(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const Reduction reduction, ReadReduction(call));
  SIDECAR_ASSIGN_OR_RETURN(const auto weights, call.OptionalTensor("weights"));
  const GraphOutput x = AsFloat(reduction.x);
  const DType dtype = FloatTypeOf(reduction.x.dtype());
  if (!weights) return Only(MeanOf(x, reduction), dtype);
  GraphOutput factors = AsFloat(*weights);
  if (RankOf(factors) == 1 && RankOf(x) > 1 && reduction.axes.size() == 1) {
    Axes shape(static_cast<std::size_t>(RankOf(x)), 1);
    shape[static_cast<std::size_t>(reduction.axes.front())] = -1;
    factors = Reshaped(factors, shape);
  } else if (RankOf(factors) != RankOf(x)) {
    return call.Fail("its weights have another rank than its input");
  }
  // Broadcast before both sums, so that each element counts.
  const GraphOutput full = Plus(Times(x, FloatConstant(0)), factors);
  return Only(Over(Reduced<ov::op::v1::ReduceSum>(Times(x, factors), reduction),
                   Reduced<ov::op::v1::ReduceSum>(full, reduction)),
              dtype);
}

Result<Values> Moments(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const Reduction reduction, ReadReduction(call, "axes"));
  call.Ignore("synchronized");
  const GraphOutput x = AsFloat(reduction.x);
  const DType dtype = FloatTypeOf(reduction.x.dtype());
  return Values{{MeanOf(x, reduction), dtype}, {VarianceOf(x, reduction), dtype}};
}

// The place of the largest or smallest; the first of equal ones.
template <ov::op::TopKMode kMode>
Result<Values> ArgMost(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const Operand x, call.Tensor("x"));
  SIDECAR_ASSIGN_OR_RETURN(const bool keep, call.Bool("keepdims", false));
  SIDECAR_ASSIGN_OR_RETURN(
      const DType dtype,
      call.Type("output_type", call.is_keras2() ? DType::kInt64 : DType::kInt32));
  GraphOutput input = x.output();
  if (input.get_element_type() == ov::element::boolean) input = ConvertedTo(input, DType::kInt32);
  std::int64_t axis = 0;
  const bool flat = !call.Has("axis") && !call.is_keras2();
  const std::int64_t rank = RankOf(input);
  if (flat) {
    input = Raveled(input);
    call.MixRows();
  } else {
    SIDECAR_ASSIGN_OR_RETURN(axis, call.Axis("axis", rank, 0));
    call.MixRowsOver({axis});
  }
  const auto top = std::make_shared<ov::op::v11::TopK>(input, IntConstant(1), axis, kMode,
                                                       ov::op::TopKSortType::SORT_VALUES,
                                                       ov::element::i32, true);
  GraphOutput result = ConvertedTo(top->output(1), dtype);
  if (flat) {
    result = MakeOp<ov::op::v0::Squeeze>(result, IntConstant(Axes{0}));
    if (keep) result = Reshaped(result, Axes(static_cast<std::size_t>(rank), 1));
  } else if (!keep) {
    result = MakeOp<ov::op::v0::Squeeze>(result, IntConstant(Axes{axis}));
  }
  return Only(result, dtype);
}

// The norm of a vector: of order 0 the number of elements that are not 0, of an infinite one the
// largest or smallest.
GraphOutput VectorNorm(const GraphOutput& x, double order, const Reduction& reduction) {
  if (order == 2) return Reduced<ov::op::v4::ReduceL2>(x, reduction);
  if (order == 1) return Reduced<ov::op::v4::ReduceL1>(x, reduction);
  const GraphOutput sizes = MakeOp<ov::op::v0::Abs>(x);
  if (std::isinf(order)) {
    return order > 0 ? Reduced<ov::op::v1::ReduceMax>(sizes, reduction)
                     : Reduced<ov::op::v1::ReduceMin>(sizes, reduction);
  }
  if (order == 0) {
    return Reduced<ov::op::v1::ReduceSum>(ConvertedTo(IsNotZero(x), DType::kFloat32), reduction);
  }
  const GraphOutput powers = MakeOp<ov::op::v1::Power>(sizes, FloatConstant(order));
  return MakeOp<ov::op::v1::Power>(Reduced<ov::op::v1::ReduceSum>(powers, reduction),
                                   FloatConstant(1 / order));
}

GraphOutput EuclideanNorm(const GraphOutput& x, const Reduction& reduction) {
  return VectorNorm(x, 2, reduction);
}

// The largest or smallest sum of sizes in a column (order 1 or -1) or row (infinite orders).
Result<GraphOutput> MatrixNorm(const OpCall& call, const GraphOutput& x, double order,
                               const Reduction& reduction) {
  if (std::fabs(order) != 1 && !std::isinf(order)) {
    return call.Unsupported("norms of matrices that need singular values are not supported");
  }
  const bool by_column = !std::isinf(order);
  const std::int64_t summed = reduction.axes[by_column ? 0 : 1];
  const std::int64_t rest = reduction.axes[by_column ? 1 : 0];
  const GraphOutput sums = SumOver(MakeOp<ov::op::v0::Abs>(x), {summed}, true);
  const GraphOutput one = IntConstant(Axes{rest});
  const GraphOutput norm = order > 0 ? MakeOp<ov::op::v1::ReduceMax>(sums, one, true)
                                     : MakeOp<ov::op::v1::ReduceMin>(sums, one, true);
  if (reduction.keep) return norm;
  return MakeOp<ov::op::v0::Squeeze>(norm, IntConstant(reduction.axes));
}

// Norms of vectors and of matrices.
Result<Values> Norm(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const Reduction reduction, ReadReduction(call));
  const GraphOutput x = AsFloat(reduction.x);
  const DType dtype = FloatTypeOf(reduction.x.dtype());
  double order = 2;
  if (call.Has("ord")) {
    SIDECAR_ASSIGN_OR_RETURN(const nlohmann::json* const ord, call.Constant("ord"));
    const bool named = *ord == "euclidean" || *ord == "fro";
    if (!named) {
      SIDECAR_ASSIGN_OR_RETURN(order, call.AnyNumber("ord"));
    }
    if (std::isnan(order)) return call.Fail("ord is NaN; a number is allowed");
    const bool matrix = call.is_keras2() ? reduction.axes.size() == 2 && call.Has("axis")
                                         : reduction.axes.size() == 2;
    if (!named && matrix) {
      SIDECAR_ASSIGN_OR_RETURN(const GraphOutput norm, MatrixNorm(call, x, order, reduction));
      return Only(norm, dtype);
    }
  }
  return Only(VectorNorm(x, order, reduction), dtype);
}

using ov::op::TopKMode;
using ov::op::v1::ReduceLogicalAnd;
using ov::op::v1::ReduceLogicalOr;
using ov::op::v1::ReduceMax;
using ov::op::v1::ReduceMin;
using ov::op::v1::ReduceProd;
using ov::op::v1::ReduceSum;
constexpr std::string_view kTf = "input_tensor:x axis keepdims";

constexpr OpEntry kReductionsOps[] = {
    {"linalg", "Norm", Norm, "x"},
    {"math", "Logsumexp", OfFloat<LogSumExpOf>, "x"},
    {"nn", "Moments", Moments, "x"},
    {"numpy", "All", LogicalLike<ReduceLogicalAnd>, "x"},
    {"numpy", "Amax", MostLike<ReduceMax>, "x"},
    {"numpy", "Amin", MostLike<ReduceMin>, "x"},
    {"numpy", "Any", LogicalLike<ReduceLogicalOr>, "x"},
    {"numpy", "Argmax", ArgMost<TopKMode::MAX>, "x"},
    {"numpy", "Argmin", ArgMost<TopKMode::MIN>, "x"},
    {"numpy", "Average", Average, "x weights"},
    {"numpy", "CountNonzero", CountNonzero, "x"},
    {"numpy", "Max", MostLike<ReduceMax>, "x"},
    {"numpy", "Mean", OfFloat<MeanOf>, "x"},
    {"numpy", "Min", MostLike<ReduceMin>, "x"},
    {"numpy", "Prod", SumLike<ReduceProd>, "x"},
    {"numpy", "Ptp", PeakToPeak, "x"},
    {"numpy", "Std", OfFloat<DeviationOf>, "x"},
    {"numpy", "Sum", SumLike<ReduceSum>, "x"},
    {"numpy", "Var", OfFloat<VarianceOf>, "x"},
    {"tf", "argmax", ArgMost<TopKMode::MAX>, "input:x axis output_type"},
    {"tf", "argmin", ArgMost<TopKMode::MIN>, "input:x axis output_type"},
    {"tf", "math.argmax", ArgMost<TopKMode::MAX>, "input:x axis output_type"},
    {"tf", "math.argmin", ArgMost<TopKMode::MIN>, "input:x axis output_type"},
    {"tf", "math.count_nonzero", CountNonzero, "input:x axis keepdims dtype"},
    {"tf", "math.reduce_all", LogicalLike<ReduceLogicalAnd>, kTf},
    {"tf", "math.reduce_any", LogicalLike<ReduceLogicalOr>, kTf},
    {"tf", "math.reduce_euclidean_norm", OfFloat<EuclideanNorm>, kTf},
    {"tf", "math.reduce_logsumexp", OfFloat<LogSumExpOf>, kTf},
    {"tf", "math.reduce_max", MostLike<ReduceMax>, kTf},
    {"tf", "math.reduce_mean", OfFloat<MeanOf>, kTf},
    {"tf", "math.reduce_min", MostLike<ReduceMin>, kTf},
    {"tf", "math.reduce_prod", SumLike<ReduceProd>, kTf},
    {"tf", "math.reduce_std", OfFloat<DeviationOf>, kTf},
    {"tf", "math.reduce_sum", SumLike<ReduceSum>, kTf},
    {"tf", "math.reduce_variance", OfFloat<VarianceOf>, kTf},
    {"tf", "norm", Norm, "tensor:x ord axis keepdims"},
};

}  // namespace

std::span<const OpEntry> ReductionOps() { return kReductionsOps; }

}  // namespace sidecar::model::keras
