#include "cli/signals.h"

#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <initializer_list>
#include <thread>

namespace sidecar::cli {
namespace {

std::atomic<int> received_signal = 0;
std::atomic<const StopOnSignal*> current_stop = nullptr;
std::atomic<int> running_handlers = 0;
static_assert(std::atomic<int>::is_always_lock_free &&
              std::atomic<const StopOnSignal*>::is_always_lock_free);

extern "C" void HandleStop(int signal) {
  const int saved_errno = errno;
  int none = 0;
  if (!received_signal.compare_exchange_strong(none, signal)) ::_exit(128 + signal);
  ++running_handlers;
  if (const StopOnSignal* stop = current_stop) {
    stop->Stop();
  } else {
    ::_exit(128 + signal);
  }
  --running_handlers;
  errno = saved_errno;
}

}  // namespace

void InstallSignalHandlers() {
  struct sigaction action {};
  action.sa_handler = HandleStop;
  sigemptyset(&action.sa_mask);
  action.sa_flags = SA_RESTART;
  // They fail for bad numbers only.
  for (const int signal : {SIGINT, SIGTERM}) static_cast<void>(sigaction(signal, &action, nullptr));
  struct sigaction ignore {};
  ignore.sa_handler = SIG_IGN;
  static_cast<void>(sigaction(SIGPIPE, &ignore, nullptr));
}

int ReceivedSignal() { return received_signal; }

StopOnSignal::StopOnSignal(Function stop, void* target) : stop_(stop), target_(target) {
  current_stop = this;
}

StopOnSignal::~StopOnSignal() {
  current_stop = nullptr;
  while (running_handlers > 0) std::this_thread::yield();
}

}  // namespace sidecar::cli
