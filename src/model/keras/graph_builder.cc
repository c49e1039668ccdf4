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
#include "model/keras/graph_lowering.h"
#include "model/keras/graph_ops.h"
#include "model/keras/layer_scopes.h"
#include "model/keras/layer_table.h"
#include "model/keras/ports.h"

namespace sidecar::model::keras {
namespace {

ov::PartialShape BatchShape(const Shape& sample) {
  ov::PartialShape shape = {ov::Dimension::dynamic()};
  for (const std::int64_t size : sample.sizes()) {
    shape.push_back(size == Shape::kUnknown ? ov::Dimension::dynamic() : ov::Dimension(size));
  }
  return shape;
}

// The parameters of the whole model.
struct Parameters {
  ov::ParameterVector parameters;
  std::vector<ModelInput> inputs;
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

Result<Parameters> MakeParameters(const ModelDescription& model,
                                  const std::vector<ModelInput>& given) {
  SIDECAR_ASSIGN_OR_RETURN(std::vector<ModelInput> inputs, ReadInputs(model));
  Parameters result;
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
    const DType graph_type = GraphInputType(input.dtype);
    auto parameter = std::make_shared<ov::op::v0::Parameter>(GraphElementType(graph_type),
                                                             BatchShape(input.shape));
    parameter->set_friendly_name(input.name);
    result.values.push_back({parameter->output(0), input.dtype});
    result.parameters.push_back(std::move(parameter));
    input.dtype = graph_type;
    result.inputs.push_back(std::move(input));
  }
  return result;
}

// Collects the results of the graph: outputs, then logits, then masks, then checks.
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
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (values[i].mask) model_.outputs[i].mask_result = Add(*values[i].mask);
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
                                                const std::vector<ModelInput>& given) {
  SIDECAR_ASSIGN_OR_RETURN(LayerScopes scopes, LayerScopes::Create(root, rules));
  SIDECAR_ASSIGN_OR_RETURN(Parameters parameters, MakeParameters(*root.model, given));
  GraphLowering lowering(scopes);
  SIDECAR_ASSIGN_OR_RETURN(const Values values, lowering.Run(*root.model, parameters.values));

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
