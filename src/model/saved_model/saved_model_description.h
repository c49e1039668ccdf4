// What a SavedModel holds, for `inspect`: also of one that cannot be loaded.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "base/file_system.h"
#include "sidecar/status.h"
#include "sidecar/tensor.h"

namespace sidecar::model::saved_model {

struct PortDescription {
  std::string name;
  DType dtype = DType::kInvalid;
  bool has_rank = false;
  Shape shape;  ///< with the batch dimension, where the rank is known
};

struct SignatureDescription {
  std::string name;
  std::vector<PortDescription> inputs;
  std::vector<PortDescription> outputs;
  /// Whether it can be evaluated; otherwise why not.
  Status state;
};

/// An op of the signatures' graphs.
struct OpDescription {
  std::string name;
  std::size_t count = 0;
  bool supported = true;
  std::vector<std::string> nodes;  ///< of an op that is not supported: its nodes, with scopes
};

struct SavedModelDescription {
  std::vector<SignatureDescription> signatures;
  std::vector<OpDescription> ops;  ///< by name
};

/// Failures as LoadSavedModel() for the file as a whole; what is wrong with one signature is in its
/// state.
Result<SavedModelDescription> DescribeSavedModel(base::FileSystem& file_system,
                                                 const std::string& path);

}  // namespace sidecar::model::saved_model
