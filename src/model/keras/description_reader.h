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
/// and for more than 200,000 layers or calls.
Result<std::shared_ptr<LayerObject>> ReadDescription(const nlohmann::json& document);

}  // namespace sidecar::model::keras
