#include "evaluate/metrics/metric_accumulator.h"

#include <fmt/format.h>

#include "base/status_macros.h"

namespace sidecar::evaluate {

Status MetricAccumulator::CheckSize(std::span<const double> state) const {
  if (state.size() == state_.size() || state_.empty()) return Status();
  return Status(StatusCode::kInvalidArgument,
                fmt::format("a metric's state has {} values, not {}", state_.size(), state.size()));
}

Status MetricAccumulator::Load(std::span<const double> state) {
  Settle();
  SIDECAR_RETURN_IF_ERROR(CheckSize(state));
  state_.assign(state.begin(), state.end());
  TakeState();
  return Status();
}

Status MetricAccumulator::Merge(std::span<const double> state) {
  Settle();
  if (state.empty()) return Status();  // no batch yet
  SIDECAR_RETURN_IF_ERROR(CheckSize(state));
  state_.resize(state.size(), 0.0);
  for (std::size_t i = 0; i < state.size(); ++i) state_[i] += state[i];
  TakeState();
  return Status();
}

}  // namespace sidecar::evaluate
