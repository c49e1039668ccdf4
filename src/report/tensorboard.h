// The TensorBoard callback with its dependencies in the open.
#pragma once

#include <string>

#include "base/clock.h"
#include "base/file_system.h"
#include "sidecar/callbacks.h"
#include "sidecar/status.h"

namespace sidecar::report {

/// Creates `log_dir`/validation where it is missing; kCannotCreate when that or writing into it is
/// not possible.
Status CheckLogDir(const std::string& log_dir, base::FileSystem& fs = base::PosixFileSystem());

/// sidecar::TensorBoard() on this file system and clock, which must outlive the callback. It is an
/// OutputCallback. Summaries that could not be written are kept (up to 1 MiB) and written with the
/// next ones or at Flush().
[[nodiscard]] CallbackPtr MakeTensorBoard(std::string log_dir, base::FileSystem& fs,
                                          const base::Clock& clock);

}  // namespace sidecar::report
