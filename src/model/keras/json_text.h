// Parsing JSON that nobody vouches for.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "base/json_builder.h"
#include "sidecar/status.h"

namespace sidecar::model::keras {

using base::JsonLimits;

/// The document in `text`, JSON or what Python's json module writes: NaN, Infinity and -Infinity
/// are numbers too. Fails with kDataLoss, naming `where` and the byte offset or the key, for
/// anything but one JSON value, for a key that stands twice in one object, and beyond the limits.
Result<nlohmann::json> ParseJson(std::string_view text, std::string_view where,
                                 const JsonLimits& limits = {});

/// `value` with the words "NaN", "Infinity" and "-Infinity" as text where such numbers are, for
/// writing it as JSON: nobody takes them for null, and who needs a number refuses them by name.
[[nodiscard]] nlohmann::json WithWordsAsText(nlohmann::json value);

/// A short form of a value for messages: at most about 60 bytes.
[[nodiscard]] std::string Excerpt(const nlohmann::json& value);

}  // namespace sidecar::model::keras
