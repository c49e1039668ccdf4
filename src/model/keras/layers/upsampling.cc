// UpSampling over one to three dimensions.
#include <openvino/op/interpolate.hpp>

#include "base/status_macros.h"
#include "model/keras/graph_ops.h"
#include "model/keras/layers/grid.h"
#include "model/keras/layers/image_ops.h"

namespace sidecar::model::keras {
namespace {

using Interpolate = ov::op::v11::Interpolate;

// `values` is [batch, channels, spatial dimensions]. Resampling is at half-pixel centres; by whole
// factors the nearest cell is then the one that is repeated.
GraphOutput Resampled(const GraphOutput& values, const std::vector<std::int64_t>& factors,
                      bool nearest) {
  std::vector<std::int64_t> axes;
  std::vector<double> scales;
  for (std::size_t i = 0; i < factors.size(); ++i) {
    axes.push_back(static_cast<std::int64_t>(i) + 2);
    scales.push_back(static_cast<double>(factors[i]));
  }
  Interpolate::InterpolateAttrs attributes;
  attributes.shape_calculation_mode = Interpolate::ShapeCalcMode::SCALES;
  if (nearest) {
    attributes.mode = Interpolate::InterpolateMode::NEAREST;
    attributes.coordinate_transformation_mode = Interpolate::CoordinateTransformMode::ASYMMETRIC;
    attributes.nearest_mode = Interpolate::NearestMode::FLOOR;
  } else {
    attributes.mode = Interpolate::InterpolateMode::LINEAR_ONNX;
    attributes.coordinate_transformation_mode = Interpolate::CoordinateTransformMode::HALF_PIXEL;
  }
  return std::make_shared<Interpolate>(values, FloatConstant({scales.size()}, scales),
                                       IntConstant(axes), attributes);
}

}  // namespace

Result<Values> LowerUpSampling(LayerContext& context, const Values& inputs) {
  SIDECAR_ASSIGN_OR_RETURN(const Grid grid, ReadGrid(context, inputs));
  SIDECAR_ASSIGN_OR_RETURN(auto factors, context.config().PositiveInts(
                                             "size", static_cast<std::size_t>(grid.spatial_rank)));
  SIDECAR_ASSIGN_OR_RETURN(const ResizeMethod method, ReadResizeMethod(context, "nearest"));
  if (method != ResizeMethod::kNearest && method != ResizeMethod::kBilinear) {
    if (grid.spatial_rank != 2) return context.config().Wrong("interpolation", "\"nearest\"");
    const Image image{grid.input, grid.channels_first};
    SIDECAR_ASSIGN_OR_RETURN(const ImageSize size, KnownImageSize(context, image));
    const ImageSize target{size.height * factors[0], size.width * factors[1]};
    SIDECAR_ASSIGN_OR_RETURN(const Image resized, Resized(context, image, target, method, false));
    return Values{resized.value};
  }
  GraphOutput values = ChannelsFirst(grid);
  // The engine interpolates images and volumes.
  const bool is_line = grid.spatial_rank == 1;
  if (is_line) {
    values = Expanded(values, {2});
    factors = {1, factors[0]};
  }
  values = Resampled(values, factors, method == ResizeMethod::kNearest);
  if (is_line) values = MaxOver(values, {2}, false);
  return Values{{grid.channels_first ? values : ChannelsLast(values)}};
}

}  // namespace sidecar::model::keras
