// Layers for models built in code with Model::Sequential. Names, options and defaults are those of
// tf.keras.layers (Keras 2).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sidecar/model.h"
#include "sidecar/tensor.h"

/// Each function describes one layer; nothing is checked before Model::Sequential reads the
/// descriptions. Options that only matter while training (initializers, constraints, rates) are
/// left out, but for those that Keras requires. All functions are thread-safe.
///
/// Common options: `name` (empty: Keras's automatic name, "dense", "dense_1", …), `input_shape` of
/// one sample, for the first layer of a model that does not start with Input(), and `trainable`
/// (false: frozen while training, which Keras 3's optimizers and regularization take into account).
namespace sidecar::layers {

/// One value for height and width: `3` or `{3, 5}`.
struct Size2D {
  Size2D(std::int64_t both) : height(both), width(both) {}  // NOLINT(google-explicit-constructor)
  Size2D(std::int64_t height_value, std::int64_t width_value)
      : height(height_value), width(width_value) {}
  std::int64_t height;
  std::int64_t width;
};

/// Rows and columns added by ZeroPadding2D: `1`, `{1, 2}` (above and below 1, left and right 2) or
/// `{0, 1, 0, 1}` (top, bottom, left, right).
struct Padding2D {
  Padding2D(std::int64_t all)  // NOLINT(google-explicit-constructor)
      : Padding2D(all, all, all, all) {}
  Padding2D(std::int64_t vertical, std::int64_t horizontal)
      : Padding2D(vertical, vertical, horizontal, horizontal) {}
  Padding2D(std::int64_t top_rows, std::int64_t bottom_rows, std::int64_t left_columns,
            std::int64_t right_columns)
      : top(top_rows), bottom(bottom_rows), left(left_columns), right(right_columns) {}
  std::int64_t top;
  std::int64_t bottom;
  std::int64_t left;
  std::int64_t right;
};

/// Adds l1 * sum(|w|) + l2 * sum(w^2) to the loss.
struct Regularizer {
  double l1 = 0;
  double l2 = 0;
};

struct InputOptions {
  std::string dtype = "float32";
  std::string name = "";
};
/// The shape of one sample, without the batch dimension; sizes may be Shape::kUnknown.
Layer Input(const Shape& shape, const InputOptions& options = {});

struct DenseOptions {
  std::string activation = "linear";  ///< the name of a function of keras.activations
  bool use_bias = true;
  std::optional<Regularizer> kernel_regularizer = std::nullopt;
  std::optional<Regularizer> bias_regularizer = std::nullopt;
  std::string name = "";
  std::optional<Shape> input_shape = std::nullopt;
  bool trainable = true;
};
Layer Dense(std::int64_t units, const DenseOptions& options = {});

struct Conv2DOptions {
  Size2D strides = 1;
  std::string padding = "valid";  ///< or "same"
  std::string data_format = "channels_last";
  Size2D dilation_rate = 1;
  std::int64_t groups = 1;
  std::string activation = "linear";
  bool use_bias = true;
  std::optional<Regularizer> kernel_regularizer = std::nullopt;
  std::optional<Regularizer> bias_regularizer = std::nullopt;
  std::string name = "";
  std::optional<Shape> input_shape = std::nullopt;
  bool trainable = true;
};
Layer Conv2D(std::int64_t filters, Size2D kernel_size, const Conv2DOptions& options = {});

struct DepthwiseConv2DOptions {
  Size2D strides = 1;
  std::string padding = "valid";
  std::int64_t depth_multiplier = 1;
  std::string data_format = "channels_last";
  Size2D dilation_rate = 1;
  std::string activation = "linear";
  bool use_bias = true;
  std::optional<Regularizer> depthwise_regularizer = std::nullopt;
  std::optional<Regularizer> bias_regularizer = std::nullopt;
  std::string name = "";
  std::optional<Shape> input_shape = std::nullopt;
  bool trainable = true;
};
Layer DepthwiseConv2D(Size2D kernel_size, const DepthwiseConv2DOptions& options = {});

struct Pooling2DOptions {
  std::optional<Size2D> strides = std::nullopt;  ///< none: the pool size
  std::string padding = "valid";
  std::string data_format = "channels_last";
  std::string name = "";
  std::optional<Shape> input_shape = std::nullopt;
};
Layer MaxPooling2D(Size2D pool_size = 2, const Pooling2DOptions& options = {});
Layer AveragePooling2D(Size2D pool_size = 2, const Pooling2DOptions& options = {});

struct GlobalPooling2DOptions {
  std::string data_format = "channels_last";
  bool keepdims = false;
  std::string name = "";
  std::optional<Shape> input_shape = std::nullopt;
};
Layer GlobalAveragePooling2D(const GlobalPooling2DOptions& options = {});
Layer GlobalMaxPooling2D(const GlobalPooling2DOptions& options = {});

struct ZeroPadding2DOptions {
  std::string data_format = "channels_last";
  std::string name = "";
  std::optional<Shape> input_shape = std::nullopt;
};
Layer ZeroPadding2D(Padding2D padding = 1, const ZeroPadding2DOptions& options = {});

struct FlattenOptions {
  std::string data_format = "channels_last";
  std::string name = "";
  std::optional<Shape> input_shape = std::nullopt;
};
Layer Flatten(const FlattenOptions& options = {});

/// For layers without options of their own.
struct LayerOptions {
  std::string name = "";
  std::optional<Shape> input_shape = std::nullopt;
};
/// The shape of one sample; one size may be -1.
Layer Reshape(const Shape& target_shape, const LayerOptions& options = {});
/// Identity when evaluating.
Layer Dropout(double rate, const LayerOptions& options = {});
/// `activation` is the name of a function of keras.activations.
Layer Activation(const std::string& activation, const LayerOptions& options = {});

struct BatchNormalizationOptions {
  std::vector<std::int64_t> axis = {-1};
  double epsilon = 1e-3;
  bool center = true;
  bool scale = true;
  std::optional<Regularizer> beta_regularizer = std::nullopt;
  std::optional<Regularizer> gamma_regularizer = std::nullopt;
  std::string name = "";
  std::optional<Shape> input_shape = std::nullopt;
  bool trainable = true;
};
Layer BatchNormalization(const BatchNormalizationOptions& options = {});

struct LayerNormalizationOptions {
  std::vector<std::int64_t> axis = {-1};
  double epsilon = 1e-3;
  bool center = true;
  bool scale = true;
  std::optional<Regularizer> beta_regularizer = std::nullopt;
  std::optional<Regularizer> gamma_regularizer = std::nullopt;
  std::string name = "";
  std::optional<Shape> input_shape = std::nullopt;
  bool trainable = true;
};
Layer LayerNormalization(const LayerNormalizationOptions& options = {});

struct ReLUOptions {
  std::optional<double> max_value = std::nullopt;
  double negative_slope = 0;
  double threshold = 0;
  std::string name = "";
  std::optional<Shape> input_shape = std::nullopt;
};
Layer ReLU(const ReLUOptions& options = {});

struct LeakyReLUOptions {
  double alpha = 0.3;  ///< the slope for negative values; Keras 3 calls it negative_slope
  std::string name = "";
  std::optional<Shape> input_shape = std::nullopt;
};
Layer LeakyReLU(const LeakyReLUOptions& options = {});

struct SoftmaxOptions {
  std::vector<std::int64_t> axis = {-1};
  std::string name = "";
  std::optional<Shape> input_shape = std::nullopt;
};
Layer Softmax(const SoftmaxOptions& options = {});

struct EmbeddingOptions {
  std::optional<Regularizer> embeddings_regularizer = std::nullopt;
  std::string name = "";
  std::optional<Shape> input_shape = std::nullopt;
  bool trainable = true;
};
/// Ids outside 0 … input_dim - 1 end an evaluation with an error.
Layer Embedding(std::int64_t input_dim, std::int64_t output_dim,
                const EmbeddingOptions& options = {});

struct RescalingOptions {
  double offset = 0;
  std::string name = "";
  std::optional<Shape> input_shape = std::nullopt;
};
/// x * scale + offset.
Layer Rescaling(double scale, const RescalingOptions& options = {});

struct NormalizationOptions {
  std::optional<std::vector<std::int64_t>> axis = std::vector<std::int64_t>{-1};  ///< none: scalars
  /// One value for each position along `axis`; none: from the checkpoint. Both or neither.
  std::optional<std::vector<double>> mean = std::nullopt;
  std::optional<std::vector<double>> variance = std::nullopt;
  bool invert = false;
  std::string name = "";
  std::optional<Shape> input_shape = std::nullopt;
};
Layer Normalization(const NormalizationOptions& options = {});

}  // namespace sidecar::layers
