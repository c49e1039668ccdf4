#include "api/open_weights.h"

#include <utility>

#include "base/status_macros.h"
#include "checkpoint/keras_weights_file.h"
#include "checkpoint/tf_checkpoint.h"
#include "watch/directory_listing.h"
#include "watch/latest_checkpoint.h"
#include "watch/state_file.h"

namespace sidecar::api {
namespace {

// Checkpoints may be called "checkpoint", too.
bool IsStateFile(base::FileSystem& fs, const std::string& path,
                 const Result<base::FileInfo>& info) {
  return info.ok() && base::BaseName(path) == watch::kStateFileName &&
         !fs.Stat(path + ".index").ok();
}

}  // namespace

Result<NamedWeights> OpenWeights(base::FileSystem& fs, const std::string& path,
                                 const std::optional<std::string>& checkpoint_root) {
  NamedWeights weights;
  weights.path = path;
  const Result<base::FileInfo> info = fs.Stat(path);
  if (info.ok() && info->kind == base::FileInfo::Kind::kDirectory) {
    SIDECAR_ASSIGN_OR_RETURN(weights.path, watch::NewestCheckpointPrefix(fs, path));
  } else if (info.ok() && checkpoint::IsKerasWeightsFile(fs, path)) {
    SIDECAR_ASSIGN_OR_RETURN(weights.source, checkpoint::OpenKerasWeights(fs, path));
    return weights;
  } else if (auto prefix = watch::PrefixOfFile(path)) {
    weights.path = std::move(*prefix);
  } else if (IsStateFile(fs, path, info)) {
    SIDECAR_ASSIGN_OR_RETURN(
        weights.path, watch::NewestCheckpointPrefix(fs, std::string(base::DirectoryName(path))));
  }
  SIDECAR_ASSIGN_OR_RETURN(weights.source,
                           checkpoint::OpenTfCheckpoint(fs, weights.path, checkpoint_root));
  return weights;
}

}  // namespace sidecar::api
