#include "evaluate/identifier.h"

#include <fmt/format.h>

#include <utility>

#include "base/status_macros.h"

namespace sidecar::evaluate {
namespace {

std::string StringMember(const nlohmann::json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

bool IsKerasModule(const std::string& module) {
  return module.empty() || module == "builtins" || module.starts_with("keras.") ||
         module.starts_with("tf_keras.") || module.starts_with("tensorflow.");
}

// Custom classes and functions are registered as "package>Name", or come from a module of the
// user's.
bool IsCustom(const nlohmann::json& object) {
  return !IsKerasModule(StringMember(object, "module")) ||
         StringMember(object, "registered_name").find('>') != std::string::npos;
}

Status NotAnIdentifier(const nlohmann::json& value) {
  return Status(StatusCode::kInvalidArgument,
                fmt::format("{} is no loss or metric: a name or an object with class_name and "
                            "config is needed",
                            Excerpt(value)));
}

}  // namespace

bool IsIdentifier(const nlohmann::json& value) {
  return value.is_string() || (value.is_object() && value.contains("class_name"));
}

Result<Identifier> ReadIdentifier(const nlohmann::json& value) {
  Identifier identifier;
  if (value.is_string()) {
    identifier.name = value.get<std::string>();
    return identifier;
  }
  if (!value.is_object()) return NotAnIdentifier(value);
  const std::string class_name = StringMember(value, "class_name");
  if (class_name.empty()) return NotAnIdentifier(value);
  const auto config = value.find("config");
  identifier.custom = IsCustom(value);
  identifier.registered_name = StringMember(value, "registered_name");
  if (class_name == "function") {
    if (config == value.end() || !config->is_string()) return NotAnIdentifier(value);
    identifier.kind = Identifier::Kind::kFunction;
    identifier.name = config->get<std::string>();
    return identifier;
  }
  identifier.kind = Identifier::Kind::kClass;
  identifier.name = class_name;
  identifier.from_losses = StringMember(value, "module").find("losses") != std::string::npos ||
                           class_name == "LossFunctionWrapper";
  if (config != value.end()) identifier.config = *config;
  const bool readable = identifier.config.is_object() || identifier.config.is_null();
  if (!readable && !identifier.custom) return NotAnIdentifier(value);
  return identifier;
}

Result<Identifier> ReadFunction(const nlohmann::json& value) {
  SIDECAR_ASSIGN_OR_RETURN(Identifier identifier, ReadIdentifier(value));
  if (identifier.kind == Identifier::Kind::kString) identifier.kind = Identifier::Kind::kFunction;
  return identifier;
}

std::string Excerpt(const nlohmann::json& value) {
  constexpr std::size_t kLongest = 80;
  std::string text = value.dump(-1, ' ', true, nlohmann::json::error_handler_t::replace);
  if (text.size() > kLongest) text = text.substr(0, kLongest) + "…";
  return text;
}

}  // namespace sidecar::evaluate
