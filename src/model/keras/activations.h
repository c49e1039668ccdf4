// Activation functions: by name, as a config gives them to Activation, Dense and the like.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/keras/layer_context.h"
#include "model/keras/value.h"
#include "sidecar/model.h"
#include "sidecar/status.h"

namespace sidecar::model::keras {

/// The value after the activation of `config[key]`: a name, a serialized function, or a layer,
/// which is a part of this one; nothing, null and "linear" leave the very value. Softmax and
/// sigmoid leave their input as the result's logits.
Result<Value> Activated(LayerContext& context, std::string_view key, const Value& input);

/// The name of the function in `config[key]`; empty for a layer, "linear" where there is none.
std::string NameOfActivation(const LayerContext& context, std::string_view key);

/// Why the activation, no layer, cannot be applied under these rules ("the activation x"), or
/// nothing.
std::optional<std::string> UnsupportedActivation(const nlohmann::json& activation,
                                                 KerasVersion rules);

/// The function of this name in these rules, of f32 values; null where there is none. Those that
/// are not elementwise work along the last axis.
using ActivationFunction = GraphOutput (*)(const GraphOutput&);
ActivationFunction FindActivationFunction(std::string_view name, KerasVersion rules);

/// The softmax over several axes at once.
GraphOutput SoftmaxOver(const GraphOutput& input, const std::vector<std::int64_t>& axes);

/// relu with all parameters, as tf.keras.activations.relu computes it.
struct ReluParameters {
  double negative_slope = 0;
  std::optional<double> max_value;
  double threshold = 0;
};
GraphOutput ParametricRelu(const GraphOutput& input, const ReluParameters& parameters);
GraphOutput LeakyRelu(const GraphOutput& input, double slope);

/// All activation names with the Kerases that know them.
struct ActivationName {
  std::string_view name;
  bool keras2 = false;
  bool keras3 = false;
};
std::vector<ActivationName> ActivationNames();

}  // namespace sidecar::model::keras
