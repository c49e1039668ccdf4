// The ways in which a compile config names one loss or metric.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "sidecar/status.h"

namespace sidecar::evaluate {

/// One loss or metric as a compile config gives it.
struct Identifier {
  enum class Kind {
    kString,    ///< "mse"
    kFunction,  ///< {"class_name": "function", "config": "mean_squared_error"}
    kClass,     ///< {"class_name": "MeanSquaredError", "config": {…}}
  };
  Kind kind = Kind::kString;
  std::string name;
  nlohmann::json config;  ///< of a class: an object or null
  /// The object is a loss, also where it stands among metrics.
  bool from_losses = false;
  /// Code of the user's own: supported where it is registered (custom/registry.h).
  bool custom = false;
  std::string registered_name = {};  ///< "package>Name", where the object has one
};

/// Whether `value` is one loss or metric rather than a list or dict of them.
[[nodiscard]] bool IsIdentifier(const nlohmann::json& value);

/// Reads a string or a serialised object of Keras 2, Keras 3 or the older form without `module`.
/// Fails with kInvalidArgument for anything else.
Result<Identifier> ReadIdentifier(const nlohmann::json& value);

/// The function that a wrapper's `fn` names: a string, or an object as for ReadIdentifier().
Result<Identifier> ReadFunction(const nlohmann::json& value);

/// `value` as JSON text, cut where it is long, for messages.
[[nodiscard]] std::string Excerpt(const nlohmann::json& value);

}  // namespace sidecar::evaluate
