#include "engine/openvino_error.h"

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <utility>
#include <vector>

namespace sidecar::engine {

namespace {

// The lines of the text, without those that name source positions.
std::vector<std::string_view> LinesOf(const std::exception& error) {
  std::string_view text = error.what();
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t newline = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, newline);
    text.remove_prefix(std::min(newline + 1, text.size()));
    if (!line.empty() && !line.starts_with("Exception from ")) lines.push_back(line);
  }
  return lines;
}

}  // namespace

Status FromException(const std::exception& error, StatusCode code, const std::string& doing) {
  const std::vector<std::string_view> lines = LinesOf(error);
  std::vector<std::string> details;
  if (lines.size() > 1) details.emplace_back(lines[1]);
  return {code, doing + ": " + std::string(lines.empty() ? error.what() : lines.front()),
          std::move(details)};
}

std::string Explanation(const std::exception& error) {
  constexpr std::size_t kMostBytes = 300;
  const std::vector<std::string_view> lines = LinesOf(error);
  return lines.empty() ? std::string() : std::string(lines.back().substr(0, kMostBytes));
}

}  // namespace sidecar::engine
