#include "model/keras/layers/image_ops.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <openvino/op/clamp.hpp>
#include <openvino/op/convert.hpp>
#include <openvino/op/gather.hpp>
#include <openvino/op/interpolate.hpp>
#include <openvino/op/matmul.hpp>
#include <openvino/op/pad.hpp>
#include <openvino/op/round.hpp>
#include <openvino/op/slice.hpp>

#include "base/status_macros.h"
#include "model/keras/graph_ops.h"
#include "model/keras/layers/layer_functions.h"

namespace sidecar::model::keras {
namespace {

constexpr std::int64_t kMostWeights = std::int64_t{1} << 26;

GraphOutput Rows(const GraphOutput& a, std::int64_t axis, std::int64_t begin, std::int64_t size) {
  return std::make_shared<ov::op::v8::Slice>(a, IntConstant(std::vector<std::int64_t>{begin}),
                                             IntConstant(std::vector<std::int64_t>{begin + size}),
                                             IntConstant(std::vector<std::int64_t>{1}),
                                             IntConstant(std::vector<std::int64_t>{axis}));
}

GraphOutput Picked(const GraphOutput& a, std::int64_t axis,
                   const std::vector<std::int64_t>& cells) {
  return std::make_shared<ov::op::v8::Gather>(a, IntConstant(cells), IntConstant(axis));
}

// `image` is channels_first and f32. The engine computes these two as TensorFlow does, whatever the
// image's size will be.
GraphOutput Interpolated(const GraphOutput& image, const ImageSize& target, ResizeMethod method) {
  using Interpolate = ov::op::v11::Interpolate;
  Interpolate::InterpolateAttrs attrs;
  attrs.shape_calculation_mode = Interpolate::ShapeCalcMode::SIZES;
  attrs.pads_begin = {0, 0, 0, 0};
  attrs.pads_end = {0, 0, 0, 0};
  if (method == ResizeMethod::kNearest) {
    attrs.mode = Interpolate::InterpolateMode::NEAREST;
    attrs.coordinate_transformation_mode =
        Interpolate::CoordinateTransformMode::TF_HALF_PIXEL_FOR_NN;
    attrs.nearest_mode = Interpolate::NearestMode::FLOOR;
  } else {
    attrs.mode = Interpolate::InterpolateMode::LINEAR_ONNX;
    attrs.coordinate_transformation_mode = Interpolate::CoordinateTransformMode::HALF_PIXEL;
  }
  return std::make_shared<Interpolate>(image, IntConstant({target.height, target.width}),
                                       IntConstant({2, 3}), attrs);
}

Status TooLarge(const LayerContext& context, std::int64_t in, std::int64_t out) {
  return context.Fail(
      StatusCode::kFailedPrecondition,
      fmt::format("would resize {} cells to {}; the product must be no more than 2^26", in, out));
}

// `image` is channels_first and f32.
Result<GraphOutput> Weighed(const LayerContext& context, const GraphOutput& image,
                            const ImageSize& size, const ImageSize& target, ResizeMethod method,
                            bool antialias) {
  if (target.height > kMostWeights / size.height) {
    return TooLarge(context, size.height, target.height);
  }
  if (target.width > kMostWeights / size.width) return TooLarge(context, size.width, target.width);
  const auto matrix = [&](std::int64_t in, std::int64_t out) {
    return FloatConstant(ov::Shape{static_cast<std::size_t>(out), static_cast<std::size_t>(in)},
                         ResizeWeights(method, antialias, in, out));
  };
  const GraphOutput rows =
      std::make_shared<ov::op::v0::MatMul>(matrix(size.height, target.height), image, false, false);
  return GraphOutput(
      std::make_shared<ov::op::v0::MatMul>(rows, matrix(size.width, target.width), false, true));
}

bool IsSizeKnown(const Image& image) {
  return SizeOf(image.value.output, image.height_axis()) != Shape::kUnknown &&
         SizeOf(image.value.output, image.width_axis()) != Shape::kUnknown;
}

struct MethodName {
  std::string_view name;
  ResizeMethod method;
  bool keras3;
};

constexpr std::array kMethods = {
    MethodName{"bilinear", ResizeMethod::kBilinear, true},
    MethodName{"nearest", ResizeMethod::kNearest, true},
    MethodName{"bicubic", ResizeMethod::kBicubic, true},
    MethodName{"area", ResizeMethod::kArea, true},
    MethodName{"lanczos3", ResizeMethod::kLanczos3, true},
    MethodName{"lanczos5", ResizeMethod::kLanczos5, true},
    MethodName{"gaussian", ResizeMethod::kGaussian, false},
    MethodName{"mitchellcubic", ResizeMethod::kMitchellCubic, false},
};

}  // namespace

std::optional<ResizeMethod> FindResizeMethod(std::string_view name) {
  for (const MethodName& method : kMethods) {
    if (name == method.name) return method.method;
  }
  return std::nullopt;
}

Result<ResizeMethod> ReadResizeMethod(const LayerContext& context, const std::string& otherwise) {
  SIDECAR_ASSIGN_OR_RETURN(std::string name, context.config().String("interpolation", otherwise));
  if (context.is_keras2()) {
    std::transform(name.begin(), name.end(), name.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  }
  std::string allowed;
  for (const MethodName& method : kMethods) {
    if (!method.keras3 && !context.is_keras2()) continue;
    if (name == method.name) return method.method;
    allowed += fmt::format("{}{}", allowed.empty() ? "" : ", ", method.name);
  }
  return context.config().Wrong("interpolation", allowed);
}

Result<Image> OnlyImage(const LayerContext& context, const Values& inputs) {
  SIDECAR_ASSIGN_OR_RETURN(const bool channels_first, IsChannelsFirst(context));
  SIDECAR_ASSIGN_OR_RETURN(const Value input,
                           OnlyInput(context, inputs, 4,
                                     channels_first ? "[batch, channels, height, width]"
                                                    : "[batch, height, width, channels]"));
  return Image{input, channels_first};
}

Result<ImageSize> ReadImageSize(const LayerContext& context) {
  ImageSize size;
  SIDECAR_ASSIGN_OR_RETURN(size.height, context.config().PositiveInt("height"));
  SIDECAR_ASSIGN_OR_RETURN(size.width, context.config().PositiveInt("width"));
  return size;
}

Result<ImageSize> KnownImageSize(const LayerContext& context, const Image& image) {
  ImageSize size;
  SIDECAR_ASSIGN_OR_RETURN(size.height, KnownSize(context, image.value, image.height_axis()));
  SIDECAR_ASSIGN_OR_RETURN(size.width, KnownSize(context, image.value, image.width_axis()));
  if (size.height > 0 && size.width > 0) return size;
  return context.Fail(StatusCode::kFailedPrecondition, "its input's images have no cells");
}

Image Cropped(const Image& image, const ImageSize& start, const ImageSize& size) {
  Image result = image;
  result.value.output =
      Rows(Rows(image.value.output, image.height_axis(), start.height, size.height),
           image.width_axis(), start.width, size.width);
  return result;
}

Image Padded(const Image& image, const ImageSize& before, const ImageSize& after, double fill) {
  std::vector<std::int64_t> begin(4, 0);
  std::vector<std::int64_t> end(4, 0);
  begin[static_cast<std::size_t>(image.height_axis())] = before.height;
  begin[static_cast<std::size_t>(image.width_axis())] = before.width;
  end[static_cast<std::size_t>(image.height_axis())] = after.height;
  end[static_cast<std::size_t>(image.width_axis())] = after.width;
  Image result = image;
  const GraphOutput value = std::make_shared<ov::op::v0::Convert>(
      FloatConstant(fill), image.value.output.get_element_type());
  result.value.output = std::make_shared<ov::op::v12::Pad>(
      image.value.output, IntConstant(begin), IntConstant(end), value, ov::op::PadMode::CONSTANT);
  return result;
}

Result<Image> PaddedToAspect(const LayerContext& context, const Image& image,
                             const ImageSize& target, double fill) {
  SIDECAR_ASSIGN_OR_RETURN(const ImageSize size, KnownImageSize(context, image));
  const std::int64_t height = std::max(size.height, size.width * target.height / target.width);
  const std::int64_t width = std::max(size.width, size.height * target.width / target.height);
  const ImageSize pads = {(height - size.height) / 2, (width - size.width) / 2};
  return Padded(image, pads, pads, fill);
}

Image CroppedToAspect(const Image& image, const ImageSize& size, const ImageSize& target) {
  // Sizes and targets are below 2^31: the products fit.
  const ImageSize window = {
      std::clamp<std::int64_t>(size.width * target.height / target.width, 1, size.height),
      std::clamp<std::int64_t>(size.height * target.width / target.height, 1, size.width)};
  return Cropped(image, {(size.height - window.height) / 2, (size.width - window.width) / 2},
                 window);
}

Result<Image> Resized(const LayerContext& context, const Image& image, const ImageSize& target,
                      ResizeMethod method, bool antialias) {
  Image result{Value{image.value.output, image.value.dtype}, image.channels_first};
  const bool simple =
      method == ResizeMethod::kNearest || (method == ResizeMethod::kBilinear && !antialias);
  if (method == ResizeMethod::kNearest && IsSizeKnown(image)) {
    SIDECAR_ASSIGN_OR_RETURN(const ImageSize size, KnownImageSize(context, image));
    result.value.output = Picked(
        Picked(image.value.output, image.height_axis(), NearestCells(size.height, target.height)),
        image.width_axis(), NearestCells(size.width, target.width));
    return result;
  }
  const GraphOutput floats = ToFloat(image.value.output);
  GraphOutput resized = image.channels_first ? floats : ChannelsFirst(floats);
  if (simple) {
    resized = Interpolated(resized, target, method);
  } else {
    SIDECAR_ASSIGN_OR_RETURN(const ImageSize size, KnownImageSize(context, image));
    SIDECAR_ASSIGN_OR_RETURN(resized, Weighed(context, resized, size, target, method, antialias));
  }
  result.value.output = image.channels_first ? resized : ChannelsLast(resized);
  if (!IsFloat(image.value.output)) result.value.dtype = DType::kFloat32;
  return result;
}

Value BackToIntegers(const Value& resized, const Value& input) {
  GraphOutput rounded = std::make_shared<ov::op::v5::Round>(
      resized.output, ov::op::v5::Round::RoundMode::HALF_TO_EVEN);
  const std::size_t bits = 8 * DTypeSize(input.dtype);
  if (bits < 32) {
    const bool is_signed = input.dtype == DType::kInt8 || input.dtype == DType::kInt16;
    const double values = static_cast<double>(std::int64_t{1} << bits);
    rounded = std::make_shared<ov::op::v0::Clamp>(rounded, is_signed ? -values / 2 : 0,
                                                  (is_signed ? values / 2 : values) - 1);
  }
  return {std::make_shared<ov::op::v0::Convert>(rounded, input.output.get_element_type()),
          input.dtype};
}

Result<Image> SmartResized(const LayerContext& context, const Image& image,
                           const ImageSize& target) {
  SIDECAR_ASSIGN_OR_RETURN(const ImageSize size, KnownImageSize(context, image));
  return Resized(context, CroppedToAspect(image, size, target), target, ResizeMethod::kBilinear,
                 false);
}

}  // namespace sidecar::model::keras
