#include "evaluate/object_config.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "evaluate/identifier.h"

namespace sidecar::evaluate {

namespace {

// Whole numbers up to this size are exact.
constexpr double kWholeLimit = 1LL << 53;
// More elements than any argument of Keras has are refused.
constexpr std::size_t kMaxElements = std::size_t{1} << 20;

bool IsWhole(double number) {
  return std::fabs(number) <= kWholeLimit && number == std::trunc(number);
}

// The list inside a serialised tuple, array or tensor, or the value itself.
const nlohmann::json& Elements(const nlohmann::json& value) {
  if (!value.is_object()) return value;
  const auto items = value.find("items");
  if (items != value.end()) return *items;
  const auto config = value.find("config");
  if (config == value.end() || !config->is_object()) return value;
  const auto inner = config->find("value");
  return inner == config->end() ? value : *inner;
}

}  // namespace

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
                    fmt::format("{}: config.{} is {}; it must be {}", owner_, key,
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
  if (value->is_number() && IsWhole(value->get<double>())) {
    return static_cast<std::int64_t>(value->get<double>());
  }
  Mistake(key, "an integer");
  return std::nullopt;
}

std::optional<std::vector<double>> ObjectConfig::Numbers(const std::string& key) {
  const nlohmann::json* found = Find(key);
  if (found == nullptr) return std::nullopt;
  const nlohmann::json& value = Elements(*found);
  if (value.is_number()) return std::vector<double>{value.get<double>()};
  std::vector<double> numbers;
  bool valid = value.is_array() && value.size() <= kMaxElements;
  for (std::size_t i = 0; valid && i < value.size(); ++i) {
    valid = value[i].is_number();
    if (valid) numbers.push_back(value[i].get<double>());
  }
  if (!valid) Mistake(key, "a number or a list of numbers");
  return numbers;
}

std::optional<std::vector<std::int64_t>> ObjectConfig::Integers(const std::string& key) {
  const std::optional<std::vector<double>> numbers = Numbers(key);
  if (!numbers) return std::nullopt;
  std::vector<std::int64_t> integers;
  for (const double number : *numbers) {
    if (!IsWhole(number)) {
      Mistake(key, "an integer or a list of integers");
      break;
    }
    integers.push_back(static_cast<std::int64_t>(number));
  }
  return integers;
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

// The name of a type or of the policy that stands for it.
nlohmann::json ObjectConfig::DtypeName() {
  nlohmann::json value = Raw("dtype");
  if (value.is_object()) {
    const auto config = value.find("config");
    if (config != value.end() && config->is_object() && config->contains("name")) {
      nlohmann::json name = (*config)["name"];
      value = std::move(name);
    }
  }
  return value;
}

DType ObjectConfig::FloatDtype(KerasVersion version) {
  const nlohmann::json value = DtypeName();
  if (value.is_null() || integer_dtype_) return DType::kFloat32;
  std::string name = value.is_string() ? value.get<std::string>() : "";
  constexpr std::string_view kMixed = "mixed_";
  if (name.starts_with(kMixed)) {
    // Keras 2 takes the type of a policy's variables, Keras 3 the one it computes in.
    name = version == KerasVersion::kKeras2 ? "float32" : name.substr(kMixed.size());
  }
  for (const DType dtype : {DType::kFloat32, DType::kFloat64, DType::kFloat16, DType::kBfloat16}) {
    if (name == DTypeName(dtype)) return dtype;
  }
  unsupported_ = fmt::format(
      "config.dtype = {} (float32, float64, float16, bfloat16 and policies of these are)",
      Excerpt(value));
  return DType::kFloat32;
}

bool ObjectConfig::TakeDtypeAmong(std::initializer_list<std::string_view> integers) {
  const nlohmann::json value = DtypeName();
  integer_dtype_ =
      value.is_null() || std::any_of(integers.begin(), integers.end(),
                                     [&](std::string_view name) { return value == name; });
  return integer_dtype_;
}

Status ObjectConfig::Finish() const {
  if (!mistake_.ok()) return mistake_;
  for (const auto& [key, value] : config_.items()) {
    if (read_.contains(key)) continue;
    return Status(StatusCode::kInvalidArgument,
                  fmt::format("{}: config.{}: it has no such argument", owner_, key));
  }
  return Status();
}

}  // namespace sidecar::evaluate
