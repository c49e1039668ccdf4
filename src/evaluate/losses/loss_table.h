// All losses of both Kerases, and the making of one from its name or object.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "evaluate/identifier.h"
#include "evaluate/losses/output_loss.h"
#include "evaluate/object_config.h"
#include "evaluate/per_sample_function.h"
#include "evaluate/supported_metrics.h"
#include "sidecar/model.h"
#include "sidecar/status.h"

namespace sidecar::evaluate {

/// Makes a function from keyword arguments; mistakes are left in `config`.
using FunctionFactory = std::unique_ptr<PerSampleFunction> (*)(ObjectConfig& config,
                                                               KerasVersion version);

/// Which Kerases know a name.
enum class Known { kBoth, kKeras2, kKeras3 };
[[nodiscard]] bool IsKnown(Known known, KerasVersion version);

/// A line of the table. Names of one kind are separated by spaces.
struct LossEntry {
  std::string_view class_name;
  std::string_view function_name;  ///< the function's own name, a string in both Kerases
  std::string_view default_name;   ///< of the class
  std::string_view keras2_names;   ///< further strings
  std::string_view keras3_names;
  Known known = Known::kBoth;
  FunctionFactory make = nullptr;  ///< null: not supported
};
[[nodiscard]] std::span<const LossEntry> LossTable();

/// Whether `name` is one of the names in `names`.
[[nodiscard]] bool HasName(std::string_view names, std::string_view name);

/// The function with that name, or null.
[[nodiscard]] const LossEntry* FindLossFunction(std::string_view name, KerasVersion version);
[[nodiscard]] const LossEntry* FindLossClass(std::string_view name, KerasVersion version);

/// The outcome of looking something up: made, or known but not supported.
template <class T>
struct Made {
  std::unique_ptr<T> object;  ///< null: not supported
  std::string unsupported;    ///< how a message names what is not supported
  /// Whether that is a string that this Keras knows nothing by: a slip of the pen where a user
  /// wrote it, a function of the user's own where an HDF5 file has it.
  bool unknown_name = false;
};

/// A loss from its name or object. kInvalidArgument for wrong arguments. 'crossentropy' and 'ce'
/// must have been resolved by shape before.
Result<Made<OutputLoss>> MakeLoss(const Identifier& identifier, KerasVersion version);

}  // namespace sidecar::evaluate
