// Keras's dtype policies: what a layer computes with, and what it stores.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "sidecar/tensor.h"

namespace sidecar::model::keras {

/// sidecar computes in float32 whatever the policy says; `compute` is what Keras would have.
struct DTypePolicy {
  DType compute = DType::kFloat32;
  DType variable = DType::kFloat32;
};

/// The policy in a layer's `dtype`: a type's or policy's name, a serialized Policy or DTypePolicy,
/// or nothing (float32). Of a DTypePolicyMap that for the layer at `path`: the entry of that name,
/// else the only one whose pattern matches it, else the default; without a path (an InputLayer) the
/// default. Nothing for policies that are not supported: quantized ones, and maps with patterns of
/// more than names and `.*`.
std::optional<DTypePolicy> ReadDTypePolicy(const nlohmann::json* dtype, std::string_view path = {});

/// The policy's name for messages, as Keras has it: "int8_from_float32".
[[nodiscard]] std::string DTypePolicyName(const nlohmann::json* dtype, std::string_view path = {});

}  // namespace sidecar::model::keras
