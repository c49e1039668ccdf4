// Weight and activity regularizers of a layer's config.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>

#include "model/loaded_model.h"

namespace sidecar::model::keras {

/// Reads "l1", "l2", "l1_l2", "orthogonal_regularizer" (with Keras's default factors, 0.01) or a
/// serialized L1, L2, L1L2 or OrthogonalRegularizer. Nothing for any other regularizer.
std::optional<Regularizer> ReadRegularizer(const nlohmann::json& value);

}  // namespace sidecar::model::keras
