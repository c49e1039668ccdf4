// tf_keras/src/layers/rnn/bidirectional.py, keras/src/layers/rnn/bidirectional.py.
#include <algorithm>

#include "base/status_macros.h"
#include "model/keras/activity_loss.h"
#include "model/keras/graph_ops.h"
#include "model/keras/layers/layer_functions.h"
#include "model/keras/layers/recurrent_layer.h"

namespace sidecar::model::keras {
namespace {

// One of the two layers.
struct Side {
  LayerContext* context = nullptr;
  RecurrentSettings settings;
};

const LayerObject* FindLayerPart(const LayerContext& context, std::string_view key) {
  for (const LayerPart& part : context.layer().parts) {
    if (part.key == key) return part.layer.get();
  }
  return nullptr;
}

Result<Side> MakeSide(LayerContext& context, const char* name, const LayerObject& layer) {
  if (layer.model != nullptr || !IsRecurrentClass(layer.class_name)) {
    return context.Fail(StatusCode::kUnimplemented,
                        "wraps a " + layer.class_name + ", which is not supported");
  }
  Side side;
  side.context = &context.Part({.name = name, .layer = &layer});
  SIDECAR_ASSIGN_OR_RETURN(side.settings, ReadRecurrentSettings(*side.context));
  if (side.settings.time_major) {
    return side.context->Fail(StatusCode::kUnimplemented,
                              "time_major = true is not supported inside of Bidirectional");
  }
  const bool zeroes = !context.is_keras2() || !layer.class_name.starts_with("ConvLSTM");
  side.settings.zero_output_for_mask = zeroes && side.settings.return_sequences;
  return side;
}

// The output in the order of time.
GraphOutput InOrder(const Side& side, const SequenceResult& result) {
  return side.settings.return_sequences ? result.sequence : result.last;
}

// What the activity of one of the two layers adds to the loss: that of all it returns.
Status AddSideActivity(const Side& side, const SequenceResult& result) {
  Values outputs = {{RecurrentOutput(side.settings, result)}};
  if (side.settings.return_state) {
    for (const GraphOutput& state : result.states) outputs.push_back({state});
  }
  return AddActivityLoss(*side.context, side.context->layer(), outputs);
}

Result<std::vector<GraphOutput>> MergeSides(const LayerContext& context, const GraphOutput& forward,
                                            const GraphOutput& backward) {
  if (!context.config().Has("merge_mode")) return std::vector<GraphOutput>{forward, backward};
  SIDECAR_ASSIGN_OR_RETURN(
      const std::string mode,
      context.config().OneOf("merge_mode", {"concat", "sum", "ave", "mul"}, "concat"));
  if (mode == "concat") return std::vector<GraphOutput>{Joined({forward, backward}, -1)};
  if (mode == "mul") return std::vector<GraphOutput>{Times(forward, backward)};
  const GraphOutput sum = Plus(forward, backward);
  if (mode == "sum") return std::vector<GraphOutput>{sum};
  return std::vector<GraphOutput>{Over(sum, FloatConstant(2))};
}

}  // namespace

Result<Values> LowerBidirectional(LayerContext& context, const Values& inputs) {
  const LayerObject* layer = FindLayerPart(context, "layer");
  const LayerObject* other = FindLayerPart(context, "backward_layer");
  if (layer == nullptr) return context.config().Wrong("layer", "a recurrent layer");
  if (inputs.empty()) {
    return context.Fail(StatusCode::kFailedPrecondition, "is called without inputs");
  }
  SIDECAR_ASSIGN_OR_RETURN(const Side forward, MakeSide(context, "forward_layer", *layer));
  SIDECAR_ASSIGN_OR_RETURN(Side backward,
                           MakeSide(context, "backward_layer", other == nullptr ? *layer : *other));
  if (other == nullptr) backward.settings.go_backwards = !forward.settings.go_backwards;
  if (forward.settings.go_backwards == backward.settings.go_backwards) {
    return context.config().Wrong("backward_layer", "a layer that runs the other way");
  }
  SIDECAR_ASSIGN_OR_RETURN(const GraphOutputs states, InitialStates(context, inputs));
  const auto middle = states.begin() + static_cast<std::ptrdiff_t>(states.size() / 2);
  const auto mask = StepMask(context, inputs, states);
  const Value& x = inputs.front();
  SIDECAR_ASSIGN_OR_RETURN(const SequenceResult there,
                           RunRecurrent(*forward.context, forward.settings, x,
                                        GraphOutputs(states.begin(), middle), mask));
  SIDECAR_ASSIGN_OR_RETURN(const SequenceResult back,
                           RunRecurrent(*backward.context, backward.settings, x,
                                        GraphOutputs(middle, states.end()), mask));
  SIDECAR_RETURN_IF_ERROR(AddSideActivity(forward, there));
  SIDECAR_RETURN_IF_ERROR(AddSideActivity(backward, back));
  GraphOutput first = InOrder(forward, there);
  GraphOutput second = InOrder(backward, back);
  if (forward.settings.go_backwards && forward.settings.return_sequences) {
    // Keras turns the second layer's outputs around, whichever runs backwards.
    first = Reversed(first, 1);
    second = Reversed(second, 1);
  }
  SIDECAR_ASSIGN_OR_RETURN(const auto merged, MergeSides(context, first, second));
  Values outputs;
  for (const GraphOutput& output : merged) outputs.push_back({output, x.dtype});
  for (Value& output : outputs) {
    if (forward.settings.return_sequences) output.mask = x.mask;
  }
  if (forward.settings.return_state) {
    for (const SequenceResult* side : {&there, &back}) {
      for (const GraphOutput& state : side->states) outputs.push_back({state, x.dtype});
    }
  }
  return outputs;
}

}  // namespace sidecar::model::keras
