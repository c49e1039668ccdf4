#include "model/keras/layer_scopes.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "base/status_macros.h"
#include "model/keras/class_names.h"
#include "model/keras/layer_table.h"
#include "model/keras/legacy_order.h"

namespace sidecar::model::keras {
namespace {

// Models in the oldest files have a list for a config.
Result<bool> IsTrainable(const LayerObject& layer) {
  return ConfigReader(*layer.config, fmt::format("the layer '{}': config", layer.name))
      .Bool("trainable", true);
}

// Where the variables of one layer or model are in the formats.
struct Place {
  std::string name;                         // "block/dense"
  std::vector<checkpoint::PathStep> steps;  // from the root to the layer
  // "layers/functional/layers/dense", for each of kContainers in turn
  std::vector<std::string> archive_prefixes;
};

// Weights archives keep a model's layers below "layers"; Keras 2.13 had another name.
constexpr std::array<const char*, 2> kContainers = {"layers", "_layer_checkpoint_dependencies"};

// Where an archive keeps one layer of a model that it keeps at `prefixes`.
std::vector<std::string> ArchivePrefixes(const std::vector<std::string>& prefixes,
                                         const std::string& name) {
  std::vector<std::string> result;
  for (std::size_t k = 0; k < prefixes.size(); ++k) {
    result.push_back(prefixes[k] + kContainers[k % kContainers.size()] + "/" + name + "/");
  }
  return result;
}

// Walks the layers once more and writes down the names of their variables.
class VariableNamer {
 public:
  VariableNamer(const LayerScopes& scopes, LayerScopes::Names& names)
      : scopes_(scopes), out_(names.variables), states_(names.states) {}

  void Visit(const ModelDescription& model, const Place& place) {
    NameCounter archive_names;
    std::size_t with_weights = 0;
    for (std::size_t i = 0; i < model.layers.size(); ++i) {
      const LayerObject& layer = *model.layers[i].layer;
      // Keras's Sequential hides its InputLayer.
      if (model.sequential && i == 0) continue;
      // Operations are no layers in Keras 3.
      if (layer.is_operation && model.form == JsonForm::kKeras3) continue;
      const std::string archive_name = archive_names.Next(ArchiveName(layer.class_name));
      const bool has_weights = HasVariables(layer);
      Place inner;
      inner.name = place.name.empty() ? layer.name : place.name + "/" + layer.name;
      inner.steps = place.steps;
      inner.steps.push_back(StepTo(model, i, has_weights ? with_weights : kNoWeights));
      inner.archive_prefixes = ArchivePrefixes(place.archive_prefixes, archive_name);
      if (has_weights) ++with_weights;
      if (!visited_.insert(&layer).second) continue;
      if (layer.model != nullptr) {
        Visit(*layer.model, inner);
      } else if (has_weights) {
        AddLayer(scopes_.ContextOf(layer), inner);
      }
    }
  }

  [[nodiscard]] const VariablePlaces& places() const { return places_; }

 private:
  static constexpr std::size_t kNoWeights = static_cast<std::size_t>(-1);

  bool HasVariables(const LayerObject& layer) {
    if (layer.model == nullptr) {
      return layer.class_name != "InputLayer" && HasVariables(scopes_.ContextOf(layer));
    }
    const auto known = model_has_variables_.find(&layer);
    if (known != model_has_variables_.end()) return known->second;
    const auto& layers = layer.model->layers;
    const bool result = std::any_of(layers.begin(), layers.end(), [this](const LayerNode& node) {
      return HasVariables(*node.layer);
    });
    model_has_variables_[&layer] = result;
    return result;
  }

  bool HasVariables(const LayerContext& context) {
    if (!context.variables().empty()) return true;
    const auto& parts = context.parts();
    return std::any_of(parts.begin(), parts.end(), [this](const LayerContext::PartEntry& part) {
      return part.context == nullptr ? HasVariables(*part.spec.layer) : HasVariables(*part.context);
    });
  }

  // Edges of the object graph: tf_keras/engine/functional.py `_layer_checkpoint_dependencies`, and
  // the tracked attributes of Keras 3's Functional and Sequential.
  static checkpoint::PathStep StepTo(const ModelDescription& model, std::size_t i,
                                     std::size_t with_weights) {
    checkpoint::PathStep step;
    const std::size_t keras2_position = model.sequential ? i - 1 : i;
    if (model.sequential || model.form == JsonForm::kKeras2) {
      if (with_weights != kNoWeights) {
        step.alternatives.push_back({fmt::format("layer_with_weights-{}", with_weights)});
      }
      step.alternatives.push_back({fmt::format("layer-{}", keras2_position)});
    }
    // The order of a Sequential model is the same in both Kerases.
    if (!model.sequential && model.form != JsonForm::kKeras3) return step;
    std::vector<std::string> edges = {"_operations", std::to_string(i)};
    if (model.sequential) edges.insert(edges.begin(), "_functional");
    step.alternatives.push_back(std::move(edges));
    return step;
  }

  // A layer's own variables, then those of its parts.
  void AddLayer(const LayerContext& context, const Place& place) {
    AddVariables(context, place);
    AddStates(context, place);
    for (const LayerContext::PartEntry& part : context.parts()) {
      Place inner;
      inner.name = place.name + "/" + part.spec.name;
      inner.steps = place.steps;
      checkpoint::PathStep step;
      for (const std::string& edge : part.spec.edges) step.alternatives.push_back(SplitPath(edge));
      inner.steps.push_back(std::move(step));
      for (const std::string& name : part.spec.archive_names) {
        for (const std::string& prefix : place.archive_prefixes) {
          inner.archive_prefixes.push_back(prefix + name + "/");
        }
      }
      if (part.context != nullptr) {
        AddLayer(*part.context, inner);
      } else if (visited_.insert(part.spec.layer).second) {
        Visit(*part.spec.layer->model, inner);
      }
    }
  }

  static std::vector<std::string> SplitPath(const std::string& path) {
    std::vector<std::string> names(1);
    for (const char letter : path) {
      if (letter == '/') {
        names.emplace_back();
      } else {
        names.back() += letter;
      }
    }
    return names;
  }

  void AddVariables(const LayerContext& context, const Place& place) {
    std::vector<const LayerVariable*> ordered;
    for (const LayerVariable& variable : context.variables()) ordered.push_back(&variable);
    std::stable_partition(ordered.begin(), ordered.end(),
                          [](const LayerVariable* variable) { return variable->spec.trainable; });
    std::size_t number = 0;  // in archives
    for (const LayerVariable* const entry : ordered) {
      const LayerVariable& variable = *entry;
      ModelVariable result;
      result.regularizer = variable.regularizer;
      result.request.name = place.name + "/" + variable.spec.name;
      result.request.dtype = variable.dtype;
      result.request.shape = variable.spec.shape;
      result.request.trainable =
          variable.spec.trainable && !variable.spec.frozen && context.trainable();
      result.request.zero_in_archives = !variable.spec.archived;
      result.request.needed = variable.placeholder != nullptr;
      result.request.graph_path = place.steps;
      checkpoint::PathStep edge;
      for (const std::string& name : variable.spec.edges) {
        edge.alternatives.push_back(SplitPath(name));
      }
      result.request.graph_path.push_back(std::move(edge));
      if (variable.spec.archived) {
        const std::string own = variable.spec.archive_name.empty() ? std::to_string(number)
                                                                   : variable.spec.archive_name;
        ++number;
        for (const std::string& prefix : place.archive_prefixes) {
          result.request.archive_paths.push_back(prefix + "vars/" + own);
        }
      }
      if (variable.placeholder != nullptr) variable.placeholder->set_index(out_.size());
      places_[&variable] = out_.size();
      out_.push_back(std::move(result));
    }
  }

  void AddStates(const LayerContext& context, const Place& place) {
    for (const LayerState& state : context.states()) {
      NamedState named;
      named.state = &state;
      named.request.name = place.name + "/" + state.path;
      named.request.dtype = state.dtype;
      named.request.shape = state.shape;
      named.request.trainable = false;
      named.request.optional = true;
      // keras/src/layers/rnn/rnn.py has them untracked, but TensorFlow tracks them all the same.
      if (!context.is_keras2()) {
        named.request.graph_path = place.steps;
        named.request.graph_path.push_back({{SplitPath(state.path)}});
      }
      states_.push_back(std::move(named));
    }
  }

  const LayerScopes& scopes_;
  std::vector<ModelVariable>& out_;
  std::vector<NamedState>& states_;
  std::set<const LayerObject*> visited_;
  std::map<const LayerObject*, bool> model_has_variables_;
  VariablePlaces places_;
};

}  // namespace

Result<LayerScopes> LayerScopes::Create(const LayerObject& root, KerasVersion rules,
                                        const AssetReader& read_asset) {
  LayerScopes scopes(root, rules, read_asset);
  SIDECAR_ASSIGN_OR_RETURN(const bool trainable, IsTrainable(root));
  SIDECAR_RETURN_IF_ERROR(scopes.Visit(*root.model, "", trainable));
  if (read_asset) scopes.SetAssets(*root.model, {"", ""});
  return scopes;
}

// As VariableNamer names the layers. Models inside of other layers keep no files that are read.
void LayerScopes::SetAssets(const ModelDescription& model,
                            const std::vector<std::string>& folders) {
  NameCounter names;
  for (std::size_t i = 0; i < model.layers.size(); ++i) {
    if (model.sequential && i == 0) continue;
    const LayerObject& layer = *model.layers[i].layer;
    const std::vector<std::string> inner =
        ArchivePrefixes(folders, names.Next(ArchiveName(layer.class_name)));
    if (layer.model != nullptr) {
      SetAssets(*layer.model, inner);
    } else {
      ContextOf(layer).SetAssets(inner, read_asset_);
    }
  }
}

Status LayerScopes::Visit(const ModelDescription& model, const std::string& prefix,
                          bool trainable) {
  for (const LayerNode& node : model.layers) {
    const LayerObject& layer = *node.layer;
    if (contexts_.find(&layer) != contexts_.end()) continue;
    ++class_counts_[layer.class_name];
    SIDECAR_RETURN_IF_ERROR(VisitLayer(layer, prefix, trainable));
  }
  return Status();
}

Status LayerScopes::VisitLayer(const LayerObject& layer, const std::string& prefix,
                               bool trainable) {
  SIDECAR_ASSIGN_OR_RETURN(const bool own_trainable, IsTrainable(layer));
  const std::string inner_prefix = prefix + layer.name + "/";
  trainable = trainable && own_trainable;
  contexts_[&layer] = nullptr;
  if (layer.model != nullptr) return Visit(*layer.model, inner_prefix, trainable);
  // The contexts of parts are the layer's own, but for the layers of models in them.
  for (const LayerPart& part : layer.parts) {
    SIDECAR_RETURN_IF_ERROR(IsTrainable(*part.layer).status());
    if (part.layer->model == nullptr || contexts_.find(part.layer.get()) != contexts_.end()) {
      continue;
    }
    SIDECAR_RETURN_IF_ERROR(VisitLayer(*part.layer, inner_prefix, trainable));
  }
  std::string description =
      fmt::format("the layer '{}{}' ({})", prefix, layer.name, layer.class_name);
  const auto policy = ReadDTypePolicy(ConfigReader(*layer.config, "").Find("dtype"), layer.path);
  auto context = std::make_unique<LayerContext>(std::move(description), layer, rules_, trainable,
                                                policy.value_or(DTypePolicy()));
  order_.push_back(context.get());
  contexts_[&layer] = std::move(context);
  return Status();
}

std::vector<std::string> LayerScopes::ClassCounts() const {
  std::vector<std::pair<std::string, int>> counts(class_counts_.begin(), class_counts_.end());
  std::stable_sort(counts.begin(), counts.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
  std::vector<std::string> result;
  result.reserve(counts.size());
  for (const auto& count : counts)
    result.push_back(fmt::format("{} ({})", count.first, count.second));
  return result;
}

LayerScopes::Names LayerScopes::NameVariables() const {
  Names names;
  VariableNamer namer(*this, names);
  namer.Visit(*root_->model, Place{"", {}, {"", ""}});
  NumberLegacyWeights(*root_->model, *this, namer.places(), names.variables);
  return names;
}

}  // namespace sidecar::model::keras
