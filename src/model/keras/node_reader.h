// The connections of a Functional model: `inbound_nodes`, `input_layers`, `output_layers`.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <variant>
#include <vector>

#include "model/keras/model_description.h"
#include "sidecar/status.h"

namespace sidecar::model::keras {

/// A reference by name, as JSON has it: `["dense", 0, 0]`.
struct NamedReference {
  std::string layer;
  std::int64_t node = 0;  ///< Keras's number of the call, which may start at 1
  std::int64_t output = 0;
};

struct NamedInput {
  std::variant<NamedReference, const nlohmann::json*> value;
  std::string key;  ///< in the dictionary it stood in, or empty
};

struct NamedCall {
  std::vector<NamedInput> inputs;
  std::vector<NamedArgumentTree<NamedReference>> arguments;
  std::string unsupported_argument;
};

/// Reads one item of `inbound_nodes`: a list (Keras 2) or an object with args and kwargs (Keras 3).
/// `path` names it in messages. Fails with kDataLoss.
Result<NamedCall> ReadCall(const nlohmann::json& node, const std::string& path);

/// As ReadCall(), for an operation: keeps the structure of the first argument, which is the
/// argument "0", and has no inputs.
Result<NamedCall> ReadOperationCall(const nlohmann::json& node, const std::string& path);

/// Reads `input_layers` or `output_layers`: a reference, a list of them, a dictionary, or nested
/// lists and dictionaries; flattened, dictionaries by sorted keys. Constants are not allowed.
Result<std::vector<NamedInput>> ReadPorts(const nlohmann::json& ports, const std::string& path);

}  // namespace sidecar::model::keras
