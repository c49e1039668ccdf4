// "Did you mean …?"
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace sidecar::cli {

/// The member of `known` that is most like `given`: at most a third of its letters inserted, left
/// out or replaced. Empty where none is like it.
[[nodiscard]] std::string Suggestion(std::string_view given, std::span<const std::string> known);

}  // namespace sidecar::cli
