#include "evaluate/result_names.h"

#include <fmt/format.h>

#include <map>
#include <set>

#include "base/status_macros.h"

namespace sidecar::evaluate {
namespace {

Status NameTaken(const std::string& name) {
  return Status(
      StatusCode::kInvalidArgument,
      fmt::format("two metrics would have the name '{}'; give one of them another", name));
}

Status NameKeras2(std::vector<OutputMetricNames>& outputs) {
  const bool several = outputs.size() > 1;
  std::set<std::string> taken;
  for (OutputMetricNames& output : outputs) {
    const std::string prefix = several ? output.output + "_" : "";
    for (std::string& name : output.metrics) {
      name = prefix + name;
      if (!taken.insert(name).second) return NameTaken(name);
    }
    for (std::string& name : output.weighted_metrics) {
      name = prefix + (taken.contains(prefix + name) ? "weighted_" : "") + name;
      if (!taken.insert(name).second) return NameTaken(name);
    }
  }
  return Status();
}

// A name that was there before gets the number of times it was.
std::string Numbered(const std::string& name, std::map<std::string, int>& counts) {
  int& count = counts[name];
  ++count;
  return count == 1 ? name : fmt::format("{}_{}", name, count - 1);
}

void NameKeras3(std::vector<OutputMetricNames>& outputs) {
  const bool several = outputs.size() > 1;
  std::map<std::string, int> counts;
  for (OutputMetricNames& output : outputs) {
    const std::string prefix = several ? output.output + "_" : "";
    for (std::string& name : output.metrics) name = Numbered(prefix + name, counts);
  }
  for (OutputMetricNames& output : outputs) {
    const std::string prefix = several ? output.output + "_" : "";
    for (std::string& name : output.weighted_metrics) {
      const bool taken = counts.contains(prefix + name);
      name = Numbered(prefix + (taken ? "weighted_" : "") + name, counts);
    }
  }
}

}  // namespace

Status NameResults(std::vector<OutputMetricNames>& outputs, KerasVersion version) {
  if (version == KerasVersion::kKeras2) return NameKeras2(outputs);
  NameKeras3(outputs);
  return Status();
}

}  // namespace sidecar::evaluate
