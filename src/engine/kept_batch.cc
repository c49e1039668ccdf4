#include "engine/kept_batch.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <utility>

#include "base/status_macros.h"
#include "tensor/convert.h"

namespace sidecar::engine {
namespace {

// Enough to notice a graph that computes something else, little enough to keep.
constexpr std::int64_t kMaxValues = 1 << 18;
constexpr float kTolerance = 1e-4F;

// In float32 where they are floating-point; may share the buffer.
Result<Tensor> FirstValues(const Tensor& tensor) {
  SIDECAR_ASSIGN_OR_RETURN(const Tensor flat, tensor.Reshaped({tensor.num_elements()}));
  SIDECAR_ASSIGN_OR_RETURN(Tensor first, flat.Slice(0, std::min(flat.num_elements(), kMaxValues)));
  return IsFloating(first.dtype()) ? tensor::Cast(first, DType::kFloat32) : std::move(first);
}

bool SameBytes(const Tensor& a, const Tensor& b) {
  return std::memcmp(a.bytes().data(), b.bytes().data(), a.size_bytes()) == 0;
}

bool CloseValues(std::span<const float> kept, std::span<const float> other) {
  float greatest = 0;
  for (const float value : kept) {
    if (std::isfinite(value)) greatest = std::max(greatest, std::fabs(value));
  }
  const float allowed = kTolerance * greatest;
  for (std::size_t i = 0; i < kept.size(); ++i) {
    if (kept[i] == other[i] || (std::isnan(kept[i]) && std::isnan(other[i]))) continue;
    if (!(std::fabs(kept[i] - other[i]) <= allowed)) return false;  // also where one is NaN
  }
  return true;
}

bool SameResult(const Tensor& kept, const Tensor& output) {
  const Result<Tensor> other = FirstValues(output);
  if (!other.ok() || other->dtype() != kept.dtype() || other->shape() != kept.shape()) return false;
  if (kept.dtype() != DType::kFloat32) return SameBytes(kept, *other);
  return CloseValues(kept.values<float>(), other->values<float>());
}

}  // namespace

Result<KeptBatch> KeptBatch::Keep(InputBatch inputs, const OutputBatch& outputs) {
  KeptBatch kept;
  kept.inputs_ = std::move(inputs);
  for (const Tensor& output : outputs) {
    SIDECAR_ASSIGN_OR_RETURN(const Tensor values, FirstValues(output));
    SIDECAR_ASSIGN_OR_RETURN(Tensor copy,
                             Tensor::FromBytes(values.dtype(), values.shape(), values.bytes()));
    kept.results_.push_back(std::move(copy));
  }
  return kept;
}

bool KeptBatch::Agrees(const OutputBatch& outputs) const {
  return std::equal(results_.begin(), results_.end(), outputs.begin(), outputs.end(), SameResult);
}

}  // namespace sidecar::engine
