// Sizes and places of images as operations: [batch, height, width, channels], or, channels_first,
// [batch, channels, height, width].
#include "model/keras/layers/image_ops.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <openvino/op/space_to_depth.hpp>

#include "base/status_macros.h"
#include "model/keras/layers/convolve.h"
#include "model/keras/ops/grid_call.h"
#include "model/keras/ops/op_functions.h"
#include "model/keras/ops/op_table.h"

namespace sidecar::model::keras {
namespace {

constexpr std::int64_t kMostPixels = 1 << 20;  // along one dimension

Result<Image> ReadImage(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(Operand x, call.Tensor("x"));
  SIDECAR_ASSIGN_OR_RETURN(const std::string format, call.Text("data_format", "channels_last"));
  if (RankOf(x.output()) != 4) return call.Unsupported("only batches of images are supported");
  return Image{std::move(x.value), format == "channels_first"};
}

Values ImageResult(const Image& image, DType dtype) {
  return Only(ConvertedTo(image.value.output, dtype), dtype);
}

Result<std::int64_t> ReadPixels(OpCall& call, const char* name, std::int64_t least,
                                std::optional<std::int64_t> otherwise = std::nullopt) {
  SIDECAR_ASSIGN_OR_RETURN(const std::int64_t pixels, call.Int(name, otherwise));
  if (pixels >= least && pixels <= kMostPixels) return pixels;
  return call.Fail(fmt::format("{} is {}; {} to 2^20 is allowed", name, pixels, least));
}

Result<ImageSize> ReadSize(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const auto size, call.Ints("size"));
  const auto is_wrong = [](std::int64_t one) { return one < 1 || one > kMostPixels; };
  if (!size || size->size() != 2 || std::any_of(size->begin(), size->end(), is_wrong)) {
    return call.Fail("size is not a pair of sizes from 1 to 2^20");
  }
  return ImageSize{(*size)[0], (*size)[1]};
}

// By name; TensorFlow 1 has numbers.
Result<ResizeMethod> ReadMethod(OpCall& call) {
  const Argument* argument = call.Find("interpolation");
  std::string name = "bilinear";
  if (argument != nullptr && argument->constant() != nullptr && argument->constant()->is_number()) {
    constexpr const char* kNames[] = {"bilinear", "nearest", "bicubic", "area"};
    SIDECAR_ASSIGN_OR_RETURN(const std::int64_t number, call.Int("interpolation"));
    if (number < 0 || number > 3) return call.Fail("method is not from 0 to 3");
    name = kNames[number];
  } else if (argument != nullptr) {
    SIDECAR_ASSIGN_OR_RETURN(name, call.Text("interpolation"));
  }
  if (const auto method = FindResizeMethod(name)) return *method;
  return call.Unsupported(fmt::format("the interpolation {} is not supported", name.substr(0, 40)));
}

// The largest size of the image's proportions in `target` (image_ops_impl.py
// `_resize_images_common`, in float32).
ImageSize InProportion(const ImageSize& size, const ImageSize& target) {
  const auto height = static_cast<float>(size.height);
  const auto width = static_cast<float>(size.width);
  const float scale = std::min(static_cast<float>(target.height) / height,
                               static_cast<float>(target.width) / width);
  return {std::max<std::int64_t>(std::lrint(scale * height), 1),
          std::max<std::int64_t>(std::lrint(scale * width), 1)};
}

Result<Values> Resize(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(Image image, ReadImage(call));
  SIDECAR_ASSIGN_OR_RETURN(ImageSize target, ReadSize(call));
  SIDECAR_ASSIGN_OR_RETURN(const ResizeMethod method, ReadMethod(call));
  SIDECAR_ASSIGN_OR_RETURN(const bool antialias, call.Bool("antialias", false));
  SIDECAR_ASSIGN_OR_RETURN(const bool crop, call.Bool("crop_to_aspect_ratio", false));
  SIDECAR_ASSIGN_OR_RETURN(const bool pad, call.Bool("pad_to_aspect_ratio", false));
  SIDECAR_ASSIGN_OR_RETURN(const bool keep, call.Bool("preserve_aspect_ratio", false));
  SIDECAR_ASSIGN_OR_RETURN(const double fill, call.Number("fill_value", 0));
  call.Ignore("fill_mode");  // constant is the only one
  const Value input = image.value;
  if (crop || pad || keep) {
    SIDECAR_ASSIGN_OR_RETURN(const ImageSize size, KnownImageSize(call.context(), image));
    if (crop) image = CroppedToAspect(image, size, target);
    if (keep) target = InProportion(size, target);
  }
  if (pad) {
    SIDECAR_ASSIGN_OR_RETURN(image, PaddedToAspect(call.context(), image, target, fill));
  }
  SIDECAR_ASSIGN_OR_RETURN(const Image resized,
                           Resized(call.context(), image, target, method, antialias));
  if (method == ResizeMethod::kNearest) return ImageResult(resized, input.dtype);
  if (call.is_keras2() || IsFloating(input.dtype)) {
    return ImageResult(resized, FloatTypeOf(input.dtype));
  }
  return Values{BackToIntegers(resized.value, input)};
}

// TensorFlow 1: pixels are points at whole places. An image of the right size stays.
Result<Values> ResizeAsVersion1(OpCall& call, ResizeMethod method) {
  SIDECAR_ASSIGN_OR_RETURN(const Image image, ReadImage(call));
  SIDECAR_ASSIGN_OR_RETURN(const ImageSize target, ReadSize(call));
  SIDECAR_ASSIGN_OR_RETURN(const bool aligned, call.Bool("align_corners", false));
  SIDECAR_ASSIGN_OR_RETURN(const bool centred, call.Bool("half_pixel_centers", false));
  SIDECAR_ASSIGN_OR_RETURN(const bool keep, call.Bool("preserve_aspect_ratio", false));
  if (keep) return call.Unsupported("preserve_aspect_ratio is not supported in version 1");
  const bool nearest = method == ResizeMethod::kNearest;
  if (!centred && nearest) {
    method = aligned ? ResizeMethod::kOldNearestAligned : ResizeMethod::kOldNearest;
  } else if (!centred && method == ResizeMethod::kBilinear) {
    method = aligned ? ResizeMethod::kOldBilinearAligned : ResizeMethod::kOldBilinear;
  } else if (aligned || method == ResizeMethod::kBicubic) {
    return call.Unsupported("this way of resizing of version 1 is not supported");
  }
  SIDECAR_ASSIGN_OR_RETURN(const Image resized,
                           Resized(call.context(), image, target, method, false));
  const DType dtype = image.value.dtype;
  return ImageResult(resized, nearest ? dtype : FloatTypeOf(dtype));
}

template <ResizeMethod kMethod>
Result<Values> ResizeOld(OpCall& call) {
  return ResizeAsVersion1(call, kMethod);
}

// tf.compat.v1.image.resize_images leaves an image of that size as it is.
Result<Values> ResizeImages(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const Image image, ReadImage(call));
  SIDECAR_ASSIGN_OR_RETURN(const ImageSize target, ReadSize(call));
  SIDECAR_ASSIGN_OR_RETURN(const ResizeMethod method, ReadMethod(call));
  const bool same = SizeOf(image.value.output, 1) == target.height &&
                    SizeOf(image.value.output, 2) == target.width;
  if (!same) return ResizeAsVersion1(call, method);
  for (const char* name : {"align_corners", "preserve_aspect_ratio"}) call.Ignore(name);
  return Values{image.value};
}

// image_ops_impl.py `_resize_image_with_pad_common`, in float32.
Result<Values> ResizeWithPad(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const Image image, ReadImage(call));
  ImageSize target;
  SIDECAR_ASSIGN_OR_RETURN(target.height, ReadPixels(call, "target_height", 1));
  SIDECAR_ASSIGN_OR_RETURN(target.width, ReadPixels(call, "target_width", 1));
  SIDECAR_ASSIGN_OR_RETURN(const ResizeMethod method, ReadMethod(call));
  SIDECAR_ASSIGN_OR_RETURN(const bool antialias, call.Bool("antialias", false));
  SIDECAR_ASSIGN_OR_RETURN(const ImageSize size, KnownImageSize(call.context(), image));
  const auto wide = [](std::int64_t pixels) { return static_cast<float>(pixels); };
  const float ratio =
      std::max(wide(size.width) / wide(target.width), wide(size.height) / wide(target.height));
  const float height = wide(size.height) / ratio;
  const float width = wide(size.width) / ratio;
  const auto margin = [&wide](std::int64_t whole, float part) {
    return std::max<std::int64_t>(std::lrint(std::floor((wide(whole) - part) / 2)), 0);
  };
  const ImageSize inner = {std::max<std::int64_t>(std::lrint(std::floor(height)), 1),
                           std::max<std::int64_t>(std::lrint(std::floor(width)), 1)};
  const ImageSize before = {margin(target.height, height), margin(target.width, width)};
  SIDECAR_ASSIGN_OR_RETURN(const Image resized,
                           Resized(call.context(), image, inner, method, antialias));
  const ImageSize after = {target.height - inner.height - before.height,
                           target.width - inner.width - before.width};
  if (after.height < 0 || after.width < 0) return call.Fail("the image does not fit its target");
  const DType dtype = image.value.dtype;
  return ImageResult(Padded(resized, before, after, 0),
                     method == ResizeMethod::kNearest ? dtype : FloatTypeOf(dtype));
}

// A window of the image, where it is inside.
Result<Image> CheckedCrop(const OpCall& call, const Image& image, const ImageSize& start,
                          const ImageSize& size) {
  SIDECAR_ASSIGN_OR_RETURN(const ImageSize whole, KnownImageSize(call.context(), image));
  if (start.height >= 0 && start.width >= 0 && size.height > 0 && size.width > 0 &&
      start.height + size.height <= whole.height && start.width + size.width <= whole.width) {
    return Cropped(image, start, size);
  }
  return call.Fail(fmt::format("the window is not inside of an image of {} x {} pixels",
                               whole.height, whole.width));
}

// The image at `start` of one of that size.
Result<Image> CheckedPad(const OpCall& call, const Image& image, const ImageSize& start,
                         const ImageSize& target) {
  SIDECAR_ASSIGN_OR_RETURN(const ImageSize size, KnownImageSize(call.context(), image));
  const ImageSize after = {target.height - start.height - size.height,
                           target.width - start.width - size.width};
  if (start.height >= 0 && start.width >= 0 && after.height >= 0 && after.width >= 0) {
    return Padded(image, start, after, 0);
  }
  return call.Fail(
      fmt::format("an image of {} x {} pixels does not fit its target", size.height, size.width));
}

using Placing = Result<Image> (*)(const OpCall&, const Image&, const ImageSize&, const ImageSize&);

// tf.image.crop_to_bounding_box and tf.image.pad_to_bounding_box.
template <Placing kPlacing>
Result<Values> ToBoundingBox(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const Image image, ReadImage(call));
  ImageSize start;
  ImageSize target;
  SIDECAR_ASSIGN_OR_RETURN(start.height, ReadPixels(call, "offset_height", 0));
  SIDECAR_ASSIGN_OR_RETURN(start.width, ReadPixels(call, "offset_width", 0));
  SIDECAR_ASSIGN_OR_RETURN(target.height, ReadPixels(call, "target_height", 1));
  SIDECAR_ASSIGN_OR_RETURN(target.width, ReadPixels(call, "target_width", 1));
  SIDECAR_ASSIGN_OR_RETURN(const Image result, kPlacing(call, image, start, target));
  return ImageResult(result, image.value.dtype);
}

Result<Values> ResizeWithCropOrPad(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const Image image, ReadImage(call));
  ImageSize target;
  SIDECAR_ASSIGN_OR_RETURN(target.height, ReadPixels(call, "target_height", 1));
  SIDECAR_ASSIGN_OR_RETURN(target.width, ReadPixels(call, "target_width", 1));
  SIDECAR_ASSIGN_OR_RETURN(const ImageSize size, KnownImageSize(call.context(), image));
  const auto half = [](std::int64_t more, std::int64_t less) {
    return std::max<std::int64_t>(more - less, 0) / 2;
  };
  const Image cropped =
      Cropped(image, {half(size.height, target.height), half(size.width, target.width)},
              {std::min(size.height, target.height), std::min(size.width, target.width)});
  SIDECAR_ASSIGN_OR_RETURN(
      const Image result,
      CheckedPad(call, cropped, {half(target.height, size.height), half(target.width, size.width)},
                 target));
  return ImageResult(result, image.value.dtype);
}

Result<Values> CentralCrop(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const Image image, ReadImage(call));
  SIDECAR_ASSIGN_OR_RETURN(const double fraction, call.Number("central_fraction"));
  if (!(fraction > 0 && fraction <= 1)) return call.Fail("central_fraction is not in (0, 1]");
  SIDECAR_ASSIGN_OR_RETURN(const ImageSize size, KnownImageSize(call.context(), image));
  const auto margin = [fraction](std::int64_t pixels) {
    const auto whole = static_cast<double>(pixels);
    return static_cast<std::int64_t>((whole - whole * fraction) / 2);
  };
  const ImageSize start = {margin(size.height), margin(size.width)};
  SIDECAR_ASSIGN_OR_RETURN(const Image result, CheckedCrop(call, image, start,
                                                           {size.height - 2 * start.height,
                                                            size.width - 2 * start.width}));
  return ImageResult(result, image.value.dtype);
}

// Keras 3 lets two of three numbers be given along each dimension: before, behind, the target.
struct Margins {
  std::int64_t before = 0;
  std::int64_t target = 0;
};

Result<Margins> ReadMargins(OpCall& call, const std::string& before, const std::string& behind,
                            const std::string& target, std::int64_t size, std::int64_t sign) {
  Margins margins;
  if (call.Has(before) && call.Has(behind)) {
    SIDECAR_ASSIGN_OR_RETURN(margins.before, ReadPixels(call, before.c_str(), 0));
    SIDECAR_ASSIGN_OR_RETURN(const std::int64_t end, ReadPixels(call, behind.c_str(), 0));
    margins.target = size + sign * (margins.before + end);
    return margins;
  }
  SIDECAR_ASSIGN_OR_RETURN(margins.target, ReadPixels(call, target.c_str(), 1));
  if (call.Has(before)) {
    SIDECAR_ASSIGN_OR_RETURN(margins.before, ReadPixels(call, before.c_str(), 0));
  } else {
    SIDECAR_ASSIGN_OR_RETURN(const std::int64_t end, ReadPixels(call, behind.c_str(), 0));
    margins.before = sign * (margins.target - size) - end;
  }
  return margins;
}

template <Placing kPlacing, std::int64_t kSign>
Result<Values> ByMargins(OpCall& call, const std::string& kind) {
  SIDECAR_ASSIGN_OR_RETURN(const Image image, ReadImage(call));
  SIDECAR_ASSIGN_OR_RETURN(const ImageSize size, KnownImageSize(call.context(), image));
  SIDECAR_ASSIGN_OR_RETURN(const Margins rows, ReadMargins(call, "top_" + kind, "bottom_" + kind,
                                                           "target_height", size.height, kSign));
  SIDECAR_ASSIGN_OR_RETURN(const Margins columns, ReadMargins(call, "left_" + kind, "right_" + kind,
                                                              "target_width", size.width, kSign));
  for (const char* name : {"target_height", "target_width"}) call.Ignore(name);
  SIDECAR_ASSIGN_OR_RETURN(const Image result, kPlacing(call, image, {rows.before, columns.before},
                                                        {rows.target, columns.target}));
  return ImageResult(result, image.value.dtype);
}

Result<Values> PadImages(OpCall& call) { return ByMargins<CheckedPad, 1>(call, "padding"); }
Result<Values> CropImages(OpCall& call) { return ByMargins<CheckedCrop, -1>(call, "cropping"); }

GraphOutput ReversedAlong(const GraphOutput& x, std::int64_t axis) {
  return Sliced(x, axis, -1, std::numeric_limits<std::int64_t>::min(), -1);
}

template <std::int64_t kAxis>
Result<Values> FlipImage(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const Image image, ReadImage(call));
  return Only(ReversedAlong(image.value.output, kAxis), image.value.dtype);
}

Result<Values> TransposeImage(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const Image image, ReadImage(call));
  return Only(Transposed(image.value.output, {0, 2, 1, 3}), image.value.dtype);
}

// Against the clock, `k` times.
Result<Values> RotateImage(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const Image image, ReadImage(call));
  SIDECAR_ASSIGN_OR_RETURN(const std::int64_t k, call.Int("k", 1));
  const GraphOutput& x = image.value.output;
  const Axes order = {0, 2, 1, 3};
  const DType dtype = image.value.dtype;
  switch ((k % 4 + 4) % 4) {
    case 1:
      return Only(Transposed(ReversedAlong(x, 2), order), dtype);
    case 2:
      return Only(ReversedAlong(ReversedAlong(x, 1), 2), dtype);
    case 3:
      return Only(ReversedAlong(Transposed(x, order), 2), dtype);
    default:
      return Only(x, dtype);
  }
}

// The cells of each window one after the other: a convolution with the kernel that picks one cell
// for each filter.
Result<Values> ExtractPatches(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const GridCall grid, ReadGridCall(call));
  SIDECAR_ASSIGN_OR_RETURN(const auto size, ReadGridSizes(call, "size", grid));
  SIDECAR_ASSIGN_OR_RETURN(Window window, ReadGridWindow(call, grid, size, size));
  SIDECAR_ASSIGN_OR_RETURN(const auto rates,
                           ReadGridSizes(call, "dilation_rate", grid, Axes(grid.spatial_rank, 1)));
  window.dilations = ToSizes<ov::Strides>(rates);
  constexpr std::int64_t kMostCells = 4096;
  std::int64_t cells = std::clamp<std::int64_t>(grid.channels(), 0, kMostCells + 1);
  for (const std::int64_t one : size)
    cells *= std::min(one, kMostCells / std::max<std::int64_t>(cells, 1) + 1);
  if (cells < 1 || cells > kMostCells) {
    return call.Unsupported(
        fmt::format("a patch of more than {} cells, or of unknown channels, is "
                    "not supported",
                    kMostCells));
  }
  const auto side = static_cast<std::size_t>(cells);
  std::vector<double> picks(side * side, 0);
  for (std::size_t i = 0; i < side; ++i) picks[i * side + i] = 1;
  Axes shape = size;
  shape.insert(shape.end(), {grid.channels(), cells});
  const GraphOutput kernel = FloatConstant(ov::Shape(shape.begin(), shape.end()), picks);
  return FromGrid(grid, Convolved(grid.values, kernel, window));
}

constexpr std::string_view kBox = "image:x offset_height offset_width target_height target_width";
constexpr std::string_view kOldResize = "images:x size align_corners half_pixel_centers name";

constexpr OpEntry kImageOps[] = {
    {"image", "CropImages", CropImages, "images:x"},
    {"image", "ExtractPatches", ExtractPatches, "images:x"},
    {"image", "PadImages", PadImages, "images:x"},
    {"image", "Resize", Resize, "images:x"},
    {"tf", "image.central_crop", CentralCrop, "image:x central_fraction"},
    {"tf", "image.crop_to_bounding_box", ToBoundingBox<CheckedCrop>, kBox},
    {"tf", "image.extract_patches", ExtractPatches,
     "images:x sizes:size strides rates:dilation_rate padding"},
    {"tf", "image.flip_left_right", FlipImage<2>, "image:x"},
    {"tf", "image.flip_up_down", FlipImage<1>, "image:x"},
    {"tf", "image.pad_to_bounding_box", ToBoundingBox<CheckedPad>, kBox},
    {"tf", "image.resize", Resize,
     "images:x size method:interpolation preserve_aspect_ratio antialias"},
    {"tf", "image.resize_bilinear", ResizeOld<ResizeMethod::kBilinear>, kOldResize},
    {"tf", "image.resize_images", ResizeImages,
     "images:x size method:interpolation align_corners preserve_aspect_ratio"},
    {"tf", "image.resize_nearest_neighbor", ResizeOld<ResizeMethod::kNearest>, kOldResize},
    {"tf", "image.resize_with_crop_or_pad", ResizeWithCropOrPad,
     "image:x target_height target_width"},
    {"tf", "image.resize_with_pad", ResizeWithPad,
     "image:x target_height target_width method:interpolation antialias"},
    {"tf", "image.rot90", RotateImage, "image:x k"},
    {"tf", "image.transpose", TransposeImage, "image:x"},
};

}  // namespace

std::span<const OpEntry> ImageOps() { return kImageOps; }

}  // namespace sidecar::model::keras
