#include <openvino/op/not_equal.hpp>
#include <openvino/op/reduce_logical_or.hpp>

#include "base/status_macros.h"
#include "model/keras/graph_ops.h"
#include "model/keras/layers/layer_functions.h"
#include "model/keras/masks.h"

namespace sidecar::model::keras {

// tf_keras/src/layers/core/masking.py, keras/src/layers/core/masking.py: a step is valid where one
// of its elements is not the mask value; others become zero.
Result<Values> LowerMasking(LayerContext& context, const Values& inputs) {
  SIDECAR_ASSIGN_OR_RETURN(const Value input, OnlyInput(context, inputs));
  SIDECAR_ASSIGN_OR_RETURN(const double mask_value, context.config().AnyNumber("mask_value", 0));
  if (RankOf(input.output) < 2) {
    return context.Fail(StatusCode::kFailedPrecondition, "needs an input of at least 2 dimensions");
  }
  const GraphOutput x = ToFloat(input.output);
  const GraphOutput differs = std::make_shared<ov::op::v1::NotEqual>(x, FloatConstant(mask_value));
  const GraphOutput mask = std::make_shared<ov::op::v1::ReduceLogicalOr>(
      differs, IntConstant(std::vector<std::int64_t>{-1}), false);
  const GraphOutput valid = MaskForRank(mask, RankOf(x));
  // A product, as Keras 2 has it, keeps NaN and infinity apart from a choice.
  const GraphOutput output =
      context.is_keras2() ? Times(x, ToFloat(valid)) : Choose(valid, x, FloatConstant(0));
  return Values{{output, input.dtype, mask}};
}

}  // namespace sidecar::model::keras
