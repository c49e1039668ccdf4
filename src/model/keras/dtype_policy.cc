#include "model/keras/dtype_policy.h"

#include <nlohmann/json.hpp>
#include <string>

#include "model/keras/config_reader.h"

namespace sidecar::model::keras {
namespace {

std::optional<DTypePolicy> PolicyFromName(const std::string& name) {
  if (name == "mixed_float16") return DTypePolicy{DType::kFloat16, DType::kFloat32};
  if (name == "mixed_bfloat16") return DTypePolicy{DType::kBfloat16, DType::kFloat32};
  const DType dtype = DTypeFromName(name);
  if (!IsFloating(dtype) && !IsInteger(dtype) && dtype != DType::kBool) return std::nullopt;
  return DTypePolicy{dtype, dtype};
}

}  // namespace

std::optional<DTypePolicy> ReadDTypePolicy(const nlohmann::json* dtype) {
  if (dtype == nullptr || dtype->is_null()) return DTypePolicy();
  if (dtype->is_string()) return PolicyFromName(dtype->get<std::string>());
  const std::string class_name = TextMember(*dtype, "class_name");
  const nlohmann::json* config = ConfigReader(*dtype, "dtype").Find("config");
  const bool plain = class_name == "Policy" || class_name == "PolicyV1" ||
                     class_name == "DTypePolicy" || class_name == "FloatDTypePolicy";
  if (!plain || config == nullptr) return std::nullopt;
  return PolicyFromName(TextMember(*config, "name"));
}

}  // namespace sidecar::model::keras
