// Losses and metrics that the program's user registered: include/sidecar/custom.h.
#pragma once

#include <memory>
#include <optional>

#include "evaluate/identifier.h"
#include "evaluate/metrics/metric_accumulator.h"
#include "evaluate/object_config.h"
#include "evaluate/per_sample_function.h"
#include "sidecar/model.h"
#include "sidecar/status.h"

namespace sidecar::evaluate {

/// Whether a loss, or a metric, is registered under the identifier's registered name or name.
[[nodiscard]] bool HasCustomLoss(const Identifier& identifier);
[[nodiscard]] bool HasCustomMetric(const Identifier& identifier);

/// Makes what is registered; mistakes in the arguments are left in `config`. Fails as the factory
/// does; exceptions of the factory and of what it made become kInternal.
Result<std::unique_ptr<PerSampleFunction>> MakeCustomLoss(const Identifier& identifier,
                                                          ObjectConfig& config);
Result<std::unique_ptr<MetricAccumulator>> MakeCustomMetric(const Identifier& identifier,
                                                            ObjectConfig& config,
                                                            KerasVersion version);

}  // namespace sidecar::evaluate
