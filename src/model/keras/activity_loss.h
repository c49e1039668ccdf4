// What the activity of a layer adds to the loss.
#pragma once

#include "model/keras/layer_context.h"
#include "model/keras/model_description.h"
#include "model/keras/value.h"
#include "sidecar/status.h"

namespace sidecar::model::keras {

/// Adds a loss term for each output where the layer's config has an activity_regularizer, or is an
/// ActivityRegularization: both Kerases divide the sum over the batch by its size. Fails with
/// kUnimplemented where a batch is not the model's and it is not known what becomes of the term
/// (LayerContext::AddLossTerm()), and for regularizers that take no activities. Throws
/// ov::Exception as graph_ops.h says.
Status AddActivityLoss(LayerContext& context, const LayerObject& layer, const Values& outputs);

}  // namespace sidecar::model::keras
