// Operations on images: [batch, height, width, channels], or one image without the batch.
#include <algorithm>
#include <openvino/op/interpolate.hpp>
#include <openvino/op/reduce_sum.hpp>

#include "base/status_macros.h"
#include "model/keras/ops/op_functions.h"
#include "model/keras/ops/op_table.h"

namespace sidecar::model::keras {
namespace {

Result<bool> IsChannelsFirst(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const std::string format, call.Text("data_format", "channels_last"));
  return format == "channels_first";
}

// tf.image.resize: pixels have their centres at half places.
GraphOutput Interpolated(const GraphOutput& images, const Axes& size, bool nearest) {
  using Base = ov::op::util::InterpolateBase;
  Base::InterpolateAttrs attributes;
  attributes.shape_calculation_mode = Base::ShapeCalcMode::SIZES;
  attributes.mode = nearest ? Base::InterpolateMode::NEAREST : Base::InterpolateMode::LINEAR_ONNX;
  attributes.coordinate_transformation_mode =
      nearest ? Base::CoordinateTransformMode::TF_HALF_PIXEL_FOR_NN
              : Base::CoordinateTransformMode::HALF_PIXEL;
  attributes.nearest_mode = Base::NearestMode::FLOOR;
  return MakeOp<ov::op::v11::Interpolate>(images, IntConstant(size), IntConstant(Axes{2, 3}),
                                          attributes);
}

Result<Values> Resize(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const Operand x, call.Tensor("x"));
  SIDECAR_ASSIGN_OR_RETURN(const auto size, call.Ints("size"));
  SIDECAR_ASSIGN_OR_RETURN(const std::string kind, call.Text("interpolation", "bilinear"));
  SIDECAR_ASSIGN_OR_RETURN(const bool first, IsChannelsFirst(call));
  for (const char* flag :
       {"antialias", "crop_to_aspect_ratio", "pad_to_aspect_ratio", "preserve_aspect_ratio"}) {
    SIDECAR_ASSIGN_OR_RETURN(const bool set, call.Bool(flag, false));
    if (set) return call.Unsupported(std::string(flag) + " is not supported");
  }
  call.Ignore("fill_mode");
  call.Ignore("fill_value");
  if (kind != "bilinear" && kind != "nearest") {
    return call.Unsupported("the interpolation " + kind + " is not supported");
  }
  constexpr std::int64_t kMost = 1 << 20;
  const auto is_wrong = [](std::int64_t one) { return one < 1 || one > kMost; };
  if (!size || size->size() != 2 || std::any_of(size->begin(), size->end(), is_wrong)) {
    return call.Fail("size is not a pair of sizes from 1 to 2^20");
  }
  const std::int64_t rank = RankOf(x.output());
  if (rank != 4) return call.Unsupported("only batches of images are supported");
  const GraphOutput images = AsFloat(x);
  const GraphOutput resized =
      Interpolated(first ? images : ChannelsFirst(images), *size, kind == "nearest");
  // The nearest pixel keeps its type; in Keras 3 every kind does.
  const bool keeps = kind == "nearest" || !call.is_keras2();
  const DType dtype = keeps ? x.dtype() : DType::kFloat32;
  return Only(ConvertedTo(first ? resized : ChannelsLast(resized), dtype), dtype);
}

Result<Values> ToGrayscale(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const Operand x, call.Tensor("x"));
  SIDECAR_ASSIGN_OR_RETURN(const bool first, IsChannelsFirst(call));
  const std::int64_t rank = RankOf(x.output());
  const std::int64_t channels = first ? rank - 3 : rank - 1;
  if (rank < 3 || SizeOf(x.output(), channels) != 3) return call.Fail("takes images of 3 channels");
  const GraphOutput weights =
      FloatConstant(first ? ov::Shape{3, 1, 1} : ov::Shape{3}, {0.2989, 0.5870, 0.1140});
  return Only(ConvertedTo(SumOver(Times(AsFloat(x), weights), {channels}, true), x.dtype()),
              x.dtype());
}

constexpr OpEntry kImageOps[] = {
    {"image", "RGBToGrayscale", ToGrayscale, "images:x"},
    {"image", "Resize", Resize, "images:x"},
    {"tf", "image.resize", Resize,
     "images:x size method:interpolation preserve_aspect_ratio antialias"},
    {"tf", "image.rgb_to_grayscale", ToGrayscale, "images:x"},
};

}  // namespace

std::span<const OpEntry> ImageOps() { return kImageOps; }

}  // namespace sidecar::model::keras
