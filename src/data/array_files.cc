#include "data/array_files.h"

#include "base/status_macros.h"
#include "data/array_dataset.h"
#include "data/npy.h"

namespace sidecar::data {
namespace {

Result<std::vector<NamedTensor>> LoadKind(std::vector<ArrayFile> files, std::string_view kind) {
  std::vector<std::string*> names;
  names.reserve(files.size());
  for (ArrayFile& file : files) names.push_back(&file.name);
  SIDECAR_RETURN_IF_ERROR(NameComponents(std::move(names), kind));
  std::vector<NamedTensor> arrays;
  for (ArrayFile& file : files) {
    SIDECAR_ASSIGN_OR_RETURN(Tensor tensor, LoadNpy(file.path));
    arrays.push_back({std::move(file.name), std::move(tensor)});
  }
  return arrays;
}

}  // namespace

ArrayFile ParseArrayFile(std::string_view argument) {
  const std::size_t equals = argument.find('=');
  const std::string_view name = argument.substr(0, equals);
  if (equals == std::string_view::npos || name.empty() || name.find('/') != std::string_view::npos)
    return {"", std::string(argument)};
  return {std::string(name), std::string(argument.substr(equals + 1))};
}

bool IsFilePattern(std::string_view path) {
  return path.find_first_of("*?[") != std::string_view::npos;
}

Result<Arrays> LoadArrays(const ArrayFiles& files) {
  Arrays arrays;
  SIDECAR_ASSIGN_OR_RETURN(arrays.x, LoadKind(files.x, "x"));
  SIDECAR_ASSIGN_OR_RETURN(arrays.y, LoadKind(files.y, "y"));
  SIDECAR_ASSIGN_OR_RETURN(arrays.sample_weight, LoadKind(files.sample_weight, "sample_weight"));
  return arrays;
}

}  // namespace sidecar::data
