#include "engine/openvino_error.h"

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <utility>
#include <vector>

namespace sidecar::engine {

Status FromException(const std::exception& error, StatusCode code, const std::string& doing) {
  std::string_view text = error.what();
  std::vector<std::string> lines;
  while (!text.empty()) {
    const std::size_t newline = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, newline);
    text.remove_prefix(std::min(newline + 1, text.size()));
    if (!line.empty() && !line.starts_with("Exception from ")) lines.emplace_back(line);
  }
  std::string message = lines.empty() ? error.what() : lines.front();
  std::vector<std::string> details(
      lines.begin() + (lines.empty() ? 0 : 1),
      lines.begin() + static_cast<std::ptrdiff_t>(std::min<std::size_t>(lines.size(), 2)));
  return {code, doing + ": " + message, std::move(details)};
}

}  // namespace sidecar::engine
