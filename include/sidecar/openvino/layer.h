// Layers of your own for Keras configs: what a class of yours computes, in OpenVINO's operations.
//
// The one public header that needs OpenVINO's: `find_package(sidecar COMPONENTS openvino)` and
// `sidecar::openvino`. A program that does not include it needs no OpenVINO.
#pragma once

#include <cstdint>
#include <memory>
#include <openvino/core/node_output.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sidecar/model.h"
#include "sidecar/status.h"
#include "sidecar/tensor.h"

namespace sidecar::openvino {

/// A tensor of the graph: f32 for every floating type of Keras, else i32, i64 or boolean. The first
/// dimension is the batch and unknown.
using GraphValue = ov::Output<ov::Node>;

/// The layer's `get_config()`. A key that is missing and one that is null are the same. Failures
/// are kDataLoss naming the layer, the key, what was found and what is allowed; without a default
/// the key is required.
class LayerConfig {
 public:
  LayerConfig() = default;
  LayerConfig(const LayerConfig&) = delete;
  LayerConfig& operator=(const LayerConfig&) = delete;
  virtual ~LayerConfig() = default;

  [[nodiscard]] virtual bool Has(std::string_view key) const = 0;
  [[nodiscard]] virtual Result<std::int64_t> Int(
      std::string_view key, std::optional<std::int64_t> otherwise = std::nullopt) const = 0;
  /// May be NaN or infinite: Python writes such numbers into a config too.
  [[nodiscard]] virtual Result<double> Number(
      std::string_view key, std::optional<double> otherwise = std::nullopt) const = 0;
  [[nodiscard]] virtual Result<bool> Bool(std::string_view key,
                                          std::optional<bool> otherwise = std::nullopt) const = 0;
  [[nodiscard]] virtual Result<std::string> String(
      std::string_view key, std::optional<std::string> otherwise = std::nullopt) const = 0;
  /// An integer, or a list of them.
  [[nodiscard]] virtual Result<std::vector<std::int64_t>> Ints(
      std::string_view key,
      const std::optional<std::vector<std::int64_t>>& otherwise = std::nullopt) const = 0;
  /// The whole config as JSON text, for what the functions above do not read.
  [[nodiscard]] virtual std::string Json() const = 0;
};

/// A variable, as `add_weight()` makes it.
struct Weight {
  std::string name;  ///< its `name`
  Shape shape;       ///< static
  bool trainable = true;
  /// Attributes of the layer that hold it, where they are not called as it is: `self.alpha =
  /// self.add_weight(name="slope")` is `{"alpha", "slope"}`, since the Kerases differ in which of
  /// the two they write.
  std::vector<std::string> attributes = {};
  /// The key of its regularizer in the config, which then adds to the loss; empty: it has none.
  std::string regularizer = "";
  /// Its type; none: what the layer's dtype policy says.
  std::optional<DType> dtype = std::nullopt;
};

/// What a layer gets besides its inputs while a model is built. Valid during the call.
class LayerBuilder {
 public:
  LayerBuilder() = default;
  LayerBuilder(const LayerBuilder&) = delete;
  LayerBuilder& operator=(const LayerBuilder&) = delete;
  virtual ~LayerBuilder() = default;

  [[nodiscard]] virtual const LayerConfig& config() const = 0;
  [[nodiscard]] virtual const std::string& name() const = 0;  ///< the layer's
  /// Which Keras's rules hold where the two differ.
  [[nodiscard]] virtual KerasVersion keras_version() const = 0;

  /// The weight's place in the graph, filled from each checkpoint. Ask in the order in which
  /// `build()` adds them: weights files keep no names. kFailedPrecondition for a shape with an
  /// unknown size.
  virtual Result<GraphValue> AddWeight(const Weight& weight) = 0;
  /// A layer that this layer holds in an attribute ("dense"), for AddWeight() on its behalf; an
  /// item of a list is, say, "blocks/dense_1" with the attribute "blocks/1" (weights files number
  /// classes, object graphs items). Ask in the order of creation. Its config is this layer's.
  virtual LayerBuilder& Sublayer(const std::string& name,
                                 const std::vector<std::string>& attributes = {}) = 0;

  /// A failure that names the layer, to be returned.
  [[nodiscard]] virtual Status Fail(StatusCode code, std::string_view problem) const = 0;
};

/// A class of Keras layers. Thread-safe.
class Layer {
 public:
  Layer() = default;
  Layer(const Layer&) = delete;
  Layer& operator=(const Layer&) = delete;
  virtual ~Layer() = default;

  /// Adds the operations of `call(inputs, training=False)` to the graph and returns its outputs.
  /// Exceptions of OpenVINO become the failure of loading the model, naming the layer.
  [[nodiscard]] virtual Result<std::vector<GraphValue>> Call(
      LayerBuilder& builder, const std::vector<GraphValue>& inputs) const = 0;

  /// Whether the first output has the mask of the first input, as with Keras's attribute of this
  /// name.
  [[nodiscard]] virtual bool supports_masking() const { return false; }
  /// Whether each row of the outputs depends on the same row of the inputs alone.
  [[nodiscard]] virtual bool rows_independent() const { return true; }
};

/// Lets models name the class: `name` is the registered name, "package>Name" for
/// `@keras.saving.register_keras_serializable("package")`, or the class's own name for one that
/// was not registered. Keras's own classes are not replaced. Call it before loading models;
/// kInvalidArgument for an empty name, no layer, or a name that is taken. Thread-safe.
[[nodiscard]] Status RegisterLayer(const std::string& name, std::shared_ptr<const Layer> layer);

}  // namespace sidecar::openvino
