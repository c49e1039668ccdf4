// Cropping and resizing of images: [batch, height, width, channels] or, channels_first,
// [batch, channels, height, width].
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "model/keras/layer_context.h"
#include "model/keras/layers/resize_weights.h"
#include "model/keras/value.h"
#include "sidecar/status.h"

namespace sidecar::model::keras {

struct ImageSize {
  std::int64_t height = 0;
  std::int64_t width = 0;
};

/// An input of rank 4.
struct Image {
  Value value;
  bool channels_first = false;

  [[nodiscard]] std::int64_t height_axis() const { return channels_first ? 2 : 1; }
  [[nodiscard]] std::int64_t width_axis() const { return channels_first ? 3 : 2; }
};

/// The layer's only input as an image; kFailedPrecondition for another rank.
Result<Image> OnlyImage(const LayerContext& context, const Values& inputs);

/// config.height and config.width.
Result<ImageSize> ReadImageSize(const LayerContext& context);

/// config.interpolation, `otherwise` where there is none.
Result<ResizeMethod> ReadResizeMethod(const LayerContext& context, const std::string& otherwise);

/// The method of this name among all that TensorFlow has, or nothing.
std::optional<ResizeMethod> FindResizeMethod(std::string_view name);

/// The image's own size; kFailedPrecondition where it is unknown.
Result<ImageSize> KnownImageSize(const LayerContext& context, const Image& image);

/// `size` cells from `start` (row and column).
Image Cropped(const Image& image, const ImageSize& start, const ImageSize& size);

/// So many cells of `fill` added before and behind both dimensions.
Image Padded(const Image& image, const ImageSize& before, const ImageSize& after, double fill);

/// The image in the middle of one of the proportions of `target`, filled up with `fill`; fails as
/// KnownImageSize().
Result<Image> PaddedToAspect(const LayerContext& context, const Image& image,
                             const ImageSize& target, double fill);

/// The largest window in the middle of `image` that has the proportions of `target`.
Image CroppedToAspect(const Image& image, const ImageSize& size, const ImageSize& target);

/// The image resized to `target`: f32, or under kNearest of the input's own type. Sizes that are
/// not known yet will do for kNearest and kBilinear without `antialias`; kFailedPrecondition
/// otherwise, and for sizes whose weights would take more than 2^26 numbers.
Result<Image> Resized(const LayerContext& context, const Image& image, const ImageSize& target,
                      ResizeMethod method, bool antialias);

/// `resized` in the integer type of `input`: rounded to even, and bounded by that type.
Value BackToIntegers(const Value& resized, const Value& input);

/// Crops to the proportions of `target`, then resizes bilinearly: Keras's smart_resize.
Result<Image> SmartResized(const LayerContext& context, const Image& image,
                           const ImageSize& target);

}  // namespace sidecar::model::keras
