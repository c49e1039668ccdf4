// A cell run over the steps of a sequence.
#pragma once

#include <optional>

#include "model/keras/layers/recurrent_cell.h"
#include "sidecar/status.h"

namespace sidecar::model::keras {

struct LoopOptions {
  bool backwards = false;
  /// [batch, time]: at a step where it is false the states stay, and the output is that of the step
  /// before.
  std::optional<GraphOutput> mask;
  /// … or zero.
  bool zero_masked = false;
};

/// Runs the cell step by step over what Project() made of a sequence, as `backend.rnn` of Keras 2
/// and Keras 3 does (tf_keras/src/backend.py, keras/src/backend/tensorflow/rnn.py).
Result<SequenceResult> RunLoop(RecurrentCell& cell, const GraphOutputs& projected,
                               const GraphOutputs& states, const LoopOptions& options);

}  // namespace sidecar::model::keras
