// The inputs and outputs of a model under Keras's names.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "model/keras/model_description.h"
#include "model/loaded_model.h"
#include "sidecar/model.h"
#include "sidecar/status.h"

namespace sidecar::model::keras {

/// What an InputLayer's config says: dtype as Keras has it, shape of one sample. Not `declared`
/// where it has no shape. Fails with kDataLoss.
Result<ModelInput> ReadInputLayer(const LayerObject& layer);

/// The size of a batch where the config of one of the InputLayers among the inputs says it.
[[nodiscard]] std::optional<std::int64_t> FixedBatch(const ModelDescription& model);

/// The type that the graph takes for an input of this type: float32, int32 or int64.
[[nodiscard]] DType GraphInputType(DType dtype);

/// The names of the outputs, in order. Keras 2 numbers repeated ones; Keras 3 does not, and uses
/// the keys of a dictionary of outputs.
[[nodiscard]] std::vector<std::string> OutputNames(const ModelDescription& model,
                                                   KerasVersion rules);

}  // namespace sidecar::model::keras
