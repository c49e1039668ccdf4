// The order of a model's variables in the older layout of `.h5` files.
#pragma once

#include <cstddef>
#include <map>
#include <vector>

#include "model/keras/layer_context.h"
#include "model/keras/layer_scopes.h"
#include "model/keras/model_description.h"
#include "model/loaded_model.h"

namespace sidecar::model::keras {

/// Positions in a list of ModelVariable.
using VariablePlaces = std::map<const LayerVariable*, std::size_t>;

/// Fills in VariableRequest::legacy_positions. Files list, for each layer of `root` itself that has
/// weights, all weights inside it: trainable ones first, each group in the order of creation
/// (tf_keras/src/saving/legacy/hdf5_format.py `_legacy_weights`). Without effect for a model that
/// shares layers so often that the lists would have more than a million entries.
void NumberLegacyWeights(const ModelDescription& root, const LayerScopes& scopes,
                         const VariablePlaces& places, std::vector<ModelVariable>& variables);

}  // namespace sidecar::model::keras
