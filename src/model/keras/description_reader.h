// From the JSON of a model to its description.
#pragma once

#include <memory>
#include <nlohmann/json_fwd.hpp>

#include "model/keras/model_description.h"
#include "sidecar/status.h"

namespace sidecar::model::keras {

/// Reads a model object `{"class_name": "Sequential" | "Functional" | "Model", "config": …}` with
/// all models inside it. The description refers to `document`. Fails with kUnimplemented for a
/// class without layers in its config (a subclassed model), with kDataLoss naming layer and field
/// for anything that does not follow the format, a reference to a layer or call that is not there,
/// and beyond 50,000 layers and calls, 20
/// levels of nested models and names of 300 bytes.
Result<std::shared_ptr<LayerObject>> ReadDescription(const nlohmann::json& document);

}  // namespace sidecar::model::keras
