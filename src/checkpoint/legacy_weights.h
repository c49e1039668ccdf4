// The layout of weights in `.h5` files before Keras 3's: groups named by layer, with lists of
// weight names (tf_keras/src/saving/legacy/hdf5_format.py; Keras 3 writes it as well).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "checkpoint/hdf5/hdf5_file.h"
#include "sidecar/status.h"

namespace sidecar::checkpoint {

/// The weights that a file in this layout lists.
class LegacyWeights {
 public:
  /// Nothing where the file has another layout. kUnimplemented for files of Keras 1, whose kernels
  /// are stored in another order.
  static Result<std::optional<LegacyWeights>> Read(Hdf5File& file);

  /// The path of the only weight whose layer is the first part of `name`, or any where there is
  /// none of that layer, and whose own name ends in the last two parts: "block/dense/kernel" is
  /// `dense/kernel:0` in the layer `block`. Else an empty path, and `problem` says why.
  [[nodiscard]] std::string Find(std::string_view name, std::string& problem) const;

  /// Where the optimizer's counter may be.
  [[nodiscard]] const std::vector<std::string>& step_paths() const { return step_paths_; }

 private:
  struct Weight {
    std::string layer;
    std::string name;  ///< without TensorFlow's ":0"
    std::string path;
  };

  Status ReadLayer(Hdf5File& file, const std::string& group, const std::string& layer);

  std::vector<Weight> weights_;
  std::vector<std::string> step_paths_;
};

}  // namespace sidecar::checkpoint
