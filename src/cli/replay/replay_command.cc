#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <string>
#include <utility>

#include "base/clock.h"
#include "base/file_system.h"
#include "base/log.h"
#include "base/status_macros.h"
#include "base/stop_signal.h"
#include "cli/commands.h"
#include "cli/replay/publisher.h"
#include "cli/replay/recording.h"
#include "cli/signals.h"

namespace sidecar::cli {
namespace {

using std::chrono::milliseconds;

// Waits until a stop is requested (true) or `duration` has passed.
bool StoppedWithin(const base::StopSignal& stop, milliseconds duration) {
  const base::Clock::TimePoint end = base::SystemClock().Now() + duration;
  while (!stop.requested()) {
    const auto left = std::chrono::ceil<milliseconds>(end - base::SystemClock().Now());
    if (left <= milliseconds(0)) return false;
    // Without a descriptor a stop is noticed by looking; a signal also interrupts the wait.
    const milliseconds longest = stop.descriptor() < 0 ? milliseconds(50) : std::chrono::hours(1);
    struct pollfd wait {};
    wait.fd = stop.descriptor();
    wait.events = POLLIN;
    static_cast<void>(::poll(&wait, 1, static_cast<int>(std::min(left, longest).count())));
  }
  return true;
}

Status CheckDifferent(base::FileSystem& fs, const ReplayCommand& command) {
  const Result<base::FileInfo> source = fs.Stat(command.source);
  const Result<base::FileInfo> destination = fs.Stat(command.destination);
  if (source.ok() && destination.ok() && source->inode == destination->inode &&
      source->device == destination->device) {
    return {StatusCode::kInvalidArgument,
            command.destination + ": SRC and DST are the same directory"};
  }
  return {};
}

}  // namespace

Status Replay(const ReplayCommand& command) {
  base::FileSystem& fs = base::PosixFileSystem();
  SIDECAR_RETURN_IF_ERROR(CheckDifferent(fs, command));
  SIDECAR_ASSIGN_OR_RETURN(Recording recording, ReadRecording(fs, command.source));
  for (const std::string& warning : recording.warnings) {
    base::Log(LogLevel::kWarning, "{}", warning);
  }
  SIDECAR_RETURN_IF_ERROR(fs.CreateDirectories(command.destination));
  SIDECAR_RETURN_IF_ERROR(fs.CheckWritableDirectory(command.destination));

  base::StopSignal stop;
  const StopOnSignal on_signal(
      [](void* target) { static_cast<base::StopSignal*>(target)->Request(); }, &stop);
  Publisher publisher(fs, base::SystemClock(), std::move(recording), command.destination,
                      command.keep);
  for (std::size_t number = 1; !publisher.done(); ++number) {
    if (stop.requested()) return {StatusCode::kCancelled, "replay was stopped"};
    SIDECAR_ASSIGN_OR_RETURN(const std::string name, publisher.PublishNext());
    base::Log(LogLevel::kInfo, "Published {} ({} of {})", base::JoinPath(command.destination, name),
              number, publisher.count());
    if (!publisher.done() && StoppedWithin(stop, command.interval)) {
      return {StatusCode::kCancelled, "replay was stopped"};
    }
  }
  return {};
}

}  // namespace sidecar::cli
