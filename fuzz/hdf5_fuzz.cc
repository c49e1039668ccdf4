// HDF5 files: everything that can be listed is read; what a tensor holds must fit its shape. The
// file is then read as a whole model, and its weights for that model.
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/memory_file_system.h"
#include "checkpoint/hdf5/hdf5_file.h"
#include "checkpoint/keras_weights_file.h"
#include "model/keras/model_file.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

using sidecar::checkpoint::Hdf5File;

void ReadAttributes(Hdf5File& file, const std::string& path) {
  const auto names = file.AttributeNames(path);
  if (!names.ok()) return;
  for (const std::string& name : *names) {
    (void)file.StringAttribute(path, name);
    (void)file.TensorAttribute(path, name);
  }
}

void ReadDataset(Hdf5File& file, const std::string& path) {
  const auto info = file.FindDataset(path);
  const auto tensor = file.ReadTensor(path);
  (void)file.ReadStrings(path);
  if (!tensor.ok()) return;
  if (!info.ok() || !info->has_value() || tensor->shape() != (*info)->shape ||
      tensor->dtype() != (*info)->dtype) {
    std::abort();
  }
}

// Nothing about a file's content is a defect of the library.
void ExpectFilesFault(const sidecar::Status& status) {
  switch (status.code()) {
    case sidecar::StatusCode::kDataLoss:
    case sidecar::StatusCode::kUnavailable:
    case sidecar::StatusCode::kFailedPrecondition:
    case sidecar::StatusCode::kUnimplemented:
      return;
    default:
      std::abort();
  }
}

void ReadModel(std::string_view content) {
  sidecar::base::MemoryFileSystem files;
  files.Write("/model.h5", std::string(content));
  const auto model = sidecar::model::keras::LoadModelFile(files, "/model.h5", {});
  if (!model.ok()) return ExpectFilesFault(model.status());
  std::vector<sidecar::checkpoint::VariableRequest> requests;
  for (const auto& variable : (*model)->variables) requests.push_back(variable.request);
  const auto weights = sidecar::checkpoint::OpenKerasWeights(files, "/model.h5");
  if (!weights.ok()) return ExpectFilesFault(weights.status());
  const auto values = (*weights)->Read(requests);
  if (!values.ok()) return ExpectFilesFault(values.status());
  for (std::size_t i = 0; i < requests.size(); ++i) {
    if (requests[i].needed && (*values)[i].shape() != requests[i].shape) std::abort();
  }
  const auto step = (*weights)->ReadStep();
  if (!step.ok()) ExpectFilesFault(step.status());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::size_t kMaxDatasets = 20;
  const std::string_view content(reinterpret_cast<const char*>(data), size);
  if (content.starts_with("\x89HDF\r\n\x1a\n")) ReadModel(content);
  auto file = Hdf5File::Open(std::as_bytes(std::span(data, size)), "input");
  if (!file.ok()) return 0;
  ReadAttributes(**file, "");
  const auto children = (*file)->Children("");
  if (children.ok()) {
    for (std::size_t i = 0; i < children->size() && i < kMaxDatasets; ++i)
      ReadAttributes(**file, (*children)[i]);
  }
  const auto paths = (*file)->DatasetPaths("", kMaxDatasets);
  if (!paths.ok()) return 0;
  for (const std::string& path : *paths) ReadDataset(**file, path);
  return 0;
}
