#include "cli/inspect/path_kind.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>
#include <string_view>
#include <utility>

#include "base/byte_reader.h"
#include "base/status_macros.h"
#include "checkpoint/hdf5/hdf5_file.h"
#include "watch/directory_listing.h"
#include "watch/state_file.h"

namespace sidecar::cli {
namespace {

struct Ending {
  std::string_view text;
  PathKind kind;
};
constexpr std::array kEndings = {
    Ending{".weights.h5", PathKind::kWeightsFile},
    Ending{".h5", PathKind::kWeightsFile},
    Ending{".hdf5", PathKind::kWeightsFile},
    Ending{".keras", PathKind::kModelArchive},
    Ending{".json", PathKind::kModelJson},
    Ending{".npz", PathKind::kNpz},
    Ending{".npy", PathKind::kNpy},
};

constexpr std::array kMagics = {
    Ending{"\x89HDF", PathKind::kWeightsFile},
    Ending{"\x93NUMPY", PathKind::kNpy},
    Ending{"{", PathKind::kModelJson},
    Ending{"PK\x03\x04", PathKind::kModelArchive},
};

// An HDF5 file with a model's config in it is a model. What cannot be read is left to the inspector
// of weights, which says what is wrong.
InspectedPath KindOfHdf5(base::FileSystem& fs, const std::string& path) {
  InspectedPath weights{PathKind::kWeightsFile, path};
  auto file = fs.OpenForRead(path);
  if (!file.ok()) return weights;
  const auto hdf5 = checkpoint::Hdf5File::Open(std::move(*file));
  if (!hdf5.ok()) return weights;
  const auto config = (*hdf5)->StringAttribute("", "model_config");
  const bool is_model = config.ok() && config->has_value();
  return is_model ? InspectedPath{PathKind::kModelHdf5, path} : weights;
}

Result<InspectedPath> KindOfDirectory(base::FileSystem& fs, const std::string& path) {
  if (fs.Stat(base::JoinPath(path, "saved_model.pb")).ok()) {
    return InspectedPath{PathKind::kSavedModel, path};
  }
  return InspectedPath{PathKind::kDirectory, path};
}

Result<InspectedPath> KindByContent(base::FileSystem& fs, const std::string& path) {
  SIDECAR_ASSIGN_OR_RETURN(const std::unique_ptr<base::ReadableFile> file, fs.OpenForRead(path));
  std::array<std::byte, 8> bytes{};
  SIDECAR_ASSIGN_OR_RETURN(const std::size_t count, file->ReadAt(0, bytes));
  const std::string_view start = base::AsText(std::span(bytes).first(count));
  for (const Ending& magic : kMagics) {
    if (!start.starts_with(magic.text)) continue;
    if (magic.kind == PathKind::kWeightsFile) return KindOfHdf5(fs, path);
    return InspectedPath{magic.kind, path};
  }
  return Status(StatusCode::kDataLoss,
                path +
                    ": is of no known kind; inspect reads checkpoints, weights files, .keras, "
                    "Keras JSON, SavedModels, event files, .npz and .npy");
}

}  // namespace

Result<InspectedPath> FindPathKind(base::FileSystem& fs, const std::string& path) {
  const Result<base::FileInfo> info = fs.Stat(path);
  if (!info.ok()) {
    if (fs.Stat(path + ".index").ok()) return InspectedPath{PathKind::kCheckpoint, path};
    return info.status();
  }
  if (info->kind == base::FileInfo::Kind::kDirectory) return KindOfDirectory(fs, path);
  if (auto prefix = watch::PrefixOfFile(path)) {
    return InspectedPath{PathKind::kCheckpoint, std::move(*prefix)};
  }
  const std::string_view name = base::BaseName(path);
  if (name == "saved_model.pb") {
    return InspectedPath{PathKind::kSavedModel, std::string(base::DirectoryName(path))};
  }
  if (name == watch::kStateFileName) {
    return InspectedPath{PathKind::kDirectory, std::string(base::DirectoryName(path))};
  }
  if (name.find(".tfevents.") != std::string_view::npos) {
    return InspectedPath{PathKind::kEventFile, path};
  }
  for (const Ending& ending : kEndings) {
    if (!path.ends_with(ending.text)) continue;
    if (ending.kind == PathKind::kWeightsFile) return KindOfHdf5(fs, path);
    return InspectedPath{ending.kind, path};
  }
  return KindByContent(fs, path);
}

}  // namespace sidecar::cli
