#include "sidecar/layers.h"

#include <nlohmann/json.hpp>

namespace sidecar::layers {
namespace {

using nlohmann::json;

// Gathers a layer's config; what is empty is left out.
class LayerJson {
 public:
  LayerJson(const char* class_name, const std::string& name) : class_name_(class_name) {
    if (!name.empty()) config_["name"] = name;
  }

  template <class T>
  LayerJson& Set(const char* key, const T& value) {
    config_[key] = value;
    return *this;
  }
  LayerJson& Set(const char* key, const Size2D& size) {
    config_[key] = {size.height, size.width};
    return *this;
  }
  template <class T>
  LayerJson& Set(const char* key, const std::optional<T>& value) {
    return value ? Set(key, *value) : *this;
  }
  LayerJson& Set(const char* key, const Regularizer& regularizer) {
    config_[key] = {{"class_name", "L1L2"},
                    {"config", {{"l1", regularizer.l1}, {"l2", regularizer.l2}}}};
    return *this;
  }
  LayerJson& InputShape(const std::optional<Shape>& shape) {
    if (shape) config_["batch_input_shape"] = BatchShape(*shape);
    return *this;
  }
  [[nodiscard]] Layer Build() const {
    return Layer(json{{"class_name", class_name_}, {"config", config_}}.dump(
        -1, ' ', false, json::error_handler_t::replace));
  }

  static json BatchShape(const Shape& sample) {
    json sizes = json::array({nullptr});
    for (const std::int64_t size : sample.sizes()) {
      sizes.push_back(size == Shape::kUnknown ? json() : json(size));
    }
    return sizes;
  }

 private:
  const char* class_name_;
  json config_ = json::object();
};

Layer Pooling(const char* class_name, Size2D pool_size, const Pooling2DOptions& options) {
  return LayerJson(class_name, options.name)
      .Set("pool_size", pool_size)
      .Set("strides", options.strides)
      .Set("padding", options.padding)
      .Set("data_format", options.data_format)
      .InputShape(options.input_shape)
      .Build();
}

Layer GlobalPooling(const char* class_name, const GlobalPooling2DOptions& options) {
  return LayerJson(class_name, options.name)
      .Set("data_format", options.data_format)
      .Set("keepdims", options.keepdims)
      .InputShape(options.input_shape)
      .Build();
}

template <class Options>
Layer NormalizationLayer(const char* class_name, const Options& options) {
  return LayerJson(class_name, options.name)
      .Set("axis", options.axis)
      .Set("epsilon", options.epsilon)
      .Set("center", options.center)
      .Set("scale", options.scale)
      .Set("beta_regularizer", options.beta_regularizer)
      .Set("gamma_regularizer", options.gamma_regularizer)
      .Set("trainable", options.trainable)
      .InputShape(options.input_shape)
      .Build();
}

}  // namespace

Layer Input(const Shape& shape, const InputOptions& options) {
  return LayerJson("InputLayer", options.name)
      .Set("batch_input_shape", LayerJson::BatchShape(shape))
      .Set("dtype", options.dtype)
      .Build();
}

Layer Dense(std::int64_t units, const DenseOptions& options) {
  return LayerJson("Dense", options.name)
      .Set("units", units)
      .Set("activation", options.activation)
      .Set("use_bias", options.use_bias)
      .Set("kernel_regularizer", options.kernel_regularizer)
      .Set("bias_regularizer", options.bias_regularizer)
      .Set("trainable", options.trainable)
      .InputShape(options.input_shape)
      .Build();
}

Layer Conv2D(std::int64_t filters, Size2D kernel_size, const Conv2DOptions& options) {
  return LayerJson("Conv2D", options.name)
      .Set("filters", filters)
      .Set("kernel_size", kernel_size)
      .Set("strides", options.strides)
      .Set("padding", options.padding)
      .Set("data_format", options.data_format)
      .Set("dilation_rate", options.dilation_rate)
      .Set("groups", options.groups)
      .Set("activation", options.activation)
      .Set("use_bias", options.use_bias)
      .Set("kernel_regularizer", options.kernel_regularizer)
      .Set("bias_regularizer", options.bias_regularizer)
      .Set("trainable", options.trainable)
      .InputShape(options.input_shape)
      .Build();
}

Layer DepthwiseConv2D(Size2D kernel_size, const DepthwiseConv2DOptions& options) {
  return LayerJson("DepthwiseConv2D", options.name)
      .Set("kernel_size", kernel_size)
      .Set("strides", options.strides)
      .Set("padding", options.padding)
      .Set("depth_multiplier", options.depth_multiplier)
      .Set("data_format", options.data_format)
      .Set("dilation_rate", options.dilation_rate)
      .Set("activation", options.activation)
      .Set("use_bias", options.use_bias)
      .Set("depthwise_regularizer", options.depthwise_regularizer)
      .Set("bias_regularizer", options.bias_regularizer)
      .Set("trainable", options.trainable)
      .InputShape(options.input_shape)
      .Build();
}

Layer MaxPooling2D(Size2D pool_size, const Pooling2DOptions& options) {
  return Pooling("MaxPooling2D", pool_size, options);
}

Layer AveragePooling2D(Size2D pool_size, const Pooling2DOptions& options) {
  return Pooling("AveragePooling2D", pool_size, options);
}

Layer GlobalAveragePooling2D(const GlobalPooling2DOptions& options) {
  return GlobalPooling("GlobalAveragePooling2D", options);
}

Layer GlobalMaxPooling2D(const GlobalPooling2DOptions& options) {
  return GlobalPooling("GlobalMaxPooling2D", options);
}

Layer ZeroPadding2D(Padding2D padding, const ZeroPadding2DOptions& options) {
  return LayerJson("ZeroPadding2D", options.name)
      .Set("padding", json{{padding.top, padding.bottom}, {padding.left, padding.right}})
      .Set("data_format", options.data_format)
      .InputShape(options.input_shape)
      .Build();
}

Layer Flatten(const FlattenOptions& options) {
  return LayerJson("Flatten", options.name)
      .Set("data_format", options.data_format)
      .InputShape(options.input_shape)
      .Build();
}

Layer Reshape(const Shape& target_shape, const LayerOptions& options) {
  return LayerJson("Reshape", options.name)
      .Set("target_shape", target_shape.sizes())
      .InputShape(options.input_shape)
      .Build();
}

Layer Dropout(double rate, const LayerOptions& options) {
  return LayerJson("Dropout", options.name)
      .Set("rate", rate)
      .InputShape(options.input_shape)
      .Build();
}

Layer Activation(const std::string& activation, const LayerOptions& options) {
  return LayerJson("Activation", options.name)
      .Set("activation", activation)
      .InputShape(options.input_shape)
      .Build();
}

Layer BatchNormalization(const BatchNormalizationOptions& options) {
  return NormalizationLayer("BatchNormalization", options);
}

Layer LayerNormalization(const LayerNormalizationOptions& options) {
  return NormalizationLayer("LayerNormalization", options);
}

Layer ReLU(const ReLUOptions& options) {
  return LayerJson("ReLU", options.name)
      .Set("max_value", options.max_value)
      .Set("negative_slope", options.negative_slope)
      .Set("threshold", options.threshold)
      .InputShape(options.input_shape)
      .Build();
}

Layer LeakyReLU(const LeakyReLUOptions& options) {
  return LayerJson("LeakyReLU", options.name)
      .Set("alpha", options.alpha)
      .InputShape(options.input_shape)
      .Build();
}

Layer Softmax(const SoftmaxOptions& options) {
  return LayerJson("Softmax", options.name)
      .Set("axis", options.axis)
      .InputShape(options.input_shape)
      .Build();
}

Layer Embedding(std::int64_t input_dim, std::int64_t output_dim, const EmbeddingOptions& options) {
  return LayerJson("Embedding", options.name)
      .Set("input_dim", input_dim)
      .Set("output_dim", output_dim)
      .Set("embeddings_regularizer", options.embeddings_regularizer)
      .Set("trainable", options.trainable)
      .InputShape(options.input_shape)
      .Build();
}

Layer Rescaling(double scale, const RescalingOptions& options) {
  return LayerJson("Rescaling", options.name)
      .Set("scale", scale)
      .Set("offset", options.offset)
      .InputShape(options.input_shape)
      .Build();
}

Layer Normalization(const NormalizationOptions& options) {
  return LayerJson("Normalization", options.name)
      .Set("axis", options.axis.value_or(std::vector<std::int64_t>()))
      .Set("mean", options.mean)
      .Set("variance", options.variance)
      .Set("invert", options.invert)
      .InputShape(options.input_shape)
      .Build();
}

}  // namespace sidecar::layers
