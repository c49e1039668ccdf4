#include "base/json_builder.h"

#include <fmt/format.h>

#include <utility>

namespace sidecar::base {

using nlohmann::json;

JsonBuilder::JsonBuilder(std::string_view text, const JsonLimits& limits, PythonWords words)
    : numbers_(text), limits_(limits), words_(words) {}

bool JsonBuilder::Parse() { return json::sax_parse(numbers_.text(), this); }

// Puts a value where the text has come to; null beyond the limits.
json* JsonBuilder::Add(json value) {
  if (++values_ > limits_.values) {
    problem_ = fmt::format("holds more than {} values", limits_.values);
    return nullptr;
  }
  if (open_.empty()) {
    root_ = std::move(value);
    return &root_;
  }
  if (open_.back()->is_array()) return &open_.back()->emplace_back(std::move(value));
  *member_ = std::move(value);
  return member_;
}

bool JsonBuilder::AddNumber(json value) {
  if (const std::optional<double> word = numbers_.Next()) {
    if (words_ == PythonWords::kText) {
      value = std::string(PythonWordFor(*word));
    } else {
      value = *word;
    }
  }
  return Add(std::move(value)) != nullptr;
}

// Items of a list stay where they are while one of them is open, since none is added then; members
// of an object always do.
bool JsonBuilder::Open(json value) {
  if (open_.size() >= limits_.depth) {
    problem_ = fmt::format("is nested deeper than {} levels", limits_.depth);
    return false;
  }
  json* const added = Add(std::move(value));
  if (added == nullptr) return false;
  open_.push_back(added);
  return true;
}

bool JsonBuilder::null() { return Add(nullptr) != nullptr; }
bool JsonBuilder::boolean(bool value) { return Add(value) != nullptr; }
bool JsonBuilder::number_integer(number_integer_t value) { return AddNumber(value); }
bool JsonBuilder::number_unsigned(number_unsigned_t value) { return AddNumber(value); }
bool JsonBuilder::number_float(number_float_t value, const string_t& /*text*/) {
  return AddNumber(value);
}
bool JsonBuilder::string(string_t& value) { return Add(std::move(value)) != nullptr; }
bool JsonBuilder::binary(binary_t& /*value*/) { return false; }  // no text has any

bool JsonBuilder::start_object(std::size_t /*elements*/) { return Open(json::object()); }

bool JsonBuilder::key(string_t& value) {
  const auto [member, is_new] = open_.back()->emplace(value, nullptr);
  if (!is_new) {
    constexpr std::size_t kMostShown = 60;
    problem_ = fmt::format(
        "holds the key {} twice in one object",
        json(value.substr(0, kMostShown)).dump(-1, ' ', true, json::error_handler_t::replace));
    return false;
  }
  member_ = &*member;
  return true;
}

bool JsonBuilder::end_object() {
  open_.pop_back();
  return true;
}

bool JsonBuilder::start_array(std::size_t /*elements*/) { return Open(json::array()); }

bool JsonBuilder::end_array() {
  open_.pop_back();
  return true;
}

bool JsonBuilder::parse_error(std::size_t position, const std::string& /*last_token*/,
                              const json::exception& error) {
  error_ = SyntaxError{position, error.what(),
                       dynamic_cast<const json::parse_error*>(&error) != nullptr};
  return false;
}

}  // namespace sidecar::base
