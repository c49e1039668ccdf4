#include "watch/checkpoint_number.h"

#include <array>
#include <charconv>

#include "base/file_system.h"

namespace sidecar::watch {
namespace {

// The longer of two that both fit stands first.
constexpr std::array<std::string_view, 5> kExtensions{".weights.h5", ".h5", ".hdf5", ".keras",
                                                      ".index"};

}  // namespace

std::optional<std::int64_t> CheckpointNumber(std::string_view path) {
  std::string_view name = base::BaseName(path);
  for (const std::string_view extension : kExtensions) {
    if (!name.ends_with(extension)) continue;
    name.remove_suffix(extension.size());
    break;
  }
  const std::size_t dash = name.rfind('-');
  if (dash == std::string_view::npos) return std::nullopt;
  const std::string_view digits = name.substr(dash + 1);
  std::int64_t number = 0;
  // No sign can stand here: the text begins after the last '-', and from_chars takes no '+'.
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return number;
}

}  // namespace sidecar::watch
