// Compile configs as parsed JSON. The text comes from files and is not trusted.
#pragma once

#include <nlohmann/json.hpp>
#include <string_view>

#include "sidecar/status.h"

namespace sidecar::evaluate {

/// Parses text with a bounded length and nesting. Numbers that Python writes as NaN, Infinity and
/// -Infinity become these words as text. Fails with `malformed`, naming `source` and the
/// byte.
Result<nlohmann::json> ParseBoundedJson(std::string_view text, std::string_view source,
                                        StatusCode malformed);

/// Checks that `config` is an object whose loss, loss_weights, metrics and weighted_metrics have a
/// form that Keras serialises. Fails with `malformed`, or with kUnimplemented for lambdas.
Status CheckCompileForm(const nlohmann::json& config, std::string_view source,
                        StatusCode malformed);

}  // namespace sidecar::evaluate
