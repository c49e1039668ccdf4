// What the lowerings of operations share.
#pragma once

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "model/keras/graph_ops.h"
#include "model/keras/ops/op_call.h"
#include "model/keras/value.h"
#include "sidecar/status.h"
#include "sidecar/tensor.h"

namespace sidecar::model::keras {

using Axes = std::vector<std::int64_t>;

template <class Op, class... Args>
GraphOutput MakeOp(Args&&... args) {
  return std::make_shared<Op>(std::forward<Args>(args)...);
}

/// The type that Keras 3 gives to an operation on these operands (keras/backend/common/dtypes.py);
/// in Keras 2 that of the first one that is no plain number, as TensorFlow has it.
[[nodiscard]] DType ResultType(const Operands& operands, bool keras2);
/// The type itself where it is floating, else float32.
[[nodiscard]] DType FloatTypeOf(DType dtype);

/// The value as the graph holds this type; floats are truncated towards zero.
GraphOutput ConvertedTo(const GraphOutput& a, DType dtype);
GraphOutput AsFloat(const Operand& operand);

/// One result.
Values Only(const GraphOutput& output, DType dtype);

/// Two operands of one type, ready for an elementwise operation.
struct Pair {
  GraphOutput a;
  GraphOutput b;
  DType dtype = DType::kFloat32;
  bool channels_first = false;  ///< both were moved; RestorePair() moves the result back
};
/// `names`: the arguments. `as_float`: integers become float32. Notes it where the operands are
/// broadcast so that rows of the batch meet others.
Result<Pair> ReadPair(OpCall& call, std::string_view first, std::string_view second,
                      bool as_float = false);
GraphOutput RestorePair(const Pair& pair, const GraphOutput& result);

/// i64 vector of all sizes.
GraphOutput RunTimeShape(const GraphOutput& a);
/// The number 1 in each place where `a` is not zero, i32.
GraphOutput OneWhereTrue(const GraphOutput& a);
/// Whether everything that depends on the batch has it as its first dimension: false for a first
/// dimension whose size is known.
[[nodiscard]] bool HasBatch(const GraphOutput& a);
/// From `begin` to `end` along one dimension; sizes as in ov::op::v8::Slice.
GraphOutput Sliced(const GraphOutput& a, std::int64_t axis, std::int64_t begin, std::int64_t end,
                   std::int64_t step = 1);
/// As one vector.
GraphOutput Raveled(const GraphOutput& a);

}  // namespace sidecar::model::keras
