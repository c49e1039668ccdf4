#include "base/stop_signal.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <cstdint>

namespace sidecar::base {

StopSignal::StopSignal() : descriptor_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

StopSignal::~StopSignal() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

void StopSignal::Request() {
  requested_.store(true);
  const std::uint64_t one = 1;
  if (descriptor_ >= 0) {
    [[maybe_unused]] const ssize_t written =
        ::write(descriptor_, &one, sizeof(one));  // a full counter is readable too
  }
}

}  // namespace sidecar::base
