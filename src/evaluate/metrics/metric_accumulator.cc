#include "evaluate/metrics/metric_accumulator.h"

#include <fmt/format.h>

#include "base/status_macros.h"

namespace sidecar::evaluate {

Status MetricAccumulator::CheckSize(std::span<const float> state) const {
  if (state.size() == state_.size()) return Status();
  return Status(StatusCode::kInvalidArgument,
                fmt::format("a metric's state has {} values, not {}", state_.size(), state.size()));
}

Status MetricAccumulator::Load(std::span<const float> state) {
  SIDECAR_RETURN_IF_ERROR(CheckSize(state));
  std::copy(state.begin(), state.end(), state_.begin());
  return Status();
}

Status MetricAccumulator::Merge(std::span<const float> state) {
  SIDECAR_RETURN_IF_ERROR(CheckSize(state));
  for (std::size_t i = 0; i < state.size(); ++i) state_[i] += state[i];
  return Status();
}

}  // namespace sidecar::evaluate
