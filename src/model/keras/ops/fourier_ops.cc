// Fourier transforms. Complex numbers are pairs of tensors, as keras.ops has them.
#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <numbers>
#include <openvino/op/dft.hpp>
#include <openvino/op/gather.hpp>
#include <openvino/op/idft.hpp>
#include <openvino/op/irdft.hpp>
#include <openvino/op/pad.hpp>
#include <openvino/op/rdft.hpp>
#include <openvino/op/reshape.hpp>

#include "base/status_macros.h"
#include "model/keras/constant_value.h"
#include "model/keras/ops/op_functions.h"
#include "model/keras/ops/op_table.h"

namespace sidecar::model::keras {
namespace {

constexpr std::int64_t kMostTransformed = 1 << 16;

// Real and imaginary parts side by side, as OpenVINO wants them: [..., 2].
struct ComplexInput {
  GraphOutput value;
  DType dtype = DType::kFloat32;

  // The dimensions of the numbers.
  [[nodiscard]] std::int64_t rank() const { return RankOf(value) - 1; }
};

Result<ComplexInput> ReadComplex(OpCall& call, std::int64_t least_rank) {
  SIDECAR_ASSIGN_OR_RETURN(const Operands parts, call.Tensors("x"));
  if (parts.size() != 2 || RankOf(parts[0].output()) != RankOf(parts[1].output())) {
    return call.Fail("takes a pair of real and imaginary parts of one shape");
  }
  const std::int64_t rank = RankOf(parts[0].output());
  if (rank < least_rank) return call.Fail("its input has too few dimensions");
  std::vector<GraphOutput> columns;
  for (const Operand& part : parts) columns.push_back(Expanded(AsFloat(part), {rank}));
  return ComplexInput{Joined(columns, rank), parts[0].dtype()};
}

// Real and imaginary parts as two results.
Values PairOfParts(const GraphOutput& complex, DType dtype) {
  const std::int64_t last = RankOf(complex) - 1;
  const auto part = [&](std::int64_t i) {
    return MakeOp<ov::op::v8::Gather>(complex, IntConstant(i), IntConstant(last));
  };
  return Values{{part(0), dtype}, {part(1), dtype}};
}

// The last `count` dimensions of the numbers.
Result<Axes> LastAxes(OpCall& call, const ComplexInput& x, std::int64_t count) {
  Axes axes;
  for (std::int64_t axis = x.rank() - count; axis < x.rank(); ++axis) axes.push_back(axis);
  call.MixRowsOver(axes);
  return axes;
}

template <class Transform, std::int64_t kDimensions>
Result<Values> Fourier(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const ComplexInput x, ReadComplex(call, kDimensions));
  SIDECAR_ASSIGN_OR_RETURN(const Axes axes, LastAxes(call, x, kDimensions));
  return PairOfParts(MakeOp<Transform>(x.value, IntConstant(axes)), x.dtype);
}

// The length of the transform, or nothing for that of the input.
Result<std::optional<std::int64_t>> ReadLength(OpCall& call) {
  if (!call.Has("fft_length")) return std::optional<std::int64_t>();
  SIDECAR_ASSIGN_OR_RETURN(const std::int64_t length, call.Int("fft_length"));
  if (length < 1 || length > kMostTransformed) return call.Fail("fft_length is not 1 to 2^16");
  return std::optional<std::int64_t>(length);
}

// Along the last dimension, cut or filled up with zeros to `size`.
Result<GraphOutput> Fitted(OpCall& call, const GraphOutput& x, std::int64_t axis,
                           std::int64_t size) {
  const std::int64_t given = SizeOf(x, axis);
  if (given < 1) return call.Unsupported("the dimension has no known size");
  if (given >= size) return Sliced(x, axis, 0, size);
  Axes after(static_cast<std::size_t>(RankOf(x)), 0);
  after[static_cast<std::size_t>(axis)] = size - given;
  return PaddedWithZeros(x, Axes(after.size(), 0), after);
}

Result<Values> RealFourier(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const Operand x, call.Tensor("x"));
  SIDECAR_ASSIGN_OR_RETURN(const auto length, ReadLength(call));
  const std::int64_t axis = RankOf(x.output()) - 1;
  if (axis < 0) return call.Fail("its input has too few dimensions");
  call.MixRowsOver({axis});
  GraphOutput signal = AsFloat(x);
  if (length) {
    SIDECAR_ASSIGN_OR_RETURN(signal, Fitted(call, signal, axis, *length));
  }
  return PairOfParts(MakeOp<ov::op::v9::RDFT>(signal, IntConstant(Axes{axis})),
                     FloatTypeOf(x.dtype()));
}

// The length that the one half of the spectrum belongs to is 2 * (numbers - 1), if none is given.
Result<Values> InverseRealFourier(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const ComplexInput x, ReadComplex(call, 1));
  SIDECAR_ASSIGN_OR_RETURN(const auto length, ReadLength(call));
  SIDECAR_ASSIGN_OR_RETURN(const Axes axes, LastAxes(call, x, 1));
  const std::int64_t given = SizeOf(x.value, axes.front());
  if (given < 2) return call.Unsupported("needs at least two numbers, of a known size");
  const std::int64_t size = length.value_or(2 * (given - 1));
  SIDECAR_ASSIGN_OR_RETURN(const GraphOutput half,
                           Fitted(call, x.value, axes.front(), size / 2 + 1));
  return Only(MakeOp<ov::op::v9::IRDFT>(half, IntConstant(axes), IntConstant(Axes{size})), x.dtype);
}

// Windows of `length` numbers, each `stride` after the one before: [..., windows, length].
Result<GraphOutput> Frames(OpCall& call, const GraphOutput& x, std::int64_t length,
                           std::int64_t stride) {
  const std::int64_t axis = RankOf(x) - 1;
  if (axis < 0) return call.Fail("its input has too few dimensions");
  call.MixRowsOver({axis});
  const std::int64_t size = SizeOf(x, axis);
  if (length < 1 || stride < 1 || length > kMostTransformed || size < length) {
    return call.Unsupported("needs windows of 1 to 2^16 numbers, and at least one of them");
  }
  const std::int64_t windows = (size - length) / stride + 1;
  constexpr std::int64_t kMostNumbers = 1 << 26;
  if (windows > kMostNumbers / length) return call.Unsupported("has more than 2^26 numbers");
  Axes places;
  for (std::int64_t window = 0; window < windows; ++window) {
    for (std::int64_t i = 0; i < length; ++i) places.push_back(window * stride + i);
  }
  const GraphOutput picked = MakeOp<ov::op::v8::Gather>(x, IntConstant(places), IntConstant(axis));
  Axes sizes(static_cast<std::size_t>(axis), 0);
  sizes.insert(sizes.end(), {windows, length});
  return Reshaped(picked, sizes);
}

Result<Values> ExtractSequences(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const Operand x, call.Tensor("x"));
  SIDECAR_ASSIGN_OR_RETURN(const std::int64_t length, call.Int("sequence_length"));
  SIDECAR_ASSIGN_OR_RETURN(const std::int64_t stride, call.Int("sequence_stride"));
  SIDECAR_ASSIGN_OR_RETURN(const GraphOutput frames, Frames(call, x.output(), length, stride));
  return Only(frames, x.dtype());
}

// tf.signal's periodic windows, in which an odd length is not periodic; see layers/spectrogram.cc.
Result<std::vector<double>> ReadTaper(OpCall& call, std::int64_t length) {
  std::vector<double> taper(static_cast<std::size_t>(length), 1.0);
  if (!call.Has("window")) return taper;
  SIDECAR_ASSIGN_OR_RETURN(const nlohmann::json* const given, call.Constant("window"));
  if (!given->is_string()) {
    SIDECAR_ASSIGN_OR_RETURN(NumberArray numbers, ReadNumbers(*given, "window"));
    if (numbers.values.size() == taper.size()) return std::move(numbers.values);
    return call.Fail("its window has another length than its sequences");
  }
  if (*given != "hann" && *given != "hamming") return call.Fail("this window is not known");
  const double middle = *given == "hann" ? 0.5 : 0.54;
  const std::int64_t period = length % 2 == 0 ? length : length - 1;
  for (std::size_t i = 0; length > 1 && i < taper.size(); ++i) {
    const double turn = static_cast<double>(i) / static_cast<double>(period);
    taper[i] = middle - (1 - middle) * std::cos(2 * std::numbers::pi * turn);
  }
  return taper;
}

Result<GraphOutput> Mirrored(OpCall& call, const GraphOutput& x, std::int64_t margin) {
  const std::int64_t axis = RankOf(x) - 1;
  if (axis < 0 || SizeOf(x, axis) <= margin) return call.Fail("its signal is too short to mirror");
  Axes margins(static_cast<std::size_t>(RankOf(x)), 0);
  margins.back() = margin;
  return MakeOp<ov::op::v12::Pad>(x, IntConstant(margins), IntConstant(margins), FloatConstant(0),
                                  ov::op::PadMode::REFLECT);
}

Result<Values> ShortTimeFourier(OpCall& call) {
  SIDECAR_ASSIGN_OR_RETURN(const Operand x, call.Tensor("x"));
  SIDECAR_ASSIGN_OR_RETURN(const std::int64_t length, call.Int("sequence_length"));
  SIDECAR_ASSIGN_OR_RETURN(const std::int64_t stride, call.Int("sequence_stride"));
  SIDECAR_ASSIGN_OR_RETURN(const std::int64_t fft, call.Int("fft_length"));
  SIDECAR_ASSIGN_OR_RETURN(const bool center, call.Bool("center", true));
  if (length < 1 || fft < length || fft > kMostTransformed) {
    return call.Fail("sequence_length and fft_length are not ascending numbers from 1 to 2^16");
  }
  SIDECAR_ASSIGN_OR_RETURN(const std::vector<double> taper, ReadTaper(call, length));
  GraphOutput signal = AsFloat(x);
  if (center) {
    SIDECAR_ASSIGN_OR_RETURN(signal, Mirrored(call, signal, fft / 2));
  }
  SIDECAR_ASSIGN_OR_RETURN(const GraphOutput frames, Frames(call, signal, fft, stride));
  std::vector<double> weights(static_cast<std::size_t>(fft), call.Has("window") ? 0.0 : 1.0);
  const std::int64_t before = (fft - length) / 2;
  std::copy(taper.begin(), taper.end(), weights.begin() + static_cast<std::ptrdiff_t>(before));
  const GraphOutput tapered = Times(frames, FloatConstant(ov::Shape{weights.size()}, weights));
  return PairOfParts(MakeOp<ov::op::v9::RDFT>(tapered, IntConstant(Axes{RankOf(tapered) - 1})),
                     FloatTypeOf(x.dtype()));
}

constexpr OpEntry kFourierOps[] = {
    {"math", "ExtractSequences", ExtractSequences, "x"},
    {"math", "FFT", Fourier<ov::op::v7::DFT, 1>, "x"},
    {"math", "FFT2", Fourier<ov::op::v7::DFT, 2>, "x"},
    {"math", "IFFT2", Fourier<ov::op::v7::IDFT, 2>, "x"},
    {"math", "IRFFT", InverseRealFourier, "x"},
    {"math", "RFFT", RealFourier, "x"},
    {"math", "STFT", ShortTimeFourier, "x"},
};

}  // namespace

std::span<const OpEntry> FourierOps() { return kFourierOps; }

}  // namespace sidecar::model::keras
