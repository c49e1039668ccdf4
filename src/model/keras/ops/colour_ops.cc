// Colours of images as operations: the last dimension holds the channels.
#include <algorithm>
#include <array>
#include <cmath>
#include <openvino/op/abs.hpp>
#include <openvino/op/clamp.hpp>
#include <openvino/op/equal.hpp>
#include <openvino/op/floor.hpp>
#include <openvino/op/less.hpp>
#include <openvino/op/matmul.hpp>
#include <openvino/op/power.hpp>
#include <openvino/op/reduce_min.hpp>
#include <openvino/op/tile.hpp>

#include "base/status_macros.h"
#include "model/keras/ops/op_functions.h"
#include "model/keras/ops/op_table.h"

namespace sidecar::model::keras {
namespace {

// Images of floats with that many channels, the last dimension; channels_first ones are moved.
struct Colours {
  GraphOutput x;
  DType dtype = DType::kFloat32;
  bool moved = false;

  [[nodiscard]] Values Back(const GraphOutput& result) const {
    return Only(moved ? ChannelsFirst(result) : result, dtype);
  }
};

Result<Colours> ReadColours(OpCall& call, std::int64_t channels) {
  SIDECAR_ASSIGN_OR_RETURN(const Operand x, call.Tensor("x"));
  SIDECAR_ASSIGN_OR_RETURN(const std::string format, call.Text("data_format", "channels_last"));
  Colours colours{x.output(), x.dtype(), format == "channels_first"};
  if (!IsFloating(x.dtype())) return call.Unsupported("images of integers are not supported");
  const std::int64_t rank = RankOf(x.output());
  if (rank < 3 || (colours.moved && rank != 4)) return call.Fail("takes images");
  if (colours.moved) colours.x = ChannelsLast(x.output());
  if (channels == 0 || SizeOf(colours.x, rank - 1) == channels) return colours;
  return call.Fail(channels == 1 ? "takes images of one channel" : "takes images of 3 channels");
}

using Channels = std::array<GraphOutput, 3>;

Channels Parted(const GraphOutput& x) {
  const std::int64_t last = RankOf(x) - 1;
  return {Sliced(x, last, 0, 1), Sliced(x, last, 1, 2), Sliced(x, last, 2, 3)};
}

GraphOutput Together(const Channels& parts) {
  return Joined({parts[0], parts[1], parts[2]}, RankOf(parts[0]) - 1);
}

GraphOutput Unit(const GraphOutput& x) { return MakeOp<ov::op::v0::Clamp>(x, 0.0, 1.0); }

// tensorflow/core/kernels/image/colorspace_op.h RGBToHSV.
Channels ToHsv(const GraphOutput& rgb) {
  const auto [r, g, b] = Parted(rgb);
  const Axes last = {RankOf(rgb) - 1};
  const GraphOutput zero = FloatConstant(0);
  const GraphOutput value = MaxOver(rgb, last, true);
  const GraphOutput range =
      Minus(value, MakeOp<ov::op::v1::ReduceMin>(rgb, IntConstant(last), true));
  const GraphOutput saturation = Choose(IsGreater(value, zero), Over(range, value), zero);
  const GraphOutput norm = Over(FloatConstant(1.0 / 6), range);
  const auto is_value = [&value](const GraphOutput& channel) {
    return MakeOp<ov::op::v1::Equal>(channel, value);
  };
  const auto hue_at = [&norm](const GraphOutput& more, const GraphOutput& less, double start) {
    return Plus(Times(norm, Minus(more, less)), FloatConstant(start));
  };
  GraphOutput hue = Choose(is_value(r), hue_at(g, b, 0),
                           Choose(is_value(g), hue_at(b, r, 2.0 / 6), hue_at(r, g, 4.0 / 6)));
  hue = Choose(IsGreater(range, zero), hue, zero);
  hue = Choose(MakeOp<ov::op::v1::Less>(hue, zero), Plus(hue, FloatConstant(1)), hue);
  return {hue, saturation, value};
}

// The same file, HSVToRGB.
GraphOutput ToRgb(const Channels& hsv) {
  const GraphOutput sixths = Times(hsv[0], FloatConstant(6));
  const auto away = [&sixths](double from) {
    return MakeOp<ov::op::v0::Abs>(Minus(sixths, FloatConstant(from)));
  };
  const Channels full = {Unit(Minus(away(3), FloatConstant(1))),
                         Unit(Minus(FloatConstant(2), away(2))),
                         Unit(Minus(FloatConstant(2), away(4)))};
  Channels rgb;
  const GraphOutput rest = Minus(FloatConstant(1), hsv[1]);
  for (std::size_t i = 0; i < 3; ++i) rgb[i] = Times(Plus(rest, Times(hsv[1], full[i])), hsv[2]);
  return Together(rgb);
}

Result<Values> RgbToHsv(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const Colours colours, ReadColours(call, 3));
  return colours.Back(Together(ToHsv(colours.x)));
}

Result<Values> HsvToRgb(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const Colours colours, ReadColours(call, 3));
  return colours.Back(ToRgb(Parted(colours.x)));
}

Result<Values> AdjustSaturation(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const Colours colours, ReadColours(call, 3));
  SIDECAR_ASSIGN_OR_RETURN(const double factor, call.Number("saturation_factor"));
  Channels hsv = ToHsv(colours.x);
  hsv[1] = Unit(Times(hsv[1], FloatConstant(factor)));
  return colours.Back(ToRgb(hsv));
}

Result<Values> AdjustHue(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const Colours colours, ReadColours(call, 3));
  SIDECAR_ASSIGN_OR_RETURN(const double delta, call.Number("delta"));
  Channels hsv = ToHsv(colours.x);
  const GraphOutput turned = Plus(hsv[0], FloatConstant(delta));
  hsv[0] = Minus(turned, MakeOp<ov::op::v0::Floor>(turned));
  return colours.Back(ToRgb(hsv));
}

Result<Values> AdjustBrightness(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const Colours colours, ReadColours(call, 0));
  SIDECAR_ASSIGN_OR_RETURN(const double delta, call.Number("delta"));
  return colours.Back(Plus(colours.x, FloatConstant(delta)));
}

// Away from each channel's mean over the image.
Result<Values> AdjustContrast(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const Colours colours, ReadColours(call, 0));
  SIDECAR_ASSIGN_OR_RETURN(const double factor, call.Number("contrast_factor"));
  const std::int64_t rank = RankOf(colours.x);
  const GraphOutput mean = MeanOver(colours.x, {rank - 3, rank - 2}, true);
  return colours.Back(Plus(Times(Minus(colours.x, mean), FloatConstant(factor)), mean));
}

Result<Values> AdjustGamma(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const Colours colours, ReadColours(call, 0));
  SIDECAR_ASSIGN_OR_RETURN(const double gamma, call.Number("gamma", 1));
  SIDECAR_ASSIGN_OR_RETURN(const double gain, call.Number("gain", 1));
  return colours.Back(
      Times(FloatConstant(gain), MakeOp<ov::op::v1::Power>(colours.x, FloatConstant(gamma))));
}

// Every image to mean 0 and deviation 1; that of an even image is bounded.
Result<Values> Standardize(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const Operand x, call.Tensor("x"));
  const GraphOutput image = AsFloat(x);
  const std::int64_t rank = RankOf(image);
  if (rank < 3) return call.Fail("takes images");
  const Axes axes = {rank - 3, rank - 2, rank - 1};
  GraphOutput pixels = IntConstant(1);
  for (const std::int64_t axis : axes) pixels = Times(pixels, RunTimeSize(image, axis));
  const GraphOutput difference = Minus(image, MeanOver(image, axes, true));
  const GraphOutput deviation = SquareRoot(MeanOver(Times(difference, difference), axes, true));
  const GraphOutput least = Over(FloatConstant(1), SquareRoot(ToFloat(pixels)));
  return Only(Over(difference, AtLeast(deviation, least)), DType::kFloat32);
}

Result<Values> GrayscaleToRgb(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const Operand x, call.Tensor("x"));
  const std::int64_t rank = RankOf(x.output());
  if (rank < 3 || SizeOf(x.output(), rank - 1) != 1)
    return call.Fail("takes images of one channel");
  Axes times(static_cast<std::size_t>(rank), 1);
  times.back() = 3;
  return Only(MakeOp<ov::op::v0::Tile>(x.output(), IntConstant(times)), x.dtype());
}

Result<Values> ToGrayscale(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const Operand x, call.Tensor("x"));
  SIDECAR_ASSIGN_OR_RETURN(const std::string format, call.Text("data_format", "channels_last"));
  const bool first = format == "channels_first";
  const std::int64_t rank = RankOf(x.output());
  const std::int64_t channels = first ? rank - 3 : rank - 1;
  if (rank < 3 || SizeOf(x.output(), channels) != 3) return call.Fail("takes images of 3 channels");
  const GraphOutput weights =
      FloatConstant(first ? ov::Shape{3, 1, 1} : ov::Shape{3}, {0.2989, 0.5870, 0.1140});
  return Only(ConvertedTo(SumOver(Times(AsFloat(x), weights), {channels}, true), x.dtype()),
              x.dtype());
}

// A product of the channels with a 3 x 3 matrix (image_ops_impl.py `_rgb_to_yuv_kernel` and so on).
template <const std::array<double, 9>& kMatrix>
Result<Values> Mixed(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const Colours colours, ReadColours(call, 3));
  const GraphOutput matrix =
      FloatConstant(ov::Shape{3, 3}, std::vector<double>(kMatrix.begin(), kMatrix.end()));
  return colours.Back(MatrixProduct(colours.x, matrix));
}

constexpr std::array<double, 9> kRgbToYuv = {0.299, -0.14714119, 0.61497538,
                                             0.587, -0.28886916, -0.51496512,
                                             0.114, 0.43601035,  -0.10001026};
constexpr std::array<double, 9> kYuvToRgb = {1,          1,          1,           0, -0.394642334,
                                             2.03206185, 1.13988303, -0.58062185, 0};
constexpr std::array<double, 9> kRgbToYiq = {
    0.299, 0.59590059, 0.2115, 0.587, -0.27455667, -0.52273617, 0.114, -0.32134392, 0.31119955};
constexpr std::array<double, 9> kYiqToRgb = {
    1, 1, 1, 0.95598634, -0.27201283, -1.10674021, 0.6208248, -0.64720424, 1.70423049};

// Integers become parts of the largest one of their type.
Result<Values> ConvertImage(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const Operand x, call.Tensor("x"));
  SIDECAR_ASSIGN_OR_RETURN(const DType dtype, call.Type("dtype"));
  call.Ignore("saturate");
  if (dtype == x.dtype()) return Values{x.value};
  if (!IsFloating(dtype) || x.dtype() == DType::kBool) {
    return call.Unsupported("only images of floats can be its result");
  }
  if (IsFloating(x.dtype())) return Only(x.output(), dtype);
  const bool is_signed = x.dtype() == DType::kInt8 || x.dtype() == DType::kInt16 ||
                         x.dtype() == DType::kInt32 || x.dtype() == DType::kInt64;
  const auto bits = static_cast<int>(8 * DTypeSize(x.dtype())) - (is_signed ? 1 : 0);
  return Only(Times(AsFloat(x), FloatConstant(1 / (std::ldexp(1.0, bits) - 1))), dtype);
}

constexpr OpEntry kColourOps[] = {
    {"image", "HSVToRGB", HsvToRgb, "images:x"},
    {"image", "RGBToGrayscale", ToGrayscale, "images:x"},
    {"image", "RGBToHSV", RgbToHsv, "images:x"},
    {"tf", "image.adjust_brightness", AdjustBrightness, "image:x delta"},
    {"tf", "image.adjust_contrast", AdjustContrast, "images:x contrast_factor"},
    {"tf", "image.adjust_gamma", AdjustGamma, "image:x gamma gain"},
    {"tf", "image.adjust_hue", AdjustHue, "image:x delta"},
    {"tf", "image.adjust_saturation", AdjustSaturation, "image:x saturation_factor"},
    {"tf", "image.convert_image_dtype", ConvertImage, "image:x dtype saturate"},
    {"tf", "image.grayscale_to_rgb", GrayscaleToRgb, "images:x"},
    {"tf", "image.hsv_to_rgb", HsvToRgb, "images:x"},
    {"tf", "image.per_image_standardization", Standardize, "image:x"},
    {"tf", "image.rgb_to_grayscale", ToGrayscale, "images:x"},
    {"tf", "image.rgb_to_hsv", RgbToHsv, "images:x"},
    {"tf", "image.rgb_to_yiq", Mixed<kRgbToYiq>, "images:x"},
    {"tf", "image.rgb_to_yuv", Mixed<kRgbToYuv>, "images:x"},
    {"tf", "image.yiq_to_rgb", Mixed<kYiqToRgb>, "images:x"},
    {"tf", "image.yuv_to_rgb", Mixed<kYuvToRgb>, "images:x"},
};

}  // namespace

std::span<const OpEntry> ColourOps() { return kColourOps; }

}  // namespace sidecar::model::keras
