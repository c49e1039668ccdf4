// Small Keras models as JSON, for tests.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace sidecar::model::testing {

using nlohmann::json;

/// A layer of a Functional model as Keras 2 writes it, called once with one tensor of each of
/// `inputs`.
inline json Layer2(const std::string& class_name, const std::string& name, json config,
                   const std::vector<std::string>& inputs) {
  config["name"] = name;
  json nodes = json::array();
  if (!inputs.empty()) {
    json call = json::array();
    for (const std::string& input : inputs) {
      call.push_back(json::array({input, 0, 0, json::object()}));
    }
    nodes.push_back(std::move(call));
  }
  return {{"module", "keras.layers"},
          {"class_name", class_name},
          {"config", std::move(config)},
          {"name", name},
          {"inbound_nodes", nodes}};
}

inline json Input2(const std::string& name, json batch_shape,
                   const std::string& dtype = "float32") {
  return Layer2("InputLayer", name,
                {{"batch_input_shape", std::move(batch_shape)}, {"dtype", dtype}}, {});
}

/// A Functional model of Keras 2; names of layers whose first outputs are inputs and outputs.
inline json Functional2(const std::string& name, json layers,
                        const std::vector<std::string>& inputs,
                        const std::vector<std::string>& outputs) {
  json ins = json::array();
  for (const std::string& input : inputs) ins.push_back(json::array({input, 0, 0}));
  json outs = json::array();
  for (const std::string& output : outputs) outs.push_back(json::array({output, 0, 0}));
  return {{"class_name", "Functional"},
          {"keras_version", "2.21.0"},
          {"config",
           {{"name", name},
            {"layers", std::move(layers)},
            {"input_layers", ins},
            {"output_layers", outs}}}};
}

/// The tensor of a call as Keras 3 refers to it.
inline json Tensor3(const std::string& layer, int node = 0, int output = 0) {
  return {{"class_name", "__keras_tensor__"},
          {"config", {{"shape", nullptr}, {"keras_history", json::array({layer, node, output})}}}};
}

/// A layer of a Functional model as Keras 3 writes it, with one call for each of `first_arguments`.
inline json Layer3(const std::string& class_name, const std::string& name, json config,
                   const std::vector<json>& first_arguments) {
  config["name"] = name;
  json nodes = json::array();
  for (const json& argument : first_arguments) {
    nodes.push_back({{"args", json::array({argument})}, {"kwargs", json::object()}});
  }
  return {{"module", "keras.layers"},
          {"class_name", class_name},
          {"config", std::move(config)},
          {"registered_name", nullptr},
          {"name", name},
          {"inbound_nodes", nodes}};
}

inline json Input3(const std::string& name, json batch_shape,
                   const std::string& dtype = "float32") {
  return Layer3("InputLayer", name, {{"batch_shape", std::move(batch_shape)}, {"dtype", dtype}},
                {});
}

/// A Functional model of Keras 3; `inputs` and `outputs` as the JSON has them.
inline json Functional3(const std::string& name, json layers, json inputs, json outputs) {
  return {{"module", "keras.src.models.functional"},
          {"class_name", "Functional"},
          {"registered_name", "Functional"},
          {"config",
           {{"name", name},
            {"layers", std::move(layers)},
            {"input_layers", std::move(inputs)},
            {"output_layers", std::move(outputs)}}}};
}

/// An input and one layer, "layer", of Keras 2 or 3.
inline json OneLayer2(const std::string& class_name, const json& config, const json& batch_shape,
                      const std::string& dtype = "float32") {
  return Functional2(
      "m",
      json::array({Input2("in", batch_shape, dtype), Layer2(class_name, "layer", config, {"in"})}),
      {"in"}, {"layer"});
}

inline json OneLayer3(const std::string& class_name, const json& config, const json& batch_shape) {
  return Functional3("m",
                     json::array({Input3("in", batch_shape),
                                  Layer3(class_name, "layer", config, {Tensor3("in")})}),
                     json::array({"in", 0, 0}), json::array({"layer", 0, 0}));
}

/// Doubles its input: a nested model that can be called again and again.
inline json Doubler2() {
  json model = Functional2("twice",
                           json::array({Input2("t_in", {nullptr, 2}),
                                        Layer2("Rescaling", "scale", {{"scale", 2.0}}, {"t_in"})}),
                           {"t_in"}, {"scale"});
  model.erase("keras_version");
  model["name"] = "twice";
  return model;
}

}  // namespace sidecar::model::testing
