// The layers of a model with all models inside it, in Keras's order, each with its context.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "model/keras/layer_context.h"
#include "model/keras/model_description.h"
#include "model/loaded_model.h"
#include "sidecar/model.h"
#include "sidecar/status.h"

namespace sidecar::model::keras {

/// A layer's state, and where checkpoints may keep it.
struct NamedState {
  const LayerState* state = nullptr;
  checkpoint::VariableRequest request;
};

/// A context for every layer object that is no model. A layer that several models share has one,
/// where it stands first. Not thread-safe.
class LayerScopes {
 public:
  /// `root` must outlive this object. Fails with kDataLoss for a wrong `trainable`.
  static Result<LayerScopes> Create(const LayerObject& root, KerasVersion rules,
                                    const AssetReader& read_asset = {});

  /// The layer's context; the layer must be one of the model's.
  [[nodiscard]] LayerContext& ContextOf(const LayerObject& layer) const {
    return *contexts_.at(&layer);
  }
  /// Class names with their counts, most frequent first: "Dense (3)".
  [[nodiscard]] std::vector<std::string> ClassCounts() const;

  /// Once the graph is built: all variables in the order of Keras's model.weights per layer
  /// (trainable before non-trainable), with their names in checkpoints; placeholders get their
  /// indices. Likewise the states of stateful layers, which Keras 2 writes to no checkpoint.
  struct Names {
    std::vector<ModelVariable> variables;
    std::vector<NamedState> states;
  };
  [[nodiscard]] Names NameVariables() const;

  /// Which Keras's rules hold.
  [[nodiscard]] KerasVersion rules() const { return rules_; }
  /// All contexts in the order of the layers.
  [[nodiscard]] const std::vector<LayerContext*>& contexts() const { return order_; }

 private:
  LayerScopes(const LayerObject& root, KerasVersion rules, AssetReader read_asset)
      : root_(&root), rules_(rules), read_asset_(std::move(read_asset)) {}
  Status Visit(const ModelDescription& model, const std::string& prefix, bool trainable);
  Status VisitLayer(const LayerObject& layer, const std::string& prefix, bool trainable);
  void SetAssets(const ModelDescription& model, const std::vector<std::string>& folders);

  const LayerObject* root_;
  KerasVersion rules_;
  AssetReader read_asset_;
  std::map<const LayerObject*, std::unique_ptr<LayerContext>> contexts_;
  std::vector<LayerContext*> order_;
  std::map<std::string, int> class_counts_;
};

}  // namespace sidecar::model::keras
