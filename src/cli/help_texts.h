// What --help says beyond the options: what each command does, examples, exit codes.
#pragma once

#include <string>

namespace sidecar::cli {

struct CommandHelp {
  std::string summary;  ///< one line, for the list of commands and the top of the page
  std::string usage;    ///< after "Usage: "
  std::string footer;   ///< what it does in more words, examples, exit codes
};

[[nodiscard]] CommandHelp ProgramHelp();
[[nodiscard]] CommandHelp RunHelp();
[[nodiscard]] CommandHelp EvaluateHelp();
[[nodiscard]] CommandHelp InspectHelp();
[[nodiscard]] CommandHelp ReplayHelp();

}  // namespace sidecar::cli
