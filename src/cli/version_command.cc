#include <fmt/format.h>

#include <iostream>
#include <nlohmann/json.hpp>
#include <string>

#include "cli/commands.h"
#include "sidecar/evaluator.h"

namespace sidecar::cli {
namespace {

std::string Compiler() {
#if defined(__clang__)
  return fmt::format("clang {}.{}.{}", __clang_major__, __clang_minor__, __clang_patchlevel__);
#else
  return fmt::format("g++ {}.{}.{}", __GNUC__, __GNUC_MINOR__, __GNUC_PATCHLEVEL__);
#endif
}

}  // namespace

Status PrintVersion(const VersionCommand& command) {
  if (!command.json) {
    std::cout << "sidecar " << Version() << '\n';
    return {};
  }
  nlohmann::ordered_json version;
  version["version"] = Version();
  version["compiler"] = Compiler();
  version["openvino"] = SIDECAR_OPENVINO_VERSION;
  std::cout << version.dump() << '\n';
  return {};
}

}  // namespace sidecar::cli
