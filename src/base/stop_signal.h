// A request to stop that reaches every wait.
#pragma once

#include <atomic>

#include "sidecar/status.h"

namespace sidecar::base {

/// Set once, from any thread or from a signal handler; waits sleep on its descriptor beside what
/// they wait for. Thread-safe; Request() is async-signal-safe.
class StopSignal {
 public:
  StopSignal();
  ~StopSignal();
  StopSignal(const StopSignal&) = delete;
  StopSignal& operator=(const StopSignal&) = delete;

  void Request();
  [[nodiscard]] bool requested() const { return requested_.load(std::memory_order_relaxed); }
  /// Becomes readable once a stop is requested; -1 where the system had no descriptor left (waits
  /// then poll).
  [[nodiscard]] int descriptor() const { return descriptor_; }

 private:
  std::atomic<bool> requested_ = false;
  int descriptor_;
};

}  // namespace sidecar::base
