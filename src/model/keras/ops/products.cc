// Products of tensors.
#include <algorithm>
#include <nlohmann/json.hpp>
#include <numeric>
#include <openvino/op/concat.hpp>
#include <openvino/op/einsum.hpp>
#include <openvino/op/matmul.hpp>
#include <openvino/op/reduce_prod.hpp>
#include <openvino/op/reshape.hpp>

#include "base/status_macros.h"
#include "model/keras/ops/op_functions.h"
#include "model/keras/ops/op_table.h"

namespace sidecar::model::keras {
namespace {

// Products are computed in float and come back in the operands' type.
struct Factors {
  GraphOutput a;
  GraphOutput b;
  DType dtype = DType::kFloat32;
};

Result<Factors> ReadFactors(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const Operand a, call.Tensor("x1"));
  SIDECAR_ASSIGN_OR_RETURN(const Operand b, call.Tensor("x2"));
  return Factors{AsFloat(a), AsFloat(b), ResultType({a, b}, call.is_keras2())};
}

Values Finished(const Factors& factors, const GraphOutput& product) {
  return Only(ConvertedTo(product, factors.dtype), factors.dtype);
}

Result<Values> Matmul(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const Factors factors, ReadFactors(call));
  std::array<bool, 2> transposed = {};
  for (std::size_t i = 0; i < 2; ++i) {
    for (const char* name : {"transpose", "adjoint"}) {
      SIDECAR_ASSIGN_OR_RETURN(const bool set,
                               call.Bool(std::string(name) + (i == 0 ? "_a" : "_b"), false));
      transposed[i] = transposed[i] || set;
    }
  }
  for (const char* name : {"a_is_sparse", "b_is_sparse", "grad_a", "grad_b"}) call.Ignore(name);
  const std::int64_t rank_a = RankOf(factors.a);
  const std::int64_t rank_b = RankOf(factors.b);
  const bool lower = rank_a != rank_b && HasBatch(rank_a < rank_b ? factors.a : factors.b);
  const bool moved = rank_a == 2 && transposed[0] && HasBatch(factors.a);
  if ((HasBatch(factors.b) && rank_b <= 2) || lower || moved) call.MixRows();
  return Finished(factors,
                  MakeOp<ov::op::v0::MatMul>(factors.a, factors.b, transposed[0], transposed[1]));
}

// The given dimensions as one, after or before all others.
GraphOutput Joined2d(const GraphOutput& x, const Axes& contracted, bool last) {
  Axes free;
  for (std::int64_t axis = 0; axis < RankOf(x); ++axis) {
    if (std::find(contracted.begin(), contracted.end(), axis) == contracted.end()) {
      free.push_back(axis);
    }
  }
  Axes order = last ? free : contracted;
  const Axes& rest = last ? contracted : free;
  order.insert(order.end(), rest.begin(), rest.end());
  const auto product = [&x](const Axes& axes) -> GraphOutput {
    GraphOutput size = IntConstant(Axes{1});
    for (const std::int64_t axis : axes) size = Times(size, Expanded(RunTimeSize(x, axis), {0}));
    return size;
  };
  const ov::OutputVector sizes = last ? ov::OutputVector{product(free), product(contracted)}
                                      : ov::OutputVector{product(contracted), product(free)};
  return MakeOp<ov::op::v1::Reshape>(Transposed(x, order), MakeOp<ov::op::v0::Concat>(sizes, 0),
                                     false);
}

// Sums over pairs of dimensions; what is left of `a` comes before what is left of `b`.
GraphOutput Contracted(OpCall& call, const Factors& factors, const Axes& a, const Axes& b) {
  if (HasBatch(factors.b)) call.MixRows();
  if (HasBatch(factors.a)) call.MixRowsOver(a);
  ov::OutputVector sizes;
  const auto add_free = [&sizes](const GraphOutput& x, const Axes& axes) {
    for (std::int64_t axis = 0; axis < RankOf(x); ++axis) {
      if (std::find(axes.begin(), axes.end(), axis) == axes.end()) {
        sizes.push_back(Expanded(RunTimeSize(x, axis), {0}));
      }
    }
  };
  add_free(factors.a, a);
  add_free(factors.b, b);
  const GraphOutput product = MakeOp<ov::op::v0::MatMul>(
      Joined2d(factors.a, a, true), Joined2d(factors.b, b, false), false, false);
  const GraphOutput shape =
      sizes.empty() ? IntConstant(Axes()) : MakeOp<ov::op::v0::Concat>(sizes, 0);
  return MakeOp<ov::op::v1::Reshape>(product, shape, false);
}

Status Normalize(const OpCall& call, std::int64_t rank, Axes& axes) {
  for (std::int64_t& axis : axes) {
    if (axis < 0) axis += rank;
    if (axis < 0 || axis >= rank || std::count(axes.begin(), axes.end(), axis) > 1) {
      return call.Fail("its axes are not dimensions of its inputs, each once");
    }
  }
  return Status();
}

Result<Values> Tensordot(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const Factors factors, ReadFactors(call));
  const std::int64_t rank_a = RankOf(factors.a);
  Axes a;
  Axes b;
  NumberArray numbers{{2}, {}};
  if (call.Has("axes")) {
    SIDECAR_ASSIGN_OR_RETURN(const nlohmann::json* const axes, call.Constant("axes"));
    SIDECAR_ASSIGN_OR_RETURN(numbers, ReadNumbers(*axes, call.context().description() + ": axes"));
  }
  const auto integers = AsIntegers(numbers);
  if (!integers) return call.Fail("axes holds numbers that are no integers");
  if (numbers.shape.empty()) {
    const std::int64_t count = integers->front();
    if (count < 0 || count > rank_a) return call.Fail("axes has more dimensions than its inputs");
    for (std::int64_t i = 0; i < count; ++i) {
      a.push_back(rank_a - count + i);
      b.push_back(i);
    }
  } else {
    // A pair of dimensions, or of lists of them.
    const std::size_t half = integers->size() / 2;
    if (numbers.shape.front() != 2) return call.Fail("axes is not a number or a pair");
    for (std::size_t i = 0; i < half; ++i) {
      a.push_back((*integers)[i]);
      b.push_back((*integers)[half + i]);
    }
  }
  SIDECAR_RETURN_IF_ERROR(Normalize(call, rank_a, a));
  SIDECAR_RETURN_IF_ERROR(Normalize(call, RankOf(factors.b), b));
  return Finished(factors, Contracted(call, factors, a, b));
}

// numpy.dot: the last dimension with the last but one.
Result<Values> Dot(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const Factors factors, ReadFactors(call));
  const std::int64_t rank_a = RankOf(factors.a);
  const std::int64_t rank_b = RankOf(factors.b);
  if (rank_a == 0 || rank_b == 0) return Finished(factors, Times(factors.a, factors.b));
  return Finished(factors,
                  Contracted(call, factors, {rank_a - 1}, {std::max<std::int64_t>(rank_b - 2, 0)}));
}

Result<Values> Inner(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const Factors factors, ReadFactors(call));
  const std::int64_t rank_a = RankOf(factors.a);
  const std::int64_t rank_b = RankOf(factors.b);
  if (rank_a == 0 || rank_b == 0) return Finished(factors, Times(factors.a, factors.b));
  return Finished(factors, Contracted(call, factors, {rank_a - 1}, {rank_b - 1}));
}

Result<Values> Outer(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const Factors factors, ReadFactors(call));
  call.MixRows();
  return Finished(factors,
                  Times(Expanded(Raveled(factors.a), {1}), Expanded(Raveled(factors.b), {0})));
}

// The letters of the result where the equation leaves them out: those that stand once, sorted.
std::string ImplicitOutput(const std::string& inputs) {
  std::string letters;
  for (const char letter : inputs) {
    if (letter != ',' && letter != '.' && std::count(inputs.begin(), inputs.end(), letter) == 1) {
      letters += letter;
    }
  }
  std::sort(letters.begin(), letters.end());
  return (inputs.find("...") == std::string::npos ? "" : "...") + letters;
}

Result<Values> Einsum(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(std::string equation, call.Text("subscripts"));
  SIDECAR_ASSIGN_OR_RETURN(const Operands operands, call.AllTensors());
  equation.erase(std::remove(equation.begin(), equation.end(), ' '), equation.end());
  std::size_t arrow = equation.find("->");
  if (arrow == std::string::npos) {
    arrow = equation.size();
    equation += "->" + ImplicitOutput(equation);
  }
  const char batch = equation.size() > arrow + 2 ? equation[arrow + 2] : '\0';
  ov::OutputVector inputs;
  std::size_t at = 0;
  for (const Operand& operand : operands) {
    if (HasBatch(operand.output()) && (at >= arrow || equation[at] != batch)) call.MixRows();
    at = std::min(equation.find(',', at), arrow - 1) + 1;
    inputs.push_back(AsFloat(operand));
  }
  if (inputs.empty()) return call.Fail("is called without tensors");
  const DType dtype = ResultType(operands, call.is_keras2());
  return Only(ConvertedTo(MakeOp<ov::op::v7::Einsum>(inputs, equation), dtype), dtype);
}

constexpr OpEntry kProductsOps[] = {
    {"numpy", "Dot", Dot, "x1 x2"},
    {"numpy", "Einsum", Einsum, ""},
    {"numpy", "Inner", Inner, "x1 x2"},
    {"numpy", "Matmul", Matmul, "x1 x2"},
    {"numpy", "Outer", Outer, "x1 x2"},
    {"numpy", "Tensordot", Tensordot, "x1 x2"},
    {"tf", "raw_ops.Einsum", Einsum, ""},
    {"tf", "linalg.matmul", Matmul, "a:x1 b:x2"},
    {"tf", "tensordot", Tensordot, "a:x1 b:x2 axes"},
};

}  // namespace

std::span<const OpEntry> ProductOps() { return kProductsOps; }

}  // namespace sidecar::model::keras
