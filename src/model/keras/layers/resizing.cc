// Resizing, CenterCrop, and RandomCrop as it is when evaluating.
#include "base/status_macros.h"
#include "model/keras/graph_ops.h"
#include "model/keras/layers/image_ops.h"
#include "model/keras/layers/layer_functions.h"

namespace sidecar::model::keras {

Result<Values> LowerResizing(LayerContext& context, const Values& inputs) {
  const ConfigReader& config = context.config();
  SIDECAR_ASSIGN_OR_RETURN(Image image, OnlyImage(context, inputs));
  SIDECAR_ASSIGN_OR_RETURN(const ImageSize target, ReadImageSize(context));
  SIDECAR_ASSIGN_OR_RETURN(const ResizeMethod method, ReadResizeMethod(context, "bilinear"));
  SIDECAR_ASSIGN_OR_RETURN(const bool crop, config.Bool("crop_to_aspect_ratio", false));
  SIDECAR_ASSIGN_OR_RETURN(const bool pad, config.Bool("pad_to_aspect_ratio", false));
  SIDECAR_ASSIGN_OR_RETURN(const bool antialias, config.Bool("antialias", false));
  SIDECAR_RETURN_IF_ERROR(config.OneOf("fill_mode", {"constant"}, "constant").status());
  SIDECAR_ASSIGN_OR_RETURN(const double fill, config.Number("fill_value", 0));
  const Value input = image.value;
  if (crop) {
    SIDECAR_ASSIGN_OR_RETURN(const ImageSize size, KnownImageSize(context, image));
    image = CroppedToAspect(image, size, target);
  } else if (pad) {
    SIDECAR_ASSIGN_OR_RETURN(image, PaddedToAspect(context, image, target, fill));
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
