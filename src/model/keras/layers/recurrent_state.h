// What stateful recurrent layers keep from batch to batch.
#pragma once

#include "model/keras/layer_context.h"
#include "model/keras/layers/recurrent_cell.h"
#include "sidecar/status.h"

namespace sidecar::model::keras {

/// The states that a stateful layer starts from where it is called with `initial_states` (empty:
/// with none): both as the layer's users see them. Keras 3 and layers on cuDNN take the given ones
/// whenever there are any; Keras 2 only until a kept state is not zero
/// (tf_keras/src/layers/rnn/base_rnn.py `_process_inputs`). Fails as LayerContext::State().
Result<GraphOutputs> StatefulStart(LayerContext& context, RecurrentCell& cell,
                                   const GraphOutputs& projected,
                                   const GraphOutputs& initial_states);

/// Keeps the states that a stateful layer ended with, likewise.
void KeepStates(LayerContext& context, const RecurrentCell& cell, const GraphOutputs& states);

}  // namespace sidecar::model::keras
