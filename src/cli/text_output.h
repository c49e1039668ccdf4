// What a person reads: errors and log lines on standard error, safe for a terminal.
#pragma once

#include <iosfwd>
#include <string>
#include <string_view>

#include "cli/command_line.h"
#include "sidecar/status.h"

namespace sidecar::cli {

/// `text` with control characters written as \xNN: names from files must not move the cursor or
/// break a line.
[[nodiscard]] std::string Printable(std::string_view text);

/// Writes "sidecar: <message>" and the details, indented, at most 20 lines of them.
void PrintError(const Status& status, std::ostream& out);

/// Sends the library's log lines to standard error, each with date, time and level. Without effect
/// on standard output. Not thread-safe; called once, before anything logs.
void StartLogging(Verbosity verbosity);

}  // namespace sidecar::cli
