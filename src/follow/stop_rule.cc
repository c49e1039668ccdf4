#include "follow/stop_rule.h"

#include <fmt/format.h>

namespace sidecar::follow {

bool ReachesLimit(const watch::Candidate& candidate, std::optional<std::int64_t> max_evaluations) {
  const std::int64_t limit = max_evaluations.value_or(0);
  return limit > 0 && candidate.number && *candidate.number >= limit;
}

Status LimitReachedByFailure(const watch::Candidate& candidate, std::int64_t max_evaluations,
                             const Status& error) {
  const bool misfit =
      error.code() == StatusCode::kFailedPrecondition || error.code() == StatusCode::kUnimplemented;
  return {misfit ? StatusCode::kFailedPrecondition : StatusCode::kDataLoss,
          fmt::format("checkpoint {}, which reaches max_evaluations ({}), could not be evaluated: "
                      "{}",
                      candidate.prefix, max_evaluations, error.message()),
          error.details()};
}

}  // namespace sidecar::follow
