#include "report/log_text.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cmath>
#include <numeric>
#include <variant>
#include <vector>

namespace sidecar::report {
namespace {

/// "nan", "inf" or "-inf".
std::string NonFinite(double value) {
  if (std::isnan(value)) return "nan";
  return value < 0 ? "-inf" : "inf";
}

/// Joins lines that NumPy broke: a log line is one line.
std::string OneLine(std::string text) {
  for (std::size_t end = text.find('\n'); end != std::string::npos; end = text.find('\n', end))
    text.erase(end, 1);  // the next line's indent separates the values
  return text;
}

std::string LongText(const MetricValue& value) {
  if (const double* number = std::get_if<double>(&value)) return PythonFloat(*number);
  return OneLine(NumpyArray(std::get<std::vector<double>>(value)));
}

}  // namespace

std::string PythonFloat(double value) {
  if (!std::isfinite(value)) return NonFinite(value);
  // Python switches to exponents at 1e-4 and 1e16 (float_repr_style 'short', format code 'r').
  const double size = std::abs(value);
  const bool exponent = size != 0 && (size < 1e-4 || size >= 1e16);
  std::array<char, 64> buffer{};
  const auto format = exponent ? std::chars_format::scientific : std::chars_format::fixed;
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, format).ptr;
  std::string text(buffer.data(), end);
  if (!exponent && text.find('.') == std::string::npos) text += ".0";
  return text;
}

std::string MetricsText(const Logs& metrics) {
  std::string text;
  for (const auto& [name, value] : metrics)
    text += fmt::format("{}{}={}", text.empty() ? "" : " ", name, LongText(value));
  return text;
}

std::string ShortText(const MetricValue& value) {
  double number = 0;
  if (const auto* numbers = std::get_if<std::vector<double>>(&value)) {
    const double sum = std::accumulate(numbers->begin(), numbers->end(), 0.0);
    number = sum / static_cast<double>(numbers->size());
  } else {
    number = std::get<double>(value);
  }
  if (!std::isfinite(number)) return NonFinite(number);
  return number > 1e-3 ? fmt::format("{:.4f}", number) : fmt::format("{:.4e}", number);
}

}  // namespace sidecar::report
