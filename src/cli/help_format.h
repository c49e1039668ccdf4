// How --help looks: a usage line of our own, groups of options, descriptions wrapped to the page.
#pragma once

#include <CLI/CLI.hpp>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace sidecar::cli {

/// `text` broken into lines of at most `width` characters at spaces; words that are longer keep a
/// line of their own.
[[nodiscard]] std::string WrapText(std::string_view text, std::size_t width);

/// CLI11's formatter with a given usage line and wrapped descriptions.
class HelpFormatter final : public CLI::Formatter {
 public:
  explicit HelpFormatter(std::string usage);

  std::string make_usage(const CLI::App* app, std::string name) const override;
  std::string make_option_opts(const CLI::Option* option) const override;
  std::string make_option_desc(const CLI::Option* option) const override;

 private:
  std::string usage_;
};

/// The whole help text of `app`, without the runs of empty lines that CLI11 leaves.
[[nodiscard]] std::string HelpText(const CLI::App& app);

}  // namespace sidecar::cli
