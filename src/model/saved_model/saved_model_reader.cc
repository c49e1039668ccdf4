#include "model/saved_model/saved_model_reader.h"

#include <cstdint>
#include <utility>

#include "base/byte_reader.h"
#include "base/status_macros.h"

namespace sidecar::model::saved_model {
namespace {

constexpr std::uint64_t kMostFileBytes = (std::uint64_t{1} << 31U) - 1;  // protobuf's own limit

}  // namespace

Result<std::unique_ptr<SavedModelReader>> SavedModelReader::Open(base::FileSystem& file_system,
                                                                 const std::string& path) {
  const std::string file = base::JoinPath(path, "saved_model.pb");
  if (!file_system.Stat(file).ok()) {
    return Status(StatusCode::kFailedPrecondition,
                  path +
                      ": is a directory without saved_model.pb; a model is a SavedModel "
                      "directory, a .keras file or the JSON of model.to_json()");
  }
  std::unique_ptr<SavedModelReader> reader(new SavedModelReader());
  SIDECAR_ASSIGN_OR_RETURN(reader->text_, base::ReadWholeFile(file_system, file, kMostFileBytes));
  SIDECAR_ASSIGN_OR_RETURN_CONTEXT(reader->meta_, ParseSavedModel(base::AsBytes(reader->text_)),
                                   file);
  if (reader->meta_.object_graph.empty()) {
    return Status(StatusCode::kUnimplemented,
                  path +
                      ": is a SavedModel of TensorFlow 1, whose variables belong to a session "
                      "and not to objects; save it again with TensorFlow 2");
  }
  SIDECAR_ASSIGN_OR_RETURN_CONTEXT(reader->objects_,
                                   ParseSavedObjectGraph(reader->meta_.object_graph), file);
  const std::string metadata = base::JoinPath(path, "keras_metadata.pb");
  reader->has_metadata_ = file_system.Stat(metadata).ok();
  if (reader->has_metadata_) {
    SIDECAR_ASSIGN_OR_RETURN(const std::string text,
                             base::ReadWholeFile(file_system, metadata, kMostFileBytes));
    SIDECAR_ASSIGN_OR_RETURN_CONTEXT(reader->metadata_, ParseKerasMetadata(base::AsBytes(text)),
                                     metadata);
  }
  return reader;
}

}  // namespace sidecar::model::saved_model
