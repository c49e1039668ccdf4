// What functions on grids, such as convolutions and pooling, are called with.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "model/keras/layers/grid.h"
#include "model/keras/ops/op_call.h"
#include "model/keras/value.h"
#include "sidecar/status.h"

namespace sidecar::model::keras {

/// The argument x: [batch, spatial dimensions, channels], or, channels_first, [batch, channels,
/// spatial dimensions]; one to three spatial dimensions.
struct GridCall {
  Operand x;
  std::size_t spatial_rank = 0;
  bool channels_first = false;
  GraphOutput values;  ///< f32, [batch, channels, spatial dimensions]

  /// The number of channels, or Shape::kUnknown.
  [[nodiscard]] std::int64_t channels() const;
};

/// Reads x and data_format, in Keras's words or TensorFlow's ("NHWC").
Result<GridCall> ReadGridCall(OpCall& call);

/// `result`, in the layout of GridCall::values, as the function's only result: in the layout of its
/// input, and of its type or `dtype`.
Values FromGrid(const GridCall& grid, const GraphOutput& result,
                std::optional<DType> dtype = std::nullopt);

/// An integer for all spatial dimensions, one for each, or, as TensorFlow has it, one for each
/// dimension, of which those of batch and channels must be 1. All are from 1 to 2^31 - 1.
Result<std::vector<std::int64_t>> ReadGridSizes(
    OpCall& call, std::string_view name, const GridCall& grid,
    const std::optional<std::vector<std::int64_t>>& otherwise = std::nullopt);

/// A window of this size: reads strides (`otherwise` where there are none) and padding ("same",
/// "valid", or TensorFlow's list of a pair for each dimension). Dilations are 1.
Result<Window> ReadGridWindow(OpCall& call, const GridCall& grid, std::vector<std::int64_t> size,
                              const std::vector<std::int64_t>& otherwise);

}  // namespace sidecar::model::keras
