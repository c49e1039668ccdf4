// Waits for changes of a directory with inotify.
#pragma once

#include <memory>
#include <string>

#include "base/clock.h"
#include "base/stop_signal.h"
#include "watch/waiter.h"

namespace sidecar::watch {

/// A waiter that wakes within milliseconds when a file is written, renamed or linked in
/// `directory`, which need not exist yet: then its nearest existing parent is watched. Changes are
/// noted from this call on, so none is lost between a look and a wait. Temporary files of writers
/// do not wake it. Where inotify is not available (one line in the log says so) or the file system
/// sends no notifications it only sleeps: callers bound each wait by their poll interval. `clock`
/// must be the system's; it and `stop` must outlive the waiter.
std::unique_ptr<Waiter> WatchDirectory(const std::string& directory, const base::Clock& clock,
                                       const base::StopSignal& stop);

}  // namespace sidecar::watch
