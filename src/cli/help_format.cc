#include "cli/help_format.h"

#include <algorithm>

namespace sidecar::cli {
namespace {

constexpr std::size_t kPageWidth = 100;
constexpr std::size_t kNameColumn = 28;  // where descriptions start

}  // namespace

std::string WrapText(std::string_view text, std::size_t width) {
  std::string wrapped;
  std::size_t line_length = 0;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    const std::string_view word = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line_length > 0 && line_length + 1 + word.size() > width) {
      wrapped += '\n';
      line_length = 0;
    } else if (line_length > 0) {
      wrapped += ' ';
      ++line_length;
    }
    wrapped += word;
    line_length += word.size();
  }
  return wrapped;
}

HelpFormatter::HelpFormatter(std::string usage) : usage_(std::move(usage)) {
  column_width(kNameColumn);
  label("Positionals", "Arguments");
}

std::string HelpFormatter::make_usage(const CLI::App* /*app*/, std::string /*name*/) const {
  return "\nUsage: " + usage_ + "\n";
}

std::string HelpFormatter::make_option_opts(const CLI::Option* option) const {
  return option->get_type_size() == 0 || option->get_positional() ? std::string()
                                                                  : " " + option->get_type_name();
}

std::string HelpFormatter::make_option_desc(const CLI::Option* option) const {
  return WrapText(option->get_description(), kPageWidth - kNameColumn);
}

std::string HelpText(const CLI::App& app) {
  std::string text = app.help();
  for (std::size_t at = text.find("\n\n\n"); at != std::string::npos;
       at = text.find("\n\n\n", at)) {
    text.erase(at, 1);
  }
  return text;
}

}  // namespace sidecar::cli
