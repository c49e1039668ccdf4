// Where the library's log lines go. The library itself never prints.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

namespace sidecar {

enum class LogLevel : std::uint8_t { kDebug, kInfo, kWarning, kError };

/// Receives one line without its newline. May be called from any thread, one call at a time.
using LogSink = std::function<void(LogLevel, std::string_view)>;

/// Replaces the sink; an empty one drops everything (the default). Thread-safe.
void SetLogSink(LogSink sink);
/// Lines below this level are dropped; kInfo by default. Thread-safe.
void SetLogLevel(LogLevel level);

}  // namespace sidecar
