#include "model/host/text.h"

#include <algorithm>
#include <array>
#include <cstddef>

namespace sidecar::model {
namespace {

bool IsSpace(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

bool IsPunctuation(char c) {
  return (c >= '!' && c <= '/') || (c >= ':' && c <= '@') || (c >= '[' && c <= '`') ||
         (c >= '{' && c <= '~');
}

// What may follow the first byte of a character: how many bytes, and between which the first of
// them must be (The Unicode Standard, table 3-7).
struct Lead {
  std::size_t tail = 0;
  unsigned char low = 0x80;
  unsigned char high = 0xBF;
};

// `tail` is 0 for ASCII and for bytes that start no character.
Lead LeadOf(unsigned char byte) {
  if (byte < 0xC2 || byte > 0xF4) return {};
  if (byte < 0xE0) return {1};
  if (byte == 0xE0) return {2, 0xA0, 0xBF};
  if (byte == 0xED) return {2, 0x80, 0x9F};
  if (byte < 0xF0) return {2};
  if (byte == 0xF0) return {3, 0x90, 0xBF};
  if (byte == 0xF4) return {3, 0x80, 0x8F};
  return {3};
}

// The bytes from the front that are a character or the start of one; at least one.
std::size_t LengthOfStart(std::string_view text, bool& whole) {
  const auto first = static_cast<unsigned char>(text.front());
  const Lead lead = LeadOf(first);
  std::size_t length = 1;
  for (; length <= lead.tail && length < text.size(); ++length) {
    const auto byte = static_cast<unsigned char>(text[length]);
    const bool fits = length == 1 ? byte >= lead.low && byte <= lead.high : (byte & 0xC0U) == 0x80U;
    if (!fits) break;
  }
  whole = length == lead.tail + 1 && (lead.tail > 0 || first < 0x80);
  return length;
}

// Bytes of the line end at the front, or 0.
std::size_t LengthOfLineEnd(std::string_view text) {
  constexpr std::array<std::string_view, 4> kLong = {"\r\n", "\xC2\x85", "\xE2\x80\xA8",
                                                     "\xE2\x80\xA9"};
  for (const std::string_view end : kLong) {
    if (text.starts_with(end)) return end.size();
  }
  const char c = text.front();
  return (c >= '\n' && c <= '\r') || (c >= '\x1C' && c <= '\x1E') ? 1 : 0;
}

}  // namespace

std::string LowerAscii(std::string_view text) {
  std::string result(text);
  for (char& c : result) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return result;
}

std::string WithoutPunctuation(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if (!IsPunctuation(c)) result += c;
  }
  return result;
}

std::vector<std::string> SplitAtSpaces(std::string_view text) {
  std::vector<std::string> tokens;
  auto at = text.begin();
  while (true) {
    at = std::find_if_not(at, text.end(), IsSpace);
    if (at == text.end()) return tokens;
    const auto end = std::find_if(at, text.end(), IsSpace);
    tokens.emplace_back(at, end);
    at = end;
  }
}

std::vector<std::string> SplitCharacters(std::string_view text) {
  std::vector<std::string> characters;
  while (!text.empty()) {
    bool whole = false;
    const std::size_t length = LengthOfStart(text, whole);
    characters.emplace_back(whole ? text.substr(0, length) : "\xEF\xBF\xBD");
    text.remove_prefix(length);
  }
  return characters;
}

std::vector<std::string> NgramsOf(const std::vector<std::string>& tokens,
                                  const std::vector<std::int64_t>& widths) {
  std::vector<std::string> ngrams;
  for (const std::int64_t signed_width : widths) {
    const auto width = static_cast<std::size_t>(signed_width);
    for (std::size_t begin = 0; begin + width <= tokens.size(); ++begin) {
      std::string ngram = tokens[begin];
      for (std::size_t i = 1; i < width; ++i) ngram += " " + tokens[begin + i];
      ngrams.push_back(std::move(ngram));
    }
  }
  return ngrams;
}

std::vector<std::string> PythonLines(std::string_view text) {
  std::vector<std::string> lines;
  std::size_t begin = 0;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = LengthOfLineEnd(text.substr(at));
    if (end == 0) {
      ++at;
      continue;
    }
    lines.emplace_back(text.substr(begin, at - begin));
    at += end;
    begin = at;
  }
  if (begin < text.size()) lines.emplace_back(text.substr(begin));
  return lines;
}

}  // namespace sidecar::model
