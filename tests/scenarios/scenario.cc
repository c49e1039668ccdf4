#include "scenarios/scenario.h"

#include <charconv>
#include <cmath>
#include <fstream>

namespace sidecar::scenarios {
namespace {

Status Wrong(const std::string& message) { return {StatusCode::kDataLoss, message}; }

std::string Trim(const std::string& text) {
  const std::size_t begin = text.find_first_not_of(" \t");
  if (begin == std::string::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

// The quoted word that begins at `at`; moves `at` past it.
Result<std::string> QuotedWord(const std::string& text, std::size_t& at) {
  std::string word;
  for (++at; at < text.size() && text[at] != '"'; ++at) {
    if (text[at] != '\\' || at + 1 == text.size()) {
      word += text[at];
      continue;
    }
    const char escape = text[++at];
    if (escape == 'n') {
      word += '\n';
    } else if (escape == 't') {
      word += '\t';
    } else if (escape == 'x' && text.size() - at > 2) {
      word += static_cast<char>(std::stoi(text.substr(at + 1, 2), nullptr, 16));
      at += 2;
    } else {
      word += escape;
    }
  }
  if (at == text.size()) return Wrong("a quoted word has no end: " + text);
  ++at;
  return word;
}

}  // namespace

Result<Scenario> ReadScenario(const std::string& path) {
  std::ifstream file(path);
  if (!file) return Status(StatusCode::kNotFound, path + ": cannot open");
  Scenario scenario;
  scenario.path = path;
  bool in_header = true;
  std::string text;
  for (int number = 1; std::getline(file, text); ++number) {
    text = Trim(text);
    if (text.empty() || text.starts_with('#')) continue;
    if (text == "---") {
      in_header = false;
    } else if (!in_header) {
      scenario.lines.push_back({number, text});
    } else if (const std::size_t colon = text.find(':'); colon != std::string::npos) {
      scenario.header[text.substr(0, colon)] = Trim(text.substr(colon + 1));
    } else {
      return Wrong(path + ": line " + std::to_string(number) + ": expected 'key: value' or '---'");
    }
  }
  for (const char* key : {"name", "purpose", "covers"}) {
    if (!scenario.header.contains(key)) return Wrong(path + ": no '" + key + ":' in the header");
  }
  return scenario;
}

Result<std::vector<std::string>> SplitWords(const std::string& text) {
  std::vector<std::string> words;
  for (std::size_t at = 0; at < text.size();) {
    if (text[at] == ' ') {
      ++at;
    } else if (text[at] == '"') {
      Result<std::string> word = QuotedWord(text, at);
      if (!word.ok()) return word.status();
      words.push_back(std::move(*word));
    } else {
      const std::size_t end = std::min(text.find(' ', at), text.size());
      words.push_back(text.substr(at, end - at));
      at = end;
    }
  }
  return words;
}

Result<std::chrono::nanoseconds> ParseDuration(const std::string& text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const std::string unit(end, text.data() + text.size());
  if (error != std::errc() || (unit != "s" && unit != "ms")) {
    return Wrong("expected a duration such as 1.5s or 300ms, found " + text);
  }
  return std::chrono::nanoseconds(std::llround(value * (unit == "s" ? 1e9 : 1e6)));
}

std::optional<std::string> FindOption(const std::vector<std::string>& words,
                                      const std::string& key) {
  for (const std::string& word : words) {
    if (word.starts_with(key + "=")) return word.substr(key.size() + 1);
  }
  return std::nullopt;
}

}  // namespace sidecar::scenarios
