// LSTM, GRU and SimpleRNN cells: tf_keras/src/layers/rnn/{lstm,gru,simple_rnn}.py and the same of
// keras/src/layers/rnn.
#include <algorithm>
#include <openvino/op/gather.hpp>
#include <openvino/op/gru_sequence.hpp>
#include <openvino/op/lstm_sequence.hpp>
#include <openvino/op/rnn_sequence.hpp>

#include "base/status_macros.h"
#include "model/keras/activations.h"
#include "model/keras/graph_ops.h"
#include "model/keras/layers/dense_cell.h"
#include "model/keras/layers/recurrent_cell.h"

namespace sidecar::model::keras {
namespace {

using Direction = ov::op::RecurrentSequenceDirection;

Direction DirectionOf(bool backwards) {
  return backwards ? Direction::REVERSE : Direction::FORWARD;
}

// Row `index` of a matrix.
GraphOutput Row(const GraphOutput& matrix, std::int64_t index) {
  return std::make_shared<ov::op::v8::Gather>(matrix, IntConstant(index), IntConstant(0));
}

// A bias of all gates for a sequence op: [1, gates * units].
GraphOutput SequenceBias(const std::optional<GraphOutput>& bias, std::int64_t size) {
  if (bias) return Reshaped(*bias, {1, size});
  const ov::Shape shape = {1, static_cast<std::size_t>(size)};
  return FloatConstant(shape, std::vector<double>(static_cast<std::size_t>(size), 0.0));
}

class DenseCell : public RecurrentCell {
 public:
  DenseCell(LayerContext& context, CellVariables variables)
      : context_(context), variables_(std::move(variables)) {}

  [[nodiscard]] std::int64_t output_size() const override { return variables_.units; }

 protected:
  [[nodiscard]] GraphOutput Recurrent(const GraphOutput& state) const {
    return MatrixProduct(state, variables_.recurrent_kernel);
  }
  Result<GraphOutput> Activation(const GraphOutput& x) {
    return CellActivation(context_, "activation", x);
  }
  Result<GraphOutput> RecurrentActivation(const GraphOutput& x) {
    return CellActivation(context_, "recurrent_activation", x);
  }

  LayerContext& context_;
  CellVariables variables_;
};

class SimpleCell final : public DenseCell {
 public:
  using DenseCell::DenseCell;

  Result<GraphOutputs> Project(const GraphOutput& x) override {
    const GraphOutput product = MatrixProduct(x, variables_.kernel);
    return GraphOutputs{variables_.bias ? Plus(product, *variables_.bias) : product};
  }

  Result<CellStep> Step(const GraphOutputs& projected, const GraphOutputs& states) override {
    SIDECAR_ASSIGN_OR_RETURN(const GraphOutput output,
                             Activation(Plus(projected[0], Recurrent(states[0]))));
    return CellStep{output, {output}};
  }

  [[nodiscard]] std::vector<std::int64_t> state_sizes() const override {
    return {variables_.units};
  }

  std::optional<SequenceResult> NativeSequence(const GraphOutput& x, const GraphOutputs& states,
                                               bool backwards) override {
    const std::string activation = NameOfActivation(context_, "activation");
    if (activation != "tanh" && activation != "relu" && activation != "sigmoid") {
      return std::nullopt;
    }
    const SequenceArguments arguments = MakeSequenceArguments(x, states);
    const std::int64_t units = variables_.units;
    return FromSequenceOp(std::make_shared<ov::op::v5::RNNSequence>(
                              x, arguments.states[0], arguments.lengths,
                              variables_.Weights(variables_.kernel, variables_.inputs, {0}),
                              variables_.Weights(variables_.recurrent_kernel, units, {0}),
                              SequenceBias(variables_.bias, units), static_cast<std::size_t>(units),
                              DirectionOf(backwards), std::vector<std::string>{activation})
                              ->outputs());
  }
};

// Gates i, f, c, o.
class LstmCell final : public DenseCell {
 public:
  LstmCell(LayerContext& context, CellVariables variables)
      : DenseCell(context, std::move(variables)) {
    // cuDNN's layers have a bias for the inputs and one for the state.
    const std::int64_t size = variables_.gates * variables_.units;
    if (variables_.bias && SizeOf(*variables_.bias, 0) == 2 * size) {
      const GraphOutputs halves = SplitEvenly(*variables_.bias, 0, 2);
      variables_.bias = Plus(halves[0], halves[1]);
    }
  }

  Result<GraphOutputs> Project(const GraphOutput& x) override {
    const GraphOutput product = MatrixProduct(x, variables_.kernel);
    return GraphOutputs{variables_.bias ? Plus(product, *variables_.bias) : product};
  }

  Result<CellStep> Step(const GraphOutputs& projected, const GraphOutputs& states) override {
    const GraphOutputs z = SplitEvenly(Plus(projected[0], Recurrent(states[0])), -1, 4);
    SIDECAR_ASSIGN_OR_RETURN(const GraphOutput in, RecurrentActivation(z[0]));
    SIDECAR_ASSIGN_OR_RETURN(const GraphOutput forget, RecurrentActivation(z[1]));
    SIDECAR_ASSIGN_OR_RETURN(const GraphOutput candidate, Activation(z[2]));
    SIDECAR_ASSIGN_OR_RETURN(const GraphOutput out, RecurrentActivation(z[3]));
    const GraphOutput carry = Plus(Times(forget, states[1]), Times(in, candidate));
    SIDECAR_ASSIGN_OR_RETURN(const GraphOutput activated, Activation(carry));
    const GraphOutput output = Times(out, activated);
    return CellStep{output, {output, carry}};
  }

  [[nodiscard]] std::vector<std::int64_t> state_sizes() const override {
    return {variables_.units, variables_.units};
  }

  std::optional<SequenceResult> NativeSequence(const GraphOutput& x, const GraphOutputs& states,
                                               bool backwards) override {
    if (!HasActivation(context_, "activation", "tanh") ||
        !HasActivation(context_, "recurrent_activation", "sigmoid")) {
      return std::nullopt;
    }
    const std::vector<std::int64_t> order = {1, 0, 2, 3};  // f, i, c, o
    const SequenceArguments arguments = MakeSequenceArguments(x, states);
    const std::int64_t units = variables_.units;
    GraphOutput bias = SequenceBias(variables_.bias, 4 * units);
    bias = Reshaped(std::make_shared<ov::op::v8::Gather>(Reshaped(bias, {4, units}),
                                                         IntConstant(order), IntConstant(0)),
                    {1, 4 * units});
    return FromSequenceOp(std::make_shared<ov::op::v5::LSTMSequence>(
                              x, arguments.states[0], arguments.states[1], arguments.lengths,
                              variables_.Weights(variables_.kernel, variables_.inputs, order),
                              variables_.Weights(variables_.recurrent_kernel, units, order), bias,
                              units, DirectionOf(backwards))
                              ->outputs());
  }
};

// Gates z, r, h.
class GruCell final : public DenseCell {
 public:
  GruCell(LayerContext& context, CellVariables variables, bool reset_after)
      : DenseCell(context, std::move(variables)), reset_after_(reset_after) {}

  Result<GraphOutputs> Project(const GraphOutput& x) override {
    const GraphOutput product = MatrixProduct(x, variables_.kernel);
    if (!variables_.bias) return GraphOutputs{product};
    return GraphOutputs{Plus(product, InputBias())};
  }

  Result<CellStep> Step(const GraphOutputs& projected, const GraphOutputs& states) override {
    const GraphOutputs x = SplitEvenly(projected[0], -1, 3);
    return reset_after_ ? StepResetAfter(x, states[0]) : StepResetBefore(x, states[0]);
  }

  [[nodiscard]] std::vector<std::int64_t> state_sizes() const override {
    return {variables_.units};
  }

  std::optional<SequenceResult> NativeSequence(const GraphOutput& x, const GraphOutputs& states,
                                               bool backwards) override {
    if (!HasActivation(context_, "activation", "tanh") ||
        !HasActivation(context_, "recurrent_activation", "sigmoid")) {
      return std::nullopt;
    }
    const std::vector<std::int64_t> order = {0, 1, 2};
    const SequenceArguments arguments = MakeSequenceArguments(x, states);
    const std::int64_t units = variables_.units;
    return FromSequenceOp(std::make_shared<ov::op::v5::GRUSequence>(
                              x, arguments.states[0], arguments.lengths,
                              variables_.Weights(variables_.kernel, variables_.inputs, order),
                              variables_.Weights(variables_.recurrent_kernel, units, order),
                              OpBias(), static_cast<std::size_t>(units), DirectionOf(backwards),
                              std::vector<std::string>{"sigmoid", "tanh"}, std::vector<float>(),
                              std::vector<float>(), 0.F, reset_after_)
                              ->outputs());
  }

 private:
  // With reset_after there is a bias for the inputs and one for the state: [2, 3 * units].
  [[nodiscard]] GraphOutput BothBiases() const {
    return Reshaped(*variables_.bias, {2, 3 * variables_.units});
  }
  [[nodiscard]] GraphOutput InputBias() const {
    return reset_after_ ? Row(BothBiases(), 0) : *variables_.bias;
  }

  Result<CellStep> StepResetAfter(const GraphOutputs& x, const GraphOutput& state) {
    GraphOutput inner = Recurrent(state);
    if (variables_.bias) inner = Plus(inner, Row(BothBiases(), 1));
    const GraphOutputs h = SplitEvenly(inner, -1, 3);
    SIDECAR_ASSIGN_OR_RETURN(const GraphOutput update, RecurrentActivation(Plus(x[0], h[0])));
    SIDECAR_ASSIGN_OR_RETURN(const GraphOutput reset, RecurrentActivation(Plus(x[1], h[1])));
    SIDECAR_ASSIGN_OR_RETURN(const GraphOutput candidate,
                             Activation(Plus(x[2], Times(reset, h[2]))));
    return Mix(update, state, candidate);
  }

  Result<CellStep> StepResetBefore(const GraphOutputs& x, const GraphOutput& state) {
    const std::int64_t units = variables_.units;
    const GraphOutputs kernels = SplitInto(variables_.recurrent_kernel, 1, {2 * units, units});
    const GraphOutputs h = SplitEvenly(MatrixProduct(state, kernels[0]), -1, 2);
    SIDECAR_ASSIGN_OR_RETURN(const GraphOutput update, RecurrentActivation(Plus(x[0], h[0])));
    SIDECAR_ASSIGN_OR_RETURN(const GraphOutput reset, RecurrentActivation(Plus(x[1], h[1])));
    SIDECAR_ASSIGN_OR_RETURN(
        const GraphOutput candidate,
        Activation(Plus(x[2], MatrixProduct(Times(reset, state), kernels[1]))));
    return Mix(update, state, candidate);
  }

  static CellStep Mix(const GraphOutput& update, const GraphOutput& state,
                      const GraphOutput& candidate) {
    const GraphOutput output =
        Plus(Times(update, state), Times(Minus(FloatConstant(1), update), candidate));
    return CellStep{output, {output}};
  }

  // [1, 4 * units] with reset_after: z and r have one bias, h has two.
  [[nodiscard]] GraphOutput OpBias() const {
    const std::int64_t units = variables_.units;
    if (!reset_after_) return SequenceBias(variables_.bias, 3 * units);
    if (!variables_.bias) return SequenceBias(std::nullopt, 4 * units);
    const GraphOutputs input = SplitInto(Row(BothBiases(), 0), 0, {2 * units, units});
    const GraphOutputs inner = SplitInto(Row(BothBiases(), 1), 0, {2 * units, units});
    return Reshaped(Joined({Plus(input[0], inner[0]), input[1], inner[1]}, 0), {1, 4 * units});
  }

  bool reset_after_;
};

}  // namespace

GraphOutputs RecurrentCell::ZeroStates(const GraphOutputs& projected) {
  GraphOutputs states;
  const GraphOutput rows = RuntimeSize(projected.front(), 0);
  for (const std::int64_t size : state_sizes()) states.push_back(Zeros(rows, {size}));
  return states;
}

std::vector<std::string> RecurrentCell::state_places() const {
  std::vector<std::string> places;
  for (std::size_t i = 0; i < state_sizes().size(); ++i) places.push_back(std::to_string(i));
  return places;
}

GraphOutput RecurrentCell::ZeroOutput(const GraphOutputs& projected) {
  return Zeros(RuntimeSize(projected.front(), 0), {output_size()});
}

std::optional<SequenceResult> RecurrentCell::NativeSequence(const GraphOutput& /*x*/,
                                                            const GraphOutputs& /*states*/,
                                                            bool /*backwards*/) {
  return std::nullopt;
}

Result<std::unique_ptr<RecurrentCell>> MakeSimpleCell(LayerContext& context,
                                                      std::int64_t input_size) {
  SIDECAR_ASSIGN_OR_RETURN(const std::int64_t units, context.config().PositiveInt("units"));
  SIDECAR_ASSIGN_OR_RETURN(CellVariables variables,
                           DeclareCellVariables(context, input_size, 1, {units}));
  return std::unique_ptr<RecurrentCell>(std::make_unique<SimpleCell>(context, variables));
}

Result<std::unique_ptr<RecurrentCell>> MakeLstmCell(LayerContext& context,
                                                    std::int64_t input_size) {
  SIDECAR_ASSIGN_OR_RETURN(const std::int64_t units, context.config().PositiveInt("units"));
  const bool cudnn = context.layer().class_name.starts_with("CuDNN");
  SIDECAR_ASSIGN_OR_RETURN(CellVariables variables,
                           DeclareCellVariables(context, input_size, 4, {(cudnn ? 8 : 4) * units}));
  return std::unique_ptr<RecurrentCell>(std::make_unique<LstmCell>(context, variables));
}

Result<std::unique_ptr<RecurrentCell>> MakeGruCell(LayerContext& context, std::int64_t input_size) {
  SIDECAR_ASSIGN_OR_RETURN(const std::int64_t units, context.config().PositiveInt("units"));
  SIDECAR_ASSIGN_OR_RETURN(const bool reset_after, context.config().Bool("reset_after", true));
  const bool cudnn = context.layer().class_name.starts_with("CuDNN");
  Shape bias = {3 * units};
  if (cudnn) {
    bias = {6 * units};
  } else if (reset_after) {
    bias = {2, 3 * units};
  }
  SIDECAR_ASSIGN_OR_RETURN(CellVariables variables,
                           DeclareCellVariables(context, input_size, 3, std::move(bias)));
  return std::unique_ptr<RecurrentCell>(
      std::make_unique<GruCell>(context, variables, reset_after || cudnn));
}

}  // namespace sidecar::model::keras
