// How tf.image.resize (version 2: half-pixel centres) and TensorFlow 1 weigh the cells of an input.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace sidecar::model::keras {

enum class ResizeMethod : std::uint8_t {
  kNearest,
  kBilinear,
  kBicubic,
  kArea,
  kLanczos3,
  kLanczos5,
  kGaussian,
  kMitchellCubic,
  // Of version 1: cells are points at whole places, "aligned" with those at the corners kept.
  kOldNearest,
  kOldNearestAligned,
  kOldBilinear,
  kOldBilinearAligned,
};

/// The weights along one axis, [out, in] row-major: output cell o is the sum of weight[o][i] times
/// input cell i. Both sizes are positive and their product fits memory. kNearest has ones at
/// NearestCells(). Sources: TensorFlow's kernels ResizeBilinear, ResizeBicubic (coefficients for
/// 1024 fractions of a cell), ResizeArea and ScaleAndTranslate, the last one for the other methods
/// and for all but nearest and area with `antialias`.
[[nodiscard]] std::vector<double> ResizeWeights(ResizeMethod method, bool antialias,
                                                std::int64_t in, std::int64_t out);

/// The input cell that each output cell copies under kNearest.
[[nodiscard]] std::vector<std::int64_t> NearestCells(std::int64_t in, std::int64_t out);

}  // namespace sidecar::model::keras
