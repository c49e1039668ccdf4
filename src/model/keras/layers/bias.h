// Adding a bias, as each Keras does it.
#pragma once

#include "model/keras/layers/layer_functions.h"

namespace sidecar::model::keras {

/// `x` + `bias`, which has been given the shape to be broadcast with. On TensorFlow, Keras 3 takes
/// a second operand with only one size above 1 for the bias of the last dimension where that has
/// this size, else for that of dimension 1, whatever its shape says
/// (keras/src/backend/tensorflow/numpy.py `add`). `x` in the layout that the layer sees.
GraphOutput WithBias(const LayerContext& context, const GraphOutput& x, const GraphOutput& bias);

}  // namespace sidecar::model::keras
