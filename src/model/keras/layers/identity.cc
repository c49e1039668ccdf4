// Layers that do nothing at inference: they only give their input the type they compute in.
#include "base/status_macros.h"
#include "model/keras/graph_ops.h"
#include "model/keras/layers/layer_functions.h"

namespace sidecar::model::keras {

Result<Values> LowerIdentity(LayerContext& context, const Values& inputs) {
  SIDECAR_ASSIGN_OR_RETURN(Value input, OnlyInput(context, inputs));
  return Values{std::move(input)};
}

Result<Values> LowerDropout(LayerContext& context, const Values& inputs) {
  SIDECAR_ASSIGN_OR_RETURN(Value input, OnlyInput(context, inputs));
  // Keras 3 hands the very tensor on, Keras 2 an identity op's result, behind which crossentropies
  // do not find the softmax any more.
  if (context.is_keras2()) input.logits.reset();
  return Values{std::move(input)};
}

// Augmentation of images, which takes integers too and makes floating values of them.
Result<Values> LowerAugmentation(LayerContext& context, const Values& inputs) {
  SIDECAR_ASSIGN_OR_RETURN(const Value input, OnlyInput(context, inputs));
  return Values{{ToFloat(input.output), context.policy().compute, input.mask, input.logits}};
}

}  // namespace sidecar::model::keras
