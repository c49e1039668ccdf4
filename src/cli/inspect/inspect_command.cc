#include <iostream>

#include "base/file_system.h"
#include "base/status_macros.h"
#include "cli/commands.h"
#include "cli/inspect/inspectors.h"
#include "cli/inspect/path_kind.h"
#include "cli/inspect/report.h"

namespace sidecar::cli {
namespace {

Result<InspectReport> InspectKind(base::FileSystem& fs, const InspectedPath& inspected) {
  switch (inspected.kind) {
    case PathKind::kCheckpoint:
      return InspectCheckpoint(fs, inspected.path);
    case PathKind::kDirectory:
      return InspectDirectory(fs, inspected.path);
    case PathKind::kWeightsFile:
      return InspectWeightsFile(fs, inspected.path);
    case PathKind::kModelArchive:
    case PathKind::kModelHdf5:
    case PathKind::kModelJson:
      return InspectModel(fs, inspected.path);
    case PathKind::kSavedModel:
      return InspectSavedModel(fs, inspected.path);
    case PathKind::kEventFile:
      return InspectEvents(fs, inspected.path);
    case PathKind::kNpz:
      return InspectNpz(inspected.path);
    case PathKind::kNpy:
      return InspectNpy(inspected.path);
  }
  return Status(StatusCode::kInternal, "a kind of path without an inspector");
}

}  // namespace

Status Inspect(const InspectCommand& command) {
  base::FileSystem& fs = base::PosixFileSystem();
  SIDECAR_ASSIGN_OR_RETURN(const InspectedPath inspected, FindPathKind(fs, command.path));
  SIDECAR_ASSIGN_OR_RETURN(const InspectReport report, InspectKind(fs, inspected));
  if (command.json) {
    // Names from files may hold any bytes.
    std::cout << report.ToJson().dump(-1, ' ', false, nlohmann::json::error_handler_t::replace)
              << '\n';
  } else {
    report.Print(std::cout);
  }
  return report.status();
}

}  // namespace sidecar::cli
