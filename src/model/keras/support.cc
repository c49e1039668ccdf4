#include "model/keras/support.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "model/keras/activations.h"
#include "model/keras/config_reader.h"
#include "model/keras/custom_layer.h"
#include "model/keras/dtype_policy.h"
#include "model/keras/json_text.h"
#include "model/keras/layer_table.h"
#include "model/keras/ops/op_table.h"
#include "model/keras/regularizer.h"

namespace sidecar::model::keras {
namespace {

using nlohmann::json;

constexpr const char* kAdvice =
    "save the model with tf.saved_model.save(model, dir) and give --model dir";

// Whether any layer of Keras has it, or had it in TensorFlow 2. An option of another release, or
// one that is misspelt, could change what the layer computes.
bool IsConfigKey(std::string_view key) {
  static constexpr std::string_view kKeys[] = {
#include "model/keras/config_keys.inc"
  };
  return std::binary_search(std::begin(kKeys), std::end(kKeys), key);
}

// Collected over the whole model, each layer object once.
class Survey {
 public:
  explicit Survey(KerasVersion rules) : rules_(rules) {}

  void Visit(const ModelDescription& model) {
    for (const LayerNode& node : model.layers) {
      for (const LayerCall& call : node.calls) VisitCall(*node.layer, call);
      if (!seen_.insert(node.layer.get()).second) continue;
      if (node.layer->model != nullptr) {
        if (!IsKerasOwn(*node.layer)) Add(*node.layer, "");
        Visit(*node.layer->model);
      } else {
        VisitLayer(*node.layer);
      }
    }
  }

  // Notes that the layer is not supported; `reason` is empty where its class is not.
  void Add(const LayerObject& layer, const std::string& reason) {
    AddAs(KindOf(layer), layer, reason.empty() ? "" : fmt::format("{} is not supported", reason));
  }

  [[nodiscard]] Status ToStatus() const {
    if (layers_.empty()) return Status();
    std::size_t count = 0;
    std::string list;
    for (const auto& [kind, names] : layers_) {
      count += names.size();
      if (!list.empty()) list += "; ";
      list += kind + " " + ShortList(names);
    }
    return {
        StatusCode::kUnimplemented,
        fmt::format("{} {} not supported: {}", count, count == 1 ? "layer is" : "layers are", list),
        reasons_};
  }

 private:
  static std::string KindOf(const LayerObject& layer) {
    const std::string module = layer.module.empty() ? "" : fmt::format(" ({})", layer.module);
    return layer.class_name + module;
  }

  // As Add(), with what the list calls it, and a whole sentence.
  void AddAs(const std::string& kind, const LayerObject& layer, const std::string& problem) {
    if (reported_.insert(&layer).second) layers_[kind].push_back(layer.name);
    constexpr std::size_t kMostReasons = 100;
    if (problem.empty() || reasons_.size() >= kMostReasons) return;
    reasons_.push_back(
        fmt::format("the layer '{}' ({}): {}", layer.name, layer.class_name, problem));
  }

  static std::string ShortList(const std::vector<std::string>& names) {
    constexpr std::size_t kMost = 20;
    std::string list;
    for (std::size_t i = 0; i < names.size() && i < kMost; ++i) {
      list += fmt::format("{}'{}'", i == 0 ? "" : ", ", names[i]);
    }
    if (names.size() > kMost) list += fmt::format(" and {} more", names.size() - kMost);
    return list;
  }

  void VisitCall(const LayerObject& layer, const LayerCall& call) {
    if (!call.unsupported_argument.empty()) {
      Add(layer, fmt::format("the call argument {}", call.unsupported_argument));
    }
    if (layer.is_operation) return;  // its lowering looks at all of them
    const LayerEntry* entry = layer.model == nullptr ? FindLayer(layer) : nullptr;
    for (const auto& argument : call.arguments) {
      if (entry != nullptr && entry->Takes(argument.name)) continue;
      const bool is_mask = argument.name == "mask" || argument.name == kModelMaskPosition;
      if (layer.model != nullptr && is_mask) continue;
      const json* constant = argument.tree.constant();
      Add(layer, fmt::format("the call argument {} = {}", argument.name,
                             constant == nullptr ? "a tensor" : Excerpt(*constant)));
    }
  }

  static bool HasPart(const LayerObject& layer, std::string_view key) {
    return std::any_of(layer.parts.begin(), layer.parts.end(),
                       [key](const LayerPart& part) { return part.key == key; });
  }

  void VisitPart(const LayerObject& part) {
    if (!seen_.insert(&part).second) return;
    if (part.model == nullptr) return VisitLayer(part);
    if (!IsKerasOwn(part)) Add(part, "");
    Visit(*part.model);
  }

  void VisitLayer(const LayerObject& layer) {
    if (layer.is_operation) {
      if (FindOp(layer) == nullptr) AddAs(OpName(layer), layer, std::string(RefusalOfOp(layer)));
      return;
    }
    if (const std::string_view reason = RefusalOf(layer); !reason.empty()) {
      return AddAs(KindOf(layer), layer, fmt::format("{}; {}", reason, kAdvice));
    }
    const bool is_input = layer.class_name == "InputLayer" && IsKerasOwn(layer);
    const ConfigReader config(*layer.config, "config");
    // What else stands in the config of a class of the program's own is that class's affair.
    if (FindCustomLayer(layer) != nullptr) return VisitDType(layer, config, is_input);
    if (!is_input && FindLayer(layer) == nullptr) {
      Add(layer, "");
      return;
    }
    for (const LayerPart& part : layer.parts) VisitPart(*part.layer);
    VisitFlags(layer, config);
    VisitDType(layer, config, is_input);
    for (const auto& item : layer.config->items()) {
      if (!IsConfigKey(item.key())) {
        Add(layer, fmt::format("config.{}, which is no option of Keras's layers,", item.key()));
      }
      if (!item.key().ends_with("_regularizer") || item.value().is_null()) continue;
      const auto regularizer = ReadRegularizer(item.value());
      const bool of_activity = item.key() == "activity_regularizer";
      if (!regularizer || (of_activity && regularizer->orthogonal != 0)) {
        Add(layer, fmt::format("config.{}: the regularizer {}", item.key(), Excerpt(item.value())));
      }
    }
    for (const char* key : {"activation", "recurrent_activation"}) {
      const json* activation = config.Find(key);
      if (activation == nullptr || HasPart(layer, key)) continue;
      if (auto reason = UnsupportedActivation(*activation, rules_)) {
        Add(layer, fmt::format("config.{}: {}", key, *reason));
      }
    }
  }

  void VisitFlags(const LayerObject& layer, const ConfigReader& config) {
    for (const RefusedOption& option : RefusedOptions()) {
      const json* value = config.Find(option.key);
      if (value == nullptr || (option.only_true && *value != json(true))) continue;
      AddAs(KindOf(layer), layer,
            fmt::format("config.{}{} is not supported: {}", option.key,
                        option.only_true ? " = true" : "", option.reason));
    }
  }

  static bool Preprocesses(const LayerObject& layer) {
    const LayerEntry* const entry = FindLayer(layer);
    return entry != nullptr && entry->effect == LayerEffect::kPreprocesses;
  }

  void VisitDType(const LayerObject& layer, const ConfigReader& config, bool is_input) {
    const json* dtype = config.Find("dtype");
    const auto policy = ReadDTypePolicy(dtype, layer.path);
    if (!policy) {
      Add(layer,
          fmt::format("config.dtype: the dtype policy {}", DTypePolicyName(dtype, layer.path)));
    } else if (!is_input && !IsFloating(policy->compute) && !Preprocesses(layer)) {
      Add(layer, fmt::format("config.dtype: the dtype policy {}", DTypeName(policy->compute)));
    }
  }

  KerasVersion rules_;
  std::set<const LayerObject*> seen_;
  std::set<const LayerObject*> reported_;
  std::map<std::string, std::vector<std::string>> layers_;  // names by class and module
  std::vector<std::string> reasons_;
};

}  // namespace

Status CheckSupported(const LayerObject& model, KerasVersion rules) {
  Survey survey(rules);
  if (!IsKerasOwn(model)) survey.Add(model, "");
  survey.Visit(*model.model);
  return survey.ToStatus();
}

}  // namespace sidecar::model::keras
