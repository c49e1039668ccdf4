#include "follow/load.h"

#include <memory>

#include "base/status_macros.h"

namespace sidecar::follow {
namespace {

// Values are read through descriptors and checked one by one; this is the last guard against a mix
// of two checkpoints under one name.
Status CheckUnchanged(base::FileSystem& fs, const OpenCheckpoint& open,
                      const watch::Candidate& candidate, const std::string& digest) {
  const Result<base::FileInfo> index = fs.Stat(candidate.prefix + ".index");
  if (!index.ok() && index.status().code() == StatusCode::kNotFound) return {};
  if (index.ok() && *index == candidate.index) return {};
  SIDECAR_ASSIGN_OR_RETURN(const std::unique_ptr<checkpoint::VariableSource> again,
                           open(candidate.prefix));
  if (again->digest() == digest) return {};
  return {StatusCode::kUnavailable,
          candidate.prefix + ".index: was replaced while the checkpoint was read"};
}

}  // namespace

Result<Loaded> ReadAndVerify(base::FileSystem& fs, const OpenCheckpoint& open,
                             std::span<const checkpoint::VariableRequest> requests,
                             const watch::Candidate& candidate,
                             checkpoint::VariableSource& source) {
  Loaded loaded;
  loaded.digest = source.digest();
  loaded.info.checkpoint = candidate.prefix;
  loaded.info.number = candidate.number;
  SIDECAR_ASSIGN_OR_RETURN(loaded.info.step, source.ReadStep());
  SIDECAR_ASSIGN_OR_RETURN(loaded.weights, source.Read(requests));
  SIDECAR_RETURN_IF_ERROR(CheckUnchanged(fs, open, candidate, loaded.digest));
  return loaded;
}

}  // namespace sidecar::follow
