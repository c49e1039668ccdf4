// Determinants, factors and equations, of small square matrices: each step of the elimination is a
// part of the graph.
#include <fmt/format.h>

#include <openvino/op/abs.hpp>
#include <openvino/op/equal.hpp>
#include <openvino/op/greater_eq.hpp>
#include <openvino/op/inverse.hpp>
#include <openvino/op/less_eq.hpp>
#include <openvino/op/log.hpp>
#include <openvino/op/matmul.hpp>
#include <openvino/op/one_hot.hpp>
#include <openvino/op/range.hpp>
#include <openvino/op/sign.hpp>
#include <openvino/op/squeeze.hpp>
#include <openvino/op/topk.hpp>
#include <utility>

#include "base/status_macros.h"
#include "model/keras/ops/op_functions.h"
#include "model/keras/ops/op_table.h"

namespace sidecar::model::keras {
namespace {

// Square matrices in the last two dimensions.
struct Matrices {
  GraphOutput x;
  std::int64_t size = 0;
  DType dtype = DType::kFloat32;

  [[nodiscard]] std::int64_t rows() const { return RankOf(x) - 2; }
  [[nodiscard]] std::int64_t columns() const { return RankOf(x) - 1; }
};

Result<Matrices> ReadMatrices(OpCall& call, std::string_view name) {
  SIDECAR_ASSIGN_OR_RETURN(const Operand x, call.Tensor(name));
  Matrices matrices{AsFloat(x), 0, FloatTypeOf(x.dtype())};
  const std::int64_t rank = RankOf(matrices.x);
  constexpr std::int64_t kMostRows = 64;
  if (rank >= 2) matrices.size = SizeOf(matrices.x, rank - 1);
  if (rank < 2 || matrices.size < 1 || matrices.size > kMostRows ||
      SizeOf(matrices.x, rank - 2) != matrices.size) {
    return call.Unsupported(
        fmt::format("its input has the shape {}; square matrices of up to {} rows are supported",
                    ShapeOf(matrices.x).ToString(), kMostRows));
  }
  return matrices;
}

GraphOutput WithoutLastAxis(const GraphOutput& x) {
  return MakeOp<ov::op::v0::Squeeze>(x, IntConstant(Axes{RankOf(x) - 1}));
}

// The rest of a matrix after its first `from` rows and columns.
GraphOutput From(const GraphOutput& x, std::int64_t axis, std::int64_t from) {
  return Sliced(x, axis, from, SizeOf(x, axis));
}

// One step of Gauss's elimination with partial pivoting.
struct Elimination {
  GraphOutput pivot;  // [..., 1, 1]
  GraphOutput sign;   // -1 where rows were exchanged
  GraphOutput rest;   // one row and column less
};

Elimination Eliminate(const Matrices& m) {
  const GraphOutput& x = m.x;
  const GraphOutput first_column = Sliced(x, m.columns(), 0, 1);
  const auto top = std::make_shared<ov::op::v11::TopK>(
      MakeOp<ov::op::v0::Abs>(first_column), IntConstant(1), m.rows(), ov::op::TopKMode::MAX,
      ov::op::TopKSortType::SORT_VALUES, ov::element::i32, true);
  const GraphOutput place = WithoutLastAxis(top->output(1));  // [..., 1]
  const GraphOutput hot = MakeOp<ov::op::v1::OneHot>(place, IntConstant(m.size), FloatConstant(1),
                                                     FloatConstant(0), -1);  // [..., 1, rows]
  Axes order;
  for (std::int64_t axis = 0; axis < RankOf(x); ++axis) order.push_back(axis);
  std::swap(order[order.size() - 1], order[order.size() - 2]);
  const GraphOutput is_pivot = IsNotZero(Transposed(hot, order));  // [..., rows, 1]
  const GraphOutput zero = FloatConstant(0);
  const GraphOutput pivot_row = SumOver(Choose(is_pivot, x, zero), {m.rows()}, true);
  // The first row takes the place of the pivot's.
  const GraphOutput others = From(Choose(is_pivot, Sliced(x, m.rows(), 0, 1), x), m.rows(), 1);
  Elimination step;
  step.pivot = Sliced(pivot_row, m.columns(), 0, 1);
  const GraphOutput stayed =
      MakeOp<ov::op::v1::Equal>(Expanded(place, {-1}), ConvertedTo(IntConstant(0), DType::kInt32));
  step.sign = Choose(stayed, FloatConstant(1), FloatConstant(-1));
  const GraphOutput is_singular = MakeOp<ov::op::v1::Equal>(step.pivot, zero);
  const GraphOutput factors =
      Over(Sliced(others, m.columns(), 0, 1), Choose(is_singular, FloatConstant(1), step.pivot));
  step.rest = Minus(From(others, m.columns(), 1), Times(factors, From(pivot_row, m.columns(), 1)));
  return step;
}

// The sign of the determinant's part that the exchanges make, and its pivots, each [..., 1, 1].
struct Pivots {
  GraphOutput sign;
  std::vector<GraphOutput> values;
};

Pivots PivotsOf(Matrices m) {
  Pivots pivots{FloatConstant(1), {}};
  while (m.size > 1) {
    Elimination step = Eliminate(m);
    pivots.sign = Times(step.sign, pivots.sign);
    pivots.values.push_back(step.pivot);
    m.x = step.rest;
    --m.size;
  }
  pivots.values.push_back(m.x);
  return pivots;
}

GraphOutput Scalars(const GraphOutput& x) { return WithoutLastAxis(WithoutLastAxis(x)); }

// A matrix without a batch is one whose rows are the batch: no model has one of a known size.
Result<Values> Determinant(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const Matrices matrices, ReadMatrices(call, "x"));
  const Pivots pivots = PivotsOf(matrices);
  GraphOutput product = pivots.values.front();
  for (std::size_t i = 1; i < pivots.values.size(); ++i) product = Times(product, pivots.values[i]);
  return Only(Scalars(Times(product, pivots.sign)), matrices.dtype);
}

Result<Values> SignAndLogDeterminant(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const Matrices matrices, ReadMatrices(call, "x"));
  const Pivots pivots = PivotsOf(matrices);
  GraphOutput sign = Times(MakeOp<ov::op::v0::Sign>(pivots.values.front()), pivots.sign);
  const auto log_of = [](const GraphOutput& x) {
    return MakeOp<ov::op::v0::Log>(MakeOp<ov::op::v0::Abs>(x));
  };
  GraphOutput logs = log_of(pivots.values.front());
  for (std::size_t i = 1; i < pivots.values.size(); ++i) {
    sign = Times(sign, MakeOp<ov::op::v0::Sign>(pivots.values[i]));
    logs = Plus(logs, log_of(pivots.values[i]));
  }
  return Values{{Scalars(sign), matrices.dtype}, {Scalars(logs), matrices.dtype}};
}

// The columns of the lower factor: NaN from where the matrix is not positive definite.
std::vector<GraphOutput> CholeskyColumns(Matrices m) {
  std::vector<GraphOutput> columns;
  for (;; --m.size) {
    const GraphOutput root = SquareRoot(Sliced(Sliced(m.x, m.rows(), 0, 1), m.columns(), 0, 1));
    columns.push_back(Over(Sliced(m.x, m.columns(), 0, 1), root));
    if (m.size == 1) return columns;
    const GraphOutput below = From(columns.back(), m.rows(), 1);
    const GraphOutput square =
        std::make_shared<ov::op::v0::MatMul>(below, below, false, true)->output(0);
    m.x = Minus(From(From(m.x, m.rows(), 1), m.columns(), 1), square);
  }
}

GraphOutput TransposedMatrix(const GraphOutput& x) {
  Axes order;
  for (std::int64_t axis = 0; axis < RankOf(x); ++axis) order.push_back(axis);
  std::swap(order[order.size() - 1], order[order.size() - 2]);
  return Transposed(x, order);
}

Result<Values> Cholesky(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const Matrices matrices, ReadMatrices(call, "x"));
  SIDECAR_ASSIGN_OR_RETURN(const bool upper, call.Bool("upper", false));
  std::vector<GraphOutput> columns = CholeskyColumns(matrices);
  for (std::size_t i = 0; i < columns.size(); ++i) {
    Axes before(static_cast<std::size_t>(RankOf(matrices.x)), 0);
    before[static_cast<std::size_t>(matrices.rows())] = static_cast<std::int64_t>(i);
    columns[i] = PaddedWithZeros(columns[i], before, Axes(before.size(), 0));
  }
  const GraphOutput factor = Joined(columns, matrices.columns());
  return Only(upper ? TransposedMatrix(factor) : factor, matrices.dtype);
}

Result<Values> LogDeterminant(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const Matrices matrices, ReadMatrices(call, "x"));
  GraphOutput sum = FloatConstant(0);
  for (const GraphOutput& column : CholeskyColumns(matrices)) {
    sum = Plus(MakeOp<ov::op::v0::Log>(Sliced(column, matrices.rows(), 0, 1)), sum);
  }
  return Only(Scalars(Times(sum, FloatConstant(2))), matrices.dtype);
}

GraphOutput InverseOf(const GraphOutput& x) { return MakeOp<ov::op::v14::Inverse>(x, false); }

// What lies on the diagonal and on one side of it.
GraphOutput TriangleOf(const Matrices& matrices, bool lower) {
  const GraphOutput numbers = MakeOp<ov::op::v4::Range>(IntConstant(0), IntConstant(matrices.size),
                                                        IntConstant(1), ov::element::i64);
  const GraphOutput rows = Expanded(numbers, {1});
  const GraphOutput columns = Expanded(numbers, {0});
  const GraphOutput keep = lower ? MakeOp<ov::op::v1::LessEqual>(columns, rows)
                                 : MakeOp<ov::op::v1::GreaterEqual>(columns, rows);
  return Choose(keep, matrices.x, FloatConstant(0));
}

Result<Values> CholeskyInverse(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const Matrices matrices, ReadMatrices(call, "x"));
  SIDECAR_ASSIGN_OR_RETURN(const bool upper, call.Bool("upper", false));
  const GraphOutput inverse = InverseOf(TriangleOf(matrices, !upper));
  return Only(std::make_shared<ov::op::v0::MatMul>(inverse, inverse, !upper, upper)->output(0),
              matrices.dtype);
}

// The inverse times `b`, whose last dimension may be missing.
Result<Values> Solved(OpCall& call, const Matrices& matrices, const GraphOutput& inverse) {
  SIDECAR_ASSIGN_OR_RETURN(const Operand b, call.Tensor("b"));
  const std::int64_t rank = RankOf(matrices.x);
  const bool is_vector = RankOf(b.output()) == rank - 1;
  if (!is_vector && RankOf(b.output()) != rank) return call.Fail("its b has another rank");
  const GraphOutput right = is_vector ? Expanded(AsFloat(b), {rank - 1}) : AsFloat(b);
  const GraphOutput result = MatrixProduct(inverse, right);
  return Only(is_vector ? WithoutLastAxis(result) : result, matrices.dtype);
}

Result<Values> Solve(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const Matrices matrices, ReadMatrices(call, "a"));
  SIDECAR_ASSIGN_OR_RETURN(const bool adjoint, call.Bool("adjoint", false));
  if (adjoint) return call.Unsupported("adjoint = true is not supported");
  return Solved(call, matrices, InverseOf(matrices.x));
}

Result<Values> SolveTriangular(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const Matrices matrices, ReadMatrices(call, "a"));
  SIDECAR_ASSIGN_OR_RETURN(const bool lower, call.Bool("lower", false));
  return Solved(call, matrices, InverseOf(TriangleOf(matrices, lower)));
}

constexpr OpEntry kLinearAlgebraOps[] = {
    {"linalg", "Cholesky", Cholesky, "x"},
    {"linalg", "CholeskyInverse", CholeskyInverse, "x"},
    {"linalg", "Det", Determinant, "x"},
    {"linalg", "Solve", Solve, "a b"},
    {"linalg", "SolveTriangular", SolveTriangular, "a b"},
    {"math", "Logdet", LogDeterminant, "x"},
    {"numpy", "Slogdet", SignAndLogDeterminant, "x"},
    {"tf", "linalg.cholesky", Cholesky, "input:x"},
    {"tf", "linalg.det", Determinant, "input:x"},
    {"tf", "linalg.solve", Solve, "matrix:a rhs:b adjoint"},
};

}  // namespace

std::span<const OpEntry> LinearAlgebraOps() { return kLinearAlgebraOps; }

}  // namespace sidecar::model::keras
