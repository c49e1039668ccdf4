// What an incomplete file is to those who do not wait for its writer.
#pragma once

#include "sidecar/status.h"

namespace sidecar::base {

/// kUnavailable, a file that may yet be completed, as kDataLoss: nobody writes a file that was
/// named by hand, so that what is incomplete stays so. Any other status as it is.
[[nodiscard]] inline Status AsDamage(const Status& status) {
  if (status.code() != StatusCode::kUnavailable) return status;
  return {StatusCode::kDataLoss, status.message(), status.details()};
}

}  // namespace sidecar::base
