// The values options take, from text: numbers within limits, durations, names with files, lists.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "data/array_files.h"
#include "sidecar/status.h"

namespace sidecar::cli {

/// A decimal integer from `minimum` to `maximum`. All functions here fail with kInvalidArgument
/// and a message that starts with `option`, says what was given and what is allowed. Thread-safe.
Result<std::int64_t> ParseInteger(std::string_view option, std::string_view text,
                                  std::int64_t minimum, std::int64_t maximum);

/// Seconds with an optional fraction, from `minimum` to `maximum` seconds; parts of a millisecond
/// count as a whole one.
Result<std::chrono::milliseconds> ParseSeconds(std::string_view option, std::string_view text,
                                               double minimum, double maximum);

/// `FILE` or `NAME=FILE`, none of them empty; see data::ParseArrayFile().
Result<data::ArrayFile> ParseNamedFile(std::string_view option, std::string_view text);

/// Names separated by commas, none of them empty.
Result<std::vector<std::string>> ParseNameList(std::string_view option, std::string_view text);

}  // namespace sidecar::cli
