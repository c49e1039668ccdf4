#include "base/clock.h"

namespace sidecar::base {
namespace {

class SystemClockImpl final : public Clock {
 public:
  [[nodiscard]] TimePoint Now() const override { return std::chrono::steady_clock::now(); }
  [[nodiscard]] double WallSeconds() const override {
    return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch())
        .count();
  }
};

constexpr double kFakeWallStart = 1'700'000'000.0;

}  // namespace

Clock& SystemClock() {
  static SystemClockImpl instance;
  return instance;
}

Clock::TimePoint FakeClock::Now() const { return TimePoint(Duration(elapsed_ns_.load())); }

double FakeClock::WallSeconds() const {
  return kFakeWallStart + std::chrono::duration<double>(Now().time_since_epoch()).count();
}

void FakeClock::Advance(Duration duration) { elapsed_ns_ += duration.count(); }

}  // namespace sidecar::base
