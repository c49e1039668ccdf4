// STFTSpectrogram and MelSpectrogram of Keras 3.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <openvino/op/atan.hpp>
#include <openvino/op/concat.hpp>
#include <openvino/op/convolution.hpp>
#include <openvino/op/equal.hpp>
#include <openvino/op/log.hpp>
#include <openvino/op/matmul.hpp>
#include <openvino/op/pad.hpp>
#include <openvino/op/power.hpp>
#include <openvino/op/reduce_max.hpp>
#include <vector>

#include "base/status_macros.h"
#include "model/keras/graph_ops.h"
#include "model/keras/layers/layer_functions.h"

namespace sidecar::model::keras {
namespace {

constexpr double kEpsilon = 1e-7;  // keras.backend.epsilon()
constexpr std::int64_t kLongestFrame = std::int64_t{1} << 16;
// The transform of MelSpectrogram is a matrix.
constexpr std::int64_t kMostMelNumbers = 4096;

GraphOutput Logarithm(const GraphOutput& a) { return std::make_shared<ov::op::v0::Log>(a); }

// Signals [signals, 1, time] as seen by kernels [frequencies, 1, frame]: [signals, frequencies,
// steps].
GraphOutput Convolved(const GraphOutput& signals, const GraphOutput& kernels, std::int64_t step,
                      ov::op::PadType padding) {
  return std::make_shared<ov::op::v1::Convolution>(
      signals, kernels, ov::Strides{static_cast<std::size_t>(step)}, ov::CoordinateDiff{0},
      ov::CoordinateDiff{0}, ov::Strides{1}, padding);
}

// An STFTSpectrogram's config and input.
struct Stft {
  std::string mode;
  std::int64_t frame = 0;
  std::int64_t step = 0;
  std::int64_t frequencies = 0;
  ov::op::PadType padding = ov::op::PadType::VALID;
  bool expand = false;
  bool channels_first = false;
  std::int64_t channels = 0;
  GraphOutput signals;  // [batch * channels, 1, time]
};

Result<std::int64_t> ReadFftLength(const LayerContext& context, std::int64_t frame) {
  std::int64_t length = 1;
  while (length < frame) length *= 2;
  SIDECAR_ASSIGN_OR_RETURN(length, context.config().PositiveInt("fft_length", length));
  if (length >= frame && length <= kLongestFrame) return length;
  return context.config().Wrong("fft_length", "at least the frame's length, at most 2^16");
}

Result<Stft> ReadStft(const LayerContext& context, const Values& inputs) {
  const ConfigReader& config = context.config();
  Stft stft;
  SIDECAR_ASSIGN_OR_RETURN(
      stft.mode,
      config.OneOf("mode", {"log", "magnitude", "psd", "real", "imag", "angle", "stft"}, "log"));
  SIDECAR_ASSIGN_OR_RETURN(stft.frame, config.PositiveInt("frame_length", 256));
  SIDECAR_ASSIGN_OR_RETURN(
      stft.step, config.PositiveInt("frame_step", std::max<std::int64_t>(stft.frame / 2, 1)));
  SIDECAR_ASSIGN_OR_RETURN(const std::int64_t length, ReadFftLength(context, stft.frame));
  stft.frequencies = length / 2 + 1;
  SIDECAR_ASSIGN_OR_RETURN(const std::string padding,
                           config.OneOf("padding", {"valid", "same"}, "valid"));
  if (padding == "same") stft.padding = ov::op::PadType::SAME_UPPER;
  SIDECAR_ASSIGN_OR_RETURN(stft.expand, config.Bool("expand_dims", false));
  SIDECAR_ASSIGN_OR_RETURN(stft.channels_first, IsChannelsFirst(context));
  SIDECAR_ASSIGN_OR_RETURN(
      const Value input,
      OnlyInput(context, inputs, 3,
                stft.channels_first ? "[batch, channels, time]" : "[batch, time, channels]"));
  if (!IsFloat(input.output)) {
    return context.Fail(StatusCode::kFailedPrecondition, "takes floating numbers");
  }
  SIDECAR_ASSIGN_OR_RETURN(stft.channels, KnownSize(context, input, stft.channels_first ? 1 : 2));
  SIDECAR_ASSIGN_OR_RETURN(const std::int64_t time,
                           KnownSize(context, input, stft.channels_first ? 2 : 1));
  const GraphOutput rows = stft.channels_first ? input.output : Transposed(input.output, {0, 2, 1});
  stft.signals = Reshaped(rows, {-1, 1, time});
  return stft;
}

// The signals' part along one kernel, [batch, channels, frequencies, steps].
Result<GraphOutput> PartOf(LayerContext& context, const Stft& stft, const std::string& name) {
  SIDECAR_ASSIGN_OR_RETURN(
      const GraphOutput kernel,
      context.Variable({.name = name, .shape = {stft.frame, 1, stft.frequencies}}));
  const GraphOutput part =
      Convolved(stft.signals, Transposed(kernel, {2, 1, 0}), stft.step, stft.padding);
  const std::int64_t steps = SizeOf(part, 2);
  return Reshaped(part, {-1, stft.channels, stft.frequencies, steps});
}

// The angle whose sine and cosine are `y` and `x` times something positive.
GraphOutput ArcTangent(const GraphOutput& y, const GraphOutput& x) {
  const GraphOutput zero = FloatConstant(0);
  const auto is_zero = [&zero](const GraphOutput& a) {
    return std::make_shared<ov::op::v1::Equal>(a, zero);
  };
  const GraphOutput quotient = Over(y, Choose(is_zero(x), FloatConstant(1), x));
  const GraphOutput angle = std::make_shared<ov::op::v0::Atan>(quotient);
  const GraphOutput half_turn =
      Choose(IsGreater(zero, y), FloatConstant(-std::numbers::pi), FloatConstant(std::numbers::pi));
  const GraphOutput turned = Choose(IsGreater(zero, x), Plus(angle, half_turn), angle);
  const GraphOutput upright = Choose(is_zero(y), zero, Over(half_turn, FloatConstant(2)));
  return Choose(is_zero(x), upright, turned);
}

// [batch, channels, frequencies, steps] as the config wants it.
GraphOutput Arranged(const Stft& stft, const GraphOutput& a) {
  if (stft.expand)
    return Transposed(a, stft.channels_first ? std::vector<std::int64_t>{0, 1, 3, 2}
                                             : std::vector<std::int64_t>{0, 3, 2, 1});
  const GraphOutput joined = Reshaped(a, {0, stft.channels * SizeOf(a, 2), SizeOf(a, 3)});
  return stft.channels_first ? joined : Transposed(joined, {0, 2, 1});
}

// All frequencies but the first and the last count twice.
GraphOutput OneSided(const Stft& stft, const GraphOutput& power) {
  std::vector<double> weights(static_cast<std::size_t>(stft.frequencies), 2.0);
  weights.front() = 1;
  weights.back() = 1;
  return Times(power, FloatConstant(ov::Shape{weights.size(), 1}, weights));
}

Result<GraphOutput> Spectrum(LayerContext& context, const Stft& stft) {
  GraphOutput real;
  GraphOutput imaginary;
  if (stft.mode != "imag") {
    SIDECAR_ASSIGN_OR_RETURN(real, PartOf(context, stft, "real_kernel"));
  }
  if (stft.mode != "real") {
    SIDECAR_ASSIGN_OR_RETURN(imaginary, PartOf(context, stft, "imag_kernel"));
  }
  if (stft.mode == "real") return real;
  if (stft.mode == "imag") return imaginary;
  if (stft.mode == "angle") return ArcTangent(imaginary, real);
  if (stft.mode == "stft") {
    return GraphOutput(std::make_shared<ov::op::v0::Concat>(ov::OutputVector{real, imaginary}, 2));
  }
  const GraphOutput power = Plus(Times(real, real), Times(imaginary, imaginary));
  if (stft.mode == "psd") return OneSided(stft, power);
  const GraphOutput magnitude = SquareRoot(AtLeast(power, FloatConstant(kEpsilon)));
  if (stft.mode == "magnitude") return magnitude;
  return Logarithm(AtLeast(magnitude, FloatConstant(kEpsilon)));
}

// A MelSpectrogram's config.
struct Mel {
  std::int64_t fft = 0;
  std::int64_t step = 0;
  std::int64_t frame = 0;
  std::int64_t bins = 0;
  double rate = 0;
  double low = 0;
  double high = 0;
  std::vector<double> window;  // `fft` weights

  [[nodiscard]] std::int64_t frequencies() const { return fft / 2 + 1; }
};

// tf.signal's periodic windows (periodic where their length is even), in the middle of the
// transform's length.
Result<std::vector<double>> ReadWindow(const LayerContext& context, const Mel& mel) {
  SIDECAR_ASSIGN_OR_RETURN(const std::string name,
                           context.config().OneOf("window", {"hann", "hamming"}, "hann"));
  const double middle = name == "hann" ? 0.5 : 0.54;
  std::vector<double> window(static_cast<std::size_t>(mel.fft), 0.0);
  const std::int64_t before = (mel.fft - mel.frame) / 2;
  const std::int64_t period = mel.frame % 2 == 0 ? mel.frame : mel.frame - 1;
  for (std::int64_t i = 0; i < mel.frame; ++i) {
    const double angle =
        2 * std::numbers::pi * static_cast<double>(i) / static_cast<double>(period);
    window[static_cast<std::size_t>(before + i)] =
        mel.frame == 1 ? 1 : middle - (1 - middle) * std::cos(angle);
  }
  return window;
}

Result<Mel> ReadMel(const LayerContext& context) {
  const ConfigReader& config = context.config();
  Mel mel;
  SIDECAR_ASSIGN_OR_RETURN(mel.fft, config.PositiveInt("fft_length", 2048));
  SIDECAR_ASSIGN_OR_RETURN(mel.step, config.PositiveInt("sequence_stride", 512));
  SIDECAR_ASSIGN_OR_RETURN(mel.frame, config.PositiveInt("sequence_length", mel.fft));
  SIDECAR_ASSIGN_OR_RETURN(mel.bins, config.PositiveInt("num_mel_bins", 128));
  if (mel.fft > kMostMelNumbers) return config.Wrong("fft_length", "at most 4096");
  if (mel.frame > mel.fft) return config.Wrong("sequence_length", "at most fft_length");
  if (mel.bins > kMostMelNumbers) return config.Wrong("num_mel_bins", "at most 4096");
  SIDECAR_ASSIGN_OR_RETURN(mel.rate, config.Number("sampling_rate", 16000));
  SIDECAR_ASSIGN_OR_RETURN(mel.low, config.Number("min_freq", 20));
  SIDECAR_ASSIGN_OR_RETURN(mel.high, config.Number("max_freq", std::floor(mel.rate / 2)));
  SIDECAR_ASSIGN_OR_RETURN(mel.window, ReadWindow(context, mel));
  return mel;
}

// Windowed cosines or sines, [frequencies, 1, fft].
GraphOutput FourierKernel(const Mel& mel, bool sine) {
  std::vector<double> values;
  for (std::int64_t frequency = 0; frequency < mel.frequencies(); ++frequency) {
    for (std::int64_t i = 0; i < mel.fft; ++i) {
      // The product is reduced first: large angles would lose digits.
      const double turn =
          static_cast<double>(frequency * i % mel.fft) / static_cast<double>(mel.fft);
      const double angle = 2 * std::numbers::pi * turn;
      values.push_back(mel.window[static_cast<std::size_t>(i)] *
                       (sine ? -std::sin(angle) : std::cos(angle)));
    }
  }
  return FloatConstant(
      ov::Shape{static_cast<std::size_t>(mel.frequencies()), 1, static_cast<std::size_t>(mel.fft)},
      values);
}

// `count` numbers from `begin` to `end`, rounded as tf.linspace does.
std::vector<float> Spaced(float begin, float end, std::int64_t count) {
  std::vector<float> values;
  const float step = count > 1 ? (end - begin) / static_cast<float>(count - 1) : 0;
  for (std::int64_t i = 0; i + 1 < count; ++i) {
    values.push_back(begin + step * static_cast<float>(i));
  }
  values.push_back(end);
  return values;
}

// The triangles of the mel scale, [frequencies, bins]: keras's linear_to_mel_weight_matrix, in
// float32 as there, whose errors show.
GraphOutput MelMatrix(const Mel& mel) {
  const auto to_mel = [](float hertz) { return 1127.0F * std::log(1.0F + hertz / 700.0F); };
  const auto rate = static_cast<float>(mel.rate);
  const std::vector<float> edges = Spaced(to_mel(static_cast<float>(mel.low)),
                                          to_mel(static_cast<float>(mel.high)), mel.bins + 2);
  const std::vector<float> hertz = Spaced(0, rate / 2, mel.frequencies());
  const auto bins = static_cast<std::size_t>(mel.bins);
  std::vector<double> values(hertz.size() * bins, 0.0);
  for (std::size_t k = 1; k < hertz.size(); ++k) {
    const float place = to_mel(hertz[k]);
    for (std::size_t bin = 0; bin < bins; ++bin) {
      const float rise = (place - edges[bin]) / (edges[bin + 1] - edges[bin]);
      const float fall = (edges[bin + 2] - place) / (edges[bin + 2] - edges[bin + 1]);
      values[k * bins + bin] = static_cast<double>(std::max(0.0F, std::min(rise, fall)));
    }
  }
  return FloatConstant(ov::Shape{hertz.size(), bins}, values);
}

// Decibels, none of them more than top_db below the loudest of the whole batch.
Result<GraphOutput> Decibels(LayerContext& context, const GraphOutput& power) {
  const ConfigReader& config = context.config();
  SIDECAR_ASSIGN_OR_RETURN(const double least, config.Number("min_power", 1e-10));
  SIDECAR_ASSIGN_OR_RETURN(const double reference, config.Number("ref_power", 1));
  SIDECAR_ASSIGN_OR_RETURN(const double top, config.Number("top_db", 80));
  const GraphOutput logarithm = Times(Logarithm(AtLeast(power, FloatConstant(least))),
                                      FloatConstant(10 / std::numbers::ln10));
  const GraphOutput decibels =
      Minus(logarithm, FloatConstant(10 * std::log10(std::max(std::abs(reference), least))));
  const GraphOutput loudest = std::make_shared<ov::op::v1::ReduceMax>(
      decibels, IntConstant(std::vector<std::int64_t>{0, 1, 2}), true);
  context.MixRows();
  return AtLeast(decibels, Minus(loudest, FloatConstant(top)));
}

// The signals with their ends mirrored, [batch, 1, time].
Result<GraphOutput> Centred(const LayerContext& context, const Mel& mel, const Value& input) {
  const std::int64_t margin = mel.fft / 2;
  SIDECAR_ASSIGN_OR_RETURN(const std::int64_t time, KnownSize(context, input, 1));
  if (time <= margin) {
    return context.Fail(StatusCode::kFailedPrecondition,
                        fmt::format("its input has {} steps; config.fft_length = {} needs more "
                                    "than {}",
                                    time, mel.fft, margin));
  }
  const GraphOutput margins = IntConstant(std::vector<std::int64_t>{0, margin});
  const GraphOutput padded = std::make_shared<ov::op::v12::Pad>(
      ToFloat(input.output), margins, margins, FloatConstant(0), ov::op::PadMode::REFLECT);
  return Expanded(padded, {1});
}

}  // namespace

Result<Values> LowerSTFTSpectrogram(LayerContext& context, const Values& inputs) {
  SIDECAR_ASSIGN_OR_RETURN(const Stft stft, ReadStft(context, inputs));
  SIDECAR_ASSIGN_OR_RETURN(const GraphOutput spectrum, Spectrum(context, stft));
  return Values{{Arranged(stft, spectrum)}};
}

Result<Values> LowerMelSpectrogram(LayerContext& context, const Values& inputs) {
  SIDECAR_ASSIGN_OR_RETURN(const Value input, OnlyInput(context, inputs, 2, "[batch, time]"));
  SIDECAR_ASSIGN_OR_RETURN(const Mel mel, ReadMel(context));
  SIDECAR_ASSIGN_OR_RETURN(const double exponent, context.config().Number("mag_exp", 2));
  SIDECAR_ASSIGN_OR_RETURN(const bool to_decibels, context.config().Bool("power_to_db", true));
  SIDECAR_ASSIGN_OR_RETURN(const GraphOutput signals, Centred(context, mel, input));
  const auto part = [&](bool sine) {
    return Convolved(signals, FourierKernel(mel, sine), mel.step, ov::op::PadType::VALID);
  };
  const GraphOutput real = part(false);
  const GraphOutput imaginary = part(true);
  GraphOutput power = Plus(Times(real, real), Times(imaginary, imaginary));
  if (exponent != 2) {
    power = std::make_shared<ov::op::v1::Power>(power, FloatConstant(exponent / 2));
  }
  // [batch, frequencies, steps] to [batch, bins, steps].
  GraphOutput result = std::make_shared<ov::op::v0::MatMul>(MelMatrix(mel), power, true, false);
  if (to_decibels) {
    SIDECAR_ASSIGN_OR_RETURN(result, Decibels(context, result));
  }
  return Values{{result}};
}

}  // namespace sidecar::model::keras
