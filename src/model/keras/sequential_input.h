// The input of a Sequential model that was saved without an InputLayer.
#pragma once

#include <memory>
#include <nlohmann/json_fwd.hpp>

#include "model/keras/model_description.h"

namespace sidecar::model::keras {

/// An InputLayer for the model object `model`, whose first layer is `first`. Its config has no
/// shape and no type where the model names no shape: both are then the data's.
std::shared_ptr<LayerObject> MakeUpInput(const nlohmann::json& model, const LayerObject& first);

}  // namespace sidecar::model::keras
