// The program from its arguments to its exit code.
#pragma once

#include <string>
#include <vector>

namespace sidecar::cli {

/// Runs the command that `arguments` (without the program's name) ask for, with results on standard
/// output and everything else on standard error. Returns the exit code. Nothing is thrown.
int RunProgram(const std::vector<std::string>& arguments) noexcept;

}  // namespace sidecar::cli
