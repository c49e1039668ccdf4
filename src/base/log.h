// Logging for the library's own code: formats a line and hands it to the sink of sidecar/log.h.
#pragma once

#include <fmt/format.h>

#include <string_view>
#include <utility>

#include "sidecar/log.h"

namespace sidecar::base {

/// Whether a line of this level would reach a sink.
[[nodiscard]] bool LogEnabled(LogLevel level);
/// Hands one line to the sink.
void LogLine(LogLevel level, std::string_view line);

/// Log(LogLevel::kInfo, "Found new checkpoint at {}", prefix)
template <class... Args>
void Log(LogLevel level, fmt::format_string<Args...> format, Args&&... args) {
  if (LogEnabled(level)) LogLine(level, fmt::format(format, std::forward<Args>(args)...));
}

}  // namespace sidecar::base
