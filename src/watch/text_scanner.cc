#include "watch/text_scanner.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <limits>

#include "base/status_macros.h"

namespace sidecar::watch {
namespace {

// The C locale's classes, whatever locale the program has.
bool IsSpace(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }

std::string Lower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

// Up to 20 bytes for a message, in ASCII.
std::string Excerpt(std::string_view text) {
  std::string out;
  for (const char c : text.substr(0, std::min<std::size_t>(text.size(), 20))) {
    if (c >= ' ' && c <= '~') {
      out += c;
    } else {
      out += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    }
  }
  return out;
}

void AppendUtf8(std::string& out, std::uint32_t code) {
  const auto tail = [&](unsigned shift) {
    out += static_cast<char>(0x80U | ((code >> shift) & 0x3FU));
  };
  if (code < 0x80) {
    out += static_cast<char>(code);
  } else if (code < 0x800) {
    out += static_cast<char>(0xC0U | (code >> 6U));
    tail(0);
  } else if (code < 0x10000) {
    out += static_cast<char>(0xE0U | (code >> 12U));
    tail(6);
    tail(0);
  } else {
    out += static_cast<char>(0xF0U | (code >> 18U));
    tail(12);
    tail(6);
    tail(0);
  }
}

bool IsCodePoint(std::uint32_t code) {
  return code <= 0x10FFFF && (code < 0xD800 || code > 0xDFFF);
}

std::optional<char> SimpleEscape(char c) {
  switch (c) {
    case 'a':
      return '\a';
    case 'b':
      return '\b';
    case 'f':
      return '\f';
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    case 'v':
      return '\v';
    case '\\':
    case '\'':
    case '"':
    case '?':
      return c;
    default:
      return std::nullopt;
  }
}

std::optional<unsigned> DigitValue(char c) {
  if (IsDigit(c)) return static_cast<unsigned>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a') + 10U;
  if (c >= 'A' && c <= 'F') return static_cast<unsigned>(c - 'A') + 10U;
  return std::nullopt;
}

// Bytes of the character that `text` begins with; 0 for NUL and what is not UTF-8.
std::size_t SequenceLength(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text.front());
  if (lead < 0x80) return lead == 0 ? 0 : 1;
  if (lead < 0xC2 || lead > 0xF4) return 0;
  const std::size_t length = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  if (length > text.size()) return 0;
  std::uint32_t code = lead & (0x7FU >> length);
  for (std::size_t k = 1; k < length; ++k) {
    const auto next = static_cast<unsigned char>(text[k]);
    if ((next & 0xC0U) != 0x80U) return 0;
    code = (code << 6U) | (next & 0x3FU);
  }
  const std::uint32_t smallest = length == 2 ? 0x80 : length == 3 ? 0x800 : 0x10000;
  return code >= smallest && IsCodePoint(code) ? length : 0;
}

}  // namespace

bool TextScanner::SkipToToken() {
  while (position_ < text_.size()) {
    if (text_[position_] == '#') {
      position_ = std::min(text_.find('\n', position_), text_.size());
    } else if (IsSpace(text_[position_])) {
      ++position_;
    } else {
      return true;
    }
  }
  return false;
}

bool TextScanner::Take(char symbol) {
  if (position_ == text_.size() || text_[position_] != symbol) return false;
  ++position_;
  return true;
}

std::string_view TextScanner::TakeName() {
  const std::size_t start = position_;
  if (start < text_.size() && IsDigit(text_[start])) return {};
  while (position_ < text_.size() && (IsLetter(text_[position_]) || IsDigit(text_[position_]))) {
    ++position_;
  }
  return text_.substr(start, position_ - start);
}

std::optional<unsigned> TextScanner::TakeDigits(unsigned base, std::size_t at_least,
                                                std::size_t at_most) {
  unsigned value = 0;
  std::size_t count = 0;
  for (; count < at_most && position_ < text_.size(); ++count, ++position_) {
    const std::optional<unsigned> digit = DigitValue(text_[position_]);
    if (!digit || *digit >= base) break;
    value = value * base + *digit;  // at most 8 hexadecimal digits
  }
  if (count < at_least) return std::nullopt;
  return value;
}

// What follows a backslash.
std::optional<std::string> TextScanner::TakeEscape() {
  if (position_ == text_.size()) return std::nullopt;
  const char c = text_[position_];
  if (c >= '0' && c <= '7') {
    const std::optional<unsigned> byte = TakeDigits(8, 1, 3);
    if (!byte || *byte > 0xFF) return std::nullopt;
    return std::string(1, static_cast<char>(*byte));
  }
  ++position_;
  if (c == 'x' || c == 'X') {
    const std::optional<unsigned> byte = TakeDigits(16, 1, 2);
    if (!byte) return std::nullopt;
    return std::string(1, static_cast<char>(*byte));
  }
  if (c == 'u' || c == 'U') {
    const std::size_t digits = c == 'u' ? 4 : 8;
    const std::optional<unsigned> code = TakeDigits(16, digits, digits);
    if (!code || !IsCodePoint(*code)) return std::nullopt;
    std::string out;
    AppendUtf8(out, *code);
    return out;
  }
  const std::optional<char> simple = SimpleEscape(c);
  if (!simple) return std::nullopt;
  return std::string(1, *simple);
}

Status TextScanner::TakeLiteral(std::string& out) {
  const char quote = text_[position_++];
  while (position_ < text_.size() && text_[position_] != '\n') {
    const char c = text_[position_++];
    if (c == quote) return {};
    if (c != '\\') {
      out += c;
      continue;
    }
    const std::optional<std::string> escape = TakeEscape();
    if (!escape) return Error("an escape in a string is damaged");
    out += *escape;
  }
  return Error("a string has no end on its line");
}

Result<std::string> TextScanner::TakeString() {
  std::string out;
  bool any = false;
  while (SkipToToken() && (text_[position_] == '"' || text_[position_] == '\'')) {
    SIDECAR_RETURN_IF_ERROR(TakeLiteral(out));
    any = true;
  }
  if (!any) return Error("expected a quoted string");
  return out;
}

Result<double> TextScanner::TakeNumber() {
  const std::size_t start = position_;
  while (position_ < text_.size() &&
         (IsLetter(text_[position_]) || IsDigit(text_[position_]) || text_[position_] == '.' ||
          text_[position_] == '+' || text_[position_] == '-')) {
    ++position_;
  }
  const std::string token = Lower(text_.substr(start, position_ - start));
  std::string_view digits = token;
  if (digits.starts_with('+')) digits.remove_prefix(1);
  if (digits.ends_with('f') && digits != "inf" && digits != "-inf") digits.remove_suffix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error == std::errc::invalid_argument || end != digits.data() + digits.size()) {
    position_ = start;
    return Error("expected a number");
  }
  // Too large or too small for a double: nothing depends on how far.
  if (error != std::errc()) value = std::numeric_limits<double>::infinity();
  return value;
}

Status TextScanner::Error(std::string_view problem) const {
  const auto line =
      1 + std::count(text_.begin(), text_.begin() + static_cast<std::ptrdiff_t>(position_), '\n');
  const std::string_view rest = text_.substr(position_);
  return {StatusCode::kDataLoss,
          fmt::format("line {}: {}, found {}", line, problem,
                      rest.empty() ? "the end of the file" : "'" + Excerpt(rest) + "'")};
}

bool IsPlainUtf8(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t length = SequenceLength(text.substr(i));
    if (length == 0) return false;
    i += length;
  }
  return true;
}

}  // namespace sidecar::watch
