// SIGINT and SIGTERM: the first asks for a clean stop, the second ends the process at once.
#pragma once

namespace sidecar::cli {

/// Takes over SIGINT and SIGTERM for the whole process, and ignores SIGPIPE so that a reader that
/// went away shows as a failed write. While no StopOnSignal lives there is nothing to finish, and
/// a signal ends the process with 128 + its number.
void InstallSignalHandlers();

/// The first signal that was received; 0: none. Thread-safe.
[[nodiscard]] int ReceivedSignal();

/// While it lives, the first SIGINT or SIGTERM calls `stop(target)`, from the signal handler on
/// any thread: it must be async-signal-safe. One at a time.
class StopOnSignal {
 public:
  using Function = void (*)(void* target);
  StopOnSignal(Function stop, void* target);
  /// Waits for a handler that is still running.
  ~StopOnSignal();
  StopOnSignal(const StopOnSignal&) = delete;
  StopOnSignal& operator=(const StopOnSignal&) = delete;

  void Stop() const { stop_(target_); }

 private:
  Function stop_;
  void* target_;
};

}  // namespace sidecar::cli
