#include "model/keras/graph_lowering.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <openvino/core/model.hpp>
#include <openvino/op/convert.hpp>
#include <openvino/op/parameter.hpp>
#include <openvino/op/result.hpp>
#include <optional>
#include <string_view>
#include <utility>

#include "base/status_macros.h"
#include "engine/openvino_error.h"
#include "model/keras/activity_loss.h"
#include "model/keras/call_order.h"
#include "model/keras/config_reader.h"
#include "model/keras/custom_layer.h"
#include "model/keras/graph_ops.h"
#include "model/keras/layer_scopes.h"
#include "model/keras/layer_table.h"
#include "model/keras/masks.h"
#include "model/keras/ops/op_table.h"
#include "model/keras/ports.h"

namespace sidecar::model::keras {
namespace {

constexpr std::size_t kMostCalls = 20'000;

Result<Value> OutputOf(const LayerNode& node, const Values& values, std::size_t output) {
  if (output < values.size()) return values[output];
  return Status(StatusCode::kDataLoss, fmt::format("output {} of {} is used; it has {}", output,
                                                   Describe(*node.layer), values.size()));
}

// The value as an InputLayer of a nested model hands it on: converted to its type.
Result<Value> Enter(const LayerObject& layer, const Value& value, DType dtype, KerasVersion rules) {
  if (value.dtype == dtype) return value;
  if (value.dtype == DType::kString || dtype == DType::kString) {
    return Status(StatusCode::kFailedPrecondition,
                  fmt::format("{} is for {}; is given {}", Describe(layer), DTypeName(dtype),
                              DTypeName(value.dtype)));
  }
  Value result{value.output, dtype, value.mask};
  // tf_keras/src/engine/functional.py casts after it has set the masks.
  if (rules == KerasVersion::kKeras2) result.mask.reset();
  const ov::element::Type type = GraphElementType(GraphInputType(dtype));
  if (value.output.get_element_type() != type) {
    result.output = std::make_shared<ov::op::v0::Convert>(value.output, type);
  }
  return result;
}

// Fails for a value of unknown rank or of more elements than any memory holds.
Status CheckShape(const LayerContext& context, const GraphOutput& output) {
  if (output.get_partial_shape().rank().is_dynamic()) {
    return context.Fail(StatusCode::kFailedPrecondition,
                        "the number of dimensions of its output is not known");
  }
  std::int64_t elements = 1;
  for (std::int64_t axis = 0; axis < RankOf(output); ++axis) {
    const std::int64_t size = std::max<std::int64_t>(SizeOf(output, axis), 1);
    if (size > kMostElements / elements) {
      return context.Fail(
          StatusCode::kFailedPrecondition,
          fmt::format("its output would have the shape {}", ShapeOf(output).ToString()));
    }
    elements *= size;
  }
  return Status();
}

// Checks what a layer made, and gives it the type its policy computes in.
Status Finish(const LayerContext& context, Value& value) {
  if (value.dtype == DType::kString) return Status();
  SIDECAR_RETURN_IF_ERROR(CheckShape(context, value.output));
  const bool has_batch = RankOf(value.output) > 0 && SizeOf(value.output, 0) == Shape::kUnknown;
  if (!has_batch && !context.moves_batch()) {
    return context.Fail(StatusCode::kFailedPrecondition,
                        "its output does not have the batch as its first dimension");
  }
  if (IsFloat(value.output)) {
    const DType compute = context.policy().compute;
    value.dtype = IsFloating(compute) ? compute : DType::kFloat32;
  } else if (IsFloating(value.dtype)) {
    value.dtype =
        value.output.get_element_type() == ov::element::i64 ? DType::kInt64 : DType::kInt32;
  }
  return Status();
}

// Keras casts floating inputs to what the layer computes in; the result is another tensor, so the
// logits are lost.
Status CastInputs(const LayerEntry* entry, const LayerContext& context, Values& inputs) {
  if (entry != nullptr && entry->effect == LayerEffect::kPreprocesses) return Status();
  const DType compute = context.policy().compute;
  for (Value& input : inputs) {
    if (input.dtype == DType::kString) {
      return context.Fail(StatusCode::kUnimplemented,
                          "is called with strings; only lookups, hashing, crossing and text "
                          "vectorization take them");
    }
    if (IsFloating(input.dtype) && input.dtype != compute) {
      input = Value{input.output, compute, input.mask};
    }
  }
  return Status();
}

}  // namespace

Value ValueOfSlot(std::size_t slot, const HostPlan& plan, const std::string& name,
                  HostParameters& parameters) {
  const auto& [dtype, shape] = plan.slot(slot);
  Value value{{}, dtype};
  value.host = HostValue{slot, shape};
  if (dtype == DType::kString) {
    parameters.emplace_back();
    return value;
  }
  ov::PartialShape batch = {ov::Dimension::dynamic()};
  for (const std::int64_t size : shape.sizes()) {
    batch.push_back(size == Shape::kUnknown ? ov::Dimension::dynamic() : ov::Dimension(size));
  }
  parameters.push_back(
      std::make_shared<ov::op::v0::Parameter>(GraphElementType(GraphInputType(dtype)), batch));
  parameters.back()->set_friendly_name(name);
  value.output = parameters.back()->output(0);
  return value;
}

ov::element::Type GraphElementType(DType graph_type) {
  if (graph_type == DType::kFloat32) return ov::element::f32;
  return graph_type == DType::kInt64 ? ov::element::i64 : ov::element::i32;
}

std::string Describe(const LayerObject& layer) {
  return fmt::format("the layer '{}' ({})", layer.name, layer.class_name);
}

GraphLowering::GraphLowering(LayerScopes& scopes, HostPlan& plan, HostParameters& parameters)
    : scopes_(scopes), plan_(plan), parameters_(parameters) {
  in_keras_order_ =
      std::any_of(scopes.contexts().begin(), scopes.contexts().end(),
                  [](const LayerContext* context) { return IsStateful(context->layer()); });
}

Result<Values> GraphLowering::Run(const ModelDescription& model, const Values& inputs) {
  SIDECAR_RETURN_IF_ERROR(CountWork(model.layers.size()));
  PushBatch(FixedBatch(model));
  Result<Values> outputs = RunLayers(model, inputs);
  PopBatch();
  return outputs;
}

Result<Values> GraphLowering::RunLayers(const ModelDescription& model, const Values& inputs) {
  Frame frame{model, {}};
  for (const LayerNode& node : model.layers) frame.calls.emplace_back(node.calls.size());
  for (std::size_t i = 0; i < model.inputs.size(); ++i) {
    const TensorReference& port = model.inputs[i].tensor;
    const LayerObject& layer = *model.layers[port.layer].layer;
    if (layer.class_name != "InputLayer") {
      return Status(
          StatusCode::kUnimplemented,
          fmt::format("{} is a model input; only an InputLayer can be one", Describe(layer)));
    }
    // Without a type, of an input that the file does not declare, the value stays as it is.
    const ConfigReader config(*layer.config, Describe(layer));
    const auto policy = ReadDTypePolicy(config.Find("dtype"));
    const bool converts = policy && config.Has("dtype");
    SIDECAR_ASSIGN_OR_RETURN(
        Value value,
        Enter(layer, inputs[i], converts ? policy->compute : inputs[i].dtype, scopes_.rules()));
    frame.calls[port.layer][port.call] = {State::kDone, {std::move(value)}};
  }
  if (in_keras_order_) {
    for (const TensorReference& call : KerasCallOrder(model)) {
      SIDECAR_RETURN_IF_ERROR(Compute(frame, call));
    }
  }
  Values outputs;
  for (const ModelPort& port : model.outputs) {
    SIDECAR_RETURN_IF_ERROR(Compute(frame, port.tensor));
    SIDECAR_ASSIGN_OR_RETURN(Value value, ValueOf(frame, port.tensor));
    outputs.push_back(std::move(value));
  }
  for (const TensorReference& term : TermsOf(model)) {
    SIDECAR_RETURN_IF_ERROR(Compute(frame, term));
  }
  return outputs;
}

Status GraphLowering::CountWork(std::size_t work) {
  work_ += work;
  if (work_ <= kMostCalls) return Status();
  return {StatusCode::kFailedPrecondition,
          fmt::format("the graph has more than {} layer calls", kMostCalls)};
}

// Depth first with a stack of its own: a hostile chain of layers must not use up the thread's.
Status GraphLowering::Compute(Frame& frame, const TensorReference& wanted) {
  std::vector<TensorReference> stack = {wanted};
  while (!stack.empty()) {
    const TensorReference top = stack.back();
    const LayerNode& node = frame.model.layers[top.layer];
    const LayerCall& described = node.calls[top.call];
    Call& call = frame.calls[top.layer][top.call];
    if (call.state == State::kDone) {
      stack.pop_back();
      continue;
    }
    if (call.state == State::kOpen) {  // its inputs are there now
      SIDECAR_ASSIGN_OR_RETURN(call.values, RunCall(frame, node, described));
      call.state = State::kDone;
      stack.pop_back();
      continue;
    }
    call.state = State::kOpen;
    for (const TensorReference& reference : TensorsOf(described)) {
      const State state = frame.calls[reference.layer][reference.call].state;
      if (state == State::kOpen) {
        return {StatusCode::kDataLoss,
                fmt::format("{} depends on its own output",
                            Describe(*frame.model.layers[reference.layer].layer))};
      }
      if (state == State::kNew) stack.push_back(reference);
    }
  }
  return Status();
}

Result<Value> GraphLowering::ValueOf(const Frame& frame, const TensorReference& reference) {
  return OutputOf(frame.model.layers[reference.layer],
                  frame.calls[reference.layer][reference.call].values, reference.output);
}

Result<Values> GraphLowering::GatherInputs(const Frame& frame, const LayerNode& node,
                                           const LayerCall& call) {
  Values inputs;
  for (const CallInput& input : call.inputs) {
    if (const auto* reference = std::get_if<TensorReference>(&input)) {
      SIDECAR_ASSIGN_OR_RETURN(Value value, ValueOf(frame, *reference));
      inputs.push_back(std::move(value));
      continue;
    }
    const std::string where =
        fmt::format("a constant that {} is called with", Describe(*node.layer));
    SIDECAR_ASSIGN_OR_RETURN(const NumberArray numbers,
                             ReadNumbers(*std::get<const nlohmann::json*>(input), where));
    if (!numbers.shape.empty() && numbers.shape.front() != 1) {
      return Status(StatusCode::kUnimplemented,
                    fmt::format("{} has {} rows; only constants of one row are supported", where,
                                numbers.shape.front()));
    }
    inputs.push_back({FloatConstant(ov::Shape(numbers.shape), numbers.values)});
  }
  return inputs;
}

Result<CallArguments> GraphLowering::GatherArguments(const Frame& frame, const LayerCall& call) {
  CallArguments arguments;
  for (const auto& argument : call.arguments) {
    SIDECAR_ASSIGN_OR_RETURN(
        auto tree, Converted<Value>(argument.tree, [&](const auto& reference) -> Result<Value> {
          SIDECAR_ASSIGN_OR_RETURN(Value value, ValueOf(frame, reference));
          if (value.dtype != DType::kString) return value;
          return Status(StatusCode::kUnimplemented,
                        fmt::format("the call argument {} is strings", argument.name));
        }));
    arguments.list.push_back({argument.name, std::move(tree)});
  }
  return arguments;
}

Result<Values> GraphLowering::RunCall(const Frame& frame, const LayerNode& node,
                                      const LayerCall& call) {
  const LayerObject& layer = *node.layer;
  SIDECAR_ASSIGN_OR_RETURN(Values inputs, GatherInputs(frame, node, call));
  if (layer.class_name == "InputLayer") {
    return Status(StatusCode::kDataLoss,
                  fmt::format("{} is used but is not among the model's inputs", Describe(layer)));
  }
  SIDECAR_ASSIGN_OR_RETURN(CallArguments arguments, GatherArguments(frame, call));
  if (layer.model != nullptr) {
    SIDECAR_RETURN_IF_ERROR(
        TakeMaskArgument(Describe(layer), arguments.Find({"mask", kModelMaskPosition}), inputs));
    return RunNested(layer, call, inputs);
  }
  if (layer.is_operation) return RunOperation(layer, arguments);
  return RunLayer(layer, scopes_.ContextOf(layer), std::move(inputs), std::move(arguments));
}

Result<Values> GraphLowering::RunOperation(const LayerObject& operation,
                                           const CallArguments& arguments) {
  SIDECAR_RETURN_IF_ERROR(CountWork(1));
  LayerContext& context = scopes_.ContextOf(operation);
  const OpEntry& entry = *FindOp(operation);
  try {
    OpCall call(context, arguments, entry.parameters);
    SIDECAR_ASSIGN_OR_RETURN(Values results, entry.function(call));
    SIDECAR_RETURN_IF_ERROR(call.CheckAllUsed());
    for (const Value& result : results) {
      SIDECAR_RETURN_IF_ERROR(CheckShape(context, result.output));
    }
    return results;
  } catch (const std::exception& error) {  // ov::Exception
    std::string shapes;
    for (const auto& argument : arguments.list) {
      ForEachTensor(argument.tree, [&shapes](const Value& value) {
        shapes += (shapes.empty() ? "" : ", ") + ShapeOf(value.output).ToString();
      });
    }
    return context.Fail(
        StatusCode::kFailedPrecondition,
        fmt::format("cannot work on inputs of shape {}: {}", shapes, engine::Explanation(error)));
  }
}

Result<Values> GraphLowering::RunNested(const LayerObject& layer, const LayerCall& call,
                                        const Values& inputs) {
  const ModelDescription& model = *layer.model;
  if (call.keys.empty() || inputs.size() != model.inputs.size()) return RunModel(layer, inputs);
  // A dictionary: by the keys of the model's inputs, or by the names of its InputLayers.
  Values ordered;
  for (const ModelPort& port : model.inputs) {
    const std::string& name =
        port.key.empty() ? model.layers[port.tensor.layer].layer->name : port.key;
    const auto found = std::find(call.keys.begin(), call.keys.end(), name);
    if (found == call.keys.end()) {
      return Status(StatusCode::kFailedPrecondition,
                    fmt::format("{} is called without its input '{}'", Describe(layer), name));
    }
    ordered.push_back(inputs[static_cast<std::size_t>(found - call.keys.begin())]);
  }
  return RunModel(layer, ordered);
}

Result<Values> GraphLowering::RunModel(const LayerObject& layer, const Values& inputs) {
  SIDECAR_RETURN_IF_ERROR(CountWork(1));
  if (inputs.size() == layer.model->inputs.size()) return Run(*layer.model, inputs);
  return Status(StatusCode::kFailedPrecondition,
                fmt::format("{} has {} inputs; is called with {}", Describe(layer),
                            layer.model->inputs.size(), inputs.size()));
}

Value GraphLowering::RunOnHost(const LayerContext& context,
                               std::shared_ptr<const HostFunction> function, const Values& inputs,
                               HostPlan::Slot result) {
  std::vector<std::size_t> slots;
  for (const Value& input : inputs) slots.push_back(input.host->slot);
  const std::size_t slot = plan_.AddStep(std::move(function), std::move(slots), std::move(result),
                                         context.description());
  return ValueOfSlot(slot, plan_, context.description(), parameters_);
}

Result<Values> GraphLowering::RunLayer(const LayerObject& layer, LayerContext& context,
                                       Values inputs, CallArguments arguments) {
  SIDECAR_RETURN_IF_ERROR(CountWork(1 + PartsIn(layer)));
  const LayerEntry* const entry = FindLayer(layer);
  context.Begin(*this, std::move(arguments));
  SIDECAR_RETURN_IF_ERROR(CastInputs(entry, context, inputs));
  try {
    if (entry == nullptr) {  // a class of the program's own, which sets its masks
      SIDECAR_ASSIGN_OR_RETURN(Values outputs,
                               LowerCustomLayer(*FindCustomLayer(layer), context, inputs));
      for (Value& output : outputs) SIDECAR_RETURN_IF_ERROR(Finish(context, output));
      return outputs;
    }
    Values masked = inputs;
    const Argument* mask = context.arguments().Find({"mask", entry->PositionOf("mask")});
    SIDECAR_RETURN_IF_ERROR(TakeMaskArgument(context.description(), mask, masked));
    // keras/src/layers/layer.py `__call__` passes on a mask that came by keyword only.
    const bool by_keyword = context.arguments().Find({"mask"}) != nullptr;
    SIDECAR_ASSIGN_OR_RETURN(Values outputs, entry->function(context, masked));
    for (Value& output : outputs) {
      SIDECAR_RETURN_IF_ERROR(Finish(context, output));
      if (entry->effect == LayerEffect::kComputes) output.host.reset();
    }
    ApplyMaskRule(context, entry->mask, by_keyword ? masked : inputs, outputs);
    SIDECAR_RETURN_IF_ERROR(AddActivityLoss(context, layer, outputs));
    return outputs;
  } catch (const std::exception& error) {  // ov::Exception
    std::string shapes;
    for (const Value& input : inputs) {
      if (input.dtype == DType::kString) continue;
      shapes += fmt::format("{}{}", shapes.empty() ? "" : ", ", ShapeOf(input.output).ToString());
    }
    return context.Fail(
        StatusCode::kFailedPrecondition,
        fmt::format("cannot work on inputs of shape {}: {}", shapes, engine::Explanation(error)));
  }
}

}  // namespace sidecar::model::keras
