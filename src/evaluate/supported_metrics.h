// What losses and metrics there are, for `docs/supported.md`.
#pragma once

#include <string>
#include <vector>

namespace sidecar::evaluate {

/// One loss or metric and the strings that compile() takes for it.
struct SupportedName {
  std::string class_name;                 ///< as in `keras.losses.Huber`; empty: a string only
  std::vector<std::string> keras2_names;  ///< strings in tf.keras (Keras 2), without the class name
  std::vector<std::string> keras3_names;  ///< strings in Keras 3, likewise
  bool supported = false;                 ///< false: known to Keras, refused here
  std::string reason = {};                ///< why it is refused
};

/// All losses of both Kerases, by class name.
std::vector<SupportedName> SupportedLosses();
/// All metrics of both Kerases, by class name; 'accuracy' and 'crossentropy', which depend on
/// shapes, come first, without a class name.
std::vector<SupportedName> SupportedMetrics();

}  // namespace sidecar::evaluate
