// Which losses and metrics a compile config asks for on which output.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "evaluate/identifier.h"
#include "sidecar/model.h"
#include "sidecar/status.h"

namespace sidecar::evaluate {

/// What is asked for on one output, in Keras's order.
struct OutputPlan {
  std::optional<Identifier> loss;
  std::optional<float> loss_weight;  ///< absent: 1
  std::vector<Identifier> metrics;
  std::vector<Identifier> weighted_metrics;
};

/// Spreads the structures of `config` (of checked form) over the outputs by the rules of tf.keras
/// (engine/compile_utils.py) or Keras 3 (trainers/compile_utils.py). Fails with kInvalidArgument
/// where a name is no output's or a list has a wrong length.
Result<std::vector<OutputPlan>> PlanOutputs(const nlohmann::json& config, KerasVersion version,
                                            const std::vector<std::string>& output_names);

}  // namespace sidecar::evaluate
