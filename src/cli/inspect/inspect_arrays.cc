#include <fmt/format.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cli/inspect/inspectors.h"
#include "data/npy.h"
#include "data/npz.h"
#include "sidecar/dataset.h"

namespace sidecar::cli {
namespace {

// Of strings, their characters.
std::size_t BytesOf(const Tensor& tensor) {
  std::size_t bytes = tensor.size_bytes();
  for (const std::string_view string : tensor.values<std::string_view>()) bytes += string.size();
  return bytes;
}

class ArrayTable {
 public:
  void Add(const std::string& name, const Tensor& tensor) {
    nlohmann::ordered_json array;
    array["name"] = name;
    array["dtype"] = DTypeName(tensor.dtype());
    array["shape"] = ShapeJson(tensor.shape());
    array["bytes"] = BytesOf(tensor);
    json_.push_back(std::move(array));
    rows_.push_back({name, std::string(DTypeName(tensor.dtype())), tensor.shape().ToString(),
                     GroupedNumber(BytesOf(tensor))});
  }

  void Add(std::string_view kind, const std::vector<NamedTensor>& tensors) {
    for (const NamedTensor& named : tensors) {
      Add(named.name.empty() ? std::string(kind) : fmt::format("{}/{}", kind, named.name),
          named.tensor);
    }
  }

  void WriteTo(InspectReport& report) {
    report.AddJson("arrays", std::move(json_));
    report.AddTable({"NAME", "DTYPE", "SHAPE", "BYTES"}, rows_);
  }

 private:
  nlohmann::ordered_json json_ = nlohmann::ordered_json::array();
  std::vector<std::vector<std::string>> rows_;
};

// What damaged files still say is their name and what is wrong with them.
Result<InspectReport> Damaged(InspectReport report, const Status& status) {
  if (status.code() != StatusCode::kDataLoss && status.code() != StatusCode::kFailedPrecondition) {
    return status;
  }
  report.AddProblem(status);
  return report;
}

}  // namespace

Result<InspectReport> InspectNpz(const std::string& path) {
  InspectReport report(path, "npz", "arrays (.npz)");
  const Result<Arrays> arrays = data::LoadNpz(path);
  if (!arrays.ok()) return Damaged(std::move(report), arrays.status());
  ArrayTable table;
  table.Add("x", arrays->x);
  table.Add("y", arrays->y);
  table.Add("sample_weight", arrays->sample_weight);
  table.WriteTo(report);
  // Whether they make up a data set.
  const Result<DatasetPtr> dataset = DatasetFromArrays(*arrays);
  if (!dataset.ok()) report.AddProblem(dataset.status().WithContext(path));
  return report;
}

Result<InspectReport> InspectNpy(const std::string& path) {
  InspectReport report(path, "npy", "an array (.npy)");
  const Result<Tensor> tensor = data::LoadNpy(path);
  if (!tensor.ok()) return Damaged(std::move(report), tensor.status());
  ArrayTable table;
  table.Add("array", *tensor);
  table.WriteTo(report);
  return report;
}

}  // namespace sidecar::cli
