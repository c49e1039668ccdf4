#include "model/keras/graph_builder.h"

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
#include "model/keras/config_reader.h"
#include "model/keras/graph_ops.h"
#include "model/keras/layer_scopes.h"
#include "model/keras/layer_table.h"
#include "model/keras/ports.h"

namespace sidecar::model::keras {
namespace {

constexpr std::size_t kMostCalls = 20'000;
constexpr std::int64_t kMostElements = std::int64_t{1} << 38;

// What went wrong, from an exception of OpenVINO: its last line that says something.
std::string Explanation(const std::exception& error) {
  const std::string_view text = error.what();
  std::string_view last;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    const std::string_view line = text.substr(begin, end - begin);
    if (!line.empty() && !line.starts_with("Exception from ")) last = line;
    begin = end + 1;
  }
  return std::string(last.substr(0, 300));
}

ov::element::Type ElementType(DType graph_type) {
  if (graph_type == DType::kFloat32) return ov::element::f32;
  return graph_type == DType::kInt64 ? ov::element::i64 : ov::element::i32;
}

ov::PartialShape BatchShape(const Shape& sample) {
  ov::PartialShape shape = {ov::Dimension::dynamic()};
  for (const std::int64_t size : sample.sizes()) {
    shape.push_back(size == Shape::kUnknown ? ov::Dimension::dynamic() : ov::Dimension(size));
  }
  return shape;
}

// Lowers models into one graph, nested ones in place.
class GraphBuilder {
 public:
  explicit GraphBuilder(LayerScopes& scopes) : scopes_(scopes) {}

  // The values of the model's outputs for these inputs, which are in the order of `model.inputs`.
  Result<Values> Run(const ModelDescription& model, const Values& inputs);

 private:
  enum class State : std::uint8_t { kNew, kOpen, kDone };
  struct Call {
    State state = State::kNew;
    Values values;
  };
  // One model call in progress.
  struct Frame {
    const ModelDescription& model;
    std::vector<std::vector<Call>> calls;  // as in the description
  };

  Status Compute(Frame& frame, const TensorReference& wanted);
  Result<Values> GatherInputs(const Frame& frame, const LayerNode& node, const LayerCall& call);
  Result<Values> RunCall(const LayerNode& node, const LayerCall& call, Values inputs);
  Result<Values> RunNested(const LayerObject& layer, const LayerCall& call, const Values& inputs);
  Result<Values> RunLayer(const LayerObject& layer, Values inputs);

  LayerScopes& scopes_;
  std::size_t work_ = 0;  // calls so far
};

std::string Describe(const LayerObject& layer) {
  return fmt::format("the layer '{}' ({})", layer.name, layer.class_name);
}

Result<Value> OutputOf(const LayerNode& node, const Values& values, std::size_t output) {
  if (output < values.size()) return values[output];
  return Status(StatusCode::kDataLoss, fmt::format("output {} of {} is used; it has {}", output,
                                                   Describe(*node.layer), values.size()));
}

// The value as an InputLayer of a nested model hands it on: converted to its type.
Value Enter(const Value& value, DType dtype) {
  if (value.dtype == dtype) return value;
  Value result{value.output, dtype, value.mask};
  const ov::element::Type type = ElementType(GraphInputType(dtype));
  if (value.output.get_element_type() != type) {
    result.output = std::make_shared<ov::op::v0::Convert>(value.output, type);
  }
  return result;
}

Result<Values> GraphBuilder::Run(const ModelDescription& model, const Values& inputs) {
  work_ += model.layers.size();
  if (work_ > kMostCalls) {
    return Status(StatusCode::kFailedPrecondition,
                  fmt::format("the graph has more than {} layer calls", kMostCalls));
  }
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
    const auto policy = ReadDTypePolicy(ConfigReader(*layer.config, Describe(layer)).Find("dtype"));
    frame.calls[port.layer][port.call] = {
        State::kDone, {Enter(inputs[i], policy ? policy->compute : inputs[i].dtype)}};
  }
  Values outputs;
  for (const ModelPort& port : model.outputs) {
    SIDECAR_RETURN_IF_ERROR(Compute(frame, port.tensor));
    SIDECAR_ASSIGN_OR_RETURN(
        Value value,
        OutputOf(model.layers[port.tensor.layer],
                 frame.calls[port.tensor.layer][port.tensor.call].values, port.tensor.output));
    outputs.push_back(std::move(value));
  }
  return outputs;
}

// Depth first with a stack of its own: a hostile chain of layers must not use up the thread's.
Status GraphBuilder::Compute(Frame& frame, const TensorReference& wanted) {
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
      SIDECAR_ASSIGN_OR_RETURN(Values inputs, GatherInputs(frame, node, described));
      SIDECAR_ASSIGN_OR_RETURN(call.values, RunCall(node, described, std::move(inputs)));
      call.state = State::kDone;
      stack.pop_back();
      continue;
    }
    call.state = State::kOpen;
    for (const CallInput& input : described.inputs) {
      const auto* reference = std::get_if<TensorReference>(&input);
      if (reference == nullptr) continue;
      const State state = frame.calls[reference->layer][reference->call].state;
      if (state == State::kOpen) {
        return {StatusCode::kDataLoss,
                fmt::format("{} depends on its own output",
                            Describe(*frame.model.layers[reference->layer].layer))};
      }
      if (state == State::kNew) stack.push_back(*reference);
    }
  }
  return Status();
}

Result<Values> GraphBuilder::GatherInputs(const Frame& frame, const LayerNode& node,
                                          const LayerCall& call) {
  Values inputs;
  for (const CallInput& input : call.inputs) {
    if (const auto* reference = std::get_if<TensorReference>(&input)) {
      SIDECAR_ASSIGN_OR_RETURN(
          Value value,
          OutputOf(frame.model.layers[reference->layer],
                   frame.calls[reference->layer][reference->call].values, reference->output));
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

Result<Values> GraphBuilder::RunCall(const LayerNode& node, const LayerCall& call, Values inputs) {
  const LayerObject& layer = *node.layer;
  if (++work_ > kMostCalls) {
    return Status(StatusCode::kFailedPrecondition,
                  fmt::format("the graph has more than {} layer calls", kMostCalls));
  }
  if (layer.class_name == "InputLayer") {
    return Status(StatusCode::kDataLoss,
                  fmt::format("{} is used but is not among the model's inputs", Describe(layer)));
  }
  if (layer.model != nullptr) return RunNested(layer, call, inputs);
  return RunLayer(layer, std::move(inputs));
}

Result<Values> GraphBuilder::RunNested(const LayerObject& layer, const LayerCall& call,
                                       const Values& inputs) {
  const ModelDescription& model = *layer.model;
  if (inputs.size() != model.inputs.size()) {
    return Status(StatusCode::kFailedPrecondition,
                  fmt::format("{} has {} inputs; is called with {}", Describe(layer),
                              model.inputs.size(), inputs.size()));
  }
  if (call.keys.empty()) return Run(model, inputs);
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
  return Run(model, ordered);
}

// Checks what a layer made, and gives it the type its policy computes in.
Status Finish(const LayerContext& context, Value& value) {
  const ov::PartialShape& shape = value.output.get_partial_shape();
  if (shape.rank().is_dynamic() || shape.size() == 0 || shape[0].is_static()) {
    return context.Fail(StatusCode::kFailedPrecondition,
                        "its output does not have the batch as its first dimension");
  }
  std::int64_t elements = 1;
  for (std::int64_t axis = 1; axis < RankOf(value.output); ++axis) {
    const std::int64_t size = std::max<std::int64_t>(SizeOf(value.output, axis), 1);
    if (size > kMostElements / elements) {
      return context.Fail(
          StatusCode::kFailedPrecondition,
          fmt::format("its output would have the shape {}", ShapeOf(value.output).ToString()));
    }
    elements *= size;
  }
  if (IsFloat(value.output)) {
    value.dtype = context.policy().compute;
  } else if (IsFloating(value.dtype)) {
    value.dtype =
        value.output.get_element_type() == ov::element::i64 ? DType::kInt64 : DType::kInt32;
  }
  return Status();
}

Result<Values> GraphBuilder::RunLayer(const LayerObject& layer, Values inputs) {
  LayerContext& context = scopes_.ContextOf(layer);
  const DType compute = context.policy().compute;
  for (Value& input : inputs) {
    // Keras casts floating inputs to what the layer computes in; the result is another tensor, so
    // the logits are lost.
    if (IsFloating(input.dtype) && input.dtype != compute) {
      input = Value{input.output, compute, input.mask};
    }
  }
  try {
    SIDECAR_ASSIGN_OR_RETURN(Values outputs, FindLayer(layer)->function(context, inputs));
    for (Value& output : outputs) SIDECAR_RETURN_IF_ERROR(Finish(context, output));
    return outputs;
  } catch (const std::exception& error) {  // ov::Exception
    std::string shapes;
    for (const Value& input : inputs) {
      shapes += fmt::format("{}{}", shapes.empty() ? "" : ", ", ShapeOf(input.output).ToString());
    }
    return context.Fail(
        StatusCode::kFailedPrecondition,
        fmt::format("cannot work on inputs of shape {}: {}", shapes, Explanation(error)));
  }
}

// The parameters of the whole model.
struct Parameters {
  ov::ParameterVector parameters;
  std::vector<ModelInput> inputs;
  Values values;
};

Result<Parameters> MakeParameters(const ModelDescription& model) {
  Parameters result;
  for (const ModelPort& port : model.inputs) {
    const LayerObject& layer = *model.layers[port.tensor.layer].layer;
    if (layer.class_name != "InputLayer") {
      return Status(
          StatusCode::kUnimplemented,
          fmt::format("{} is a model input; only an InputLayer can be one", Describe(layer)));
    }
    SIDECAR_ASSIGN_OR_RETURN(ModelInput input, ReadInputLayer(layer));
    const DType graph_type = GraphInputType(input.dtype);
    auto parameter =
        std::make_shared<ov::op::v0::Parameter>(ElementType(graph_type), BatchShape(input.shape));
    parameter->set_friendly_name(input.name);
    result.values.push_back({parameter->output(0), input.dtype});
    result.parameters.push_back(std::move(parameter));
    input.dtype = graph_type;
    result.inputs.push_back(std::move(input));
  }
  return result;
}

// Collects the results of the graph: outputs, then logits, then checks.
class ResultCollector {
 public:
  explicit ResultCollector(LoadedModel& model) : model_(model) {}

  void AddOutputs(const Values& values, const std::vector<std::string>& names) {
    for (std::size_t i = 0; i < values.size(); ++i) {
      ModelOutput output;
      output.name = names[i];
      output.dtype = IsFloat(values[i].output) ? DType::kFloat32 : values[i].dtype;
      output.keras_dtype = values[i].dtype;
      output.shape = ShapeOf(values[i].output).WithoutFirst();
      output.result = Add(values[i].output);
      model_.outputs.push_back(std::move(output));
    }
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (values[i].logits) model_.outputs[i].logits_result = Add(*values[i].logits);
    }
  }

  void AddChecks(const LayerContext& context) {
    for (const LayerContext::Check& check : context.checks()) {
      model_.checks.push_back({Add(check.violations), check.message});
    }
  }

  [[nodiscard]] const ov::ResultVector& results() const { return results_; }

 private:
  std::size_t Add(const GraphOutput& value) {
    results_.push_back(std::make_shared<ov::op::v0::Result>(value));
    return results_.size() - 1;
  }

  LoadedModel& model_;
  ov::ResultVector results_;
};

}  // namespace

Result<std::shared_ptr<LoadedModel>> BuildModel(const LayerObject& root, KerasVersion rules) {
  SIDECAR_ASSIGN_OR_RETURN(LayerScopes scopes, LayerScopes::Create(root, rules));
  SIDECAR_ASSIGN_OR_RETURN(Parameters parameters, MakeParameters(*root.model));
  GraphBuilder builder(scopes);
  SIDECAR_ASSIGN_OR_RETURN(const Values values, builder.Run(*root.model, parameters.values));

  auto model = std::make_shared<LoadedModel>();
  model->name = root.name;
  model->keras_version = rules;
  model->inputs = std::move(parameters.inputs);
  model->layers = scopes.ClassCounts();
  model->variables = scopes.NameVariables();
  ResultCollector collector(*model);
  collector.AddOutputs(values, OutputNames(*root.model, rules));
  for (const LayerContext* context : scopes.contexts()) {
    collector.AddChecks(*context);
    model->rows_independent = model->rows_independent && !context->mixes_rows();
  }
  try {
    model->graph =
        std::make_shared<ov::Model>(collector.results(), parameters.parameters, root.name);
  } catch (const std::exception& error) {
    return Status(StatusCode::kInternal,
                  fmt::format("the graph of '{}': {}", root.name, Explanation(error)));
  }
  return model;
}

}  // namespace sidecar::model::keras
