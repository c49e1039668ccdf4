#include "model/keras/layers/dense_cell.h"

#include <openvino/op/broadcast.hpp>
#include <openvino/op/gather.hpp>
#include <utility>

#include "base/status_macros.h"
#include "model/keras/activations.h"
#include "model/keras/graph_ops.h"

namespace sidecar::model::keras {

GraphOutput CellVariables::Weights(const GraphOutput& matrix, std::int64_t rows,
                                   const std::vector<std::int64_t>& order) const {
  const GraphOutput by_gate = Reshaped(Transposed(matrix, {1, 0}), {gates, units, rows});
  const GraphOutput ordered =
      std::make_shared<ov::op::v8::Gather>(by_gate, IntConstant(order), IntConstant(0));
  return Reshaped(ordered, {1, gates * units, rows});
}

Result<CellVariables> DeclareCellVariables(LayerContext& context, std::int64_t inputs,
                                           std::int64_t gates, Shape bias_shape) {
  CellVariables result;
  result.inputs = inputs;
  result.gates = gates;
  SIDECAR_ASSIGN_OR_RETURN(result.units, context.config().PositiveInt("units"));
  SIDECAR_ASSIGN_OR_RETURN(result.kernel, context.Variable({.name = "kernel",
                                                            .shape = {inputs, gates * result.units},
                                                            .regularizer = "kernel_regularizer"}));
  SIDECAR_ASSIGN_OR_RETURN(result.recurrent_kernel,
                           context.Variable({.name = "recurrent_kernel",
                                             .shape = {result.units, gates * result.units},
                                             .regularizer = "recurrent_regularizer"}));
  SIDECAR_ASSIGN_OR_RETURN(const bool use_bias, context.config().Bool("use_bias", true));
  if (use_bias) {
    SIDECAR_ASSIGN_OR_RETURN(result.bias, context.Variable({.name = "bias",
                                                            .shape = std::move(bias_shape),
                                                            .regularizer = "bias_regularizer"}));
  }
  return result;
}

bool HasActivation(const LayerContext& context, std::string_view key, std::string_view name) {
  if (context.layer().class_name.starts_with("CuDNN")) return true;
  return NameOfActivation(context, key) == name;
}

Result<GraphOutput> CellActivation(LayerContext& context, std::string_view key,
                                   const GraphOutput& x) {
  SIDECAR_ASSIGN_OR_RETURN(const Value result,
                           Activated(context, key, {x, context.policy().compute}));
  return result.output;
}

SequenceArguments MakeSequenceArguments(const GraphOutput& x, const GraphOutputs& states) {
  SequenceArguments result;
  result.lengths = std::make_shared<ov::op::v3::Broadcast>(RuntimeSize(x, 1), RuntimeSize(x, 0));
  for (const GraphOutput& state : states) result.states.push_back(Expanded(state, {1}));
  return result;
}

SequenceResult FromSequenceOp(const GraphOutputs& outputs) {
  SequenceResult result;
  result.sequence = Squeezed(outputs.front(), 1);
  for (std::size_t i = 1; i < outputs.size(); ++i) {
    result.states.push_back(Squeezed(outputs[i], 1));
  }
  result.last = result.states.front();
  return result;
}

}  // namespace sidecar::model::keras
