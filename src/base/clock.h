// Time, replaceable in tests.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

namespace sidecar::base {

/// Thread-safe. Durations are measured on the steady clock, which no clock step touches; the wall
/// clock only labels what is written for people and TensorBoard.
class Clock {
 public:
  using Duration = std::chrono::nanoseconds;
  using TimePoint = std::chrono::time_point<std::chrono::steady_clock, Duration>;

  Clock() = default;
  Clock(const Clock&) = delete;
  Clock& operator=(const Clock&) = delete;
  virtual ~Clock() = default;

  [[nodiscard]] virtual TimePoint Now() const = 0;
  /// Seconds since the Unix epoch.
  [[nodiscard]] virtual double WallSeconds() const = 0;
};

/// The machine's clocks.
Clock& SystemClock();

/// A clock that stands still until it is told to move. Thread-safe.
class FakeClock final : public Clock {
 public:
  [[nodiscard]] TimePoint Now() const override;
  [[nodiscard]] double WallSeconds() const override;
  void Advance(Duration duration);

 private:
  // Nanoseconds since this clock's beginning; the wall clock starts at a fixed date.
  std::atomic<std::int64_t> elapsed_ns_ = 0;
};

}  // namespace sidecar::base
