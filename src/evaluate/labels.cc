#include "evaluate/labels.h"

#include <fmt/format.h>

#include "base/status_macros.h"
#include "evaluate/vector_clones.h"
#include "tensor/convert.h"

namespace sidecar::evaluate {
namespace {

SIDECAR_VECTOR_CLONES bool AllBinary(std::span<const float> values) {
  std::uint32_t others = 0;  // without a branch, so that it vectorises
  for (const float value : values) others |= value == 0 || value == 1 ? 0U : 1U;
  return others == 0;
}

}  // namespace

Result<std::span<const float>> Labels::Floats() {
  if (!floats_) {
    SIDECAR_ASSIGN_OR_RETURN(Tensor floats, tensor::Cast(tensor_, DType::kFloat32));
    floats_ = std::move(floats);
  }
  return floats_->values<float>();
}

Result<std::span<const std::int64_t>> Labels::Integers() {
  if (integers_) return integers_->values<std::int64_t>();
  if (IsFloating(tensor_.dtype())) {
    SIDECAR_ASSIGN_OR_RETURN(const std::span<const float> floats, Floats());
    for (std::size_t i = 0; i < floats.size(); ++i) {
      if (floats[i] > -0x1p63F && floats[i] < 0x1p63F) continue;
      const std::size_t row = i / (floats.size() / static_cast<std::size_t>(shape()[0]));
      return Status(
          StatusCode::kFailedPrecondition,
          fmt::format("label {} in row {} of the batch is no class number", floats[i], row));
    }
  }
  SIDECAR_ASSIGN_OR_RETURN(Tensor integers, tensor::Cast(tensor_, DType::kInt64));
  integers_ = std::move(integers);
  return integers_->values<std::int64_t>();
}

Result<bool> Labels::AreBinary() {
  if (!binary_) {
    SIDECAR_ASSIGN_OR_RETURN(const std::span<const float> floats, Floats());
    binary_ = AllBinary(floats);
  }
  return *binary_;
}

}  // namespace sidecar::evaluate
