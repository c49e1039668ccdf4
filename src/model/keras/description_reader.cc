#include "model/keras/description_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <unordered_map>
#include <utility>

#include "base/status_macros.h"
#include "model/keras/config_reader.h"
#include "model/keras/json_text.h"
#include "model/keras/layer_table.h"
#include "model/keras/node_reader.h"
#include "model/keras/ops/op_table.h"
#include "model/keras/sequential_input.h"
#include "model/keras/tensorflow_op.h"

namespace sidecar::model::keras {
namespace {

using nlohmann::json;

// Real models stay far below. Together these bound what names and paths can add up to.
constexpr std::size_t kMostLayersAndCalls = 50'000;
constexpr std::size_t kMostNestedModels = 20;
constexpr std::size_t kMostNameBytes = 300;

// The calls of a Functional model's layers before names are resolved.
struct UnresolvedLayer {
  std::vector<NamedCall> calls;
  std::int64_t lowest_node = std::numeric_limits<std::int64_t>::max();  // of all references to it
};

class DescriptionReader {
 public:
  Result<std::shared_ptr<LayerObject>> ReadLayer(const json& value, const std::string& path);

 private:
  Status ReadModel(const json& object, LayerObject& layer, const std::string& path);
  Status ReadParts(LayerObject& layer, const std::string& path);
  Status ReadSequential(const json& object, const json& layers, ModelDescription& model,
                        const std::string& path);
  Status ReadFunctional(const json& layers, const ConfigReader& config, ModelDescription& model);
  Status ReadCalls(const json& value, const std::string& path, const LayerObject& layer,
                   UnresolvedLayer& out, ModelDescription& model);
  Status Count(const std::string& path);

  std::size_t count_ = 0;  // layers and calls so far
  std::size_t depth_ = 0;  // models that the current one is in
  std::map<std::int64_t, std::shared_ptr<LayerObject>> shared_;  // by shared_object_id
};

// The name of a layer: beside its config, in it, or else its class.
std::string NameOf(const json& object, const LayerObject& layer) {
  std::string name = TextMember(object, "name");
  if (name.empty()) name = TextMember(*layer.config, "name");
  return name.empty() ? layer.class_name : name;
}

// One call of a layer: an item of its inbound_nodes.
Result<NamedCall> ReadNode(const json& node, const std::string& path, const LayerObject& layer) {
  if (!layer.is_operation) return keras::ReadCall(node, path);
  // Only Keras's own TensorFlowOpLayer was read as one; a class of the user's may have its name.
  if (layer.made_up_config == nullptr) return ReadOperationCall(node, path);
  return ReadTensorFlowOpCall(node, *layer.made_up_config, path);
}

// The list of layers in a model's config; null where there is none.
const json* LayersOf(const json& config) {
  if (config.is_array()) return &config;  // Sequential in the oldest files
  const json* layers = ConfigReader(config, "").Find("layers");
  return layers != nullptr && layers->is_array() ? layers : nullptr;
}

bool IsModelClass(const std::string& class_name) {
  return class_name == "Sequential" || class_name == "Functional" || class_name == "Model";
}

Status DescriptionReader::Count(const std::string& path) {
  if (++count_ <= kMostLayersAndCalls) return Status();
  return {StatusCode::kDataLoss, fmt::format("{}: the model has more than {} layers and calls",
                                             path, kMostLayersAndCalls)};
}

Result<std::shared_ptr<LayerObject>> DescriptionReader::ReadLayer(const json& value,
                                                                  const std::string& path) {
  SIDECAR_RETURN_IF_ERROR(Count(path));
  const ConfigReader reader(value, path);
  if (!value.is_object()) {
    return Status(StatusCode::kDataLoss,
                  fmt::format("{} is {}; a layer object is allowed", path, Excerpt(value)));
  }
  const json* id = reader.Find("shared_object_id");
  if (id != nullptr && id->is_number_integer()) {
    const auto known = shared_.find(id->get<std::int64_t>());
    if (known != shared_.end()) return known->second;
  }
  auto layer = std::make_shared<LayerObject>();
  SIDECAR_ASSIGN_OR_RETURN(layer->class_name, reader.String("class_name"));
  layer->config = reader.Find("config");
  if (layer->config == nullptr || !(layer->config->is_object() || layer->config->is_array())) {
    return reader.Wrong("config", "an object");
  }
  layer->name = NameOf(value, *layer);
  layer->module = TextMember(value, "module");
  layer->registered_name = TextMember(value, "registered_name");
  if (layer->class_name == "TensorFlowOpLayer" && IsKerasOwn(*layer)) {
    SIDECAR_ASSIGN_OR_RETURN(json op, ReadTensorFlowOp(*layer->config, path + ".config"));
    layer->made_up_config = std::make_shared<const json>(std::move(op));
    layer->config = layer->made_up_config.get();
  }
  layer->is_operation = IsOperation(*layer);
  if (std::max({layer->name.size(), layer->class_name.size(), layer->module.size()}) >
      kMostNameBytes) {
    return Status(
        StatusCode::kDataLoss,
        fmt::format("{}: its name, class or module has more than {} bytes", path, kMostNameBytes));
  }
  if (IsModelClass(layer->class_name) && LayersOf(*layer->config) != nullptr) {
    SIDECAR_RETURN_IF_ERROR(ReadModel(value, *layer, path));
  } else if (!layer->config->is_object()) {
    return reader.Wrong("config", "an object");
  } else {
    SIDECAR_RETURN_IF_ERROR(ReadParts(*layer, path + ".config"));
  }
  if (id != nullptr && id->is_number_integer()) shared_[id->get<std::int64_t>()] = layer;
  return layer;
}

// Whether a member of a config is a layer; activation functions have the name of one instead.
bool IsLayerObject(const json& value) {
  return value.is_object() && value.contains("class_name") && value.contains("config") &&
         value["config"].is_object() && TextMember(value, "class_name") != "__lambda__";
}

// The layers that wrappers and recurrent layers have in their config, and activations that are
// layers.
Status DescriptionReader::ReadParts(LayerObject& layer, const std::string& path) {
  if (depth_ >= kMostNestedModels) {
    return {StatusCode::kDataLoss,
            fmt::format("{}: layers are nested deeper than {} levels", path, kMostNestedModels)};
  }
  ++depth_;
  for (const char* key : {"layer", "backward_layer", "cell", "cells", "layers", "activation",
                          "recurrent_activation"}) {
    const json* member = ConfigReader(*layer.config, path).Find(key);
    if (member == nullptr) continue;
    const bool is_list = member->is_array();
    for (std::size_t i = 0; i < (is_list ? member->size() : 1); ++i) {
      const json& item = is_list ? (*member)[i] : *member;
      if (!IsLayerObject(item)) continue;
      std::string item_path =
          is_list ? fmt::format("{}.{}[{}]", path, key, i) : fmt::format("{}.{}", path, key);
      SIDECAR_ASSIGN_OR_RETURN(auto part, ReadLayer(item, item_path));
      layer.parts.push_back({key, std::move(part)});
    }
  }
  --depth_;
  return Status();
}

Status DescriptionReader::ReadModel(const json& object, LayerObject& layer,
                                    const std::string& path) {
  if (depth_ >= kMostNestedModels) {
    return {StatusCode::kDataLoss,
            fmt::format("{}: models are nested deeper than {} levels", path, kMostNestedModels)};
  }
  ++depth_;
  layer.model = std::make_unique<ModelDescription>();
  ModelDescription& model = *layer.model;
  const json& layers = *LayersOf(*layer.config);
  model.sequential = layer.class_name == "Sequential";
  Status status =
      model.sequential
          ? ReadSequential(object, layers, model, path + ".config")
          : ReadFunctional(layers, ConfigReader(*layer.config, path + ".config"), model);
  --depth_;
  for (const LayerNode& node : model.layers) {
    if (!node.layer->path.empty()) continue;  // shared with a model before
    node.layer->path =
        model.sequential ? fmt::format("{}/{}", layer.name, node.layer->name) : node.layer->name;
  }
  return status;
}

Status DescriptionReader::ReadSequential(const json& object, const json& layers,
                                         ModelDescription& model, const std::string& path) {
  if (layers.empty()) {
    return {StatusCode::kDataLoss, fmt::format("{}.layers is empty; a model needs a layer", path)};
  }
  for (std::size_t i = 0; i < layers.size(); ++i) {
    SIDECAR_ASSIGN_OR_RETURN(auto layer,
                             ReadLayer(layers[i], fmt::format("{}.layers[{}]", path, i)));
    const bool is_input = layer->class_name == "InputLayer";
    if (is_input && i > 0) {
      return {StatusCode::kDataLoss, fmt::format("{}.layers[{}] is an InputLayer; only the first "
                                                 "layer of a Sequential model can be one",
                                                 path, i)};
    }
    if (i == 0 && !is_input) {
      model.layers.push_back({MakeUpInput(object, *layer), {LayerCall{}}});
    }
    LayerCall call;
    if (!is_input) call.inputs.emplace_back(TensorReference{model.layers.size() - 1, 0, 0});
    model.layers.push_back({std::move(layer), {std::move(call)}});
  }
  model.inputs.push_back({TensorReference{0, 0, 0}, ""});
  model.outputs.push_back({TensorReference{model.layers.size() - 1, 0, 0}, ""});
  return Status();
}

Status DescriptionReader::ReadCalls(const json& value, const std::string& path,
                                    const LayerObject& layer, UnresolvedLayer& out,
                                    ModelDescription& model) {
  if (layer.class_name == "InputLayer") {
    out.calls.emplace_back();
    return Status();
  }
  const ConfigReader reader(value, path);
  const json* nodes = reader.Find("inbound_nodes");
  if (nodes == nullptr || !nodes->is_array()) return reader.Wrong("inbound_nodes", "a list");
  for (std::size_t i = 0; i < nodes->size(); ++i) {
    SIDECAR_RETURN_IF_ERROR(Count(path));
    const std::string node_path = fmt::format("{}.inbound_nodes[{}]", path, i);
    SIDECAR_ASSIGN_OR_RETURN(auto call, ReadNode((*nodes)[i], node_path, layer));
    if ((*nodes)[i].is_object() && (*nodes)[i].contains("args")) model.form = JsonForm::kKeras3;
    out.calls.push_back(std::move(call));
  }
  return Status();
}

// Turns names and Keras's node numbers into positions.
class Resolver {
 public:
  Resolver(ModelDescription& model, std::vector<UnresolvedLayer>& unresolved)
      : model_(model), unresolved_(unresolved) {}

  Status AddName(std::size_t layer, const std::string& path) {
    const std::string& name = model_.layers[layer].layer->name;
    if (positions_.emplace(name, layer).second) return Status();
    return {StatusCode::kDataLoss, fmt::format("{}: two layers are called '{}'", path, name)};
  }

  // Must have seen every reference before the first Resolve().
  void Note(const NamedReference& reference) {
    const auto found = positions_.find(reference.layer);
    if (found == positions_.end()) return;
    std::int64_t& lowest = unresolved_[found->second].lowest_node;
    lowest = std::min(lowest, reference.node);
  }
  void Note(const NamedInput& input) {
    if (const auto* reference = std::get_if<NamedReference>(&input.value)) Note(*reference);
  }

  Result<TensorReference> Resolve(const NamedReference& reference, bool is_port,
                                  const std::string& path) const {
    const auto found = positions_.find(reference.layer);
    if (found == positions_.end()) {
      return Status(StatusCode::kDataLoss,
                    fmt::format("{} names the layer '{}', which the model does not have", path,
                                reference.layer));
    }
    const std::int64_t call = reference.node - FirstNode(found->second, reference, is_port);
    const auto calls = static_cast<std::int64_t>(unresolved_[found->second].calls.size());
    if (call < 0 || call >= calls) {
      return Status(StatusCode::kDataLoss,
                    fmt::format("{} names node {} of the layer '{}', which has {} of them", path,
                                reference.node, reference.layer, calls));
    }
    return TensorReference{found->second, static_cast<std::size_t>(call),
                           static_cast<std::size_t>(reference.output)};
  }

 private:
  // Keras 2 numbers the calls of a model that had an input of its own from 1; Keras 3 counts from 0
  // except that it writes Functional models into input_layers and output_layers from 1.
  [[nodiscard]] std::int64_t FirstNode(std::size_t layer, const NamedReference& reference,
                                       bool is_port) const {
    const LayerObject& object = *model_.layers[layer].layer;
    if (model_.form == JsonForm::kKeras2) {
      // A class that is not known, to be refused by its name, may be a model too.
      const bool may_be_model = object.model != nullptr || FindLayer(object) == nullptr;
      return may_be_model && unresolved_[layer].lowest_node >= 1 ? 1 : 0;
    }
    if (object.model == nullptr) return 0;
    return is_port && !object.model->sequential && reference.node > 0 ? 1 : 0;
  }

  ModelDescription& model_;
  std::vector<UnresolvedLayer>& unresolved_;
  std::unordered_map<std::string, std::size_t> positions_;
};

Result<LayerCall> ResolveCall(const NamedCall& named, const Resolver& resolver,
                              const std::string& path) {
  LayerCall call;
  call.unsupported_argument = named.unsupported_argument;
  const auto resolve = [&](const NamedReference& reference) {
    return resolver.Resolve(reference, false, path);
  };
  for (const auto& argument : named.arguments) {
    SIDECAR_ASSIGN_OR_RETURN(auto tree, Converted<TensorReference>(argument.tree, resolve));
    call.arguments.push_back({argument.name, std::move(tree)});
  }
  bool has_keys = false;
  for (const NamedInput& input : named.inputs) {
    if (const auto* constant = std::get_if<const json*>(&input.value)) {
      call.inputs.emplace_back(*constant);
    } else {
      SIDECAR_ASSIGN_OR_RETURN(
          const TensorReference reference,
          resolver.Resolve(std::get<NamedReference>(input.value), false, path));
      call.inputs.emplace_back(reference);
    }
    call.keys.push_back(input.key);
    has_keys = has_keys || !input.key.empty();
  }
  if (!has_keys) call.keys.clear();
  return call;
}

Status ResolvePorts(const std::vector<NamedInput>& named, const Resolver& resolver,
                    const std::string& path, std::vector<ModelPort>& out) {
  for (const NamedInput& port : named) {
    SIDECAR_ASSIGN_OR_RETURN(const TensorReference reference,
                             resolver.Resolve(std::get<NamedReference>(port.value), true, path));
    out.push_back({reference, port.key});
  }
  if (!out.empty()) return Status();
  return {StatusCode::kDataLoss, fmt::format("{} is empty; a model needs at least one", path)};
}

Status DescriptionReader::ReadFunctional(const json& layers, const ConfigReader& config,
                                         ModelDescription& model) {
  std::vector<UnresolvedLayer> unresolved(layers.size());
  Resolver resolver(model, unresolved);
  const auto path_of = [&config](std::size_t i) {
    return fmt::format("{}.layers[{}]", config.path(), i);
  };
  for (std::size_t i = 0; i < layers.size(); ++i) {
    SIDECAR_ASSIGN_OR_RETURN(auto layer, ReadLayer(layers[i], path_of(i)));
    SIDECAR_RETURN_IF_ERROR(ReadCalls(layers[i], path_of(i), *layer, unresolved[i], model));
    model.layers.push_back({std::move(layer), {}});
    SIDECAR_RETURN_IF_ERROR(resolver.AddName(i, path_of(i)));
  }
  std::array<std::vector<NamedInput>, 2> ports;
  const std::array<std::string, 2> keys = {"input_layers", "output_layers"};
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (!config.Has(keys[i])) return config.Wrong(keys[i], "a list of [layer, node, tensor]");
    SIDECAR_ASSIGN_OR_RETURN(ports[i], ReadPorts(*config.Find(keys[i]), config.PathOf(keys[i])));
    for (const NamedInput& port : ports[i]) resolver.Note(port);
  }
  for (const UnresolvedLayer& layer : unresolved) {
    for (const NamedCall& call : layer.calls) {
      for (const NamedInput& input : call.inputs) resolver.Note(input);
      for (const auto& argument : call.arguments) {
        ForEachTensor(argument.tree,
                      [&](const NamedReference& reference) { resolver.Note(reference); });
      }
    }
  }
  for (std::size_t i = 0; i < layers.size(); ++i) {
    for (const NamedCall& named : unresolved[i].calls) {
      SIDECAR_ASSIGN_OR_RETURN(
          LayerCall call,
          ResolveCall(named, resolver, fmt::format("the layer '{}'", model.layers[i].layer->name)));
      model.layers[i].calls.push_back(std::move(call));
    }
  }
  SIDECAR_RETURN_IF_ERROR(ResolvePorts(ports[0], resolver, config.PathOf(keys[0]), model.inputs));
  return ResolvePorts(ports[1], resolver, config.PathOf(keys[1]), model.outputs);
}

}  // namespace

Result<std::shared_ptr<LayerObject>> ReadDescription(const json& document) {
  DescriptionReader reader;
  SIDECAR_ASSIGN_OR_RETURN(auto model, reader.ReadLayer(document, "model"));
  if (model->model == nullptr) {
    return Status(StatusCode::kUnimplemented,
                  fmt::format("the model '{}' is a {}, which is not a Sequential or Functional "
                              "model with its layers in the config; where it is functional inside, "
                              "save keras.Model(model.inputs, model.outputs) instead",
                              model->name, model->class_name));
  }
  return model;
}

}  // namespace sidecar::model::keras
