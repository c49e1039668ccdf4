// Builds a document from the events of nlohmann's parser, within limits.
#pragma once

#include <cstddef>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/python_json.h"

namespace sidecar::base {

/// What a JSON text may hold at most. Real models stay far below; what is above is damaged or
/// hostile.
struct JsonLimits {
  std::size_t bytes = std::size_t{64} << 20U;
  std::size_t values = 2'000'000;
  std::size_t depth = 300;
};

/// What becomes of NaN, Infinity and -Infinity.
enum class PythonWords {
  kNumbers,
  kText,  ///< which nobody takes for a number, and which survives being written and read again
};

/// Takes time in proportion to the text: the parser's own callback looks at all earlier items of a
/// list after each object in it. Stops at the first thing that is wrong, so that nothing more is
/// allocated. Use one for one text.
class JsonBuilder final : public nlohmann::json_sax<nlohmann::json> {
 public:
  struct SyntaxError {
    std::size_t byte = 0;   ///< from 1: how much of the text was read
    std::string text;       ///< the parser's own
    bool is_syntax = true;  ///< false: well-formed, but for instance a number out of range
  };

  /// `text` must outlive the builder. The size of the text is not looked at.
  JsonBuilder(std::string_view text, const JsonLimits& limits, PythonWords words);

  /// Parses the text. False where problem() or error() says why not.
  bool Parse();
  /// What Parse() has built.
  [[nodiscard]] nlohmann::json TakeDocument() { return std::move(root_); }
  /// The limit that was passed, or the key that stands twice; empty otherwise.
  [[nodiscard]] const std::string& problem() const { return problem_; }
  [[nodiscard]] const std::optional<SyntaxError>& error() const { return error_; }

  // json_sax:
  bool null() override;
  bool boolean(bool value) override;
  bool number_integer(number_integer_t value) override;
  bool number_unsigned(number_unsigned_t value) override;
  bool number_float(number_float_t value, const string_t& text) override;
  bool string(string_t& value) override;
  bool binary(binary_t& value) override;
  bool start_object(std::size_t elements) override;
  bool key(string_t& value) override;
  bool end_object() override;
  bool start_array(std::size_t elements) override;
  bool end_array() override;
  bool parse_error(std::size_t position, const std::string& last_token,
                   const nlohmann::json::exception& error) override;

 private:
  nlohmann::json* Add(nlohmann::json value);
  bool AddNumber(nlohmann::json value);
  bool Open(nlohmann::json value);

  PythonNumbers numbers_;
  JsonLimits limits_;
  PythonWords words_;
  nlohmann::json root_;
  std::vector<nlohmann::json*> open_;  // lists and objects, outermost first
  nlohmann::json* member_ = nullptr;   // where the value of the last key goes
  std::size_t values_ = 0;
  std::string problem_;
  std::optional<SyntaxError> error_;
};

}  // namespace sidecar::base
