// Resizing, CenterCrop, and RandomCrop as it is when evaluating.
#include <fmt/format.h>

#include <algorithm>
#include <openvino/op/clamp.hpp>
#include <openvino/op/convert.hpp>
#include <openvino/op/pad.hpp>
#include <openvino/op/round.hpp>

#include "base/status_macros.h"
#include "model/keras/graph_ops.h"
#include "model/keras/layers/image_ops.h"
#include "model/keras/layers/layer_functions.h"

namespace sidecar::model::keras {
namespace {

// The image in the middle of one of the target's proportions, filled up with config.fill_value.
Result<Image> PaddedToAspect(const LayerContext& context, const Image& image,
                             const ImageSize& target) {
  SIDECAR_ASSIGN_OR_RETURN(const ImageSize size, KnownImageSize(context, image));
  SIDECAR_ASSIGN_OR_RETURN(const double fill, context.config().Number("fill_value", 0));
  const std::int64_t height = std::max(size.height, size.width * target.height / target.width);
  const std::int64_t width = std::max(size.width, size.height * target.width / target.height);
  std::vector<std::int64_t> pads(4, 0);
  pads[static_cast<std::size_t>(image.height_axis())] = (height - size.height) / 2;
  pads[static_cast<std::size_t>(image.width_axis())] = (width - size.width) / 2;
  Image result = image;
  const GraphOutput value = std::make_shared<ov::op::v0::Convert>(
      FloatConstant(fill), image.value.output.get_element_type());
  result.value.output = std::make_shared<ov::op::v12::Pad>(
      image.value.output, IntConstant(pads), IntConstant(pads), value, ov::op::PadMode::CONSTANT);
  return result;
}

// Keras 3 rounds to the integer type that it was given.
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

}  // namespace

Result<Values> LowerResizing(LayerContext& context, const Values& inputs) {
  const ConfigReader& config = context.config();
  SIDECAR_ASSIGN_OR_RETURN(Image image, OnlyImage(context, inputs));
  SIDECAR_ASSIGN_OR_RETURN(const ImageSize target, ReadImageSize(context));
  SIDECAR_ASSIGN_OR_RETURN(const ResizeMethod method, ReadResizeMethod(context, "bilinear"));
  SIDECAR_ASSIGN_OR_RETURN(const bool crop, config.Bool("crop_to_aspect_ratio", false));
  SIDECAR_ASSIGN_OR_RETURN(const bool pad, config.Bool("pad_to_aspect_ratio", false));
  SIDECAR_ASSIGN_OR_RETURN(const bool antialias, config.Bool("antialias", false));
  SIDECAR_RETURN_IF_ERROR(config.OneOf("fill_mode", {"constant"}, "constant").status());
  const Value input = image.value;
  if (crop) {
    SIDECAR_ASSIGN_OR_RETURN(const ImageSize size, KnownImageSize(context, image));
    image = CroppedToAspect(image, size, target);
  } else if (pad) {
    SIDECAR_ASSIGN_OR_RETURN(image, PaddedToAspect(context, image, target));
  }
  SIDECAR_ASSIGN_OR_RETURN(const Image resized, Resized(context, image, target, method, antialias));
  if (context.is_keras2()) return Values{{ToFloat(resized.value.output)}};
  if (IsFloat(resized.value.output) && !IsFloat(input.output)) {
    return Values{BackToIntegers(resized.value, input)};
  }
  return Values{resized.value};
}

Result<Values> LowerCenterCrop(LayerContext& context, const Values& inputs) {
  SIDECAR_ASSIGN_OR_RETURN(Image image, OnlyImage(context, inputs));
  SIDECAR_ASSIGN_OR_RETURN(const ImageSize target, ReadImageSize(context));
  SIDECAR_ASSIGN_OR_RETURN(const ImageSize size, KnownImageSize(context, image));
  image.value = Value{ToFloat(image.value.output)};
  if (size.height >= target.height && size.width >= target.width) {
    const ImageSize start = {(size.height - target.height) / 2, (size.width - target.width) / 2};
    return Values{Cropped(image, start, target).value};
  }
  SIDECAR_ASSIGN_OR_RETURN(const Image resized, SmartResized(context, image, target));
  return Values{resized.value};
}

Result<Values> LowerRandomCrop(LayerContext& context, const Values& inputs) {
  if (!context.is_keras2()) {
    // Keras 3.9 and later leave images alone, whatever their size, when not training.
    SIDECAR_ASSIGN_OR_RETURN(const Value input, OnlyInput(context, inputs));
    return Values{input};
  }
  SIDECAR_ASSIGN_OR_RETURN(Image image, OnlyImage(context, inputs));
  SIDECAR_ASSIGN_OR_RETURN(const ImageSize target, ReadImageSize(context));
  image.value = Value{ToFloat(image.value.output)};
  SIDECAR_ASSIGN_OR_RETURN(const Image resized, SmartResized(context, image, target));
  return Values{resized.value};
}

}  // namespace sidecar::model::keras
