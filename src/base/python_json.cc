#include "base/python_json.h"

#include <array>
#include <cmath>
#include <limits>

namespace sidecar::base {
namespace {

struct Word {
  std::string_view name;
  std::string_view stand_in;
  double value;
};
constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr std::array kWords = {
    Word{"NaN", "0.0", std::numeric_limits<double>::quiet_NaN()},
    Word{"Infinity", "0.000000", kInfinity},
    Word{"-Infinity", "-0.000000", -kInfinity},
};

bool IsPartOfNumber(char c) {
  return (c >= '0' && c <= '9') || c == '-' || c == '+' || c == '.' || c == 'e' || c == 'E';
}

// The word at `at`, or null. One that touches a number would make another number out of it.
const Word* WordAt(std::string_view text, std::size_t at) {
  for (const Word& word : kWords) {
    if (text.substr(at, word.name.size()) != word.name) continue;
    const std::size_t end = at + word.name.size();
    const bool touches = (at > 0 && IsPartOfNumber(text[at - 1])) ||
                         (end < text.size() && IsPartOfNumber(text[end]));
    return touches ? nullptr : &word;
  }
  return nullptr;
}

// The place behind the string that begins at `at`.
std::size_t EndOfString(std::string_view text, std::size_t at) {
  for (++at; at < text.size() && text[at] != '"'; ++at) {
    if (text[at] == '\\') ++at;
  }
  return at + 1;
}

}  // namespace

PythonNumbers::PythonNumbers(std::string_view text) : original_(text) {
  std::size_t numbers = 0;
  for (std::size_t at = 0; at < text.size();) {
    const char c = text[at];
    if (c == '"') {
      at = EndOfString(text, at);
    } else if (const Word* word = c == 'N' || c == 'I' || c == '-' ? WordAt(text, at) : nullptr) {
      if (!changed_) changed_.emplace(text);
      changed_->replace(at, word->name.size(), word->stand_in);
      words_.emplace_back(numbers++, word->value);
      at += word->name.size();
    } else if (c == '-' || (c >= '0' && c <= '9')) {
      ++numbers;
      while (at < text.size() && IsPartOfNumber(text[at])) ++at;
    } else {
      ++at;
    }
  }
}

std::optional<double> PythonNumbers::Next() {
  const std::size_t number = number_++;
  if (word_ == words_.size() || words_[word_].first != number) return std::nullopt;
  return words_[word_++].second;
}

std::string_view PythonWordFor(double number) {
  if (std::isnan(number)) return kWords[0].name;
  if (std::isinf(number)) return kWords[number > 0 ? 1 : 2].name;
  return {};
}

}  // namespace sidecar::base
