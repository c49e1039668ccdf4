#include "base/status_macros.h"
#include "model/keras/layers/layer_functions.h"

namespace sidecar::model::keras {

Result<Values> LowerDropout(LayerContext& context, const Values& inputs) {
  SIDECAR_ASSIGN_OR_RETURN(Value input, OnlyInput(context, inputs));
  // Keras 3 hands the very tensor on, Keras 2 an identity op's result, behind which crossentropies
  // do not find the softmax any more.
  if (context.is_keras2()) input.logits.reset();
  return Values{std::move(input)};
}

}  // namespace sidecar::model::keras
