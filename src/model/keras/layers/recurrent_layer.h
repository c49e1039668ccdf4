// Recurrent layers as other layers see them: LSTM, GRU, SimpleRNN, RNN, ConvLSTM1D-3D, and those of
// cuDNN.
#pragma once

#include <optional>
#include <string_view>

#include "model/keras/layer_context.h"
#include "model/keras/layers/recurrent_cell.h"
#include "model/keras/value.h"
#include "sidecar/status.h"

namespace sidecar::model::keras {

struct RecurrentSettings {
  bool return_sequences = false;
  bool return_state = false;
  bool go_backwards = false;
  bool stateful = false;
  bool time_major = false;  ///< the layer's inputs and outputs are [time, batch, ...]
  bool zero_output_for_mask = false;
  bool unroll = false;
};

/// Whether the class is one of those above.
[[nodiscard]] bool IsRecurrentClass(std::string_view class_name);

Result<RecurrentSettings> ReadRecurrentSettings(const LayerContext& context);

/// The initial states that a layer is called with, flattened: in Keras 2 the inputs after the
/// first, in Keras 3 the argument `initial_state`. Empty: none.
Result<GraphOutputs> InitialStates(const LayerContext& context, const Values& inputs);

/// The mask that the layer's steps heed: the first input's, but in Keras 3 none where there are
/// initial states and no argument `mask` (keras/src/layers/layer.py `__call__` fills it in only for
/// calls with one tensor argument).
std::optional<GraphOutput> StepMask(const LayerContext& context, const Values& inputs,
                                    const GraphOutputs& initial_states);

/// Runs the recurrent layer of `context` over `x`, [batch, time, ...]; zero states where
/// `initial_states` is empty.
Result<SequenceResult> RunRecurrent(LayerContext& context, const RecurrentSettings& settings,
                                    const Value& x, const GraphOutputs& initial_states,
                                    const std::optional<GraphOutput>& mask);

/// What a layer with these settings returns besides states: all outputs in the order in which they
/// were computed, or the last.
GraphOutput RecurrentOutput(const RecurrentSettings& settings, const SequenceResult& result);

/// The cell of a convolutional recurrent layer for inputs like `x`.
Result<std::unique_ptr<RecurrentCell>> MakeConvLstmCell(LayerContext& context, const Value& x);

}  // namespace sidecar::model::keras
