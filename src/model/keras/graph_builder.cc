#include "model/keras/graph_builder.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <openvino/core/graph_util.hpp>
#include <openvino/core/model.hpp>
#include <openvino/op/convert.hpp>
#include <openvino/op/parameter.hpp>
#include <openvino/op/result.hpp>
#include <optional>
#include <set>
#include <string_view>
#include <utility>

#include "base/status_macros.h"
#include "engine/openvino_error.h"
#include "model/keras/config_reader.h"
#include "model/keras/graph_lowering.h"
#include "model/keras/graph_ops.h"
#include "model/keras/layer_scopes.h"
#include "model/keras/layer_table.h"
#include "model/keras/ports.h"

namespace sidecar::model::keras {
namespace {

// The inputs of the whole model.
struct Inputs {
  HostParameters parameters;  // for these and all other slots of the plan
  std::vector<ModelInput> inputs;
  HostPlan plan;
  Values values;
};

Result<std::vector<ModelInput>> ReadInputs(const ModelDescription& model) {
  std::vector<ModelInput> inputs;
  for (const ModelPort& port : model.inputs) {
    const LayerObject& layer = *model.layers[port.tensor.layer].layer;
    if (layer.class_name != "InputLayer") {
      return Status(
          StatusCode::kUnimplemented,
          fmt::format("{} is a model input; only an InputLayer can be one", Describe(layer)));
    }
    SIDECAR_ASSIGN_OR_RETURN(ModelInput input, ReadInputLayer(layer));
    inputs.push_back(std::move(input));
  }
  return inputs;
}

Result<Inputs> MakeInputs(const ModelDescription& model, const std::vector<ModelInput>& given) {
  SIDECAR_ASSIGN_OR_RETURN(std::vector<ModelInput> inputs, ReadInputs(model));
  Inputs result;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    ModelInput input = std::move(inputs[i]);
    if (i < given.size()) {
      input.shape = given[i].shape;
      if (!input.declared) input.dtype = given[i].dtype;
    } else if (!input.declared) {
      return Status(StatusCode::kFailedPrecondition,
                    fmt::format("the shape of the input '{}' is not known: save the model after it "
                                "was built or give it an Input",
                                input.name));
    }
    const std::size_t slot = result.plan.AddInput({input.dtype, input.shape});
    result.values.push_back(ValueOfSlot(slot, result.plan, input.name, result.parameters));
    if (input.dtype != DType::kString) input.dtype = GraphInputType(input.dtype);
    result.inputs.push_back(std::move(input));
  }
  return result;
}

// The parameters that the graph reads; all inputs that it could where it reads none.
ov::ParameterVector UsedParameters(const ov::ResultVector& results, Inputs& inputs) {
  const auto nodes = ov::topological_sort(ov::NodeVector(results.begin(), results.end()));
  const std::set<std::shared_ptr<ov::Node>> used(nodes.begin(), nodes.end());
  ov::ParameterVector parameters;
  std::vector<std::size_t> slots;
  for (std::size_t slot = 0; slot < inputs.parameters.size(); ++slot) {
    const auto& parameter = inputs.parameters[slot];
    if (parameter == nullptr || used.count(parameter) == 0) continue;
    parameters.push_back(parameter);
    slots.push_back(slot);
  }
  inputs.plan.SetParameters(std::move(slots));
  return parameters;
}

// Collects the results of the graph: outputs, then logits, then masks, then each layer's checks,
// losses and metrics.
class ResultCollector {
 public:
  explicit ResultCollector(LoadedModel& model) : model_(model) {}

  void AddOutputs(const Values& values, const std::vector<std::string>& names) {
    for (std::size_t i = 0; i < values.size(); ++i) {
      ModelOutput output;
      output.name = names[i];
      output.dtype = IsFloat(values[i].output) ? DType::kFloat32 : GraphInputType(values[i].dtype);
      output.keras_dtype = values[i].dtype;
      output.shape = ShapeOf(values[i].output).WithoutFirst();
      output.result = Add(AsResult(values[i].output, output.dtype));
      model_.outputs.push_back(std::move(output));
    }
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (values[i].logits) model_.outputs[i].logits_result = Add(*values[i].logits);
    }
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (values[i].mask) model_.outputs[i].mask_result = Add(*values[i].mask);
    }
  }

  void AddChecks(const LayerContext& context) {
    for (const LayerContext::Check& check : context.checks()) {
      model_.checks.push_back({Add(check.violations), check.message});
    }
  }

  // What batches leave of the states.
  Status AddStates(const std::vector<NamedState>& states) {
    for (const NamedState& state : states) {
      model_.states.push_back({state.state->shape, Add(state.state->now), state.request});
      const ModelState& first = model_.states.front();
      if (first.shape[0] == state.state->shape[0]) continue;
      return {StatusCode::kFailedPrecondition,
              fmt::format("{} is for batches of {} samples, {} for batches of {}: the inputs of "
                          "nested models say different sizes",
                          first.request.name, first.shape[0], state.request.name,
                          state.state->shape[0])};
    }
    return Status();
  }

  // Results are f32, i32 or i64.
  static GraphOutput AsResult(const GraphOutput& value, DType dtype) {
    const ov::element::Type type = GraphElementType(dtype);
    if (value.get_element_type() == type) return value;
    return std::make_shared<ov::op::v0::Convert>(value, type);
  }

  void AddTerms(const LayerContext& context) {
    for (const LayerContext::AddedLoss& term : context.loss_terms()) {
      model_.loss_terms.push_back({Add(term.value), term.kind});
    }
    for (const LayerContext::AddedMetric& term : context.metric_terms()) {
      model_.metric_terms.push_back({term.name, Add(term.value), term.kind});
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

// Layers may make strings, and operations values without the batch; a model's outputs are neither.
Status CheckOutputs(const ModelDescription& model, const Values& values) {
  for (std::size_t i = 0; i < values.size(); ++i) {
    const LayerObject& layer = *model.layers[model.outputs[i].tensor.layer].layer;
    if (values[i].dtype == DType::kString) {
      return {StatusCode::kUnimplemented,
              fmt::format("{}, an output of the model, gives strings; no loss takes them",
                          Describe(layer))};
    }
    const GraphOutput& output = values[i].output;
    if (RankOf(output) > 0 && SizeOf(output, 0) == Shape::kUnknown) continue;
    return {StatusCode::kFailedPrecondition,
            fmt::format("{}, an output of the model, has the shape {}: the batch must be its first "
                        "dimension",
                        Describe(layer), ShapeOf(output).ToString())};
  }
  return Status();
}

}  // namespace

Result<std::shared_ptr<LoadedModel>> DescribeModel(const LayerObject& root, KerasVersion rules) {
  SIDECAR_ASSIGN_OR_RETURN(const LayerScopes scopes, LayerScopes::Create(root, rules));
  auto model = std::make_shared<LoadedModel>();
  model->name = root.name;
  model->keras_version = rules;
  SIDECAR_ASSIGN_OR_RETURN(model->inputs, ReadInputs(*root.model));
  model->layers = scopes.ClassCounts();
  for (std::string& name : OutputNames(*root.model, rules)) {
    ModelOutput output;
    output.name = std::move(name);
    model->outputs.push_back(std::move(output));
  }
  return model;
}

Result<std::shared_ptr<LoadedModel>> BuildModel(const LayerObject& root, KerasVersion rules,
                                                const std::vector<ModelInput>& given,
                                                const AssetReader& read_asset) {
  SIDECAR_ASSIGN_OR_RETURN(LayerScopes scopes, LayerScopes::Create(root, rules, read_asset));
  SIDECAR_ASSIGN_OR_RETURN(Inputs inputs, MakeInputs(*root.model, given));
  GraphLowering lowering(scopes, inputs.plan, inputs.parameters);
  SIDECAR_ASSIGN_OR_RETURN(const Values values, lowering.Run(*root.model, inputs.values));
  SIDECAR_RETURN_IF_ERROR(CheckOutputs(*root.model, values));

  auto model = std::make_shared<LoadedModel>();
  model->name = root.name;
  model->keras_version = rules;
  model->layers = scopes.ClassCounts();
  LayerScopes::Names names = scopes.NameVariables();
  model->variables = std::move(names.variables);
  ResultCollector collector(*model);
  collector.AddOutputs(values, OutputNames(*root.model, rules));
  for (const LayerContext* context : scopes.contexts()) {
    collector.AddChecks(*context);
    collector.AddTerms(*context);
    model->rows_independent = model->rows_independent && !context->mixes_rows();
  }
  SIDECAR_RETURN_IF_ERROR(collector.AddStates(names.states));
  try {
    ov::ParameterVector parameters = UsedParameters(collector.results(), inputs);
    for (const NamedState& state : names.states) parameters.push_back(state.state->parameter);
    model->graph = std::make_shared<ov::Model>(collector.results(), parameters, root.name);
  } catch (const std::exception& error) {
    return Status(StatusCode::kInternal,
                  fmt::format("the graph of '{}': {}", root.name, engine::Explanation(error)));
  }
  model->inputs = std::move(inputs.inputs);
  model->host = std::move(inputs.plan);
  return model;
}

}  // namespace sidecar::model::keras
