// The lines of --json.
#pragma once

#include <ostream>
#include <string>

#include "sidecar/callbacks.h"

namespace sidecar::report {

/// One evaluation as a JSON object without a newline, as docs/cli.md gives it: keys checkpoint,
/// number, step, metrics, batches, examples, seconds. Bytes of the checkpoint's path that are not
/// UTF-8 become U+FFFD.
[[nodiscard]] std::string JsonLine(const EvaluationResult& result);

/// Writes the line of each evaluation to `out`, which must outlive the callback, and flushes it.
[[nodiscard]] CallbackPtr JsonLines(std::ostream& out);

}  // namespace sidecar::report
