// What the cells of LSTM, GRU and SimpleRNN share.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "model/keras/layers/recurrent_cell.h"

namespace sidecar::model::keras {

/// The variables of a cell: kernel [inputs, gates * units], recurrent_kernel [units, gates * units]
/// and a bias.
struct CellVariables {
  std::int64_t inputs = 0;
  std::int64_t units = 0;
  std::int64_t gates = 1;
  GraphOutput kernel;
  GraphOutput recurrent_kernel;
  std::optional<GraphOutput> bias;

  /// `rows` and columns of all gates as OpenVINO's sequences take them, [1, gates * units, rows];
  /// `order[i]`: the gate of Keras that is OpenVINO's gate i.
  [[nodiscard]] GraphOutput Weights(const GraphOutput& matrix, std::int64_t rows,
                                    const std::vector<std::int64_t>& order) const;
};

/// Declares them in Keras's order. `bias_shape` is the bias's, where config.use_bias is true.
Result<CellVariables> DeclareCellVariables(LayerContext& context, std::int64_t inputs,
                                           std::int64_t gates, Shape bias_shape);

/// Whether the config's activation of this key is the function of this name. The layers that run
/// on cuDNN have no such key: theirs are tanh and sigmoid.
[[nodiscard]] bool HasActivation(const LayerContext& context, std::string_view key,
                                 std::string_view name);

/// config[key] of a value.
Result<GraphOutput> CellActivation(LayerContext& context, std::string_view key,
                                   const GraphOutput& x);

/// What a sequence op needs besides weights.
struct SequenceArguments {
  GraphOutput lengths;  ///< i64 [batch]: all of them the number of steps
  GraphOutputs states;  ///< [batch, 1, units]
};
SequenceArguments MakeSequenceArguments(const GraphOutput& x, const GraphOutputs& states);
/// From the outputs of a sequence op, Y [batch, 1, time, units] and states [batch, 1, units].
SequenceResult FromSequenceOp(const GraphOutputs& outputs);

}  // namespace sidecar::model::keras
