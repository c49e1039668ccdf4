// Where a follower is in its work.
#pragma once

#include <cstdint>
#include <string_view>

namespace sidecar::follow {

/// The states of a follower; IsLegal() allows exactly the transitions listed here.
enum class FollowState : std::uint8_t {
  kWaiting,     ///< Nothing to do. To kLoading (a checkpoint was chosen), kEnded (timeout, stop).
  kLoading,     ///< A checkpoint is opened, read and verified. To kEvaluating (all values are
                ///< there), kRetrying (could not be read), kWaiting (failed for good, or holds what
                ///< was evaluated already), kEnded (failed for good and reaches the stop rule).
  kRetrying,    ///< A checkpoint that could not be read waits for its next attempt. To kLoading
                ///< (the attempt is due, its files changed, or another was chosen), kWaiting (given
                ///< up for one that was used already), kEnded (timeout, stop).
  kEvaluating,  ///< The weights run over the data. To kWaiting (reported), kRetrying (what it needs
                ///< is not available now), kEnded (stop rule, stop, data or model cannot work).
  kEnded,       ///< To nothing.
};

[[nodiscard]] std::string_view FollowStateName(FollowState state);
[[nodiscard]] bool IsLegal(FollowState from, FollowState to);

}  // namespace sidecar::follow
