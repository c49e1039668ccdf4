// From a model's description to its graph.
#pragma once

#include <memory>
#include <vector>

#include "model/keras/layer_context.h"
#include "model/keras/model_description.h"
#include "model/loaded_model.h"
#include "sidecar/model.h"
#include "sidecar/status.h"

namespace sidecar::model::keras {

/// Builds the graph for inputs as the file declares them or, where `given` is not empty, with the
/// shapes given, and the types given where the file declares none; and fills the fields of
/// LoadedModel that follow from it: name, graph, inputs, host, outputs, checks, variables,
/// rows_independent, layers. The description must have passed CheckSupported(). Fails with
/// kDataLoss for a config that is not Keras's and for cycles, kFailedPrecondition for layers that
/// do not fit each other and for a graph of more than 20,000 layer calls, kUnimplemented for what
/// only the shapes can tell. `read_asset` may be empty.
Result<std::shared_ptr<LoadedModel>> BuildModel(const LayerObject& root, KerasVersion rules,
                                                const std::vector<ModelInput>& given = {},
                                                const AssetReader& read_asset = {});

/// The model before its graph is built: name, inputs, outputs by name, layers, keras_version. Fails
/// with kDataLoss for a wrong InputLayer or `trainable`.
Result<std::shared_ptr<LoadedModel>> DescribeModel(const LayerObject& root, KerasVersion rules);

}  // namespace sidecar::model::keras
