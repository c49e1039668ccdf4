#include "model/keras/ops/op_functions.h"

#include <algorithm>
#include <limits>
#include <openvino/op/concat.hpp>
#include <openvino/op/convert.hpp>
#include <openvino/op/reduce_sum.hpp>
#include <openvino/op/reshape.hpp>
#include <openvino/op/shape_of.hpp>
#include <openvino/op/slice.hpp>

#include "base/status_macros.h"
#include "model/keras/constant_value.h"

namespace sidecar::model::keras {
namespace {

bool IsUnsigned(DType dtype) {
  return dtype == DType::kUint8 || dtype == DType::kUint16 || dtype == DType::kUint32 ||
         dtype == DType::kUint64;
}

// The lattice of JAX, which Keras 3 follows.
DType Join(DType a, DType b) {
  if (a == b || b == DType::kBool) return a;
  if (a == DType::kBool) return b;
  if (IsFloating(a) != IsFloating(b)) return IsFloating(a) ? a : b;
  const DType wide = DTypeSize(a) >= DTypeSize(b) ? a : b;
  if (IsFloating(a)) return DTypeSize(a) == DTypeSize(b) ? DType::kFloat32 : wide;
  if (IsUnsigned(a) == IsUnsigned(b)) return wide;
  const DType is_signed = IsUnsigned(a) ? b : a;
  const std::size_t unsigned_size = DTypeSize(IsUnsigned(a) ? a : b);
  if (DTypeSize(is_signed) > unsigned_size) return is_signed;
  if (unsigned_size == 1) return DType::kInt16;
  if (unsigned_size == 2) return DType::kInt32;
  return unsigned_size == 4 ? DType::kInt64 : DType::kFloat32;
}

}  // namespace

DType ResultType(const Operands& operands, bool keras2) {
  std::optional<DType> strong;
  bool weak_float = false;
  bool weak_int = false;
  for (const Operand& operand : operands) {
    if (!operand.weak) {
      strong = !strong ? operand.dtype() : (keras2 ? *strong : Join(*strong, operand.dtype()));
    } else {
      weak_float = weak_float || IsFloating(operand.dtype());
      weak_int = weak_int || IsInteger(operand.dtype());
    }
  }
  if (!strong) return weak_float ? DType::kFloat32 : operands.front().dtype();
  if (keras2) return *strong;
  if (weak_float) return FloatTypeOf(*strong);
  return weak_int && *strong == DType::kBool ? DType::kInt32 : *strong;
}

DType FloatTypeOf(DType dtype) { return IsFloating(dtype) ? dtype : DType::kFloat32; }

GraphOutput ConvertedTo(const GraphOutput& a, DType dtype) {
  const ov::element::Type type = GraphValueType(dtype);
  if (a.get_element_type() == type) return a;
  if (type == ov::element::boolean) return IsNotZero(a);
  return MakeOp<ov::op::v0::Convert>(a, type);
}

GraphOutput AsFloat(const Operand& operand) {
  return ConvertedTo(operand.output(), DType::kFloat32);
}

Values Only(const GraphOutput& output, DType dtype) { return {{output, dtype}}; }

Result<Pair> ReadPair(OpCall& call, std::string_view first, std::string_view second,
                      bool as_float) {
  SIDECAR_ASSIGN_OR_RETURN(const Operand a, call.Tensor(first));
  SIDECAR_ASSIGN_OR_RETURN(const Operand b, call.Tensor(second));
  Pair pair;
  pair.dtype = ResultType({a, b}, call.is_keras2());
  if (as_float) pair.dtype = FloatTypeOf(pair.dtype);
  pair.a = ConvertedTo(a.output(), pair.dtype);
  pair.b = ConvertedTo(b.output(), pair.dtype);
  const std::int64_t rank_a = RankOf(pair.a);
  const std::int64_t rank_b = RankOf(pair.b);
  if (rank_a != rank_b && HasBatch(rank_a < rank_b ? pair.a : pair.b)) call.MixRows();
  const bool moved = BeforeChannelsLast(pair.a) || BeforeChannelsLast(pair.b);
  const auto movable = [](std::int64_t rank) { return rank == 4 || rank == 0; };
  if (moved && movable(rank_a) && movable(rank_b)) {
    if (rank_a == 4) pair.a = ChannelsFirst(pair.a);
    if (rank_b == 4) pair.b = ChannelsFirst(pair.b);
    pair.channels_first = true;
  }
  return pair;
}

GraphOutput RestorePair(const Pair& pair, const GraphOutput& result) {
  return pair.channels_first ? ChannelsLast(result) : result;
}

GraphOutput RunTimeShape(const GraphOutput& a) {
  return MakeOp<ov::op::v3::ShapeOf>(a, ov::element::i64);
}

GraphOutput OneWhereTrue(const GraphOutput& a) { return ConvertedTo(IsNotZero(a), DType::kInt32); }

bool HasBatch(const GraphOutput& a) { return RankOf(a) > 0 && SizeOf(a, 0) == Shape::kUnknown; }

GraphOutput Sliced(const GraphOutput& a, std::int64_t axis, std::int64_t begin, std::int64_t end,
                   std::int64_t step) {
  return MakeOp<ov::op::v8::Slice>(a, IntConstant(Axes{begin}), IntConstant(Axes{end}),
                                   IntConstant(Axes{step}), IntConstant(Axes{axis}));
}

GraphOutput Raveled(const GraphOutput& a) {
  return MakeOp<ov::op::v1::Reshape>(a, IntConstant(Axes{-1}), false);
}

}  // namespace sidecar::model::keras
