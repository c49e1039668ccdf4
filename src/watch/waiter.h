// Sleeping until there may be something to do.
#pragma once

#include <cstdint>

#include "base/clock.h"

namespace sidecar::watch {

enum class Wake : std::uint8_t {
  kDeadline,  ///< the time has come
  kChange,    ///< something may have changed in the directory: only a look tells what
  kStop,      ///< a stop was requested
};

/// Not thread-safe, but for the stop request that ends a wait.
class Waiter {
 public:
  Waiter() = default;
  Waiter(const Waiter&) = delete;
  Waiter& operator=(const Waiter&) = delete;
  virtual ~Waiter() = default;
  /// Sleeps until `until`, a change since the last wait, or a stop request, whichever is first.
  virtual Wake Wait(base::Clock::TimePoint until) = 0;
};

}  // namespace sidecar::watch
