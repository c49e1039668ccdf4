// Which object, and so which place in a checkpoint, each variable of a SavedModel's graph is.
#pragma once

#include <string>
#include <vector>

#include "model/loaded_model.h"
#include "model/saved_model/graph_import.h"
#include "model/saved_model/inference_graph.h"
#include "model/saved_model/saved_object_graph.h"
#include "sidecar/status.h"

namespace sidecar::model::saved_model {

struct BoundVariables {
  std::vector<ModelVariable> variables;
  std::vector<VariableHandle> handles;
};

/// Binds every variable that the graph reads. Rule: a call of a function in
/// SavedObjectGraph.concrete_functions passes the function's captured objects, `bound_inputs`,
/// after its own arguments; so a VarHandleOp among them is that object's. The object is sought in a
/// training checkpoint along the ways that lead to it here; a model that was exported (Keras's
/// `Model.export` keeps lists of variables alone) by TensorFlow's names of its variables, and under
/// Keras 3 by their place in the optimizer's list. kFailedPrecondition naming the variable when it
/// belongs to no object or its shape is not fixed.
Result<BoundVariables> BindVariables(const InferenceGraph& graph, const SavedObjectGraph& objects,
                                     KerasVersion keras_version);

}  // namespace sidecar::model::saved_model
