// What a recurrent layer does at each step.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "model/keras/layer_context.h"
#include "model/keras/layers/recurrent_ops.h"
#include "model/keras/value.h"
#include "sidecar/status.h"

namespace sidecar::model::keras {

/// The output of a step, and the states after it.
struct CellStep {
  GraphOutput output;
  GraphOutputs states;
};

/// What a cell makes of a sequence.
struct SequenceResult {
  GraphOutput sequence;  ///< outputs [batch, time, ...] in the order of time, also if run backwards
  GraphOutput last;      ///< the output of the step that came last
  GraphOutputs states;   ///< after it
};

/// A cell in one place of a graph. Its methods add operations; they throw ov::Exception where
/// shapes do not fit. What Step() adds depends on nothing but its arguments and variables, so that
/// it can be the body of a loop.
class RecurrentCell {
 public:
  RecurrentCell() = default;
  RecurrentCell(const RecurrentCell&) = delete;
  RecurrentCell& operator=(const RecurrentCell&) = delete;
  virtual ~RecurrentCell() = default;

  /// The part of the work that needs no state, for a whole sequence [batch, time, ...] at once or
  /// for a step [batch, ...].
  virtual Result<GraphOutputs> Project(const GraphOutput& x) = 0;
  /// One step on what Project() made of it.
  virtual Result<CellStep> Step(const GraphOutputs& projected, const GraphOutputs& states) = 0;
  /// States for the start, all zero, for the batch of `projected`, a whole sequence's.
  virtual GraphOutputs ZeroStates(const GraphOutputs& projected);
  /// An output of zeros, likewise.
  virtual GraphOutput ZeroOutput(const GraphOutputs& projected);
  /// States and outputs as the cell works on them, from and to how the layer's users see them;
  /// `first` is the first dimension after those of batch and time.
  virtual GraphOutput ToCellLayout(const GraphOutput& state) { return state; }
  virtual GraphOutput FromCellLayout(const GraphOutput& value, std::int64_t /*first*/) {
    return value;
  }
  /// The sizes of the states, each [batch, size].
  [[nodiscard]] virtual std::vector<std::int64_t> state_sizes() const = 0;
  [[nodiscard]] virtual std::int64_t output_size() const = 0;
  /// Where Keras keeps each of them in the structure of all: "1", or "0/1" in a stack of cells.
  [[nodiscard]] virtual std::vector<std::string> state_places() const;
  /// A whole sequence [batch, time, features] by one op of its own, which the CPU has a kernel for;
  /// nothing where there is none for this cell's options.
  virtual std::optional<SequenceResult> NativeSequence(const GraphOutput& x,
                                                       const GraphOutputs& states, bool backwards);
};

/// The cell that a context stands for: by its class ("LSTM" or "LSTMCell", "StackedRNNCells", …),
/// for inputs of `input_size` features. Fails with kUnimplemented for other classes.
Result<std::unique_ptr<RecurrentCell>> MakeCell(LayerContext& context, std::int64_t input_size);

/// The part that is config.cell.
Result<PartSpec> FindCell(const LayerContext& context);

/// As MakeCell() for the classes whose variables are their own.
Result<std::unique_ptr<RecurrentCell>> MakeLstmCell(LayerContext& context, std::int64_t input_size);
Result<std::unique_ptr<RecurrentCell>> MakeGruCell(LayerContext& context, std::int64_t input_size);
Result<std::unique_ptr<RecurrentCell>> MakeSimpleCell(LayerContext& context,
                                                      std::int64_t input_size);

}  // namespace sidecar::model::keras
