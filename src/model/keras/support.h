// Finds everything in a model that is not supported, before anything is built.
#pragma once

#include "model/keras/model_description.h"
#include "sidecar/model.h"
#include "sidecar/status.h"

namespace sidecar::model::keras {

/// OK, or kUnimplemented naming all layers that are not supported, or not with their options, by
/// class, name and module; the reasons are in the details.
Status CheckSupported(const LayerObject& model, KerasVersion rules);

}  // namespace sidecar::model::keras
