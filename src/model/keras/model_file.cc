#include "model/keras/model_file.h"

#include <fmt/format.h>

#include <array>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>
#include <utility>

#include "base/damage.h"
#include "base/status_macros.h"
#include "base/zip_reader.h"
#include "checkpoint/hdf5/hdf5_file.h"
#include "model/keras/config_reader.h"
#include "model/keras/json_text.h"
#include "model/keras/model_reader.h"

namespace sidecar::model::keras {
namespace {

constexpr std::uint64_t kMostMetadataBytes = std::uint64_t{1} << 20U;
constexpr std::uint64_t kMostAssetBytes = std::uint64_t{1} << 28U;

Result<std::string> SavedBy(std::string_view metadata, const std::string& source) {
  SIDECAR_ASSIGN_OR_RETURN(const nlohmann::json document, ParseJson(metadata, source));
  std::string version = TextMember(document, "keras_version");
  if (!version.empty()) return version;
  return Status(StatusCode::kDataLoss, fmt::format("{}: has no keras_version", source));
}

// The vocabularies that layers keep in the archive.
Result<AssetReader> ReadAssets(base::ZipReader& archive) {
  const auto assets = std::make_shared<std::map<std::string, std::string>>();
  std::uint64_t left = kMostAssetBytes;
  for (const base::ZipMember& member : archive.members()) {
    if (!member.name.starts_with("assets/") || !member.name.ends_with("/vocabulary.txt")) continue;
    SIDECAR_ASSIGN_OR_RETURN(std::string content, archive.ReadMember(member.name, left));
    left -= content.size();
    assets->emplace(member.name, std::move(content));
  }
  return AssetReader([assets](const std::string& name) -> Result<std::optional<std::string>> {
    const auto found = assets->find(name);
    if (found == assets->end()) return std::optional<std::string>();
    return std::optional(found->second);
  });
}

Result<std::shared_ptr<LoadedModel>> LoadArchive(std::shared_ptr<const base::ReadableFile> file,
                                                 ReadOptions options) {
  const std::string path = file->path();
  SIDECAR_ASSIGN_OR_RETURN(const auto archive, base::ZipReader::Open(std::move(file)));
  if (archive->Find("config.json") == nullptr) {
    return Status(
        StatusCode::kDataLoss,
        fmt::format("{}: is a zip archive without config.json; a .keras file has one", path));
  }
  SIDECAR_ASSIGN_OR_RETURN(const std::string config,
                           archive->ReadMember("config.json", JsonLimits().bytes));
  if (archive->Find("metadata.json") != nullptr) {
    SIDECAR_ASSIGN_OR_RETURN(const std::string metadata,
                             archive->ReadMember("metadata.json", kMostMetadataBytes));
    SIDECAR_ASSIGN_OR_RETURN(options.saved_by, SavedBy(metadata, path + ": metadata.json"));
  }
  options.source = path + ": config.json";
  SIDECAR_ASSIGN_OR_RETURN(options.read_asset, ReadAssets(*archive));
  SIDECAR_ASSIGN_OR_RETURN(auto model, ReadModel(config, options));
  model->source = path;
  return model;
}

// The one string of an attribute of the root; nothing where there is none.
Result<std::optional<std::string>> RootText(checkpoint::Hdf5File& file,
                                            std::string_view attribute) {
  SIDECAR_ASSIGN_OR_RETURN(auto strings, file.StringAttribute("", attribute));
  if (!strings) return std::optional<std::string>();
  if (strings->size() != 1) {
    return Status(StatusCode::kDataLoss,
                  fmt::format("{}: the attribute {} has {} strings; one is allowed", file.name(),
                              attribute, strings->size()));
  }
  return std::optional(std::move(strings->front()));
}

// `model.save("model.h5")`: tf_keras/src/saving/legacy/hdf5_format.py `save_model_to_hdf5`, and
// the same in Keras 3.
Result<std::shared_ptr<LoadedModel>> ReadHdf5(checkpoint::Hdf5File& file, ReadOptions options) {
  const std::string path = file.name();
  SIDECAR_ASSIGN_OR_RETURN(const auto config, RootText(file, "model_config"));
  if (!config) {
    return Status(StatusCode::kDataLoss,
                  fmt::format("{}: has no attribute model_config, so that it holds weights alone; "
                              "give --model the file of model.save()",
                              path));
  }
  SIDECAR_ASSIGN_OR_RETURN(options.saved_by, RootText(file, "keras_version"));
  SIDECAR_ASSIGN_OR_RETURN(options.training_config, RootText(file, "training_config"));
  options.version_source = "its attribute keras_version";
  options.source = path + ": model_config";
  SIDECAR_ASSIGN_OR_RETURN(auto model, ReadModel(*config, options));
  model->source = path;
  return model;
}

Result<std::shared_ptr<LoadedModel>> LoadHdf5(std::shared_ptr<const base::ReadableFile> file,
                                              ReadOptions options) {
  const auto hdf5 = checkpoint::Hdf5File::Open(std::move(file));
  if (!hdf5.ok()) return base::AsDamage(hdf5.status());
  auto model = ReadHdf5(**hdf5, std::move(options));
  if (!model.ok()) return base::AsDamage(model.status());
  return model;
}

}  // namespace

Result<std::shared_ptr<LoadedModel>> LoadModelFile(base::FileSystem& file_system,
                                                   const std::string& path,
                                                   const LoadOptions& options) {
  if (base::BaseName(path) == "saved_model.pb") {
    return Status(StatusCode::kFailedPrecondition,
                  fmt::format("{}: is a part of a SavedModel; name its directory, {}", path,
                              base::DirectoryName(path)));
  }
  SIDECAR_ASSIGN_OR_RETURN(auto opened, file_system.OpenForRead(path));
  const std::shared_ptr<const base::ReadableFile> file = std::move(opened);
  std::array<char, 8> start = {};
  SIDECAR_ASSIGN_OR_RETURN(const std::size_t size,
                           file->ReadAt(0, std::as_writable_bytes(std::span(start))));
  if (size == 0) {
    return Status(StatusCode::kDataLoss,
                  path +
                      ": is empty; a .keras file, a whole-model .h5 file, or the JSON of "
                      "model.to_json() is needed");
  }
  const std::string_view magic(start.data(), size);
  ReadOptions read{.source = path, .keras_version = options.keras_version};
  if (magic.starts_with("PK")) return LoadArchive(file, std::move(read));
  if (magic == "\x89HDF\r\n\x1a\n") return LoadHdf5(file, std::move(read));
  SIDECAR_ASSIGN_OR_RETURN(const std::string text, base::ReadWholeFile(*file, JsonLimits().bytes));
  return ReadModel(text, read);
}

}  // namespace sidecar::model::keras
