#include "cli/option_values.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <system_error>

namespace sidecar::cli {
namespace {

Status Refused(std::string_view option, std::string_view text, const std::string& allowed) {
  return {StatusCode::kInvalidArgument, fmt::format("{}: '{}' is not {}", option, text, allowed)};
}

template <class T>
bool ParseWhole(std::string_view text, T& value) {
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  return error == std::errc() && stop == end;
}

}  // namespace

Result<std::int64_t> ParseInteger(std::string_view option, std::string_view text,
                                  std::int64_t minimum, std::int64_t maximum) {
  std::int64_t value = 0;
  if (!ParseWhole(text, value) || value < minimum || value > maximum) {
    return Refused(option, text, fmt::format("a whole number from {} to {}", minimum, maximum));
  }
  return value;
}

Result<std::chrono::milliseconds> ParseSeconds(std::string_view option, std::string_view text,
                                               double minimum, double maximum) {
  double seconds = 0;
  // Not finite fails both comparisons or one of them: NaN compares false with everything.
  if (!ParseWhole(text, seconds) || !(seconds >= minimum && seconds <= maximum)) {
    return Refused(option, text,
                   fmt::format("a number of seconds from {} to {}", minimum, maximum));
  }
  return std::chrono::milliseconds(static_cast<std::int64_t>(std::ceil(seconds * 1000.0)));
}

Result<data::ArrayFile> ParseNamedFile(std::string_view option, std::string_view text) {
  data::ArrayFile file = data::ParseArrayFile(text);
  if (file.path.empty() || text.starts_with('=')) return Refused(option, text, "FILE or NAME=FILE");
  return file;
}

Result<std::vector<std::string>> ParseNameList(std::string_view option, std::string_view text) {
  std::vector<std::string> names;
  const std::string_view all = text;
  while (true) {
    const std::size_t comma = text.find(',');
    const std::string_view name = text.substr(0, comma);
    if (name.empty()) return Refused(option, all, "a list of names separated by commas");
    names.emplace_back(name);
    if (comma == std::string_view::npos) return names;
    text.remove_prefix(comma + 1);
  }
}

}  // namespace sidecar::cli
