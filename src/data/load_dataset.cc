// Data files by their names.
#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "base/file_system.h"
#include "base/status_macros.h"
#include "data/array_files.h"
#include "data/npy.h"
#include "data/npz.h"
#include "sidecar/dataset.h"

namespace sidecar {
namespace {

/// The file's extension in lower case with its dot; empty where there is none.
std::string Extension(const std::string& path) {
  const std::string_view name = base::BaseName(path);
  const std::size_t dot = name.rfind('.');
  std::string extension(dot == std::string_view::npos ? "" : name.substr(dot));
  std::ranges::transform(extension, extension.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return extension;
}

}  // namespace

Result<DatasetPtr> LoadDataset(const std::string& path, std::int64_t batch_size) {
  const std::string extension = Extension(path);
  Arrays arrays;
  if (extension == ".npz") {
    SIDECAR_ASSIGN_OR_RETURN(arrays, data::LoadNpz(path));
  } else if (extension == ".npy") {
    SIDECAR_ASSIGN_OR_RETURN(Tensor x, data::LoadNpy(path));
    arrays.x.push_back({"", std::move(x)});
  } else {
    const Status found = base::PosixFileSystem().Stat(path).status();
    if (!found.ok() && !data::IsFilePattern(path)) return found;
    return Status(StatusCode::kUnimplemented,
                  fmt::format("{}: this kind of data is not supported; supported are .npz and .npy "
                              "files",
                              path));
  }
  Result<DatasetPtr> dataset = DatasetFromArrays(std::move(arrays), batch_size);
  // Mistakes in the arguments are not the file's.
  if (dataset.ok() || dataset.status().code() == StatusCode::kInvalidArgument) return dataset;
  return dataset.status().WithContext(path);
}

}  // namespace sidecar
