#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/byte_reader.h"
#include "base/damage.h"
#include "base/status_macros.h"
#include "base/zip_reader.h"
#include "checkpoint/hdf5/hdf5_file.h"
#include "checkpoint/keras_weights_file.h"
#include "cli/inspect/inspectors.h"
#include "watch/checkpoint_number.h"

namespace sidecar::cli {
namespace {

using checkpoint::Hdf5DatasetInfo;
using checkpoint::Hdf5File;

constexpr std::size_t kMaxDatasets = 1'000'000;
constexpr std::uint64_t kMaxMemberBytes = std::uint64_t{4} << 30U;

bool IsDamage(const Status& status) {
  return status.code() == StatusCode::kDataLoss || status.code() == StatusCode::kUnavailable ||
         status.code() == StatusCode::kUnimplemented;
}

// Reads a data set to see whether it can be read; what it holds is no matter.
Status Verify(Hdf5File& file, const std::string& path, const Hdf5DatasetInfo& info) {
  if (info.dtype == DType::kInvalid) return {};  // not for a model; its header was read
  if (info.dtype == DType::kString) return file.ReadStrings(path).status();
  return file.ReadTensor(path).status();
}

class DatasetTable {
 public:
  Status Add(Hdf5File& file, const std::string& path, InspectReport& report) {
    SIDECAR_ASSIGN_OR_RETURN(const std::optional<Hdf5DatasetInfo> info, file.FindDataset(path));
    if (!info) return {};
    const Status state = Verify(file, path, *info);
    if (!state.ok()) report.AddProblem(base::AsDamage(state));
    nlohmann::ordered_json json;
    json["key"] = path;
    json["dtype"] = info->type_name;
    json["shape"] = ShapeJson(info->shape);
    json["ok"] = state.ok();
    json_.push_back(std::move(json));
    rows_.push_back({path, info->type_name, info->shape.ToString(), state.ok() ? "ok" : "DAMAGED"});
    return {};
  }

  void WriteTo(InspectReport& report) {
    report.AddField("datasets", rows_.size(), GroupedNumber(rows_.size()));
    report.AddJson("variables", std::move(json_));
    report.AddTable({"PATH", "DTYPE", "SHAPE", "READABLE"}, rows_);
  }

 private:
  nlohmann::ordered_json json_ = nlohmann::ordered_json::array();
  std::vector<std::vector<std::string>> rows_;
};

// Lists the data sets of an open file; what is damaged goes into the report.
void AddDatasets(Result<std::unique_ptr<Hdf5File>> file, InspectReport& report) {
  if (!file.ok()) return report.AddProblem(base::AsDamage(file.status()));
  const Result<std::vector<std::string>> paths = (*file)->DatasetPaths("", kMaxDatasets);
  if (!paths.ok()) return report.AddProblem(base::AsDamage(paths.status()));
  DatasetTable table;
  for (const std::string& path : *paths) {
    const Status status = table.Add(**file, path, report);
    if (!status.ok()) report.AddProblem(base::AsDamage(status));
  }
  table.WriteTo(report);
}

}  // namespace

Result<InspectReport> InspectWeightsFile(base::FileSystem& fs, const std::string& path) {
  InspectReport report(path, "weights", "a weights file (HDF5)");
  SIDECAR_ASSIGN_OR_RETURN(std::unique_ptr<base::ReadableFile> file, fs.OpenForRead(path));
  const std::optional<std::int64_t> number = watch::CheckpointNumber(path);
  report.AddJson("number", nullptr);
  if (number) report.AddField("number", *number, std::to_string(*number));
  AddDatasets(Hdf5File::Open(std::shared_ptr<const base::ReadableFile>(std::move(file))), report);
  if (!report.ok()) return report;
  const auto weights = checkpoint::OpenKerasWeights(fs, path);
  if (!weights.ok()) {
    report.AddProblem(base::AsDamage(weights.status()));
    return report;
  }
  const Result<std::optional<std::int64_t>> step = (*weights)->ReadStep();
  if (!step.ok()) report.AddProblem(base::AsDamage(step.status()));
  report.AddJson("step", nullptr);
  if (step.ok() && *step) report.AddField("step", **step, std::to_string(**step));
  return report;
}

Result<std::optional<InspectReport>> InspectArchiveWeights(base::FileSystem& fs,
                                                           const std::string& path) {
  static constexpr const char* kMember = "model.weights.h5";
  SIDECAR_ASSIGN_OR_RETURN(const std::unique_ptr<base::ZipReader> zip,
                           base::ZipReader::Open(fs, path));
  if (zip->Find(kMember) == nullptr) return std::optional<InspectReport>();
  InspectReport report(path + "/" + kMember, "weights", "weights (HDF5)");
  const Result<std::string> content = zip->ReadMember(kMember, kMaxMemberBytes);
  if (!content.ok()) {
    if (!IsDamage(content.status())) return content.status();
    report.AddProblem(base::AsDamage(content.status()));
  } else {
    AddDatasets(Hdf5File::Open(base::AsBytes(*content), path + "/" + kMember), report);
  }
  return std::optional<InspectReport>(std::move(report));
}

}  // namespace sidecar::cli
