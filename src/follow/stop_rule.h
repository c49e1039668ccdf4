// When following ends.
#pragma once

#include <cstdint>
#include <optional>

#include "sidecar/status.h"
#include "watch/directory_listing.h"

namespace sidecar::follow {

/// Whether a checkpoint is the last one that is waited for: its number, not a count of evaluations,
/// is `max_evaluations` or higher. No limit, 0 and no number: never.
[[nodiscard]] bool ReachesLimit(const watch::Candidate& candidate,
                                std::optional<std::int64_t> max_evaluations);

/// What a run ends with when the checkpoint that reaches the limit failed for good:
/// kFailedPrecondition if it does not fit, otherwise kDataLoss (both are exit 65).
[[nodiscard]] Status LimitReachedByFailure(const watch::Candidate& candidate,
                                           std::int64_t max_evaluations, const Status& error);

}  // namespace sidecar::follow
