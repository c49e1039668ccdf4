// Matrices, which are the last two dimensions, and other functions with a place of their own for
// dimensions: diagonals, bands, turns, sequences, selections.
#include <algorithm>
#include <array>
#include <limits>
#include <numeric>
#include <openvino/op/equal.hpp>
#include <openvino/op/gather.hpp>
#include <openvino/op/greater_eq.hpp>
#include <openvino/op/inverse.hpp>
#include <openvino/op/less.hpp>
#include <openvino/op/less_eq.hpp>
#include <openvino/op/log_softmax.hpp>
#include <openvino/op/logical_and.hpp>
#include <openvino/op/range.hpp>
#include <openvino/op/reshape.hpp>
#include <openvino/op/reverse_sequence.hpp>
#include <openvino/op/softplus.hpp>

#include "base/status_macros.h"
#include "model/keras/ops/op_functions.h"
#include "model/keras/ops/op_table.h"

namespace sidecar::model::keras {
namespace {

// A value of at least `rank` dimensions.
Result<Operand> ReadRanked(OpCall& call, std::string_view name, std::int64_t rank) {
  SIDECAR_ASSIGN_OR_RETURN(Operand x, call.Tensor(name));
  if (RankOf(x.output()) >= rank) return x;
  return call.Fail("its input has too few dimensions");
}

// Columns minus rows, [rows, columns] of the last two dimensions.
GraphOutput Offsets(const GraphOutput& x) {
  const auto places = [&x](std::int64_t axis, std::int64_t added) {
    return Expanded(MakeOp<ov::op::v4::Range>(IntConstant(0), RunTimeSize(x, axis), IntConstant(1),
                                              ov::element::i64),
                    {added});
  };
  return Minus(places(RankOf(x) - 1, 0), places(RankOf(x) - 2, 1));
}

GraphOutput ZeroLike(const Operand& x) { return ConvertedTo(FloatConstant(0), x.dtype()); }

// Notes it where one of the last two dimensions is the batch.
void NoteMatrix(OpCall& call, const GraphOutput& x) {
  if (RankOf(x) == 2 && HasBatch(x)) call.MixRows();
}

// What lies at most `num_lower` below and `num_upper` above the diagonal; all where they are
// negative.
Result<Values> BandPart(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const Operand x, ReadRanked(call, "x", 2));
  SIDECAR_ASSIGN_OR_RETURN(const std::int64_t lower, call.Int("num_lower"));
  SIDECAR_ASSIGN_OR_RETURN(const std::int64_t upper, call.Int("num_upper"));
  NoteMatrix(call, x.output());
  const GraphOutput offsets = Offsets(x.output());
  GraphOutput result = x.output();
  if (lower >= 0 && lower < std::numeric_limits<std::int32_t>::max()) {
    result =
        Choose(MakeOp<ov::op::v1::GreaterEqual>(offsets, IntConstant(-lower)), result, ZeroLike(x));
  }
  if (upper >= 0) {
    result =
        Choose(MakeOp<ov::op::v1::LessEqual>(offsets, IntConstant(upper)), result, ZeroLike(x));
  }
  return Only(result, x.dtype());
}

// The diagonal of the dimensions `rows` and `columns` as the last dimension.
Result<GraphOutput> DiagonalOf(OpCall& call, const GraphOutput& x, std::int64_t rows,
                               std::int64_t columns, std::int64_t offset) {
  if (rows == columns) return call.Fail("its two dimensions are one");
  call.MixRowsOver({rows, columns});
  Axes order;
  for (std::int64_t axis = 0; axis < RankOf(x); ++axis) {
    if (axis != rows && axis != columns) order.push_back(axis);
  }
  order.insert(order.end(), {rows, columns});
  const std::int64_t height = SizeOf(x, rows);
  const std::int64_t width = SizeOf(x, columns);
  constexpr std::int64_t kMost = 1 << 24;
  if (height < 0 || width < 0 || height > kMost || width > kMost) {
    return call.Unsupported("needs two dimensions of known sizes");
  }
  if (offset <= -height || offset >= width) return call.Unsupported("the diagonal is empty");
  const std::int64_t first_row = std::max<std::int64_t>(-offset, 0);
  const std::int64_t first_column = std::max<std::int64_t>(offset, 0);
  Axes cells;
  for (std::int64_t i = 0; first_row + i < height && first_column + i < width; ++i) {
    cells.push_back((first_row + i) * width + first_column + i);
  }
  Axes flat(static_cast<std::size_t>(RankOf(x)) - 1, 0);
  flat.back() = height * width;
  const GraphOutput rowwise = Reshaped(Transposed(x, order), flat);
  return MakeOp<ov::op::v8::Gather>(rowwise, IntConstant(cells), IntConstant(RankOf(rowwise) - 1));
}

struct DiagonalCall {
  GraphOutput cells;
  DType dtype = DType::kFloat32;
};

Result<DiagonalCall> ReadDiagonal(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const Operand x, ReadRanked(call, "x", 2));
  const std::int64_t rank = RankOf(x.output());
  const bool keras2 = call.is_keras2();
  SIDECAR_ASSIGN_OR_RETURN(const std::int64_t offset, call.Int("offset", 0));
  SIDECAR_ASSIGN_OR_RETURN(const std::int64_t rows, call.Axis("axis1", rank, keras2 ? -2 : 0));
  SIDECAR_ASSIGN_OR_RETURN(const std::int64_t columns, call.Axis("axis2", rank, keras2 ? -1 : 1));
  for (const char* name : {"padding_value", "align"}) call.Ignore(name);
  SIDECAR_ASSIGN_OR_RETURN(GraphOutput cells, DiagonalOf(call, x.output(), rows, columns, offset));
  return DiagonalCall{std::move(cells), x.dtype()};
}

Result<Values> Diagonal(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const DiagonalCall diagonal, ReadDiagonal(call));
  return Only(diagonal.cells, diagonal.dtype);
}

Result<Values> Trace(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const DiagonalCall diagonal, ReadDiagonal(call));
  return Only(SumOver(diagonal.cells, {RankOf(diagonal.cells) - 1}, false), diagonal.dtype);
}

GraphOutput OnDiagonal(const Operand& x) {
  const GraphOutput rows = Expanded(x.output(), {-1});
  const GraphOutput size = RunTimeSize(x.output(), RankOf(x.output()) - 1);
  const auto places =
      MakeOp<ov::op::v4::Range>(IntConstant(0), size, IntConstant(1), ov::element::i64);
  const GraphOutput same = MakeOp<ov::op::v1::Equal>(Expanded(places, {0}), Expanded(places, {1}));
  return Choose(same, rows, ZeroLike(x));
}

// A matrix with the last dimension as its diagonal.
Result<Values> DiagonalMatrix(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const Operand x, ReadRanked(call, "x", 1));
  SIDECAR_ASSIGN_OR_RETURN(const std::int64_t k, call.Int("k", 0));
  for (const char* name : {"num_rows", "num_cols"}) {
    SIDECAR_ASSIGN_OR_RETURN(const std::int64_t size, call.Int(name, -1));
    if (size != -1) return call.Unsupported("other than square matrices are not supported");
  }
  for (const char* name : {"padding_value", "align"}) call.Ignore(name);
  if (k != 0) return call.Unsupported("other diagonals than the main one are not supported");
  if (RankOf(x.output()) == 1) call.MixRows();
  return Only(OnDiagonal(x), x.dtype());
}

// numpy.diag: of a vector the matrix, of a matrix the diagonal.
Result<Values> Diag(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const Operand x, ReadRanked(call, "x", 1));
  if (RankOf(x.output()) == 1) return DiagonalMatrix(call);
  if (RankOf(x.output()) != 2) return call.Fail("takes vectors and matrices");
  return call.Unsupported("the diagonal of a matrix whose rows are the batch is not supported");
}

// The matrix with all numbers on its diagonal.
Result<Values> DiagFlat(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const Operand x, call.Tensor("x"));
  SIDECAR_ASSIGN_OR_RETURN(const std::int64_t k, call.Int("k", 0));
  if (k != 0) return call.Unsupported("other diagonals than the main one are not supported");
  call.MixRows();
  return Only(OnDiagonal(Operand{{Raveled(x.output()), x.dtype()}}), x.dtype());
}

Result<Values> MatrixTranspose(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const Operand x, ReadRanked(call, "x", 2));
  call.Ignore("conjugate");
  NoteMatrix(call, x.output());
  Axes order(static_cast<std::size_t>(RankOf(x.output())));
  std::iota(order.begin(), order.end(), 0);
  std::swap(order[order.size() - 1], order[order.size() - 2]);
  return Only(Transposed(x.output(), order), x.dtype());
}

Result<Values> Inverse(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const Operand x, ReadRanked(call, "x", 2));
  SIDECAR_ASSIGN_OR_RETURN(const bool adjoint, call.Bool("adjoint", false));
  if (adjoint) return call.Unsupported("adjoint is not supported");
  NoteMatrix(call, x.output());
  return Only(MakeOp<ov::op::v14::Inverse>(AsFloat(x), false), FloatTypeOf(x.dtype()));
}

// numpy.rot90: a quarter turn from the first of `axes` to the second, `k` times.
Result<Values> Rotate(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const Operand x, ReadRanked(call, "x", 2));
  SIDECAR_ASSIGN_OR_RETURN(const std::int64_t k, call.Int("k", 1));
  Axes axes = {0, 1};
  if (call.Has("axes")) {
    SIDECAR_ASSIGN_OR_RETURN(axes, call.Axes("axes", RankOf(x.output())));
  }
  if (axes.size() != 2) return call.Fail("axes is not a pair");
  call.MixRowsOver(axes);
  const auto reversed = [](const GraphOutput& a, std::int64_t axis) {
    return Sliced(a, axis, -1, std::numeric_limits<std::int64_t>::min(), -1);
  };
  Axes order(static_cast<std::size_t>(RankOf(x.output())));
  std::iota(order.begin(), order.end(), 0);
  std::swap(order[static_cast<std::size_t>(axes[0])], order[static_cast<std::size_t>(axes[1])]);
  switch ((k % 4 + 4) % 4) {
    case 1:
      return Only(Transposed(reversed(x.output(), axes[1]), order), x.dtype());
    case 2:
      // keras/src/backend/tensorflow/numpy.py reshapes to sides that are the other way round.
      if (SizeOf(x.output(), axes[0]) < 1 ||
          SizeOf(x.output(), axes[0]) != SizeOf(x.output(), axes[1])) {
        return call.Unsupported("half turns of other than squares are not supported");
      }
      return Only(reversed(reversed(x.output(), axes[0]), axes[1]), x.dtype());
    case 3:
      return Only(reversed(Transposed(x.output(), order), axes[1]), x.dtype());
    default:
      return Only(x.output(), x.dtype());
  }
}

// The vector product along the last dimension, of size 3.
Result<Values> Cross(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const Pair pair, ReadPair(call, "x1", "x2"));
  for (const char* name : {"axisa", "axisb", "axisc", "axis"}) {
    SIDECAR_ASSIGN_OR_RETURN(const std::int64_t axis, call.Int(name, -1));
    if (axis != -1) return call.Unsupported("other dimensions than the last are not supported");
  }
  const GraphOutput a = RestorePair(pair, pair.a);
  const GraphOutput b = RestorePair(pair, pair.b);
  const std::int64_t last = RankOf(a) - 1;
  if (RankOf(b) != RankOf(a) || last < 0 || SizeOf(a, last) != 3 || SizeOf(b, last) != 3) {
    return call.Unsupported("only vectors of 3 elements, of one rank, are supported");
  }
  const auto turned = [last](const GraphOutput& x, const Axes& places) {
    return MakeOp<ov::op::v8::Gather>(x, IntConstant(places), IntConstant(last));
  };
  const Axes next = {1, 2, 0};
  const Axes after = {2, 0, 1};
  return Only(
      Minus(Times(turned(a, next), turned(b, after)), Times(turned(a, after), turned(b, next))),
      pair.dtype);
}

// The first of the choices whose condition holds.
Result<Values> Select(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const Operands conditions, call.Tensors("condlist"));
  SIDECAR_ASSIGN_OR_RETURN(const Operands choices, call.Tensors("choicelist"));
  SIDECAR_ASSIGN_OR_RETURN(const auto otherwise, call.OptionalTensor("default"));
  if (conditions.size() != choices.size()) {
    return call.Fail("its conditions and choices are not as many");
  }
  Operands all = choices;
  if (otherwise) all.push_back(*otherwise);
  const DType dtype = ResultType(all, call.is_keras2());
  GraphOutput result =
      otherwise ? ConvertedTo(otherwise->output(), dtype) : ConvertedTo(FloatConstant(0), dtype);
  for (std::size_t i = choices.size(); i-- > 0;) {
    if (RankOf(conditions[i].output()) != RankOf(choices[i].output())) call.MixRows();
    result =
        Choose(IsNotZero(conditions[i].output()), ConvertedTo(choices[i].output(), dtype), result);
  }
  return Only(result, dtype);
}

// Each row's first steps in reverse order, as many as its length says.
Result<Values> ReverseSequence(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const Operand x, ReadRanked(call, "x", 2));
  SIDECAR_ASSIGN_OR_RETURN(const Operand lengths, call.Tensor("seq_lengths"));
  const std::int64_t rank = RankOf(x.output());
  SIDECAR_ASSIGN_OR_RETURN(const std::int64_t steps, call.Axis("seq_axis", rank));
  SIDECAR_ASSIGN_OR_RETURN(const std::int64_t batch, call.Axis("batch_axis", rank, 0));
  if (batch != 0 || steps == 0) return call.Unsupported("the batch must be the first dimension");
  return Only(MakeOp<ov::op::v0::ReverseSequence>(
                  x.output(), ConvertedTo(lengths.output(), DType::kInt32), batch, steps),
              x.dtype());
}

// relu of the value and of its negative.
Result<Values> ConcatenatedRelu(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const Operand x, call.Tensor("x"));
  SIDECAR_ASSIGN_OR_RETURN(const std::int64_t axis, call.Axis("axis", RankOf(x.output()), -1));
  call.MixRowsOver({axis});
  const GraphOutput value = AsFloat(x);
  return Only(Joined({Relu(value), Relu(Minus(FloatConstant(0), value))}, axis), x.dtype());
}

Result<Values> SoftmaxCrossEntropy(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const Operand labels, call.Tensor("labels"));
  SIDECAR_ASSIGN_OR_RETURN(const Operand logits, call.Tensor("logits"));
  const std::int64_t rank = RankOf(logits.output());
  SIDECAR_ASSIGN_OR_RETURN(const std::int64_t axis, call.Axis("axis", rank, -1));
  if (RankOf(labels.output()) != rank) return call.Fail("its labels have another rank");
  call.MixRowsOver({axis});
  const GraphOutput logs = MakeOp<ov::op::v5::LogSoftmax>(AsFloat(logits), axis);
  const GraphOutput sum = SumOver(Times(AsFloat(labels), logs), {axis}, false);
  return Only(Minus(FloatConstant(0), sum), logits.dtype());
}

// max(x, 0) - x * z + log(1 + exp(-|x|)), which is softplus(x) - x * z.
Result<Values> SigmoidCrossEntropy(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const Operand labels, call.Tensor("labels"));
  SIDECAR_ASSIGN_OR_RETURN(const Operand logits, call.Tensor("logits"));
  if (RankOf(labels.output()) != RankOf(logits.output())) {
    return call.Fail("its labels have another rank");
  }
  const GraphOutput x = AsFloat(logits);
  return Only(Minus(MakeOp<ov::op::v4::SoftPlus>(x), Times(x, AsFloat(labels))), logits.dtype());
}

// All of a sample as one dimension.
Result<Values> BatchFlatten(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const Operand x, ReadRanked(call, "x", 1));
  std::int64_t size = 1;
  for (std::int64_t axis = 1; axis < RankOf(x.output()); ++axis) {
    const std::int64_t one = SizeOf(x.output(), axis);
    if (one < 1) return call.Unsupported("needs a sample of known sizes");
    size *= one;  // values of more than 2^38 elements have been refused
  }
  return Only(Reshaped(x.output(), {-1, size}), x.dtype());
}

constexpr OpEntry kMatrixOps[] = {
    {"linalg", "Inv", Inverse, "x"},
    {"numpy", "Cross", Cross, "x1 x2"},
    {"numpy", "Diag", Diag, "x"},
    {"numpy", "Diagflat", DiagFlat, "x"},
    {"numpy", "Diagonal", Diagonal, "x"},
    {"numpy", "Rot90", Rotate, "array:x"},
    {"numpy", "Select", Select, "condlist choicelist default"},
    {"numpy", "Trace", Trace, "x"},
    {"tf", "keras.backend.batch_flatten", BatchFlatten, "x"},
    {"tf", "linalg.band_part", BandPart, "input:x num_lower num_upper"},
    {"tf", "linalg.cross", Cross, "a:x1 b:x2"},
    {"tf", "linalg.diag", DiagonalMatrix,
     "diagonal:x name k num_rows num_cols padding_value align"},
    {"tf", "linalg.diag_part", Diagonal, "input:x name k:offset padding_value align"},
    {"tf", "linalg.inv", Inverse, "input:x adjoint"},
    {"tf", "linalg.matrix_transpose", MatrixTranspose, "a:x name conjugate"},
    {"tf", "linalg.trace", Trace, "x"},
    {"tf", "nn.crelu", ConcatenatedRelu, "features:x name axis"},
    {"tf", "nn.sigmoid_cross_entropy_with_logits", SigmoidCrossEntropy, "labels logits"},
    {"tf", "nn.softmax_cross_entropy_with_logits", SoftmaxCrossEntropy, "labels logits axis"},
    {"tf", "nn.softmax_cross_entropy_with_logits_v2", SoftmaxCrossEntropy, "labels logits axis"},
    {"tf", "reverse_sequence", ReverseSequence, "input:x seq_lengths seq_axis batch_axis"},
};

}  // namespace

std::span<const OpEntry> MatrixOps() { return kMatrixOps; }

}  // namespace sidecar::model::keras
