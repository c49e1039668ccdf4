#include "model/keras/sequential_input.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "model/keras/config_reader.h"

namespace sidecar::model::keras {
namespace {

using nlohmann::json;

const json* MemberOf(const json* object, const char* key) {
  return object == nullptr ? nullptr : ConfigReader(*object, "").Find(key);
}

// The shape in the config of a layer or InputLayer, or null.
const json* DeclaredShape(const LayerObject& layer) {
  const json* shape = MemberOf(layer.config, "batch_input_shape");
  return shape == nullptr ? MemberOf(layer.config, "batch_shape") : shape;
}

// The shape of the first layer's input with the batch dimension, where a Sequential model without
// an InputLayer names it: in its first layer, which may be a model, or as what it was built with.
// Null otherwise.
json KnownInputShape(const json& model, const LayerObject& first) {
  const json* inner = nullptr;
  if (first.model != nullptr && first.model->inputs.size() == 1) {
    inner = DeclaredShape(*first.model->layers[first.model->inputs[0].tensor.layer].layer);
  }
  for (const json* shape :
       {DeclaredShape(first), MemberOf(MemberOf(&model, "config"), "build_input_shape"),
        MemberOf(MemberOf(&model, "build_config"), "input_shape"), inner}) {
    if (shape != nullptr) return *shape;
  }
  return nullptr;
}

}  // namespace

std::shared_ptr<LayerObject> MakeUpInput(const json& model, const LayerObject& first) {
  json batch_shape = KnownInputShape(model, first);
  auto layer = std::make_shared<LayerObject>();
  layer->name = first.name + "_input";
  layer->class_name = "InputLayer";
  layer->module = first.module;
  json dtype = first.class_name == "Embedding" ? "int32" : "float32";
  if (batch_shape.is_null()) dtype = nullptr;
  layer->made_up_config = std::make_shared<const json>(json{
      {"name", layer->name}, {"batch_shape", std::move(batch_shape)}, {"dtype", std::move(dtype)}});
  layer->config = layer->made_up_config.get();
  return layer;
}

}  // namespace sidecar::model::keras
