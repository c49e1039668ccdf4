#include "model/keras/regularizer.h"

#include <algorithm>
#include <cctype>
#include <nlohmann/json.hpp>
#include <string>

#include "model/keras/config_reader.h"

namespace sidecar::model::keras {
namespace {

// "L1L2", "l1_l2" and "L1" are written by different versions: "l1l2", "l1".
std::string PlainName(std::string name) {
  name.erase(std::remove(name.begin(), name.end(), '_'), name.end());
  std::transform(name.begin(), name.end(), name.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return name;
}

}  // namespace

std::optional<RegularizerFactors> ReadRegularizer(const nlohmann::json& value) {
  constexpr double kDefault = 0.01;
  if (value.is_string()) {
    const std::string name = PlainName(value.get<std::string>());
    if (name == "l1") return RegularizerFactors{kDefault, 0};
    if (name == "l2") return RegularizerFactors{0, kDefault};
    if (name == "l1l2") return RegularizerFactors{kDefault, kDefault};
    return std::nullopt;
  }
  const std::string name = PlainName(TextMember(value, "class_name"));
  const nlohmann::json* content = ConfigReader(value, "").Find("config");
  if (content == nullptr || (name != "l1" && name != "l2" && name != "l1l2")) return std::nullopt;
  const ConfigReader config(*content, "");
  const bool both = name == "l1l2";
  const auto l1 = config.Number("l1", both || name == "l2" ? 0 : kDefault);
  const auto l2 = config.Number("l2", both || name == "l1" ? 0 : kDefault);
  if (!l1.ok() || !l2.ok()) return std::nullopt;
  return RegularizerFactors{name == "l2" ? 0 : *l1, name == "l1" ? 0 : *l2};
}

}  // namespace sidecar::model::keras
