// The table on standard output.
#pragma once

#include <ostream>

#include "sidecar/callbacks.h"

namespace sidecar::report {

/// Writes a row for each evaluation to `out`, which must outlive the callback, and flushes it:
/// checkpoint (its base name), step, the metrics as ShortText(), batches, seconds. A line with the
/// names stands above the first row, and again when the metrics change.
[[nodiscard]] CallbackPtr ConsoleTable(std::ostream& out);

}  // namespace sidecar::report
