#include "model_run.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <memory>
#include <span>
#include <utility>

#include "data/npy.h"
#include "tensor/convert.h"

namespace sidecar::conformance {

std::optional<Tensor> ReadArray(base::ZipReader& archive, const std::string& prefix,
                                std::size_t index) {
  const std::string name = prefix + "/" + std::to_string(index) + ".npy";
  if (archive.Find(name) == nullptr) return std::nullopt;
  const auto content =
      std::make_shared<std::string>(archive.ReadMember(name, std::uint64_t{1} << 24U).value());
  return data::ReadNpy(std::as_bytes(std::span(content->data(), content->size())), content, name)
      .value();
}

std::vector<Tensor> ReadArrays(base::ZipReader& archive, const std::string& prefix) {
  std::vector<Tensor> arrays;
  while (auto array = ReadArray(archive, prefix, arrays.size())) {
    arrays.push_back(std::move(*array));
  }
  return arrays;
}

double Difference(const Tensor& actual, const Tensor& expected) {
  if (actual.shape() != expected.shape()) return std::numeric_limits<double>::infinity();
  const Tensor a = tensor::Cast(actual, DType::kFloat64).value();
  const Tensor b = tensor::Cast(expected, DType::kFloat64).value();
  double scale = 1e-30;
  double worst = 0;
  for (std::size_t i = 0; i < a.values<double>().size(); ++i) {
    if (std::isnan(a.values<double>()[i]) && std::isnan(b.values<double>()[i])) continue;
    scale = std::max(scale, std::abs(b.values<double>()[i]));
    const double difference = std::abs(a.values<double>()[i] - b.values<double>()[i]);
    if (!(difference <= worst)) worst = difference;  // also for NaN
  }
  return worst / scale;
}

}  // namespace sidecar::conformance
