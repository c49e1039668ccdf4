// Layers that the program brings along: include/sidecar/openvino/layer.h.
#pragma once

#include <memory>

#include "model/keras/layer_context.h"
#include "model/keras/model_description.h"
#include "model/keras/value.h"
#include "sidecar/openvino/layer.h"
#include "sidecar/status.h"

namespace sidecar::model::keras {

/// The layer that was registered for the class, by its registered name or its class name; null
/// where there is none, and for Keras's own classes. Thread-safe.
[[nodiscard]] std::shared_ptr<const openvino::Layer> FindCustomLayer(const LayerObject& layer);

/// As LayerFunction, for such a layer.
Result<Values> LowerCustomLayer(const openvino::Layer& layer, LayerContext& context,
                                const Values& inputs);

}  // namespace sidecar::model::keras
