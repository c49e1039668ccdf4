#include <fmt/format.h>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/damage.h"
#include "base/status_macros.h"
#include "checkpoint/checkpoint_description.h"
#include "checkpoint/slice_key.h"
#include "cli/inspect/inspectors.h"
#include "watch/checkpoint_number.h"

namespace sidecar::cli {
namespace {

using checkpoint::CheckpointDescription;
using checkpoint::DescribedTensor;

void AddNumber(InspectReport& report, const std::string& name,
               const std::optional<std::int64_t>& number) {
  if (number) {
    report.AddField(name, *number, std::to_string(*number));
  } else {
    report.AddField(name, nullptr, "none");
  }
}

void AddHeader(InspectReport& report, const CheckpointDescription& description) {
  AddNumber(report, "number", watch::CheckpointNumber(description.prefix));
  AddNumber(report, "step", description.step);
  report.AddField("digest", description.digest, description.digest + " (SHA-256 of the index)");
  report.AddField("shards", description.num_shards, std::to_string(description.num_shards));
  if (description.big_endian) report.AddField("big_endian", true, "yes");
  if (description.has_object_graph) {
    report.AddField("root", description.root_children,
                    fmt::format("{}", fmt::join(description.root_children, ", ")));
  } else {
    report.AddField("root", nullptr, "no object graph: variables are found by name");
  }
}

nlohmann::ordered_json TensorJson(const DescribedTensor& tensor) {
  nlohmann::ordered_json json;
  json["key"] = tensor.key;
  json["dtype"] = DTypeName(tensor.dtype);
  json["shape"] = ShapeJson(tensor.shape);
  json["name"] = nullptr;
  if (!tensor.full_name.empty()) json["name"] = tensor.full_name;
  json["shard"] = tensor.shard;
  json["bytes"] = tensor.size_bytes;
  json["slices"] = tensor.num_slices;
  json["ok"] = tensor.state.ok();
  return json;
}

std::string TensorState(const DescribedTensor& tensor) {
  const std::string slices =
      tensor.num_slices > 0 ? fmt::format(", {} slices", tensor.num_slices) : std::string();
  return (tensor.state.ok() ? "ok" : "DAMAGED") + slices;
}

void AddTensors(InspectReport& report, const CheckpointDescription& description) {
  nlohmann::ordered_json json = nlohmann::ordered_json::array();
  std::vector<std::vector<std::string>> rows;
  std::uint64_t total_bytes = 0;
  for (const DescribedTensor& tensor : description.tensors) {
    if (checkpoint::IsSliceKey(tensor.key)) continue;
    total_bytes += tensor.size_bytes;
    json.push_back(TensorJson(tensor));
    rows.push_back({tensor.key, std::string(DTypeName(tensor.dtype)), tensor.shape.ToString(),
                    GroupedNumber(tensor.size_bytes), TensorState(tensor)});
    if (!tensor.state.ok()) report.AddProblem(base::AsDamage(tensor.state));
  }
  report.AddField("bytes", total_bytes,
                  fmt::format("{} in {} tensors", GroupedNumber(total_bytes), rows.size()));
  report.AddJson("variables", std::move(json));
  report.AddTable({"KEY", "DTYPE", "SHAPE", "BYTES", "SIZE AND CHECKSUM"}, rows);
}

}  // namespace

Result<InspectReport> InspectCheckpoint(base::FileSystem& fs, const std::string& prefix) {
  InspectReport report(prefix, "checkpoint", "a TensorFlow checkpoint");
  const Result<CheckpointDescription> description = checkpoint::VerifyTfCheckpoint(fs, prefix);
  if (!description.ok()) {
    const Status status = base::AsDamage(description.status());
    if (status.code() != StatusCode::kDataLoss) return status;
    report.AddProblem(status);
    return report;
  }
  if (!description->state.ok()) report.AddProblem(base::AsDamage(description->state));
  AddHeader(report, *description);
  AddTensors(report, *description);
  return report;
}

}  // namespace sidecar::cli
