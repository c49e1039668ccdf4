// Convolutions as graph operations, for layers and for functions. Grids are [batch, channels,
// spatial dimensions]; kernels are as Keras and TensorFlow have them, with the spatial dimensions
// first and static shapes.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "model/keras/layers/grid.h"
#include "model/keras/value.h"

namespace sidecar::model::keras {

/// `kernel`: [spatial dimensions, channels / groups, filters].
GraphOutput Convolved(const GraphOutput& grid, const GraphOutput& kernel, const Window& window,
                      std::int64_t groups = 1);

/// `kernel`: [spatial dimensions, channels, multiplier]; output channel c * multiplier + j is input
/// channel c with kernel j.
GraphOutput DepthwiseConvolved(const GraphOutput& grid, const GraphOutput& kernel,
                               const Window& window);

/// What a transposed convolution's full result has more along one dimension than it should: cells
/// to cut from both ends, and zeros to add at the end.
struct Trim {
  std::ptrdiff_t begin = 0;
  std::ptrdiff_t end = 0;
  std::int64_t zeros = 0;
};

/// For a `kernel` of so many cells, with its dilation. Source: keras/src/backend/common/
/// backend_utils.py, tf_keras/src/utils/conv_utils.py `deconv_output_length`.
[[nodiscard]] Trim TrimFor(std::int64_t kernel, std::int64_t stride, bool same,
                           std::optional<std::int64_t> output_padding);

/// `kernel`: [spatial dimensions, filters, channels]; a trim for each spatial dimension. Paddings
/// of `window` are not looked at.
GraphOutput TransposeConvolved(const GraphOutput& grid, const GraphOutput& kernel, Window window,
                               const std::vector<Trim>& trims);

}  // namespace sidecar::model::keras
