// The compile config: which losses and metrics a model is evaluated with, as JSON text in the form
// that Keras serialises.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sidecar/model.h"
#include "sidecar/status.h"

namespace sidecar::evaluate {

/// A compile config longer than this is refused.
inline constexpr std::size_t kMaxCompileConfigBytes = std::size_t{4} << 20;

/// What the options --compile, --loss and --metrics give.
struct CompileOverrides {
  /// The text of the --compile file, which replaces the base as a whole, and the file's name for
  /// messages.
  std::optional<std::string> file_text;
  std::string file_name = "--compile";
  /// --loss: a name, or the JSON text of a Keras object, list or dict.
  std::optional<std::string> loss;
  /// --metrics: names, or JSON texts of Keras objects. An empty list removes the metrics.
  std::optional<std::vector<std::string>> metrics;
};

/// The compile config (JSON text) that holds for a model whose file says `base` (JSON text, or
/// empty for a model that was not compiled). Each of loss and metrics replaces that key only.
/// Checks the form, not whether names are known or fit a model: CompiledMetrics::Create does. Fails
/// with kInvalidArgument for a file or option that is not of that form and for a file with keys
/// that compile() knows nothing of, kDataLoss where `base` is not, kUnimplemented for lambdas,
/// which no config can describe. Messages name the file and the byte.
Result<std::string> MergeCompileConfig(const std::string& base, const CompileOverrides& overrides);

/// Checks the form of one compile config (not empty) whose origin is called `source` in messages.
/// Fails with `malformed` where it is not JSON of that form, kUnimplemented for lambdas.
Status CheckCompileConfig(std::string_view text, std::string_view source, StatusCode malformed);

/// The compile config that says what `options` say. Fails with kInvalidArgument where an object's
/// JSON is malformed.
Result<std::string> CompileConfigFromOptions(const CompileOptions& options);

}  // namespace sidecar::evaluate
