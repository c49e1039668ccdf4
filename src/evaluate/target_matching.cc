#include "evaluate/target_matching.h"

#include <fmt/format.h>

#include <charconv>

#include "base/status_macros.h"

namespace sidecar::evaluate {
namespace {

// Output positions that a component's name can mean.
std::optional<std::size_t> FindOutput(std::span<const OutputSpec> outputs, const std::string& name,
                                      std::size_t components) {
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    if (outputs[i].name == name) return i;
  }
  if (name.empty()) {
    if (components == 1) return 0;
    return std::nullopt;
  }
  std::size_t position = 0;
  const char* end = name.data() + name.size();
  const auto [stop, error] = std::from_chars(name.data(), end, position);
  if (error != std::errc() || stop != end || position >= outputs.size()) return std::nullopt;
  return position;
}

std::string OutputNames(std::span<const OutputSpec> outputs) {
  std::vector<std::string> names;
  for (const OutputSpec& output : outputs) names.push_back(output.name);
  return Quoted(names);
}

Status Unmatched(std::string_view kind, const std::string& name,
                 std::span<const OutputSpec> outputs) {
  return Status(StatusCode::kFailedPrecondition,
                fmt::format("the data's {} '{}' belongs to no output: the model's outputs are {}; "
                            "name it after one of them, or by position from 0",
                            kind, name, OutputNames(outputs)));
}

using Member = std::optional<std::size_t> OutputTargets::*;

Status MatchComponents(std::span<const OutputSpec> outputs,
                       std::span<const DatasetSpec::Component> components, std::string_view kind,
                       Member member, std::vector<OutputTargets>& targets) {
  for (std::size_t i = 0; i < components.size(); ++i) {
    const std::string& name = components[i].name;
    const std::optional<std::size_t> output = FindOutput(outputs, name, components.size());
    if (!output) return Unmatched(kind, name, outputs);
    std::optional<std::size_t>& place = targets[*output].*member;
    if (place) {
      return Status(StatusCode::kFailedPrecondition,
                    fmt::format("the data have two {}s for the output '{}': '{}' and '{}'", kind,
                                outputs[*output].name, components[*place].name, name));
    }
    place = i;
  }
  return Status();
}

}  // namespace

std::string Quoted(std::span<const std::string> names, std::size_t most) {
  std::string text;
  for (std::size_t i = 0; i < names.size() && i < most; ++i) {
    text += fmt::format("{}'{}'", i == 0 ? "" : ", ", names[i]);
  }
  if (names.size() > most) text += fmt::format(" and {} more", names.size() - most);
  return text;
}

Result<std::vector<OutputTargets>> MatchTargets(std::span<const OutputSpec> outputs,
                                                const DatasetSpec& data) {
  std::vector<OutputTargets> targets(outputs.size());
  SIDECAR_RETURN_IF_ERROR(
      MatchComponents(outputs, data.y, "target", &OutputTargets::labels, targets));
  if (data.sample_weight.size() == 1 && data.sample_weight[0].name.empty()) {
    for (OutputTargets& target : targets) target.weights = 0;
    return targets;
  }
  SIDECAR_RETURN_IF_ERROR(MatchComponents(outputs, data.sample_weight, "sample weight",
                                          &OutputTargets::weights, targets));
  return targets;
}

}  // namespace sidecar::evaluate
