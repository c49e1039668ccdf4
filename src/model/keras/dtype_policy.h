// Keras's dtype policies: what a layer computes with, and what it stores.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>

#include "sidecar/tensor.h"

namespace sidecar::model::keras {

/// sidecar computes in float32 whatever the policy says; `compute` is what Keras would have.
struct DTypePolicy {
  DType compute = DType::kFloat32;
  DType variable = DType::kFloat32;
};

/// The policy in a layer's `dtype`: a type's or policy's name, a serialized Policy or DTypePolicy,
/// or nothing (float32). Nothing for policies that are not supported: quantized ones, and
/// DTypePolicyMap.
std::optional<DTypePolicy> ReadDTypePolicy(const nlohmann::json* dtype);

}  // namespace sidecar::model::keras
