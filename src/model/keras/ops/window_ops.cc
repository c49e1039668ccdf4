// Images seen through small windows: blurs, edges, and windows as columns.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <nlohmann/json.hpp>
#include <openvino/op/broadcast.hpp>
#include <openvino/op/floor.hpp>
#include <openvino/op/gather.hpp>
#include <openvino/op/grid_sample.hpp>
#include <openvino/op/pad.hpp>

#include "base/status_macros.h"
#include "model/keras/layers/convolve.h"
#include "model/keras/ops/grid_call.h"
#include "model/keras/ops/op_functions.h"
#include "model/keras/ops/op_table.h"

namespace sidecar::model::keras {
namespace {

constexpr std::int64_t kMostSide = 255;

Window UnitWindow(Axes size, ov::op::PadType padding) {
  Window window;
  window.strides = window.dilations = ToSizes<ov::Strides>(Axes(size.size(), 1));
  window.pads_begin.assign(size.size(), 0);
  window.pads_end.assign(size.size(), 0);
  window.size = std::move(size);
  window.padding = padding;
  return window;
}

Result<GridCall> ReadImages(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(GridCall grid, ReadGridCall(call));
  if (grid.spatial_rank == 2 && grid.channels() >= 1) return grid;
  return call.Unsupported("takes images [batch, height, width, channels], of known channels");
}

// The same kernels for each channel: `kernels` are [height, width, kernels].
GraphOutput EachChannel(const GridCall& grid, const std::vector<double>& kernels, const Axes& size,
                        std::int64_t count, ov::op::PadType padding) {
  std::vector<double> repeated;
  for (std::size_t cell = 0; cell < kernels.size(); cell += static_cast<std::size_t>(count)) {
    for (std::int64_t channel = 0; channel < grid.channels(); ++channel) {
      for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i) {
        repeated.push_back(kernels[cell + i]);
      }
    }
  }
  Axes shape = size;
  shape.insert(shape.end(), {grid.channels(), count});
  return DepthwiseConvolved(grid.values,
                            FloatConstant(ov::Shape(shape.begin(), shape.end()), repeated),
                            UnitWindow(size, padding));
}

std::vector<double> GaussianWeights(std::int64_t size, double sigma) {
  std::vector<double> weights;
  double sum = 0;
  for (std::int64_t i = 0; i < size; ++i) {
    const double place = (static_cast<double>(i) - static_cast<double>(size - 1) / 2) / sigma;
    weights.push_back(std::exp(-0.5 * place * place));
    sum += weights.back();
  }
  for (double& weight : weights) weight /= sum;
  return weights;
}

// Keras makes the kernel of the first size and sigma along the width and lays it out as if it were
// along the height (keras/src/backend/tensorflow/image.py).
Result<Values> GaussianBlur(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const GridCall grid, ReadImages(call));
  SIDECAR_ASSIGN_OR_RETURN(const auto size, call.Ints("kernel_size"));
  SIDECAR_ASSIGN_OR_RETURN(const nlohmann::json* const sigma, call.Constant("sigma"));
  SIDECAR_ASSIGN_OR_RETURN(const NumberArray sigmas, ReadNumbers(*sigma, "sigma"));
  const auto is_side = [](std::int64_t side) { return side >= 1 && side <= kMostSide; };
  if (!size || size->size() != 2 || !std::all_of(size->begin(), size->end(), is_side)) {
    return call.Fail("kernel_size is not a pair of sizes from 1 to 255");
  }
  if (sigmas.values.size() != 2 || !(sigmas.values[0] > 0) || !(sigmas.values[1] > 0)) {
    return call.Fail("sigma is not a pair of numbers above 0");
  }
  const std::vector<double> first = GaussianWeights((*size)[0], sigmas.values[0]);
  const std::vector<double> second = GaussianWeights((*size)[1], sigmas.values[1]);
  std::vector<double> kernel;
  for (const double b : second) {
    for (const double a : first) kernel.push_back(a * b);
  }
  return FromGrid(grid, EachChannel(grid, kernel, *size, 1, ov::op::PadType::SAME_UPPER));
}

// Differences along the height and the width, in a last dimension of two (tf.image.sobel_edges).
Result<Values> SobelEdges(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const GridCall grid, ReadImages(call));
  constexpr std::array kAlongHeight = {-1.0, -2.0, -1.0, 0.0, 0.0, 0.0, 1.0, 2.0, 1.0};
  constexpr std::array kAlongWidth = {-1.0, 0.0, 1.0, -2.0, 0.0, 2.0, -1.0, 0.0, 1.0};
  std::vector<double> kernels;
  for (std::size_t i = 0; i < kAlongHeight.size(); ++i) {
    kernels.insert(kernels.end(), {kAlongHeight[i], kAlongWidth[i]});
  }
  GridCall padded = grid;
  const GraphOutput margins = IntConstant(Axes{0, 0, 1, 1});
  padded.values = MakeOp<ov::op::v12::Pad>(grid.values, margins, margins, FloatConstant(0),
                                           ov::op::PadMode::REFLECT);
  const GraphOutput both = EachChannel(padded, kernels, {3, 3}, 2, ov::op::PadType::VALID);
  const std::int64_t height = SizeOf(both, 2);
  const std::int64_t width = SizeOf(both, 3);
  if (height < 1 || width < 1) return call.Unsupported("needs images of a known size");
  const GraphOutput apart = Reshaped(both, {-1, grid.channels(), 2, height, width});
  const Axes order = grid.channels_first ? Axes{0, 1, 3, 4, 2} : Axes{0, 3, 4, 1, 2};
  return Only(Transposed(apart, order), grid.x.dtype());
}

// ---- Images seen through a projection.

struct Projection {
  GraphOutput transform;  // [images or 1, 8]
  bool nearest = false;
  ov::op::v9::GridSample::PaddingMode mode = ov::op::v9::GridSample::PaddingMode::ZEROS;
  double fill = 0;
};

Result<Projection> ReadProjection(OpCall& call) {
  Projection projection;
  SIDECAR_ASSIGN_OR_RETURN(const Operand transform, call.Tensor("transform"));
  projection.transform = AsFloat(transform);
  if (RankOf(projection.transform) == 1) {
    projection.transform = Expanded(projection.transform, {0});
  }
  if (RankOf(projection.transform) != 2 || SizeOf(projection.transform, 1) != 8) {
    return call.Fail("its transform is not 8 numbers, or as many for each image");
  }
  SIDECAR_ASSIGN_OR_RETURN(const std::string method, call.Text("interpolation", "bilinear"));
  SIDECAR_ASSIGN_OR_RETURN(const std::string mode, call.Text("fill_mode", "constant"));
  SIDECAR_ASSIGN_OR_RETURN(projection.fill, call.Number("fill_value", 0));
  if (method != "bilinear" && method != "nearest") {
    return call.Fail("interpolation is neither bilinear nor nearest");
  }
  projection.nearest = method == "nearest";
  if (mode == "nearest") {
    projection.mode = ov::op::v9::GridSample::PaddingMode::BORDER;
  } else if (mode != "constant") {
    return call.Unsupported("only fill_mode constant and nearest are supported");
  }
  if (mode != "constant") projection.fill = 0;
  return projection;
}

// 0, 1, 2, … as floats, one dimension among three: [1, height, width].
GraphOutput Ramp(std::int64_t count, std::int64_t axis) {
  std::vector<double> values;
  for (std::int64_t i = 0; i < count; ++i) values.push_back(static_cast<double>(i));
  return Reshaped(FloatConstant(ov::Shape{values.size()}, values),
                  axis == 2 ? Axes{1, 1, count} : Axes{1, count, 1});
}

// Where each pixel (x, y) comes from: ((a0 x + a1 y + a2) / k, (b0 x + b1 y + b2) / k) with
// k = c0 x + c1 y + 1 (tensorflow/core/kernels/image/image_ops.h), in the measure of GridSample,
// whose images reach from -1 to 1.
GraphOutput SourcePlaces(const Projection& projection, std::int64_t height, std::int64_t width) {
  const GraphOutput& transform = projection.transform;
  const GraphOutput x = Ramp(width, 2);
  const GraphOutput y = Ramp(height, 1);
  const auto term = [&transform](std::int64_t i) {
    return Expanded(Sliced(transform, 1, i, i + 1), {2});  // [images, 1, 1]
  };
  const GraphOutput one = FloatConstant(1);
  const GraphOutput k = Plus(Plus(Times(term(6), x), Times(term(7), y)), one);
  const auto place = [&](std::int64_t first, std::int64_t size) {
    const GraphOutput sum =
        Plus(Plus(Times(term(first), x), Times(term(first + 1), y)), term(first + 2));
    GraphOutput source = Over(sum, k);
    if (projection.nearest) {
      source = MakeOp<ov::op::v0::Floor>(Plus(source, FloatConstant(0.5)));
    }
    const GraphOutput doubled = Plus(Times(source, FloatConstant(2)), one);
    return Expanded(Minus(Over(doubled, FloatConstant(static_cast<double>(size))), one), {3});
  };
  return Joined({place(0, width), place(3, height)}, 3);
}

Result<Values> AffineTransform(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const GridCall grid, ReadImages(call));
  SIDECAR_ASSIGN_OR_RETURN(const Projection projection, ReadProjection(call));
  const std::int64_t height = SizeOf(grid.values, 2);
  const std::int64_t width = SizeOf(grid.values, 3);
  constexpr std::int64_t kMostPixels = 1 << 15;
  if (height < 1 || width < 1 || height > kMostPixels || width > kMostPixels) {
    return call.Unsupported("needs images of a known size of up to 2^15 by 2^15");
  }
  if (!IsFloating(grid.x.dtype())) return call.Unsupported("integers are not supported");
  const GraphOutput places = SourcePlaces(projection, height, width);
  // One transform for all images: as many places as there are images.
  const GraphOutput images = Expanded(RunTimeSize(grid.values, 0), {0});
  const GraphOutput shape = Joined({images, IntConstant(Axes{height, width, 2})}, 0);
  const GraphOutput each = MakeOp<ov::op::v3::Broadcast>(places, shape);
  ov::op::v9::GridSample::Attributes attributes;
  attributes.align_corners = false;
  attributes.mode = projection.nearest ? ov::op::v9::GridSample::InterpolationMode::NEAREST
                                       : ov::op::v9::GridSample::InterpolationMode::BILINEAR;
  attributes.padding_mode = projection.mode;
  // What lies outside is zero: so is the fill value, once it is taken off.
  const GraphOutput fill = FloatConstant(projection.fill);
  const GraphOutput sampled =
      MakeOp<ov::op::v9::GridSample>(Minus(grid.values, fill), each, attributes);
  return FromGrid(grid, Plus(sampled, fill));
}

// ---- Windows as columns.

// Windows over an image and where their cells lie in it, padded.
struct Blocks {
  std::array<std::int64_t, 2> size{};  // of a window
  std::array<std::int64_t, 2> dilation{};
  std::array<std::int64_t, 2> padding{};
  std::array<std::int64_t, 2> stride{};
  std::array<std::int64_t, 2> image{};  // padded
  std::array<std::int64_t, 2> count{};  // of windows

  [[nodiscard]] std::int64_t cells() const { return size[0] * size[1]; }
  [[nodiscard]] std::int64_t windows() const { return count[0] * count[1]; }
  // The place in the padded image of cell (row, column) of window (down, right).
  [[nodiscard]] std::int64_t Place(std::int64_t row, std::int64_t column, std::int64_t down,
                                   std::int64_t right) const {
    return (down * stride[0] + row * dilation[0]) * image[1] + right * stride[1] +
           column * dilation[1];
  }
};

Status ReadPairOf(OpCall& call, std::string_view name, std::int64_t least,
                  std::array<std::int64_t, 2>& pair) {
  constexpr std::int64_t kMostSize = 1 << 15;
  SIDECAR_ASSIGN_OR_RETURN(const auto ints, call.Ints(name));
  if (!ints) return Status();
  const auto fits = [least](std::int64_t one) { return one >= least && one <= kMostSize; };
  if (ints->empty() || ints->size() > 2 || !std::all_of(ints->begin(), ints->end(), fits)) {
    return call.Fail(
        fmt::format("{} is not a number, or a pair of them, from {} to 2^15", name, least));
  }
  pair = {ints->front(), ints->back()};
  return Status();
}

// `image`: its height and width.
Result<Blocks> ReadBlocks(OpCall& call, const std::array<std::int64_t, 2>& image) {
  Blocks blocks;
  blocks.size = blocks.dilation = blocks.stride = {1, 1};
  SIDECAR_RETURN_IF_ERROR(ReadPairOf(call, "kernel_size", 1, blocks.size));
  SIDECAR_RETURN_IF_ERROR(ReadPairOf(call, "dilation", 1, blocks.dilation));
  SIDECAR_RETURN_IF_ERROR(ReadPairOf(call, "padding", 0, blocks.padding));
  SIDECAR_RETURN_IF_ERROR(ReadPairOf(call, "stride", 1, blocks.stride));
  for (std::size_t i = 0; i < 2; ++i) {
    blocks.image[i] = image[i] + 2 * blocks.padding[i];
    const std::int64_t reach = (blocks.size[i] - 1) * blocks.dilation[i] + 1;
    if (image[i] < 1 || blocks.image[i] < reach) {
      return call.Unsupported("needs an image of a known size, no smaller than a window");
    }
    blocks.count[i] = (blocks.image[i] - reach) / blocks.stride[i] + 1;
  }
  constexpr std::int64_t kMostPlaces = 1 << 24;
  const std::int64_t places = kMostPlaces / blocks.size[0] / blocks.size[1];
  if (blocks.count[0] > places / blocks.count[1]) {
    return call.Unsupported("its windows have more than 2^24 cells");
  }
  return blocks;
}

// [batch, channels, height, width] to [batch, channels * cells, windows].
Result<Values> Unfold(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const Operand x, call.Tensor("x"));
  const GraphOutput& image = x.output();
  if (RankOf(image) != 4 || SizeOf(image, 1) < 1) {
    return call.Unsupported("takes images [batch, channels, height, width], of known channels");
  }
  SIDECAR_ASSIGN_OR_RETURN(const Blocks blocks,
                           ReadBlocks(call, {SizeOf(image, 2), SizeOf(image, 3)}));
  if (!IsFloating(x.dtype())) return call.Unsupported("integers are not supported");
  const Axes margins = {0, 0, blocks.padding[0], blocks.padding[1]};
  const GraphOutput padded = PaddedWithZeros(image, margins, margins);
  Axes places;
  for (std::int64_t row = 0; row < blocks.size[0]; ++row) {
    for (std::int64_t column = 0; column < blocks.size[1]; ++column) {
      for (std::int64_t down = 0; down < blocks.count[0]; ++down) {
        for (std::int64_t right = 0; right < blocks.count[1]; ++right) {
          places.push_back(blocks.Place(row, column, down, right));
        }
      }
    }
  }
  const std::int64_t channels = SizeOf(image, 1);
  const GraphOutput flat = Reshaped(padded, {0, channels, blocks.image[0] * blocks.image[1]});
  const GraphOutput picked = MakeOp<ov::op::v8::Gather>(flat, IntConstant(places), IntConstant(2));
  return Only(Reshaped(picked, {0, channels * blocks.cells(), blocks.windows()}), x.dtype());
}

// The reverse: cells of several windows add up. Each cell of a window is one image of zeros but
// for its places, whose sum a transposed convolution makes.
Result<Values> Fold(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const Operand x, call.Tensor("x"));
  std::array<std::int64_t, 2> output{};
  SIDECAR_RETURN_IF_ERROR(ReadPairOf(call, "output_size", 1, output));
  SIDECAR_ASSIGN_OR_RETURN(const Blocks blocks, ReadBlocks(call, output));
  const GraphOutput columns = AsFloat(x);
  const std::int64_t rows = RankOf(columns) == 3 ? SizeOf(columns, 1) : 0;
  if (rows < 1 || rows % blocks.cells() != 0 || SizeOf(columns, 2) != blocks.windows()) {
    return call.Fail(fmt::format("takes [batch, channels * {}, {}]; is called with {}",
                                 blocks.cells(), blocks.windows(), ShapeOf(columns).ToString()));
  }
  constexpr std::int64_t kMostCells = 4096;
  if (blocks.cells() > kMostCells) return call.Unsupported("its windows have more than 4096 cells");
  // Each channel as an image of its own: [batch * channels, cells, count].
  const GraphOutput windows =
      Reshaped(columns, {-1, blocks.cells(), blocks.count[0], blocks.count[1]});
  const auto cells = static_cast<std::size_t>(blocks.cells());
  std::vector<double> picks(cells * cells, 0);
  for (std::size_t i = 0; i < cells; ++i) picks[i * cells + i] = 1;
  const GraphOutput kernel =
      FloatConstant(ov::Shape{static_cast<std::size_t>(blocks.size[0]),
                              static_cast<std::size_t>(blocks.size[1]), 1, cells},
                    picks);
  Window window = UnitWindow({blocks.size[0], blocks.size[1]}, ov::op::PadType::VALID);
  std::vector<Trim> trims;
  for (std::size_t i = 0; i < 2; ++i) {
    window.strides[i] = static_cast<std::size_t>(blocks.stride[i]);
    window.dilations[i] = static_cast<std::size_t>(blocks.dilation[i]);
    const std::int64_t reach = (blocks.size[i] - 1) * blocks.dilation[i] + 1;
    const std::int64_t full = (blocks.count[i] - 1) * blocks.stride[i] + reach;
    // What no window reaches is zero; what was padded is cut.
    const std::int64_t end = full - blocks.padding[i] - output[i];
    trims.push_back(
        {blocks.padding[i], std::max<std::int64_t>(end, 0), std::max<std::int64_t>(-end, 0)});
  }
  const GraphOutput summed = TransposeConvolved(windows, kernel, window, trims);
  return Only(Reshaped(summed, {-1, rows / blocks.cells(), output[0], output[1]}),
              FloatTypeOf(x.dtype()));
}

constexpr OpEntry kWindowOps[] = {
    {"image", "AffineTransform", AffineTransform, "images:x transform"},
    {"image", "GaussianBlur", GaussianBlur, "images:x"},
    {"image", "SobelEdges", SobelEdges, "images:x"},
    {"nn", "Fold", Fold, "x"},
    {"nn", "Unfold", Unfold, "x"},
    {"tf", "image.sobel_edges", SobelEdges, "image:x"},
};

}  // namespace

std::span<const OpEntry> WindowOps() { return kWindowOps; }

}  // namespace sidecar::model::keras
