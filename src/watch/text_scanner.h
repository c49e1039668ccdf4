// Reads the tokens of protocol buffer text format
// (https://protobuf.dev/reference/protobuf/textformat-spec/).
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "sidecar/status.h"

namespace sidecar::watch {

/// Walks over a text it does not own. Not thread-safe.
class TextScanner {
 public:
  explicit TextScanner(std::string_view text) : text_(text) {}

  /// Passes over white space and comments; whether anything follows.
  bool SkipToToken();
  /// Takes `symbol` if it comes next.
  bool Take(char symbol);
  /// Letters, digits and underscores; empty if something else comes next.
  std::string_view TakeName();
  /// One or more adjacent quoted literals, without their escapes.
  Result<std::string> TakeString();
  Result<double> TakeNumber();
  /// kDataLoss: "line 3: <problem>, found <what comes next>".
  [[nodiscard]] Status Error(std::string_view problem) const;

 private:
  std::optional<std::string> TakeEscape();
  std::optional<unsigned> TakeDigits(unsigned base, std::size_t at_least, std::size_t at_most);
  Status TakeLiteral(std::string& out);

  std::string_view text_;
  std::size_t position_ = 0;
};

/// Whether the text is valid UTF-8 (RFC 3629) and holds no NUL.
[[nodiscard]] bool IsPlainUtf8(std::string_view text);

}  // namespace sidecar::watch
