#include "follow/retry.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace sidecar::follow {
namespace {

constexpr base::Clock::Duration kFirstDelay = std::chrono::milliseconds(100);
constexpr base::Clock::Duration kLongestDelay = std::chrono::seconds(5);

}  // namespace

Retry::Retry(watch::Candidate seen, Status error, base::Clock::TimePoint now,
             base::Clock::Duration retry_for)
    : retry_for_(retry_for) {
  Restart(std::move(seen), now);
  Fail(std::move(error), now);
}

void Retry::Restart(watch::Candidate seen, base::Clock::TimePoint now) {
  seen_ = std::move(seen);
  next_ = now;
  delay_ = kFirstDelay;
  fresh_ = true;
  over_ = false;
}

void Retry::Fail(Status error, base::Clock::TimePoint now) {
  error_ = std::move(error);
  ++attempts_;
  if (fresh_) deadline_ = now + retry_for_;
  fresh_ = false;
  over_ = now >= deadline_;
  next_ = std::min(now + delay_, deadline_);
  delay_ = std::min(delay_ * 2, kLongestDelay);
}

}  // namespace sidecar::follow
