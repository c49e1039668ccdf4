#include "follow/follow_state.h"

namespace sidecar::follow {

std::string_view FollowStateName(FollowState state) {
  switch (state) {
    case FollowState::kWaiting:
      return "waiting";
    case FollowState::kLoading:
      return "loading";
    case FollowState::kRetrying:
      return "retrying";
    case FollowState::kEvaluating:
      return "evaluating";
    case FollowState::kEnded:
      return "ended";
  }
  return "unknown";
}

bool IsLegal(FollowState from, FollowState to) {
  if (from == FollowState::kEnded) return false;
  if (to == FollowState::kEnded) return true;
  switch (from) {
    case FollowState::kWaiting:
      return to == FollowState::kLoading;
    case FollowState::kLoading:
      return to != FollowState::kLoading;
    case FollowState::kRetrying:
      return to == FollowState::kLoading || to == FollowState::kWaiting;
    case FollowState::kEvaluating:
      return to == FollowState::kWaiting || to == FollowState::kRetrying;
    case FollowState::kEnded:
      break;
  }
  return false;
}

}  // namespace sidecar::follow
