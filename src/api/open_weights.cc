#include "api/open_weights.h"

#include <string_view>

#include "base/status_macros.h"
#include "checkpoint/keras_weights_file.h"
#include "checkpoint/tf_checkpoint.h"
#include "watch/latest_checkpoint.h"

namespace sidecar::api {

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
  } else if (path.ends_with(".index")) {
    weights.path.resize(path.size() - std::string_view(".index").size());
  }
  SIDECAR_ASSIGN_OR_RETURN(weights.source,
                           checkpoint::OpenTfCheckpoint(fs, weights.path, checkpoint_root));
  return weights;
}

}  // namespace sidecar::api
