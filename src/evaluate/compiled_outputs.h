// The losses and metrics of each output, made from a compile config and checked against the data.
#pragma once

#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "evaluate/compiled_metrics.h"
#include "evaluate/losses/output_loss.h"
#include "evaluate/metrics/metric_table.h"
#include "evaluate/target_matching.h"
#include "sidecar/dataset.h"
#include "sidecar/model.h"
#include "sidecar/status.h"

namespace sidecar::evaluate {

/// One output with what is computed on it.
struct CompiledOutput {
  OutputSpec spec;
  OutputTargets targets;
  std::unique_ptr<OutputLoss> loss;  ///< null: none
  std::optional<float> loss_weight;
  std::vector<NamedMetric> metrics;           ///< under the names of their results
  std::vector<NamedMetric> weighted_metrics;  ///< likewise

  [[nodiscard]] bool has_work() const {
    return loss != nullptr || !metrics.empty() || !weighted_metrics.empty();
  }
};

/// Makes and checks everything that can be known before the first batch; see
/// CompiledMetrics::Create for the failures.
Result<std::vector<CompiledOutput>> CompileOutputs(const nlohmann::json& config,
                                                   KerasVersion version,
                                                   std::vector<OutputSpec> outputs,
                                                   const DatasetSpec& data, const AddedNames& added,
                                                   CompileOrigin origin);

}  // namespace sidecar::evaluate
