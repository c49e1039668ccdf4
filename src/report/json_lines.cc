#include "report/json_lines.h"

#include <fmt/format.h>

#include <cmath>
#include <cstdint>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <variant>
#include <vector>

#include "report/log_text.h"

namespace sidecar::report {
namespace {

std::string Text(const std::string& text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string Number(double value) {
  // JSON knows no other numbers.
  return std::isfinite(value) ? PythonFloat(value) : fmt::format("\"{}\"", PythonFloat(value));
}

std::string Value(const MetricValue& value) {
  if (const double* number = std::get_if<double>(&value)) return Number(*number);
  std::string text = "[";
  for (const double number : std::get<std::vector<double>>(value))
    text += fmt::format("{}{}", text.size() > 1 ? ", " : "", Number(number));
  return text + "]";
}

std::string Optional(std::optional<std::int64_t> number) {
  return number ? std::to_string(*number) : "null";
}

class JsonLinesCallback final : public Callback {
 public:
  explicit JsonLinesCallback(std::ostream& out) : out_(out) {}

  Status End(const EvaluationResult& result) override {
    out_ << JsonLine(result) + "\n";
    return Flush();
  }
  Status Flush() override {
    if (out_.flush()) return {};
    return {StatusCode::kIoError, "cannot write to the standard output"};
  }
  [[nodiscard]] bool wants_batches() const override { return false; }
  [[nodiscard]] std::string name() const override { return "--json"; }

 private:
  std::ostream& out_;
};

}  // namespace

std::string JsonLine(const EvaluationResult& result) {
  std::string metrics;
  for (const auto& [name, value] : result.metrics)
    metrics += fmt::format("{}{}: {}", metrics.empty() ? "" : ", ", Text(name), Value(value));
  return fmt::format(
      "{{\"checkpoint\": {}, \"number\": {}, \"step\": {}, \"metrics\": {{{}}}, \"batches\": {}, "
      "\"examples\": {}, \"seconds\": {}}}",
      Text(result.info.checkpoint), Optional(result.info.number), Optional(result.info.step),
      metrics, result.batches, result.examples, Number(result.seconds));
}

CallbackPtr JsonLines(std::ostream& out) { return std::make_shared<JsonLinesCallback>(out); }

}  // namespace sidecar::report
