#include "base/log.h"

#include <atomic>
#include <mutex>

namespace sidecar {
namespace {

struct LogState {
  std::mutex mutex;
  LogSink sink;
  std::atomic<bool> has_sink = false;
  std::atomic<LogLevel> level = LogLevel::kInfo;
};

LogState& State() {
  static LogState state;
  return state;
}

}  // namespace

void SetLogSink(LogSink sink) {
  const std::lock_guard lock(State().mutex);
  State().has_sink = static_cast<bool>(sink);
  State().sink = std::move(sink);
}

void SetLogLevel(LogLevel level) { State().level = level; }

namespace base {

bool LogEnabled(LogLevel level) { return State().has_sink && level >= State().level; }

void LogLine(LogLevel level, std::string_view line) {
  if (!LogEnabled(level)) return;
  const std::lock_guard lock(State().mutex);
  if (State().sink) State().sink(level, line);
}

}  // namespace base
}  // namespace sidecar
