// Tensors made from shapes, and shapes of tensors.
#include <openvino/op/broadcast.hpp>
#include <openvino/op/convert.hpp>
#include <openvino/op/greater_eq.hpp>
#include <openvino/op/less.hpp>
#include <openvino/op/less_eq.hpp>
#include <openvino/op/range.hpp>
#include <openvino/op/reduce_prod.hpp>

#include "base/status_macros.h"
#include "model/keras/ops/op_functions.h"
#include "model/keras/ops/op_table.h"

namespace sidecar::model::keras {
namespace {

GraphOutput Filled(const GraphOutput& value, const GraphOutput& shape) {
  return MakeOp<ov::op::v3::Broadcast>(value, shape);
}

template <int kValue>
Result<Values> Like(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const Operand x, call.Tensor("x"));
  SIDECAR_ASSIGN_OR_RETURN(const DType dtype, call.Type("dtype", x.dtype()));
  return Only(Filled(ConvertedTo(FloatConstant(kValue), dtype), RunTimeShape(x.output())), dtype);
}

Result<Values> FullLike(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const Operand x, call.Tensor("x"));
  SIDECAR_ASSIGN_OR_RETURN(const Operand fill, call.Tensor("fill_value"));
  SIDECAR_ASSIGN_OR_RETURN(const DType dtype, call.Type("dtype", x.dtype()));
  return Only(Filled(ConvertedTo(fill.output(), dtype), RunTimeShape(x.output())), dtype);
}

template <int kValue>
Result<Values> OfShape(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const GraphOutput shape, call.IntVector("shape"));
  SIDECAR_ASSIGN_OR_RETURN(const DType dtype, call.Type("dtype", DType::kFloat32));
  call.Ignore("layout");
  return Only(Filled(ConvertedTo(FloatConstant(kValue), dtype), shape), dtype);
}

Result<Values> Fill(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const GraphOutput shape, call.IntVector("shape"));
  SIDECAR_ASSIGN_OR_RETURN(const Operand value, call.Tensor("fill_value"));
  SIDECAR_ASSIGN_OR_RETURN(const DType dtype, call.Type("dtype", value.dtype()));
  call.Ignore("layout");
  return Only(Filled(ConvertedTo(value.output(), dtype), shape), dtype);
}

// The size of the batch is nothing that a single row knows.
Result<Values> ShapeOf(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const Operand x, call.Tensor("x"));
  SIDECAR_ASSIGN_OR_RETURN(const DType dtype, call.Type("out_type", DType::kInt32));
  if (HasBatch(x.output())) call.MixRows();
  return Only(ConvertedTo(RunTimeShape(x.output()), dtype), dtype);
}

Result<Values> SizeOfAll(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const Operand x, call.Tensor("x"));
  SIDECAR_ASSIGN_OR_RETURN(const DType dtype, call.Type("out_type", DType::kInt32));
  if (HasBatch(x.output())) call.MixRows();
  const GraphOutput count =
      MakeOp<ov::op::v1::ReduceProd>(RunTimeShape(x.output()), IntConstant(Axes{0}), false);
  return Only(ConvertedTo(count, dtype), dtype);
}

Result<Values> Rank(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const Operand x, call.Tensor("x"));
  return Only(ConvertedTo(IntConstant(RankOf(x.output())), DType::kInt32), DType::kInt32);
}

// tf.range(limit) or tf.range(start, limit, delta).
Result<Values> Range(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const Operand first, call.Tensor("start"));
  SIDECAR_ASSIGN_OR_RETURN(const auto limit, call.OptionalTensor("stop"));
  SIDECAR_ASSIGN_OR_RETURN(const auto step, call.OptionalTensor("step"));
  Operands operands = {first};
  if (limit) operands.push_back(*limit);
  if (step) operands.push_back(*step);
  SIDECAR_ASSIGN_OR_RETURN(const DType dtype,
                           call.Type("dtype", ResultType(operands, call.is_keras2())));
  const auto as = [dtype](const GraphOutput& a) { return ConvertedTo(a, dtype); };
  const GraphOutput begin = limit ? as(first.output()) : as(IntConstant(0));
  const GraphOutput end = as(limit ? limit->output() : first.output());
  const GraphOutput by = step ? as(step->output()) : as(IntConstant(1));
  return Only(MakeOp<ov::op::v4::Range>(begin, end, by, begin.get_element_type()), dtype);
}

// 0, 1, 2, … of a dimension, with a size of 1 added before or after.
GraphOutput Places(const GraphOutput& x, std::int64_t axis, std::int64_t added) {
  return Expanded(MakeOp<ov::op::v4::Range>(IntConstant(0), RunTimeSize(x, axis), IntConstant(1),
                                            ov::element::i64),
                  {added});
}

// Keeps the elements on and below (above) the k-th diagonal of the last two dimensions.
template <bool kLower>
Result<Values> Triangle(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const Operand x, call.Tensor("x"));
  SIDECAR_ASSIGN_OR_RETURN(const std::int64_t k, call.Int("k", 0));
  const std::int64_t rank = RankOf(x.output());
  if (rank < 2) return call.Fail("needs an input of at least 2 dimensions");
  if (rank == 2) call.MixRows();
  const GraphOutput diagonal = Plus(Places(x.output(), rank - 2, 1), IntConstant(k));
  const GraphOutput columns = Places(x.output(), rank - 1, 0);
  const GraphOutput keep = kLower ? MakeOp<ov::op::v1::LessEqual>(columns, diagonal)
                                  : MakeOp<ov::op::v1::GreaterEqual>(columns, diagonal);
  return Only(Choose(keep, x.output(), ConvertedTo(FloatConstant(0), x.dtype())), x.dtype());
}

Result<Values> SequenceMask(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const Operand lengths, call.Tensor("lengths"));
  SIDECAR_ASSIGN_OR_RETURN(const auto most, call.OptionalTensor("maxlen"));
  SIDECAR_ASSIGN_OR_RETURN(const DType dtype, call.Type("dtype", DType::kBool));
  if (!most) return call.Unsupported("maxlen must be given");
  const GraphOutput places = MakeOp<ov::op::v4::Range>(
      IntConstant(0), ConvertedTo(most->output(), DType::kInt64), IntConstant(1), ov::element::i64);
  const GraphOutput bounds = Expanded(ConvertedTo(lengths.output(), DType::kInt64), {-1});
  return Only(ConvertedTo(MakeOp<ov::op::v1::Less>(places, bounds), dtype), dtype);
}

constexpr OpEntry kCreationOps[] = {
    {"numpy", "Arange", Range, "start stop step"},
    {"numpy", "Full", Fill, "fill_value"},
    {"numpy", "FullLike", FullLike, "x fill_value"},
    {"numpy", "OnesLike", Like<1>, "x"},
    {"numpy", "Tril", Triangle<true>, "x"},
    {"numpy", "Triu", Triangle<false>, "x"},
    {"numpy", "ZerosLike", Like<0>, "x"},
    {"tf", "fill", Fill, "dims:shape value:fill_value"},
    {"tf", "ones", OfShape<1>, "shape dtype"},
    {"tf", "ones_like", Like<1>, "input:x dtype"},
    {"tf", "range", Range, "start limit:stop delta:step dtype"},
    {"tf", "rank", Rank, "input:x"},
    {"tf", "sequence_mask", SequenceMask, "lengths maxlen dtype"},
    {"tf", "shape", ShapeOf, "input:x out_type"},
    {"tf", "size", SizeOfAll, "input:x out_type"},
    {"tf", "zeros", OfShape<0>, "shape dtype"},
    {"tf", "zeros_like", Like<0>, "input:x dtype"},
};

}  // namespace

std::span<const OpEntry> CreationOps() { return kCreationOps; }

}  // namespace sidecar::model::keras
