#include "evaluate/object_config.h"

#include <fmt/format.h>

#include <cmath>
#include <utility>

#include "evaluate/identifier.h"

namespace sidecar::evaluate {

ObjectConfig::ObjectConfig(nlohmann::json config, std::string owner)
    : config_(std::move(config)), owner_(std::move(owner)) {
  if (config_.is_null()) config_ = nlohmann::json::object();
}

const nlohmann::json* ObjectConfig::Find(const std::string& key) {
  read_.insert(key);
  const auto found = config_.find(key);
  return found == config_.end() || found->is_null() ? nullptr : &*found;
}

void ObjectConfig::Mistake(const std::string& key, const std::string& allowed) {
  if (!mistake_.ok()) return;
  const auto found = config_.find(key);
  mistake_ = Status(StatusCode::kInvalidArgument,
                    fmt::format("{}: {} is {}; it must be {}", owner_, key,
                                found == config_.end() ? "absent" : Excerpt(*found), allowed));
}

bool ObjectConfig::Bool(const std::string& key, bool otherwise) {
  const nlohmann::json* value = Find(key);
  if (value == nullptr) return otherwise;
  if (value->is_boolean()) return value->get<bool>();
  Mistake(key, "true or false");
  return otherwise;
}

double ObjectConfig::Number(const std::string& key, double otherwise) {
  const nlohmann::json* value = Find(key);
  if (value == nullptr) return otherwise;
  if (value->is_number()) return value->get<double>();
  Mistake(key, "a number");
  return otherwise;
}

std::int64_t ObjectConfig::Integer(const std::string& key, std::int64_t otherwise) {
  return OptionalInteger(key).value_or(otherwise);
}

std::optional<std::int64_t> ObjectConfig::OptionalInteger(const std::string& key) {
  const nlohmann::json* value = Find(key);
  if (value == nullptr) return std::nullopt;
  constexpr double kLimit = 1LL << 53;
  if (value->is_number()) {
    const double number = value->get<double>();
    if (std::fabs(number) <= kLimit && number == std::trunc(number)) {
      return static_cast<std::int64_t>(number);
    }
  }
  Mistake(key, "an integer");
  return std::nullopt;
}

std::string ObjectConfig::Text(const std::string& key, const std::string& otherwise) {
  const nlohmann::json* value = Find(key);
  if (value == nullptr) return otherwise;
  if (value->is_string()) return value->get<std::string>();
  Mistake(key, "a string");
  return otherwise;
}

bool ObjectConfig::HasNull(const std::string& key) const {
  const auto found = config_.find(key);
  return found != config_.end() && found->is_null();
}

nlohmann::json ObjectConfig::Raw(const std::string& key) {
  const nlohmann::json* value = Find(key);
  return value == nullptr ? nlohmann::json() : *value;
}

void ObjectConfig::TakeDtype() {
  nlohmann::json value = Raw("dtype");
  if (value.is_object()) {
    const auto config = value.find("config");
    if (config != value.end() && config->is_object() && config->contains("name")) {
      nlohmann::json name = (*config)["name"];
      value = std::move(name);
    }
  }
  if (value.is_null() || value == "float32") return;
  unsupported_ = fmt::format("dtype {}", Excerpt(value));
}

Status ObjectConfig::Finish() const {
  if (!mistake_.ok()) return mistake_;
  for (const auto& [key, value] : config_.items()) {
    if (read_.contains(key)) continue;
    return Status(StatusCode::kInvalidArgument,
                  fmt::format("{} has no argument '{}'", owner_, key));
  }
  return Status();
}

}  // namespace sidecar::evaluate
