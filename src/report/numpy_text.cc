// NumPy's layout of a float32 array, after FloatingFormat and _formatArray of
// numpy/_core/arrayprint.py (NumPy 2.4) with the default print options.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <string_view>
#include <vector>

#include "report/log_text.h"

namespace sidecar::report {
namespace {

constexpr std::size_t kThreshold = 1000;  // more values than this are summarized
constexpr std::size_t kEdgeItems = 3;
constexpr std::size_t kPrecision = 8;
constexpr std::size_t kLineWidth = 75;

/// The shortest digits that read back as the same float, with a point: "0.5", "2.", "1.5e-07".
std::string Shortest(float value, std::chars_format format) {
  std::array<char, 64> buffer{};
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, format).ptr;
  std::string text(buffer.data(), end);
  if (text.find('.') == std::string::npos) text.insert(std::min(text.find('e'), text.size()), ".");
  return text;
}

/// At most kPrecision digits after the point, without zeros at the end.
std::string Positional(float value) {
  std::string text = Shortest(value, std::chars_format::fixed);
  if (text.size() - text.find('.') - 1 <= kPrecision) return text;
  text = fmt::format("{:.{}f}", static_cast<double>(value), kPrecision);
  text.erase(text.find_last_not_of('0') + 1);
  return text;
}

std::string_view NonFinite(float value) {
  if (std::isnan(value)) return "nan";
  return value < 0 ? "-inf" : "inf";
}

/// How all values of one array are written.
class Layout {
 public:
  explicit Layout(const std::vector<float>& values) {
    ChooseExponents(values);
    for (const float value : values) {
      if (!std::isfinite(value)) continue;
      const std::string text = Text(value);
      const std::size_t point = text.find('.');
      const std::size_t end = std::min(text.find('e'), text.size());
      left_ = std::max(left_, point);
      right_ = std::max(right_, end - point - 1);
      exponent_size_ = std::max(exponent_size_, text.size() - end);
    }
    for (const float value : values) {
      if (std::isfinite(value)) continue;
      const std::size_t size = NonFinite(value).size();
      if (size > Right() + 1) left_ = std::max(left_, size - Right() - 1);
    }
  }

  [[nodiscard]] std::string Format(float value) const {
    if (!std::isfinite(value)) return fmt::format("{:>{}}", NonFinite(value), left_ + 1 + Right());
    std::string text = Text(value);
    const std::size_t point = text.find('.');
    if (exponents_) {
      // Where others need more digits than the shortest, NumPy adds the value's own, not zeros.
      const std::size_t digits = text.find('e') - point - 1;
      if (digits < right_) text = fmt::format("{:.{}e}", static_cast<double>(value), right_);
    } else {
      text += std::string(right_ - (text.size() - point - 1), ' ');
    }
    return std::string(left_ - point, ' ') + text;
  }

 private:
  void ChooseExponents(const std::vector<float>& values) {
    float largest = 0;
    float smallest = HUGE_VALF;
    for (const float value : values) {
      if (!std::isfinite(value) || value == 0) continue;
      largest = std::max(largest, std::abs(value));
      smallest = std::min(smallest, std::abs(value));
    }
    // 1e6: as many digits as a float32 surely has.
    exponents_ =
        largest != 0 && (largest >= 1e6F || smallest < 0.0001F || largest / smallest > 1000.0F);
  }

  [[nodiscard]] std::string Text(float value) const {
    return exponents_ ? Shortest(value, std::chars_format::scientific) : Positional(value);
  }
  /// Characters behind the point.
  [[nodiscard]] std::size_t Right() const { return right_ + exponent_size_; }

  bool exponents_ = false;
  std::size_t left_ = 0;   // characters before the point
  std::size_t right_ = 0;  // digits behind it
  std::size_t exponent_size_ = 0;
};

}  // namespace

std::string NumpyArray(std::span<const double> values) {
  std::vector<float> shown;
  const bool summary = values.size() > kThreshold;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (!summary || i < kEdgeItems || i >= values.size() - kEdgeItems)
      shown.push_back(static_cast<float>(values[i]));
  }
  const Layout layout(shown);
  std::vector<std::string> words;
  for (std::size_t i = 0; i < shown.size(); ++i) {
    if (summary && i == kEdgeItems) words.emplace_back("...");
    words.push_back(layout.Format(shown[i]));
  }
  std::string text;
  std::string line = "[";
  for (const std::string& word : words) {
    // One column is kept free for the closing bracket.
    if (line.size() + word.size() > kLineWidth - 1 && line.size() > 1) {
      text += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
      line = " ";
    }
    line += word;
    if (&word != &words.back()) line += ' ';
  }
  return text + line + "]";
}

}  // namespace sidecar::report
