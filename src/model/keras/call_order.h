// The order in which Keras makes the calls of a model.
#pragma once

#include <vector>

#include "model/keras/model_description.h"

namespace sidecar::model::keras {

/// The tensors that a call needs: inputs, then arguments.
[[nodiscard]] std::vector<TensorReference> TensorsOf(const LayerCall& call);

/// Whether the layer, which is no model, or one inside it is stateful: then the order of calls
/// counts.
[[nodiscard]] bool IsStateful(const LayerObject& layer);

/// The calls that the model's outputs need, each as its first output, in Keras's order: by
/// decreasing depth, which all calls of a layer but its first share with the deepest one before,
/// and at one depth against the order in which a search from the outputs ends with them
/// (`_map_graph_network` of tf_keras/src/engine/functional.py, `map_graph` of
/// keras/src/ops/function.py). In a graph with cycles the order means nothing.
[[nodiscard]] std::vector<TensorReference> KerasCallOrder(const ModelDescription& model);

}  // namespace sidecar::model::keras
