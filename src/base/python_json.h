// What Python's json module writes beyond JSON: NaN, Infinity and -Infinity as bare words.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sidecar::base {

/// Finds these words where json.loads does, outside of strings, and stands in for them, so that any
/// JSON parser can read the text: read text(), and ask Next() at each number. Text that is no JSON
/// for other reasons stays so. Refers to the text it was made from.
class PythonNumbers {
 public:
  explicit PythonNumbers(std::string_view text);

  /// The text with a number of the same length in the place of each word: byte offsets stay.
  [[nodiscard]] std::string_view text() const { return changed_ ? *changed_ : original_; }

  /// To be called once for each number in the order of the text: what the number stands for, or
  /// nothing for a number of the text itself.
  std::optional<double> Next();

 private:
  std::string_view original_;
  std::optional<std::string> changed_;
  /// What stands in for a word: which number of the text it is, from 0, and its value.
  std::vector<std::pair<std::size_t, double>> words_;
  std::size_t number_ = 0;  // of calls of Next()
  std::size_t word_ = 0;    // the next one
};

/// "NaN", "Infinity" or "-Infinity"; empty for a finite number.
[[nodiscard]] std::string_view PythonWordFor(double number);

}  // namespace sidecar::base
