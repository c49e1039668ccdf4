#include "model/keras/json_text.h"

#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <set>
#include <vector>

#include "base/python_json.h"

namespace sidecar::model::keras {
namespace {

// Watches the parser's events. Once something is wrong everything that follows is dropped, so that
// nothing more is allocated. Puts what stands in for NaN and infinities back.
class Guard {
 public:
  Guard(const JsonLimits& limits, base::PythonNumbers& numbers)
      : limits_(limits), numbers_(numbers) {}

  bool Accept(int depth, nlohmann::json::parse_event_t event, nlohmann::json& parsed) {
    using Event = nlohmann::json::parse_event_t;
    if (!problem_.empty()) return false;
    if (event == Event::value && parsed.is_number()) {
      if (const auto number = numbers_.Next()) parsed = *number;
    }
    if (event == Event::object_start || event == Event::array_start) {
      if (static_cast<std::size_t>(depth) >= limits_.depth) {
        problem_ = fmt::format("is nested deeper than {} levels", limits_.depth);
      }
      if (event == Event::object_start) keys_.emplace_back();
    } else if (event == Event::object_end) {
      keys_.pop_back();
    } else if (event == Event::key) {
      const auto& key = parsed.get_ref<const std::string&>();
      if (!keys_.back().insert(key).second) {
        problem_ = fmt::format("holds the key {} twice in one object", Excerpt(parsed));
      }
    }
    if (++values_ > limits_.values) {
      problem_ = fmt::format("holds more than {} values", limits_.values);
    }
    return problem_.empty();
  }

  [[nodiscard]] const std::string& problem() const { return problem_; }

 private:
  const JsonLimits& limits_;
  base::PythonNumbers& numbers_;
  std::vector<std::set<std::string>> keys_;  // of the objects that are open
  std::size_t values_ = 0;
  std::string problem_;
};

}  // namespace

Result<nlohmann::json> ParseJson(std::string_view text, std::string_view where,
                                 const JsonLimits& limits) {
  if (text.size() > limits.bytes) {
    return Status(StatusCode::kDataLoss, fmt::format("{}: has {} bytes; at most {} are read", where,
                                                     text.size(), limits.bytes));
  }
  base::PythonNumbers numbers(text);
  Guard guard(limits, numbers);
  nlohmann::json document;
  try {
    document = nlohmann::json::parse(
        numbers.text().begin(), numbers.text().end(),
        [&guard](int depth, nlohmann::json::parse_event_t event, nlohmann::json& parsed) {
          return guard.Accept(depth, event, parsed);
        });
  } catch (const nlohmann::json::parse_error& error) {
    return Status(StatusCode::kDataLoss,
                  fmt::format("{}: is not valid JSON: error at byte {} of {}", where, error.byte,
                              text.size()));
  } catch (const nlohmann::json::exception& error) {  // a number out of range
    return Status(StatusCode::kDataLoss,
                  fmt::format("{}: is not valid JSON: {}", where,
                              std::string_view(error.what()).substr(0, 120)));
  }
  if (!guard.problem().empty()) {
    return Status(StatusCode::kDataLoss, fmt::format("{}: {}", where, guard.problem()));
  }
  return document;
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

std::string Excerpt(const nlohmann::json& value) {
  if (value.is_number_float() && !std::isfinite(value.get<double>())) {
    return std::string(base::PythonWordFor(value.get<double>()));
  }
  constexpr std::size_t kMost = 60;
  if (value.is_object() && value.size() > 3) {
    return fmt::format("an object of {} members", value.size());
  }
  if (value.is_array() && value.size() > 8) return fmt::format("a list of {} items", value.size());
  // Nested values can be long: only flat ones are printed.
  if (value.is_structured()) {
    for (const auto& item : value) {
      if (item.is_structured() && item.size() > 4) {
        return value.is_object() ? "an object" : fmt::format("a list of {} items", value.size());
      }
      for (const auto& inner : item.is_structured() ? item : nlohmann::json::array()) {
        if (inner.is_structured()) return value.is_object() ? "an object" : "a nested list";
      }
    }
  }
  std::string text =
      WithWordsAsText(value).dump(-1, ' ', true, nlohmann::json::error_handler_t::replace);
  if (text.size() > kMost) text = text.substr(0, kMost) + "…";
  return text;
}

}  // namespace sidecar::model::keras
