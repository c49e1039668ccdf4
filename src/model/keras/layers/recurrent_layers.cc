#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <memory>
#include <utility>

#include "base/status_macros.h"
#include "model/keras/graph_ops.h"
#include "model/keras/layers/layer_functions.h"
#include "model/keras/layers/recurrent_layer.h"
#include "model/keras/layers/recurrent_loop.h"
#include "model/keras/layers/recurrent_state.h"
#include "model/keras/masks.h"

namespace sidecar::model::keras {
namespace {

bool IsConvolutional(std::string_view class_name) { return class_name.starts_with("ConvLSTM"); }
bool IsCudnn(std::string_view class_name) { return class_name.starts_with("CuDNN"); }

// The cell in the place where Keras keeps its variables.
Result<std::unique_ptr<RecurrentCell>> CellOf(LayerContext& context, const Value& x) {
  const std::string& class_name = context.layer().class_name;
  if (IsConvolutional(class_name)) return MakeConvLstmCell(context.Part({.name = "cell"}), x);
  if (RankOf(x.output) != 3) {
    return context.Fail(StatusCode::kFailedPrecondition,
                        fmt::format("takes an input of shape [batch, time, features]; is called "
                                    "with {}",
                                    ShapeOf(x.output).ToString()));
  }
  SIDECAR_ASSIGN_OR_RETURN(const std::int64_t size, KnownSize(context, x, 2));
  if (IsCudnn(class_name)) return MakeCell(context, size);
  PartSpec spec{.name = "cell"};
  if (class_name == "RNN") {
    SIDECAR_ASSIGN_OR_RETURN(spec, FindCell(context));
  }
  return MakeCell(context.Part(spec), size);
}

// The initial states in the cell's own layout, or zeros.
Result<GraphOutputs> StartStates(const LayerContext& context, RecurrentCell& cell,
                                 const GraphOutputs& initial_states,
                                 const GraphOutputs& projected) {
  GraphOutputs zeros = cell.ZeroStates(projected);
  if (initial_states.empty()) return zeros;
  if (initial_states.size() != zeros.size()) {
    return context.Fail(StatusCode::kFailedPrecondition,
                        fmt::format("has {} states; is called with {} initial states", zeros.size(),
                                    initial_states.size()));
  }
  GraphOutputs states;
  for (std::size_t i = 0; i < zeros.size(); ++i) {
    if (RankOf(initial_states[i]) != RankOf(zeros[i])) {
      return context.Fail(StatusCode::kFailedPrecondition,
                          fmt::format("is called with an initial state of shape {}",
                                      ShapeOf(initial_states[i]).ToString()));
    }
    states.push_back(cell.ToCellLayout(ToFloat(initial_states[i])));
    if (!states[i].get_partial_shape().compatible(zeros[i].get_partial_shape())) {
      return context.Fail(StatusCode::kFailedPrecondition,
                          fmt::format("has a state of shape {}; is called with one of {}",
                                      ShapeOf(zeros[i]).ToString(), ShapeOf(states[i]).ToString()));
    }
  }
  return states;
}

// With `unroll` Keras masks the outputs after the loop, in the order of processing with the mask in
// the order of time.
SequenceResult MaskUnrolled(const RecurrentSettings& settings, const GraphOutput& mask,
                            SequenceResult result) {
  const std::int64_t rank = RankOf(result.sequence);
  const GraphOutput aligned = MaskForRank(settings.go_backwards ? Reversed(mask, 1) : mask, rank);
  result.sequence = Choose(aligned, result.sequence, FloatConstant(0));
  return result;
}

Result<SequenceResult> RunMasked(RecurrentCell& cell, const RecurrentSettings& settings,
                                 const GraphOutputs& projected, const GraphOutputs& states,
                                 const GraphOutput& mask) {
  LoopOptions options{.backwards = settings.go_backwards,
                      .mask = mask,
                      .zero_masked = settings.zero_output_for_mask};
  const bool after = settings.unroll && settings.zero_output_for_mask && settings.go_backwards;
  if (!after) return RunLoop(cell, projected, states, options);
  // The last output is the same either way where only that is used.
  options.zero_masked = !settings.return_sequences;
  SIDECAR_ASSIGN_OR_RETURN(SequenceResult result, RunLoop(cell, projected, states, options));
  return settings.return_sequences ? MaskUnrolled(settings, mask, std::move(result)) : result;
}

// Time and batch in each other's place.
GraphOutput Swapped(const GraphOutput& sequence) { return Transposed(sequence, {1, 0, 2}); }

// The input as [batch, time, features] where the layer has the time first. Masks and activities are
// by sample, and so is what wrappers look at.
Result<Value> WithBatchFirst(LayerContext& context, Value x) {
  const std::string& class_name = context.layer().class_name;
  const bool plain = !IsCudnn(class_name) && !IsConvolutional(class_name);
  if (!context.is_keras2() || !plain || context.whole() != nullptr) {
    return context.Fail(StatusCode::kUnimplemented,
                        "time_major = true is only supported of GRU, LSTM, RNN and SimpleRNN, in "
                        "Keras 2 and outside of wrappers");
  }
  if (x.mask || context.config().Has("activity_regularizer")) {
    return context.Fail(StatusCode::kUnimplemented,
                        "time_major = true is not supported with a mask or activity_regularizer");
  }
  context.MoveBatch();
  if (RankOf(x.output) == 3) x.output = Swapped(x.output);
  return x;
}

void Collect(const Argument& argument, GraphOutputs& out, bool& only_tensors) {
  if (const Value* value = argument.tensor()) {
    out.push_back(value->output);
  } else if (const Argument::Items* items = argument.items()) {
    for (const Argument& item : *items) Collect(item, out, only_tensors);
  } else {
    only_tensors = false;
  }
}

}  // namespace

bool IsRecurrentClass(std::string_view class_name) {
  constexpr std::array<std::string_view, 9> kClasses = {
      "ConvLSTM1D", "ConvLSTM2D", "ConvLSTM3D", "CuDNNGRU",  "CuDNNLSTM",
      "GRU",        "LSTM",       "RNN",        "SimpleRNN",
  };
  return std::find(kClasses.begin(), kClasses.end(), class_name) != kClasses.end();
}

Result<RecurrentSettings> ReadRecurrentSettings(const LayerContext& context) {
  const ConfigReader& config = context.config();
  RecurrentSettings settings;
  SIDECAR_ASSIGN_OR_RETURN(settings.return_sequences, config.Bool("return_sequences", false));
  SIDECAR_ASSIGN_OR_RETURN(settings.return_state, config.Bool("return_state", false));
  SIDECAR_ASSIGN_OR_RETURN(settings.go_backwards, config.Bool("go_backwards", false));
  SIDECAR_ASSIGN_OR_RETURN(settings.stateful, config.Bool("stateful", false));
  SIDECAR_ASSIGN_OR_RETURN(settings.time_major, config.Bool("time_major", false));
  SIDECAR_ASSIGN_OR_RETURN(settings.zero_output_for_mask,
                           config.Bool("zero_output_for_mask", false));
  SIDECAR_ASSIGN_OR_RETURN(settings.unroll, config.Bool("unroll", false));
  return settings;
}

Result<GraphOutputs> InitialStates(const LayerContext& context, const Values& inputs) {
  GraphOutputs states;
  for (std::size_t i = 1; i < inputs.size(); ++i) states.push_back(inputs[i].output);
  bool only_tensors = true;
  const Argument* argument = context.arguments().Find({"initial_state", "1"});
  if (argument != nullptr) Collect(*argument, states, only_tensors);
  if (only_tensors) return states;
  return context.Fail(StatusCode::kUnimplemented, "an initial state that is a constant");
}

std::optional<GraphOutput> StepMask(const LayerContext& context, const Values& inputs,
                                    const GraphOutputs& initial_states) {
  const bool ignored = !context.is_keras2() && !initial_states.empty() &&
                       context.arguments().Find({"mask"}) == nullptr;
  return ignored ? std::nullopt : inputs.front().mask;
}

Result<SequenceResult> RunRecurrent(LayerContext& context, const RecurrentSettings& settings,
                                    const Value& x, const GraphOutputs& initial_states,
                                    const std::optional<GraphOutput>& mask) {
  if (mask && IsCudnn(context.layer().class_name)) {
    return context.Fail(StatusCode::kFailedPrecondition,
                        "its input has a mask, which layers on cuDNN do not take");
  }
  if (mask && RankOf(*mask) != 2) {
    return context.Fail(StatusCode::kUnimplemented,
                        "a mask that is not of shape [batch, time] is not supported");
  }
  SIDECAR_ASSIGN_OR_RETURN(const auto cell, CellOf(context, x));
  const GraphOutput input = ToFloat(x.output);
  SIDECAR_ASSIGN_OR_RETURN(const GraphOutputs projected, cell->Project(input));
  GraphOutputs start = initial_states;
  if (settings.stateful) {
    SIDECAR_ASSIGN_OR_RETURN(start, StatefulStart(context, *cell, projected, initial_states));
  }
  SIDECAR_ASSIGN_OR_RETURN(const GraphOutputs states,
                           StartStates(context, *cell, start, projected));
  std::optional<SequenceResult> result;
  if (!mask) result = cell->NativeSequence(input, states, settings.go_backwards);
  if (!result && mask) {
    SIDECAR_ASSIGN_OR_RETURN(result, RunMasked(*cell, settings, projected, states, *mask));
  } else if (!result) {
    SIDECAR_ASSIGN_OR_RETURN(
        result, RunLoop(*cell, projected, states,
                        LoopOptions{.backwards = settings.go_backwards, .mask = std::nullopt}));
  }
  result->sequence = cell->FromCellLayout(result->sequence, 2);
  result->last = cell->FromCellLayout(result->last, 1);
  for (GraphOutput& state : result->states) state = cell->FromCellLayout(state, 1);
  if (settings.stateful) KeepStates(context, *cell, result->states);
  return std::move(*result);
}

GraphOutput RecurrentOutput(const RecurrentSettings& settings, const SequenceResult& result) {
  if (!settings.return_sequences) return result.last;
  return settings.go_backwards ? Reversed(result.sequence, 1) : result.sequence;
}

Result<Values> LowerRecurrent(LayerContext& context, const Values& inputs) {
  if (inputs.empty()) {
    return context.Fail(StatusCode::kFailedPrecondition, "is called without inputs");
  }
  Value x = inputs.front();
  SIDECAR_ASSIGN_OR_RETURN(RecurrentSettings settings, ReadRecurrentSettings(context));
  if (settings.time_major) {
    SIDECAR_ASSIGN_OR_RETURN(x, WithBatchFirst(context, std::move(x)));
  }
  // tf_keras/src/layers/rnn/base_conv_rnn.py does not hand it on.
  if (context.is_keras2() && IsConvolutional(context.layer().class_name)) {
    settings.zero_output_for_mask = false;
  }
  SIDECAR_ASSIGN_OR_RETURN(const GraphOutputs initial_states, InitialStates(context, inputs));
  SIDECAR_ASSIGN_OR_RETURN(const SequenceResult result,
                           RunRecurrent(context, settings, x, initial_states,
                                        StepMask(context, inputs, initial_states)));
  Values outputs = {{RecurrentOutput(settings, result), x.dtype}};
  if (settings.time_major && settings.return_sequences) {
    outputs.front().output = Swapped(outputs.front().output);
  }
  if (settings.return_sequences && !IsCudnn(context.layer().class_name)) {
    outputs.front().mask = x.mask;
  }
  if (settings.return_state) {
    for (const GraphOutput& state : result.states) outputs.push_back({state, x.dtype});
  }
  return outputs;
}

// A cell as a layer of its own: one step.
Result<Values> LowerRecurrentCell(LayerContext& context, const Values& inputs) {
  SIDECAR_ASSIGN_OR_RETURN(const Value x, OnlyInput(context, inputs, 2, "[batch, features]"));
  SIDECAR_ASSIGN_OR_RETURN(const std::int64_t size, KnownSize(context, x, 1));
  SIDECAR_ASSIGN_OR_RETURN(const auto cell, MakeCell(context, size));
  GraphOutputs states;
  bool only_tensors = true;
  const Argument* argument = context.arguments().Find({"states", "state", "1"});
  if (argument != nullptr) Collect(*argument, states, only_tensors);
  if (!only_tensors || states.size() != cell->state_sizes().size()) {
    return context.Fail(StatusCode::kFailedPrecondition,
                        fmt::format("needs its {} states as tensors", cell->state_sizes().size()));
  }
  SIDECAR_ASSIGN_OR_RETURN(const GraphOutputs projected, cell->Project(ToFloat(x.output)));
  SIDECAR_ASSIGN_OR_RETURN(const CellStep step, cell->Step(projected, states));
  Values outputs = {{step.output, x.dtype}};
  for (const GraphOutput& state : step.states) outputs.push_back({state, x.dtype});
  return outputs;
}

}  // namespace sidecar::model::keras
