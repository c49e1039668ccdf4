// tf_keras/src/layers/rnn/time_distributed.py, keras/src/layers/rnn/time_distributed.py.
#include <openvino/op/reduce_logical_or.hpp>
#include <openvino/op/reduce_max.hpp>

#include "base/status_macros.h"
#include "model/keras/graph_ops.h"
#include "model/keras/layers/layer_functions.h"
#include "model/keras/layers/recurrent_ops.h"
#include "model/keras/masks.h"

namespace sidecar::model::keras {
namespace {

// Whether a step's mask says anything about the steps: [batch, time] where there are more
// dimensions.
GraphOutput StepsOf(const GraphOutput& mask) {
  std::vector<std::int64_t> axes;
  for (std::int64_t axis = 2; axis < RankOf(mask); ++axis) axes.push_back(axis);
  if (axes.empty()) return mask;
  return std::make_shared<ov::op::v1::ReduceLogicalOr>(mask, IntConstant(axes), false);
}

// Keras 2 hands on what the layer makes of the steps' masks, and the mask itself where that is
// nothing.
std::optional<GraphOutput> OutputMask(const LayerContext& context, const Value& input,
                                      const Value& step) {
  if (!context.is_keras2() || !step.mask) {
    if (!input.mask || !context.is_keras2()) return input.mask;
    return StepsOf(*input.mask);
  }
  return SplitTime(*step.mask, input.output);
}

// What the steps of a sample add to the loss. Keras 2 calls the layer on all steps of all samples
// and takes the mean over them; that a model adds its terms twice is left alone. Keras 3 calls it
// for each step, and the terms add up.
TermFold TermsOfSteps(const LayerContext& context, const LayerObject& layer,
                      const GraphOutput& like) {
  if (!context.is_keras2()) {
    return [like](const GraphOutput& values) {
      return std::optional(SumOver(SplitTime(values, like), {1}, false));
    };
  }
  const bool is_model = layer.model != nullptr;
  return [like, is_model](const GraphOutput& values) {
    return is_model ? std::nullopt : std::optional(MeanOver(SplitTime(values, like), {1}, false));
  };
}

}  // namespace

// All steps at once: [batch, time, ...] is a batch of batch * time.
Result<Values> LowerTimeDistributed(LayerContext& context, const Values& inputs) {
  SIDECAR_ASSIGN_OR_RETURN(const Value input, OnlyInput(context, inputs));
  if (RankOf(input.output) < 3) {
    return context.Fail(StatusCode::kFailedPrecondition, "needs an input of at least 3 dimensions");
  }
  if (context.layer().parts.empty()) return context.config().Wrong("layer", "a layer");
  Value steps = input;
  steps.output = MergeTime(input.output);
  if (input.mask) {
    if (RankOf(*input.mask) < 2) {
      return context.Fail(StatusCode::kFailedPrecondition, "its input has a mask without steps");
    }
    steps.mask = MergeTime(*input.mask);
  }
  const GraphOutput like = input.output;
  const auto per_row = [like](const GraphOutput& violations) -> GraphOutput {
    return std::make_shared<ov::op::v1::ReduceMax>(
        SplitTime(violations, like), IntConstant(std::vector<std::int64_t>{1}), false);
  };
  const LayerObject* const layer = context.layer().parts.front().layer.get();
  SIDECAR_ASSIGN_OR_RETURN(
      Values outputs, context.RunPartOnRows({.name = "layer", .layer = layer}, {steps}, per_row,
                                            TermsOfSteps(context, *layer, like)));
  for (Value& output : outputs) {
    output.mask = OutputMask(context, input, output);
    output.output = SplitTime(output.output, input.output);
    output.logits.reset();
  }
  if (!context.is_keras2()) {
    for (std::size_t i = 1; i < outputs.size(); ++i) outputs[i].mask.reset();
  }
  return outputs;
}

}  // namespace sidecar::model::keras
