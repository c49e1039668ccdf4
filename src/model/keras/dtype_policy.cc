#include "model/keras/dtype_policy.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "model/keras/config_reader.h"
#include "model/keras/json_text.h"

namespace sidecar::model::keras {
namespace {

using nlohmann::json;

std::optional<DTypePolicy> PolicyFromName(const std::string& name) {
  if (name == "mixed_float16") return DTypePolicy{DType::kFloat16, DType::kFloat32};
  if (name == "mixed_bfloat16") return DTypePolicy{DType::kBfloat16, DType::kFloat32};
  const DType dtype = DTypeFromName(name);
  if (dtype == DType::kString) return DTypePolicy{dtype, dtype};
  if (!IsFloating(dtype) && !IsInteger(dtype) && dtype != DType::kBool) return std::nullopt;
  return DTypePolicy{dtype, dtype};
}

const json* ConfigOf(const json& object) { return ConfigReader(object, "dtype").Find("config"); }

bool IsMap(const json& dtype) { return TextMember(dtype, "class_name") == "DTypePolicyMap"; }

// A part of a map's pattern.
struct PatternItem {
  char letter = 0;
  bool any = false;       // any character
  bool repeated = false;  // any text
};

// The item at `at`, which moves behind it; nothing for what Matches() does not know.
std::optional<PatternItem> NextItem(std::string_view pattern, std::size_t& at) {
  const bool escaped = pattern[at] == '\\';
  if (escaped && ++at == pattern.size()) return std::nullopt;
  PatternItem item{.letter = pattern[at], .any = pattern[at] == '.' && !escaped, .repeated = false};
  item.repeated = at + 1 < pattern.size() && pattern[at + 1] == '*';
  if (item.repeated && !item.any) return std::nullopt;
  const bool is_known =
      escaped ? std::string_view(".-_/").find(item.letter) != std::string_view::npos
              : std::string_view("^$*+?{}[]|()").find(item.letter) == std::string_view::npos;
  if (!is_known) return std::nullopt;
  at += item.repeated ? 2 : 1;
  return item;
}

// A pattern of a map: literal text, "." for any one character, ".*" for any text and "\" before a
// character that stands for itself. Nothing for any other regular expression: matching those of an
// untrusted file has no bounds.
std::optional<bool> Matches(std::string_view pattern, std::string_view path) {
  // possible[i]: the pattern so far can end before path[i].
  std::vector<bool> possible(path.size() + 1, false);
  possible[0] = true;
  for (std::size_t at = 0; at < pattern.size();) {
    const std::optional<PatternItem> item = NextItem(pattern, at);
    if (!item) return std::nullopt;
    std::vector<bool> next(path.size() + 1, false);
    for (std::size_t i = 0; i <= path.size(); ++i) {
      if (item->repeated) {
        next[i] = possible[i] || (i > 0 && next[i - 1]);
      } else if (i > 0) {
        next[i] = possible[i - 1] && (item->any || path[i - 1] == item->letter);
      }
    }
    possible = std::move(next);
  }
  return possible.back();
}

// The policy that a map has for a path, as JSON (null: Keras's default); nothing where that cannot
// be told (keras/src/dtype_policies/dtype_policy_map.py `__getitem__`).
std::optional<json> Entry(const json& map, std::string_view path) {
  const json* config = ConfigOf(map);
  if (config == nullptr) return std::nullopt;
  const json* entries = ConfigReader(*config, "").Find("policy_map");
  json found;
  if (const json* otherwise = ConfigReader(*config, "").Find("default_policy")) found = *otherwise;
  if (entries == nullptr || path.empty()) return found;
  if (!entries->is_object()) return std::nullopt;
  if (const json* exact = ConfigReader(*entries, "").Find(path)) return *exact;
  int matching = 0;
  for (const auto& item : entries->items()) {
    const auto matches = Matches(item.key(), path);
    if (!matches) return std::nullopt;
    if (!*matches) continue;
    found = item.value();
    if (++matching > 1) return std::nullopt;
  }
  return found;
}

}  // namespace

std::optional<DTypePolicy> ReadDTypePolicy(const json* dtype, std::string_view path) {
  if (dtype == nullptr || dtype->is_null()) return DTypePolicy();
  if (dtype->is_string()) return PolicyFromName(dtype->get<std::string>());
  if (IsMap(*dtype)) {
    const auto entry = Entry(*dtype, path);
    // An entry is never a map itself.
    return entry && !IsMap(*entry) ? ReadDTypePolicy(&*entry) : std::nullopt;
  }
  const std::string class_name = TextMember(*dtype, "class_name");
  const json* config = ConfigOf(*dtype);
  const bool plain = class_name == "Policy" || class_name == "PolicyV1" ||
                     class_name == "DTypePolicy" || class_name == "FloatDTypePolicy";
  if (!plain || config == nullptr) return std::nullopt;
  return PolicyFromName(TextMember(*config, "name"));
}

std::string DTypePolicyName(const json* dtype, std::string_view path) {
  if (dtype == nullptr || dtype->is_null()) return "float32";
  if (dtype->is_string()) return Excerpt(*dtype);
  if (IsMap(*dtype)) {
    const auto entry = Entry(*dtype, path);
    return entry && !IsMap(*entry) ? DTypePolicyName(&*entry) : "map";
  }
  const json* config = ConfigOf(*dtype);
  if (config == nullptr) return Excerpt(*dtype);
  const std::string name = TextMember(*config, "name");
  if (!name.empty()) return name;
  const std::string mode = TextMember(*config, "mode");
  if (mode.empty()) return Excerpt(*dtype);
  return fmt::format("{}_from_{}", mode, TextMember(*config, "source_name"));
}

}  // namespace sidecar::model::keras
