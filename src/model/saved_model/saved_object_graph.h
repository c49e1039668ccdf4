// The Python objects that a SavedModel was made of: SavedObjectGraph
// (tensorflow/core/protobuf/saved_object_graph.proto).
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "model/saved_model/saved_model_proto.h"
#include "sidecar/status.h"
#include "sidecar/tensor.h"

namespace sidecar::model::saved_model {

struct SavedVariable {
  std::string_view name;  ///< TensorFlow's
  DType dtype = DType::kInvalid;
  std::optional<Shape> shape;
  bool trainable = false;
};

struct SavedObject {
  struct Edge {
    std::string_view name;  ///< the attribute, the key, or the place in a list
    std::size_t child = 0;
  };
  std::vector<Edge> children;             ///< in the order in which Python tracked them
  std::optional<SavedVariable> variable;  ///< where the object is one
  /// The kind of a user's object: "_tf_keras_layer", "trackable_list_wrapper", ...
  std::string_view identifier;
};

/// What a function was traced with.
struct ConcreteFunction {
  std::vector<std::size_t> bound_inputs;  ///< the objects it captured, in the order of its inputs
  Bytes input_signature;                  ///< StructuredValue of its arguments
};

struct SavedObjectGraph {
  std::vector<SavedObject> objects;  ///< the first is the model; edges lead to objects of this list
  std::map<std::string_view, ConcreteFunction> functions;

  /// The child of that name; nothing where there is none.
  [[nodiscard]] std::optional<std::size_t> Child(std::size_t object, std::string_view name) const;
};

/// kDataLoss when it is damaged or names objects that it does not have.
Result<SavedObjectGraph> ParseSavedObjectGraph(Bytes bytes);

/// The names of the tensors in a StructuredValue (tensorflow/core/protobuf/struct.proto) in the
/// order in which TensorFlow flattens it: dictionaries by key. A tensor in a dictionary has its
/// key as its name, others have none. kDataLoss when it is damaged or nested deeper than 100.
Result<std::vector<std::string_view>> FlattenedNames(Bytes structured_value);

}  // namespace sidecar::model::saved_model
