// Pooling as graph operations, for layers and for functions.
#pragma once

#include "model/keras/layers/grid.h"
#include "model/keras/value.h"

namespace sidecar::model::keras {

/// The largest of each window of `grid`, which is [batch, channels, spatial dimensions].
GraphOutput MaxPooled(const GraphOutput& grid, const Window& window);
/// The mean of each window's cells, of which padding is none.
GraphOutput AveragePooled(const GraphOutput& grid, const Window& window);

}  // namespace sidecar::model::keras
