#include "model/keras/json_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "base/python_json.h"

namespace sidecar::model::keras {
Result<nlohmann::json> ParseJson(std::string_view text, std::string_view where,
                                 const JsonLimits& limits) {
  if (text.size() > limits.bytes) {
    return Status(StatusCode::kDataLoss, fmt::format("{}: has {} bytes; at most {} are read", where,
                                                     text.size(), limits.bytes));
  }
  base::JsonBuilder builder(text, limits, base::PythonWords::kNumbers);
  if (builder.Parse()) return builder.TakeDocument();
  if (!builder.problem().empty()) {
    return Status(StatusCode::kDataLoss, fmt::format("{}: {}", where, builder.problem()));
  }
  const auto error = builder.error().value_or(base::JsonBuilder::SyntaxError());
  if (!error.is_syntax) {  // a number out of range
    return Status(StatusCode::kDataLoss, fmt::format("{}: is not valid JSON: {}", where,
                                                     std::string_view(error.text).substr(0, 120)));
  }
  return Status(StatusCode::kDataLoss, fmt::format("{}: is not valid JSON: error at byte {} of {}",
                                                   where, error.byte, text.size()));
}

nlohmann::json WithWordsAsText(nlohmann::json value) {
  if (value.is_number_float()) {
    const std::string_view word = base::PythonWordFor(value.get<double>());
    return word.empty() ? value : nlohmann::json(std::string(word));
  }
  if (value.is_structured()) {
    for (nlohmann::json& item : value) item = WithWordsAsText(std::move(item));
  }
  return value;
}

namespace {

// What stands for a value whose items may be long; empty for one that is short enough to print.
std::string NameOfLong(const nlohmann::json& value) {
  if (value.is_object() && value.size() > 3) {
    return fmt::format("an object of {} members", value.size());
  }
  if (value.is_array() && value.size() > 8) return fmt::format("a list of {} items", value.size());
  const std::string kind = value.is_object() ? "an object" : "";
  for (const auto& item : value) {
    if (!item.is_structured()) continue;
    if (item.size() > 4) {
      return kind.empty() ? fmt::format("a list of {} items", value.size()) : kind;
    }
    if (std::any_of(item.begin(), item.end(), [](const auto& i) { return i.is_structured(); })) {
      return kind.empty() ? "a nested list" : kind;
    }
  }
  return "";
}

}  // namespace

std::string Excerpt(const nlohmann::json& value) {
  if (value.is_number_float() && !std::isfinite(value.get<double>())) {
    return std::string(base::PythonWordFor(value.get<double>()));
  }
  constexpr std::size_t kMost = 60;
  if (value.is_structured()) {
    const std::string name = NameOfLong(value);
    if (!name.empty()) return name;
  }
  std::string text =
      WithWordsAsText(value).dump(-1, ' ', true, nlohmann::json::error_handler_t::replace);
  if (text.size() > kMost) text = text.substr(0, kMost) + "…";
  return text;
}

}  // namespace sidecar::model::keras
