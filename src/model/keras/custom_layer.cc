#include "model/keras/custom_layer.h"

#include <fmt/format.h>

#include <map>
#include <mutex>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/status_macros.h"
#include "model/keras/json_text.h"
#include "model/keras/layer_table.h"

namespace sidecar::model::keras {
namespace {

struct Registry {
  std::mutex mutex;
  std::map<std::string, std::shared_ptr<const openvino::Layer>> layers;
};

Registry& GetRegistry() {
  static Registry registry;
  return registry;
}

class JsonConfig final : public openvino::LayerConfig {
 public:
  explicit JsonConfig(const ConfigReader& reader) : reader_(reader) {}

  [[nodiscard]] bool Has(std::string_view key) const override { return reader_.Has(key); }
  Result<std::int64_t> Int(std::string_view key,
                           std::optional<std::int64_t> otherwise) const override {
    return reader_.Int(key, otherwise);
  }
  Result<double> Number(std::string_view key, std::optional<double> otherwise) const override {
    return reader_.AnyNumber(key, otherwise);
  }
  Result<bool> Bool(std::string_view key, std::optional<bool> otherwise) const override {
    return reader_.Bool(key, otherwise);
  }
  Result<std::string> String(std::string_view key,
                             std::optional<std::string> otherwise) const override {
    return reader_.String(key, std::move(otherwise));
  }
  Result<std::vector<std::int64_t>> Ints(
      std::string_view key,
      const std::optional<std::vector<std::int64_t>>& otherwise) const override {
    return reader_.Ints(key, otherwise);
  }
  [[nodiscard]] std::string Json() const override {
    return WithWordsAsText(reader_.object())
        .dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  }

 private:
  ConfigReader reader_;
};

class Builder final : public openvino::LayerBuilder {
 public:
  explicit Builder(LayerContext& context) : context_(context), config_(context.config()) {}

  [[nodiscard]] const openvino::LayerConfig& config() const override { return config_; }
  [[nodiscard]] const std::string& name() const override { return context_.layer().name; }
  [[nodiscard]] KerasVersion keras_version() const override { return context_.rules(); }

  Result<openvino::GraphValue> AddWeight(const openvino::Weight& weight) override {
    return context_.Variable({.name = weight.name,
                              .shape = weight.shape,
                              .trainable = weight.trainable,
                              .edges = weight.attributes,
                              .regularizer = weight.regularizer,
                              .dtype = weight.dtype});
  }

  openvino::LayerBuilder& Sublayer(const std::string& name,
                                   const std::vector<std::string>& attributes) override {
    auto& builder = sublayers_[name];
    if (builder == nullptr) {
      builder = std::make_unique<Builder>(
          context_.Part({.name = name, .edges = attributes, .layer = nullptr}));
    }
    return *builder;
  }

  Status Fail(StatusCode code, std::string_view problem) const override {
    return context_.Fail(code, problem);
  }

 private:
  LayerContext& context_;
  JsonConfig config_;
  std::map<std::string, std::unique_ptr<Builder>> sublayers_;
};

}  // namespace

std::shared_ptr<const openvino::Layer> FindCustomLayer(const LayerObject& layer) {
  if (layer.model != nullptr || FindLayer(layer) != nullptr) return nullptr;
  Registry& registry = GetRegistry();
  const std::scoped_lock lock(registry.mutex);
  for (const std::string* name : {&layer.registered_name, &layer.class_name}) {
    const auto found = registry.layers.find(*name);
    if (found != registry.layers.end()) return found->second;
  }
  return nullptr;
}

Result<Values> LowerCustomLayer(const openvino::Layer& layer, LayerContext& context,
                                const Values& inputs) {
  Builder builder(context);
  std::vector<openvino::GraphValue> values;
  values.reserve(inputs.size());
  for (const Value& input : inputs) values.push_back(input.output);
  SIDECAR_ASSIGN_OR_RETURN(const std::vector<openvino::GraphValue> outputs,
                           layer.Call(builder, values));
  if (outputs.empty()) {
    return context.Fail(StatusCode::kFailedPrecondition, "its class in this program has no output");
  }
  if (!layer.rows_independent()) context.MixRows();
  Values result;
  for (const openvino::GraphValue& output : outputs) {
    if (output.get_node() == nullptr) {
      return context.Fail(StatusCode::kFailedPrecondition,
                          "its class in this program returns an empty output");
    }
    const ov::element::Type type = output.get_element_type();
    if (type != ov::element::f32 && type != ov::element::i32 && type != ov::element::i64 &&
        type != ov::element::boolean) {
      return context.Fail(StatusCode::kFailedPrecondition,
                          fmt::format("its class in this program returns {}; f32, i32, i64 and "
                                      "boolean are allowed",
                                      type.get_type_name()));
    }
    result.push_back({output});
  }
  if (layer.supports_masking() && !inputs.empty()) result.front().mask = inputs.front().mask;
  return result;
}

}  // namespace sidecar::model::keras

namespace sidecar::openvino {

Status RegisterLayer(const std::string& name, std::shared_ptr<const Layer> layer) {
  if (name.empty()) return {StatusCode::kInvalidArgument, "a layer without a name was registered"};
  if (layer == nullptr) {
    return {StatusCode::kInvalidArgument,
            fmt::format("the layer registered as '{}' is null", name)};
  }
  model::keras::Registry& registry = model::keras::GetRegistry();
  const std::scoped_lock lock(registry.mutex);
  if (!registry.layers.emplace(name, std::move(layer)).second) {
    return {StatusCode::kInvalidArgument,
            fmt::format("a layer is registered as '{}' already", name)};
  }
  return {};
}

}  // namespace sidecar::openvino
