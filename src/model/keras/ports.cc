#include "model/keras/ports.h"

#include <fmt/format.h>

#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "base/status_macros.h"
#include "model/keras/config_reader.h"
#include "model/keras/dtype_policy.h"

namespace sidecar::model::keras {

Result<ModelInput> ReadInputLayer(const LayerObject& layer) {
  const ConfigReader config(*layer.config, fmt::format("the layer '{}': config", layer.name));
  const char* key = config.Has("batch_shape") ? "batch_shape" : "batch_input_shape";
  if (!config.Has(key)) return ModelInput{.name = layer.name, .shape = {}, .declared = false};
  SIDECAR_ASSIGN_OR_RETURN(const Shape batch_shape, config.DynamicShape(key));
  if (batch_shape.rank() == 0) return config.Wrong(key, "at least the batch dimension");
  const auto policy = ReadDTypePolicy(config.Find("dtype"));
  if (!policy) return config.Wrong("dtype", "a numeric type");
  return ModelInput{
      .name = layer.name, .dtype = policy->compute, .shape = batch_shape.WithoutFirst()};
}

std::optional<std::int64_t> FixedBatch(const ModelDescription& model) {
  for (const ModelPort& port : model.inputs) {
    const LayerObject& layer = *model.layers[port.tensor.layer].layer;
    const ConfigReader config(*layer.config, layer.name);
    const char* key = config.Has("batch_shape") ? "batch_shape" : "batch_input_shape";
    if (layer.class_name != "InputLayer" || !config.Has(key)) continue;
    const auto shape = config.DynamicShape(key);  // what is wrong with it is said elsewhere
    if (shape.ok() && shape->rank() > 0 && (*shape)[0] > 0) return (*shape)[0];
  }
  return std::nullopt;
}

DType GraphInputType(DType dtype) {
  if (IsFloating(dtype)) return DType::kFloat32;
  const bool wide = dtype == DType::kInt64 || dtype == DType::kUint64 || dtype == DType::kUint32;
  return wide ? DType::kInt64 : DType::kInt32;
}

std::vector<std::string> OutputNames(const ModelDescription& model, KerasVersion rules) {
  std::vector<std::string> names;
  std::set<std::string> used;
  std::map<std::string, int> counts;
  for (const ModelPort& port : model.outputs) {
    const std::string& layer = model.layers[port.tensor.layer].layer->name;
    if (rules == KerasVersion::kKeras3) {
      names.push_back(port.key.empty() ? layer : port.key);
      continue;
    }
    // tf_keras/engine/functional.py `_set_output_names`
    std::string name = layer;
    while (!used.insert(name).second) name = fmt::format("{}_{}", layer, ++counts[layer]);
    names.push_back(name);
  }
  return names;
}

}  // namespace sidecar::model::keras
