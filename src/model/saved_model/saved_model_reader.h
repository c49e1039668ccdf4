// The files of a SavedModel directory, parsed.
#pragma once

#include <memory>
#include <string>

#include "base/file_system.h"
#include "model/saved_model/keras_metadata.h"
#include "model/saved_model/saved_model_proto.h"
#include "model/saved_model/saved_object_graph.h"
#include "sidecar/model.h"
#include "sidecar/status.h"

namespace sidecar::model::saved_model {

/// Owns the bytes that everything parsed refers to. Thread-safe for reading.
class SavedModelReader {
 public:
  /// Reads saved_model.pb and, where it is there, keras_metadata.pb. kFailedPrecondition for a
  /// directory without saved_model.pb, kUnimplemented for a SavedModel of TensorFlow 1, kDataLoss
  /// for damage.
  static Result<std::unique_ptr<SavedModelReader>> Open(base::FileSystem& file_system,
                                                        const std::string& path);

  [[nodiscard]] const MetaGraph& meta() const { return meta_; }
  [[nodiscard]] const SavedObjectGraph& objects() const { return objects_; }
  [[nodiscard]] const KerasMetadata& metadata() const { return metadata_; }
  /// Keras 2 where it left keras_metadata.pb, else Keras 3.
  [[nodiscard]] KerasVersion keras_version() const {
    return has_metadata_ ? KerasVersion::kKeras2 : KerasVersion::kKeras3;
  }

 private:
  SavedModelReader() = default;

  std::string text_;
  MetaGraph meta_;
  SavedObjectGraph objects_;
  KerasMetadata metadata_;
  bool has_metadata_ = false;
};

}  // namespace sidecar::model::saved_model
