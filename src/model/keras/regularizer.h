// Weight regularizers of a layer's config.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>

namespace sidecar::model::keras {

struct RegularizerFactors {
  double l1 = 0;
  double l2 = 0;
};

/// Reads "l1", "l2", "l1_l2" (with Keras's default factors, 0.01) or a serialized L1, L2 or L1L2.
/// Nothing for any other regularizer.
std::optional<RegularizerFactors> ReadRegularizer(const nlohmann::json& value);

}  // namespace sidecar::model::keras
