// HDF5 files: everything that can be listed is read; what a tensor holds must fit its shape.
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string>
#include <string_view>

#include "checkpoint/hdf5/hdf5_file.h"

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

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::size_t kMaxDatasets = 20;
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
