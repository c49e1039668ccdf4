// What docs/supported.md says about layers, from the tables that the program works with.
#pragma once

#include <string>
#include <vector>

namespace sidecar::model {

struct SupportedLayer {
  std::string class_name;
  bool keras2 = true;
  bool keras3 = true;
  bool identity = false;  ///< changes nothing when evaluating
};

/// All layer classes, sorted by name, with InputLayer and the models.
std::vector<SupportedLayer> SupportedLayers();

/// A layer class that is refused, and why.
struct RefusedLayerClass {
  std::string class_name;
  std::string reason;
};
std::vector<RefusedLayerClass> RefusedLayerClasses();

/// An option of layers that is refused, and why.
struct RefusedLayerOption {
  std::string option;  ///< "stateful = true"
  std::string reason;
};
std::vector<RefusedLayerOption> RefusedLayerOptions();

/// An operation of Keras 3 that is refused as a node.
struct RefusedOperation {
  std::string name;  ///< "keras.ops.linalg.SVD"
  std::string reason;
};
[[nodiscard]] std::vector<RefusedOperation> RefusedOperations();

struct SupportedActivation {
  std::string name;
  bool keras2 = true;
  bool keras3 = true;
};

/// All names of activation functions, sorted.
std::vector<SupportedActivation> SupportedActivations();

/// Functions that may be nodes of a model: "keras.ops.numpy" with class names of Keras 3, "tf" with
/// TensorFlow's names in the op layers of Keras 2, "TensorFlowOpLayer" with those of ops.
struct SupportedOperations {
  std::string family;
  std::vector<std::string> names;  ///< sorted
};
std::vector<SupportedOperations> SupportedOps();

}  // namespace sidecar::model
