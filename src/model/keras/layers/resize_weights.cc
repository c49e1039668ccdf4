#include "model/keras/layers/resize_weights.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace sidecar::model::keras {
namespace {

// Where TensorFlow computes in float32, so does this file: a last bit decides which cell is
// nearest.
class Matrix {
 public:
  Matrix(std::int64_t in, std::int64_t out)
      : in_(in), values_(static_cast<std::size_t>(in * out), 0.0) {}

  double& At(std::int64_t o, std::int64_t i) {
    return values_[static_cast<std::size_t>(o * in_ + i)];
  }
  std::vector<double> Take() { return std::move(values_); }

 private:
  std::int64_t in_;
  std::vector<double> values_;
};

float ScaleOf(std::int64_t in, std::int64_t out) {
  return static_cast<float>(in) / static_cast<float>(out);
}

std::vector<double> BilinearWeights(std::int64_t in, std::int64_t out) {
  Matrix weights(in, out);
  const float scale = ScaleOf(in, out);
  for (std::int64_t o = 0; o < out; ++o) {
    const float place = (static_cast<float>(o) + 0.5F) * scale - 0.5F;
    const float floor = std::floor(place);
    const float fraction = place - floor;
    const std::int64_t low = std::max<std::int64_t>(static_cast<std::int64_t>(floor), 0);
    const std::int64_t high =
        std::min<std::int64_t>(static_cast<std::int64_t>(std::ceil(place)), in - 1);
    weights.At(o, std::min(low, in - 1)) += 1.0 - static_cast<double>(fraction);
    weights.At(o, std::max<std::int64_t>(high, 0)) += static_cast<double>(fraction);
  }
  return weights.Take();
}

double KeysCubic(double x) {
  if (x >= 2) return 0;
  if (x >= 1) return ((-0.5 * x + 2.5) * x - 4) * x + 2;
  return (1.5 * x - 2.5) * x * x + 1;
}

double MitchellCubic(double x) {
  if (x >= 2) return 0;
  if (x >= 1) return ((-7.0 / 18 * x + 2) * x - 10.0 / 3) * x + 16.0 / 9;
  return (7.0 / 6 * x - 2) * x * x + 8.0 / 9;
}

double Lanczos(double x, double radius) {
  if (x > radius) return 0;
  if (x <= 1e-3) return 1;
  const double angle = std::numbers::pi * x;
  return radius * std::sin(angle) * std::sin(angle / radius) / (angle * angle);
}

double Gaussian(double x, double radius) {
  if (x >= radius) return 0;
  const double sigma = radius / 3;
  return std::exp(-x * x / (2 * sigma * sigma));
}

double RadiusOf(ResizeMethod method) {
  switch (method) {
    case ResizeMethod::kBilinear:
      return 1;
    case ResizeMethod::kLanczos3:
      return 3;
    case ResizeMethod::kLanczos5:
      return 5;
    case ResizeMethod::kGaussian:
      return 1.5;
    default:
      return 2;
  }
}

double KernelOf(ResizeMethod method, double x) {
  switch (method) {
    case ResizeMethod::kBilinear:
      return std::max(0.0, 1 - x);
    case ResizeMethod::kLanczos3:
    case ResizeMethod::kLanczos5:
      return Lanczos(x, RadiusOf(method));
    case ResizeMethod::kGaussian:
      return Gaussian(x, RadiusOf(method));
    case ResizeMethod::kMitchellCubic:
      return MitchellCubic(x);
    default:
      return KeysCubic(x);
  }
}

// Divides a row by its sum.
void Normalize(Matrix& weights, std::int64_t o, std::int64_t begin, std::int64_t end) {
  double sum = 0;
  for (std::int64_t i = begin; i < end; ++i) sum += weights.At(o, i);
  if (std::abs(sum) < 1e-35) return;
  for (std::int64_t i = begin; i < end; ++i) weights.At(o, i) /= sum;
}

// Cells outside of the image have no weight; the rest is scaled up to a sum of one.
std::vector<double> BicubicWeights(std::int64_t in, std::int64_t out) {
  constexpr float kFractions = 1024;
  Matrix weights(in, out);
  const float scale = ScaleOf(in, out);
  for (std::int64_t o = 0; o < out; ++o) {
    const float place = (static_cast<float>(o) + 0.5F) * scale - 0.5F;
    const float floor = std::floor(place);
    const double fraction =
        static_cast<double>(std::rint((place - floor) * kFractions) / kFractions);
    const auto cell = static_cast<std::int64_t>(floor);
    for (std::int64_t i = cell - 1; i <= cell + 2; ++i) {
      if (i < 0 || i >= in) continue;
      weights.At(o, i) = KeysCubic(std::abs(static_cast<double>(i - cell) - fraction));
    }
    Normalize(weights, o, std::clamp<std::int64_t>(cell - 1, 0, in - 1),
              std::clamp<std::int64_t>(cell + 3, 1, in));
  }
  return weights.Take();
}

std::vector<double> AreaWeights(std::int64_t in, std::int64_t out) {
  Matrix weights(in, out);
  const float scale = ScaleOf(in, out);
  for (std::int64_t o = 0; o < out; ++o) {
    const double begin = static_cast<double>(static_cast<float>(o) * scale);
    const double end = static_cast<double>(static_cast<float>(o + 1) * scale);
    for (auto i = static_cast<std::int64_t>(std::floor(begin)); static_cast<double>(i) < end; ++i) {
      const double left = std::max(begin, static_cast<double>(i));
      const double right = std::min(end, static_cast<double>(i + 1));
      weights.At(o, std::clamp<std::int64_t>(i, 0, in - 1)) +=
          (right - left) / static_cast<double>(scale);
    }
  }
  return weights.Take();
}

std::vector<double> KernelWeights(ResizeMethod method, bool antialias, std::int64_t in,
                                  std::int64_t out) {
  Matrix weights(in, out);
  const float scale = 1.0F / (static_cast<float>(out) / static_cast<float>(in));
  const float kernel_scale = antialias ? std::max(scale, 1.0F) : 1.0F;
  const float reach = static_cast<float>(RadiusOf(method)) * kernel_scale;
  for (std::int64_t o = 0; o < out; ++o) {
    const float place = (static_cast<float>(o) + 0.5F) * scale;
    if (place > static_cast<float>(in)) continue;
    const auto begin = std::clamp<std::int64_t>(
        static_cast<std::int64_t>(std::ceil(place - reach - 0.5F)), 0, in - 1);
    const auto last = std::clamp<std::int64_t>(
        static_cast<std::int64_t>(std::floor(place + reach - 0.5F)), 0, in - 1);
    for (std::int64_t i = begin; i <= last; ++i) {
      const double distance = static_cast<double>(i) + 0.5 - static_cast<double>(place);
      weights.At(o, i) = KernelOf(method, std::abs(distance / static_cast<double>(kernel_scale)));
    }
    Normalize(weights, o, begin, last + 1);
  }
  return weights.Take();
}

std::vector<double> NearestWeights(std::int64_t in, std::int64_t out) {
  Matrix weights(in, out);
  const std::vector<std::int64_t> cells = NearestCells(in, out);
  for (std::int64_t o = 0; o < out; ++o) weights.At(o, cells[static_cast<std::size_t>(o)]) = 1;
  return weights.Take();
}

}  // namespace

std::vector<std::int64_t> NearestCells(std::int64_t in, std::int64_t out) {
  std::vector<std::int64_t> cells;
  const float scale = ScaleOf(in, out);
  for (std::int64_t o = 0; o < out; ++o) {
    const float place = std::floor((static_cast<float>(o) + 0.5F) * scale);
    cells.push_back(std::clamp<std::int64_t>(static_cast<std::int64_t>(place), 0, in - 1));
  }
  return cells;
}

namespace {

// tensorflow/core/util/image_resizer_state.h `CalculateResizeScale`, LegacyScaler.
std::vector<double> OldWeights(ResizeMethod method, std::int64_t in, std::int64_t out) {
  const bool aligned =
      method == ResizeMethod::kOldNearestAligned || method == ResizeMethod::kOldBilinearAligned;
  const bool nearest =
      method == ResizeMethod::kOldNearest || method == ResizeMethod::kOldNearestAligned;
  Matrix weights(in, out);
  const float scale = aligned && out > 1 ? ScaleOf(in - 1, out - 1) : ScaleOf(in, out);
  for (std::int64_t o = 0; o < out; ++o) {
    const float place = static_cast<float>(o) * scale;
    const float cell = nearest && aligned ? std::round(place) : std::floor(place);
    const std::int64_t low = std::min(static_cast<std::int64_t>(cell), in - 1);
    const double fraction = nearest ? 0 : static_cast<double>(place - cell);
    weights.At(o, low) += 1.0 - fraction;
    weights.At(o, std::min(low + 1, in - 1)) += fraction;
  }
  return weights.Take();
}

}  // namespace

std::vector<double> ResizeWeights(ResizeMethod method, bool antialias, std::int64_t in,
                                  std::int64_t out) {
  if (method == ResizeMethod::kNearest) return NearestWeights(in, out);
  if (method == ResizeMethod::kArea) return AreaWeights(in, out);
  if (method >= ResizeMethod::kOldNearest) return OldWeights(method, in, out);
  if (!antialias && method == ResizeMethod::kBilinear) return BilinearWeights(in, out);
  if (!antialias && method == ResizeMethod::kBicubic) return BicubicWeights(in, out);
  return KernelWeights(method, antialias, in, out);
}

}  // namespace sidecar::model::keras
