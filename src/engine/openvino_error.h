// Exceptions of OpenVINO as statuses.
#pragma once

#include <exception>
#include <string>

#include "sidecar/status.h"

namespace sidecar::engine {

/// A status of `code` whose message is `doing`, a colon, and the first line of the exception's text
/// that says what is wrong (the lines before it name source positions); the next line becomes a
/// detail.
[[nodiscard]] Status FromException(const std::exception& error, StatusCode code,
                                   const std::string& doing);

/// What the exception says about the op: the last line of its text, at most 300 bytes.
[[nodiscard]] std::string Explanation(const std::exception& error);

}  // namespace sidecar::engine
