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

constexpr double kDefault = 0.01;

Regularizer Factors(double l1, double l2) {
  Regularizer regularizer;
  regularizer.l1 = static_cast<float>(l1);
  regularizer.l2 = static_cast<float>(l2);
  return regularizer;
}

std::optional<Regularizer> ReadFactors(const std::string& name, const ConfigReader& config) {
  const bool both = name == "l1l2";
  const auto l1 = config.Number("l1", both || name == "l2" ? 0 : kDefault);
  const auto l2 = config.Number("l2", both || name == "l1" ? 0 : kDefault);
  if (!l1.ok() || !l2.ok()) return std::nullopt;
  return Factors(name == "l2" ? 0 : *l1, name == "l1" ? 0 : *l2);
}

std::optional<Regularizer> ReadOrthogonal(const ConfigReader& config) {
  const auto factor = config.Number("factor", kDefault);
  const auto mode = config.String("mode", "rows");
  if (!factor.ok() || !mode.ok() || (*mode != "rows" && *mode != "columns")) return std::nullopt;
  Regularizer regularizer;
  regularizer.orthogonal = static_cast<float>(*factor);
  regularizer.columns = *mode == "columns";
  return regularizer;
}

}  // namespace

std::optional<Regularizer> ReadRegularizer(const nlohmann::json& value) {
  const nlohmann::json none = nlohmann::json::object();
  const bool named = value.is_string();
  const std::string name =
      PlainName(named ? value.get<std::string>() : TextMember(value, "class_name"));
  const nlohmann::json* content = named ? &none : ConfigReader(value, "").Find("config");
  if (content == nullptr) return std::nullopt;
  const ConfigReader config(*content, "");
  if (name == "l1" || name == "l2") return ReadFactors(name, config);
  // The string stands for both factors, the class has neither by default.
  if (name == "l1l2") return named ? Factors(kDefault, kDefault) : ReadFactors(name, config);
  if (name == "orthogonalregularizer") return ReadOrthogonal(config);
  return std::nullopt;
}

}  // namespace sidecar::model::keras
