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

}  // namespace sidecar::engine
