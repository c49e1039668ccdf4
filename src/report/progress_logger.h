// The progress logger with its clock in the open.
#pragma once

#include "base/clock.h"
#include "sidecar/callbacks.h"

namespace sidecar::report {

/// sidecar::ProgressLogger() on this clock, which must outlive the callback. An interval that is
/// not above 0 logs after every batch.
[[nodiscard]] CallbackPtr MakeProgressLogger(double interval_seconds, const base::Clock& clock);

}  // namespace sidecar::report
