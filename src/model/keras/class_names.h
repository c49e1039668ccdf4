// Keras's automatic names.
#pragma once

#include <map>
#include <string>
#include <string_view>

namespace sidecar::model::keras {

/// "MaxPooling2D" -> "max_pooling2d", as keras.src.utils.naming.to_snake_case.
[[nodiscard]] std::string SnakeCase(std::string_view class_name);

/// What weights archives call a layer of this class, before they number it: the name of the Python
/// class, which for one class is not that of the config.
[[nodiscard]] std::string ArchiveName(std::string_view class_name);

/// Numbers names as Keras does: "dense", "dense_1", "dense_2", … Not thread-safe.
class NameCounter {
 public:
  std::string Next(const std::string& name);

 private:
  std::map<std::string, int> used_;
};

}  // namespace sidecar::model::keras
