// The layout of weights in `.h5` files before Keras 3's: groups named by layer, with lists of
// weight names (tf_keras/src/saving/legacy/hdf5_format.py; Keras 3 writes it as well).
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "checkpoint/hdf5/hdf5_file.h"
#include "checkpoint/variable_source.h"
#include "sidecar/status.h"

namespace sidecar::checkpoint {

/// The weights that a file in this layout lists.
class LegacyWeights {
 public:
  /// Nothing where the file has another layout. kUnimplemented for files of Keras 1, whose kernels
  /// are stored in another order.
  static Result<std::optional<LegacyWeights>> Read(Hdf5File& file);

  /// kFailedPrecondition where requests have positions, and the file has another number of layers
  /// with weights, or of weights in one of them: then no position means anything.
  [[nodiscard]] Status CheckLayers(const std::string& file,
                                   std::span<const VariableRequest> requests) const;

  /// The path of the weight at the request's first position. Without a position: of the only weight
  /// whose layer is the first part of the request's name, or any where there is none of that layer,
  /// and whose own name ends in the last two parts: "block/dense/kernel" is `dense/kernel:0` in the
  /// layer `block`. Else an empty path, and `problem` says why.
  [[nodiscard]] std::string Find(const VariableRequest& request, std::string& problem) const;

  /// Where the optimizer's counter may be.
  [[nodiscard]] const std::vector<std::string>& step_paths() const { return step_paths_; }

 private:
  struct Weight {
    std::string layer;
    std::string name;  ///< without TensorFlow's ":0"
    std::string path;
  };

  struct Layer {
    std::string name;
    std::size_t first = 0;  ///< position of its first weight in weights_
    std::size_t count = 0;  ///< at least 1
  };

  Status ReadLayer(Hdf5File& file, const std::string& group, const std::string& layer);
  [[nodiscard]] std::string FindByName(std::string_view name, std::string& problem) const;

  std::vector<Weight> weights_;
  std::vector<Layer> layers_;  ///< those that have weights
  std::vector<std::string> step_paths_;
};

}  // namespace sidecar::checkpoint
