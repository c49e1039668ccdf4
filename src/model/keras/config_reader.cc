#include "model/keras/config_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "base/status_macros.h"
#include "model/keras/json_text.h"

namespace sidecar::model::keras {
namespace {

using nlohmann::json;

constexpr std::int64_t kMostInt = std::numeric_limits<std::int32_t>::max();
constexpr std::size_t kMostRank = 32;

std::optional<std::int64_t> AsInt(const json& value) {
  if (value.is_number_unsigned()) {
    const auto number = value.get<std::uint64_t>();
    if (number > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
      return std::nullopt;
    }
    return static_cast<std::int64_t>(number);
  }
  if (value.is_number_integer()) return value.get<std::int64_t>();
  return std::nullopt;
}

bool IsPositive(std::int64_t number) { return number >= 1 && number <= kMostInt; }

// Appends the numbers of `value` and fills the sizes from `depth` on; false where it is ragged.
bool AppendNumbers(const json& value, std::size_t depth, NumberArray& out) {
  const json* items = ListItems(value);
  if (items == nullptr) {
    if (depth != out.shape.size()) return false;
    if (value.is_boolean()) {
      out.values.push_back(value.get<bool>() ? 1 : 0);
      return true;
    }
    if (!value.is_number()) return false;
    using Kind = NumberArray::Kind;
    out.kind = std::max(out.kind, value.is_number_float() ? Kind::kFloat : Kind::kInt);
    out.values.push_back(value.get<double>());
    return true;
  }
  if (depth >= out.shape.size() || items->size() != out.shape[depth]) return false;
  return std::all_of(items->begin(), items->end(),
                     [&](const json& item) { return AppendNumbers(item, depth + 1, out); });
}

}  // namespace

std::optional<std::vector<std::int64_t>> AsIntegers(const NumberArray& numbers) {
  constexpr double kMost = 9007199254740992;  // 2^53
  std::vector<std::int64_t> integers;
  for (const double number : numbers.values) {
    if (!(std::abs(number) <= kMost) || number != std::floor(number)) return std::nullopt;
    integers.push_back(static_cast<std::int64_t>(number));
  }
  return integers;
}

std::string TextMember(const json& object, std::string_view key) {
  const json* found = ConfigReader(object, "").Find(key);
  return found != nullptr && found->is_string() ? found->get<std::string>() : "";
}

const json* ListItems(const json& value) {
  if (value.is_array()) return &value;
  if (!value.is_object()) return nullptr;
  if (TextMember(value, "class_name") != "__tuple__") return nullptr;
  const json* items = ConfigReader(value, "").Find("items");
  return items != nullptr && items->is_array() ? items : nullptr;
}

Result<NumberArray> ReadNumbers(const json& value, const std::string& path, bool booleans) {
  const json* content = &value;
  NumberArray result;
  const std::string class_name = TextMember(value, "class_name");
  const json* config = ConfigReader(value, path).Find("config");
  if (config != nullptr && (class_name == "__numpy__" || class_name == "__tensor__")) {
    const json* array = ConfigReader(*config, path).Find("value");
    if (array != nullptr) content = array;
    result.dtype = TextMember(*config, "dtype");
  }
  for (const json* level = content; ListItems(*level) != nullptr;) {
    const json* items = ListItems(*level);
    result.shape.push_back(items->size());
    if (items->empty() || result.shape.size() > kMostRank) break;
    level = &items->front();
  }
  if (result.shape.size() > kMostRank || !AppendNumbers(*content, 0, result) ||
      (!booleans && !result.values.empty() && result.kind == NumberArray::Kind::kBool)) {
    return Status(StatusCode::kDataLoss,
                  fmt::format("{} is {}; a number or nested lists of numbers of equal lengths are "
                              "allowed",
                              path, Excerpt(value)));
  }
  return result;
}

const json* ConfigReader::Find(std::string_view key) const {
  if (!object_->is_object()) return nullptr;
  const auto found = object_->find(std::string(key));
  if (found == object_->end() || found->is_null()) return nullptr;
  return &*found;
}

std::string ConfigReader::PathOf(std::string_view key) const {
  return fmt::format("{}.{}", path_, key);
}

Status ConfigReader::Wrong(std::string_view key, std::string_view allowed) const {
  const json* found = Find(key);
  return {StatusCode::kDataLoss,
          fmt::format("{} is {}; {} is allowed", PathOf(key),
                      found == nullptr ? "missing" : Excerpt(*found), allowed)};
}

Result<std::int64_t> ConfigReader::Int(std::string_view key,
                                       std::optional<std::int64_t> otherwise) const {
  const json* found = Find(key);
  if (found == nullptr && otherwise) return *otherwise;
  const auto number = found == nullptr ? std::nullopt : AsInt(*found);
  if (!number) return Wrong(key, "an integer");
  return *number;
}

Result<std::int64_t> ConfigReader::PositiveInt(std::string_view key,
                                               std::optional<std::int64_t> otherwise) const {
  auto number = Int(key, otherwise);
  if (!number.ok() || !IsPositive(*number)) {
    return Wrong(key, "an integer from 1 to 2147483647");
  }
  return number;
}

Result<bool> ConfigReader::Bool(std::string_view key, std::optional<bool> otherwise) const {
  const json* found = Find(key);
  if (found == nullptr && otherwise) return *otherwise;
  if (found == nullptr || !found->is_boolean()) return Wrong(key, "true or false");
  return found->get<bool>();
}

Result<double> ConfigReader::Number(std::string_view key, std::optional<double> otherwise) const {
  const auto number = AnyNumber(key, otherwise);
  if (number.ok() && !std::isfinite(*number)) return Wrong(key, "a finite number");
  return number;
}

Result<double> ConfigReader::AnyNumber(std::string_view key,
                                       std::optional<double> otherwise) const {
  const json* found = Find(key);
  if (found == nullptr && otherwise) return *otherwise;
  if (found != nullptr) {
    const auto numbers = ReadNumbers(*found, path_);
    if (numbers.ok() && numbers->shape.empty()) return numbers->values.front();
  }
  return Wrong(key, "a number");
}

Result<std::string> ConfigReader::String(std::string_view key,
                                         std::optional<std::string> otherwise) const {
  const json* found = Find(key);
  if (found == nullptr && otherwise) return *otherwise;
  if (found == nullptr || !found->is_string()) return Wrong(key, "a string");
  return found->get<std::string>();
}

Result<std::string> ConfigReader::OneOf(std::string_view key,
                                        const std::vector<std::string>& allowed,
                                        const std::string& otherwise) const {
  SIDECAR_ASSIGN_OR_RETURN(std::string value, String(key, otherwise));
  if (std::find(allowed.begin(), allowed.end(), value) == allowed.end()) {
    return Wrong(key, fmt::format("one of \"{}\"", fmt::join(allowed, "\", \"")));
  }
  return value;
}

Result<std::vector<std::int64_t>> ConfigReader::Ints(
    std::string_view key, const std::optional<std::vector<std::int64_t>>& otherwise) const {
  const json* found = Find(key);
  if (found == nullptr && otherwise) return *otherwise;
  if (found == nullptr) return Wrong(key, "an integer or a list of integers");
  const json* items = ListItems(*found);
  std::vector<std::int64_t> result;
  const auto add = [&result](const json& item) {
    const auto number = AsInt(item);
    if (number) result.push_back(*number);
    return number.has_value();
  };
  const bool good = items == nullptr ? add(*found) : std::all_of(items->begin(), items->end(), add);
  if (!good || result.size() > kMostRank) return Wrong(key, "an integer or a list of integers");
  return result;
}

Result<std::vector<std::int64_t>> ConfigReader::PositiveInts(
    std::string_view key, std::size_t count,
    const std::optional<std::vector<std::int64_t>>& otherwise) const {
  if (!Has(key) && otherwise) return *otherwise;
  auto numbers = Ints(key);
  if (numbers.ok() && numbers->size() == 1) numbers->resize(count, numbers->front());
  if (!numbers.ok() || numbers->size() != count ||
      !std::all_of(numbers->begin(), numbers->end(), IsPositive)) {
    return Wrong(key,
                 fmt::format("an integer from 1 to 2147483647 or a list of {} of them", count));
  }
  return numbers;
}

Result<Shape> ConfigReader::DynamicShape(std::string_view key) const {
  constexpr std::string_view kAllowed = "a list of at most 32 sizes from 0 to 2147483647 or null";
  const json* found = Find(key);
  const json* items = found == nullptr ? nullptr : ListItems(*found);
  if (items == nullptr || items->size() > kMostRank) return Wrong(key, kAllowed);
  std::vector<std::int64_t> sizes;
  for (const json& item : *items) {
    const auto number = item.is_null() ? std::optional(Shape::kUnknown) : AsInt(item);
    if (!number || (!item.is_null() && (*number < 0 || *number > kMostInt))) {
      return Wrong(key, kAllowed);
    }
    sizes.push_back(*number);
  }
  return Shape(std::move(sizes));
}

Result<NumberArray> ConfigReader::Numbers(std::string_view key) const {
  const json* found = Find(key);
  if (found == nullptr) return Wrong(key, "a number or nested lists of numbers");
  return ReadNumbers(*found, PathOf(key));
}

}  // namespace sidecar::model::keras
