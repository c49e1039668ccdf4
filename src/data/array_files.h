// Arrays that stand in files of their own: --x, --y and --sample-weight.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sidecar/dataset.h"
#include "sidecar/status.h"

namespace sidecar::data {

/// One .npy file, and the input or output its array is for (empty where there is only one).
struct ArrayFile {
  std::string name;
  std::string path;
};

/// Reads "FILE" or "NAME=FILE". What stands before the first '=' is a name unless it holds a '/',
/// so that "./a=b.npy" is a path.
[[nodiscard]] ArrayFile ParseArrayFile(std::string_view argument);

/// Whether `path` holds one of the wildcards *, ? and [ of a pattern of file names.
[[nodiscard]] bool IsFilePattern(std::string_view path);

struct ArrayFiles {
  std::vector<ArrayFile> x;
  std::vector<ArrayFile> y;
  std::vector<ArrayFile> sample_weight;
};

/// Reads all files. Fails with kInvalidArgument for a name given twice and where several files of
/// one kind lack names, and as LoadNpy(). Lengths are compared by DatasetFromArrays().
Result<Arrays> LoadArrays(const ArrayFiles& files);

}  // namespace sidecar::data
