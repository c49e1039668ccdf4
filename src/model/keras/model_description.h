// A Keras model's layers and connections, whichever dialect of JSON they were written in.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "model/keras/argument_tree.h"

namespace sidecar::model::keras {

struct ModelDescription;

/// Which Keras wrote a model's JSON, by its form. Decides how graph nodes are numbered and how
/// checkpoints call them.
enum class JsonForm : std::uint8_t { kKeras2, kKeras3 };

struct LayerObject;

/// A layer in the config of another.
struct LayerPart {
  std::string key;  ///< "layer", "backward_layer", "cell", "cells", …; repeated for a list
  std::shared_ptr<LayerObject> layer;
};

/// A layer object. Called several times it has one set of variables.
struct LayerObject {
  std::string name;
  std::string class_name;
  std::string module;           ///< empty where the JSON names none
  std::string registered_name;  ///< likewise
  /// Keras 3's `Layer.path`, which dtype policies are looked up by: the name, and before it that of
  /// the Sequential model the layer stands in; empty for a layer inside another layer.
  std::string path;
  const nlohmann::json* config =
      nullptr;  ///< an object; belongs to the document, or made_up_config
  std::shared_ptr<const nlohmann::json> made_up_config;
  /// A function of keras.ops or TensorFlow that was called on a tensor, not a layer. All that it is
  /// called with is in LayerCall::arguments, its first argument as "0".
  bool is_operation = false;
  /// The layers of a Sequential or Functional model; null for any other layer.
  std::unique_ptr<ModelDescription> model;
  /// The layers that the config of a layer holds: what a wrapper wraps, the cells of an RNN.
  std::vector<LayerPart> parts;
};

/// Output `output` of call `call` of layer `layer` (positions in ModelDescription::layers and
/// LayerNode::calls).
struct TensorReference {
  std::size_t layer = 0;
  std::size_t call = 0;
  std::size_t output = 0;
};

/// A tensor of the graph, or a constant: nested lists of numbers.
using CallInput = std::variant<TensorReference, const nlohmann::json*>;

/// One call of a layer: its input tensors, flattened; dictionaries by sorted keys.
struct LayerCall {
  std::vector<CallInput> inputs;
  std::vector<std::string> keys;  ///< of the inputs, where they came as a dictionary
  /// The other arguments, without those that say nothing (null, training = false; in Keras 3 any
  /// `training`).
  std::vector<NamedArgumentTree<TensorReference>> arguments;
  /// An argument that no layer can have, or empty.
  std::string unsupported_argument;
};

/// A layer's place in a model's graph.
struct LayerNode {
  std::shared_ptr<LayerObject> layer;
  std::vector<LayerCall> calls;
};

struct ModelPort {
  TensorReference tensor;
  std::string key;  ///< in the dictionary of inputs or outputs; empty where there is none
};

/// A Sequential or Functional model. A Sequential model is a chain whose first layer is always an
/// InputLayer (made up where the JSON has none).
struct ModelDescription {
  bool sequential = false;
  JsonForm form = JsonForm::kKeras2;
  std::vector<LayerNode> layers;  ///< in the order of `config.layers`
  std::vector<ModelPort> inputs;
  std::vector<ModelPort> outputs;
};

}  // namespace sidecar::model::keras
