#include "checkpoint/legacy_weights.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/status_macros.h"

namespace sidecar::checkpoint {
namespace {

std::string Join(std::string_view group, std::string_view name) {
  return group.empty() ? std::string(name) : fmt::format("{}/{}", group, name);
}

std::string_view WithoutOutputNumber(std::string_view name) {
  const std::size_t colon = name.rfind(':');
  return colon == std::string_view::npos ? name : name.substr(0, colon);
}

// The last two parts of a name: "dense/kernel" of "block/dense/kernel".
std::string_view LastTwoParts(std::string_view name) {
  const std::size_t last = name.rfind('/');
  if (last == std::string_view::npos || last == 0) return name;
  const std::size_t before = name.rfind('/', last - 1);
  return before == std::string_view::npos ? name : name.substr(before + 1);
}

bool EndsInParts(std::string_view name, std::string_view parts) {
  return name == parts || (name.ends_with(parts) && name[name.size() - parts.size() - 1] == '/');
}

}  // namespace

Status LegacyWeights::ReadLayer(Hdf5File& file, const std::string& group,
                                const std::string& layer) {
  const std::string path = Join(group, layer);
  SIDECAR_ASSIGN_OR_RETURN(bool there, file.Contains(path));
  if (!there) {
    return {StatusCode::kDataLoss,
            fmt::format("{}: layer '{}' is listed, but there is no group '{}'", file.name(), layer,
                        path)};
  }
  SIDECAR_ASSIGN_OR_RETURN(auto names, file.StringAttribute(path, "weight_names"));
  if (!names || names->empty()) return {};
  layers_.push_back({layer, weights_.size(), names->size()});
  for (const std::string& name : *names) {
    weights_.push_back({layer, std::string(WithoutOutputNumber(name)), Join(path, name)});
  }
  return {};
}

Result<std::optional<LegacyWeights>> LegacyWeights::Read(Hdf5File& file) {
  std::string group;
  SIDECAR_ASSIGN_OR_RETURN(auto layers, file.StringAttribute("", "layer_names"));
  if (!layers) {
    SIDECAR_ASSIGN_OR_RETURN(bool whole_model, file.Contains("model_weights"));
    if (!whole_model) return std::optional<LegacyWeights>();
    group = "model_weights";
    SIDECAR_ASSIGN_OR_RETURN(layers, file.StringAttribute(group, "layer_names"));
    if (!layers) {
      return Status(StatusCode::kDataLoss,
                    file.name() + ": 'model_weights' has no list layer_names");
    }
  }
  SIDECAR_ASSIGN_OR_RETURN(auto version, file.StringAttribute(group, "keras_version"));
  if (!version || version->size() != 1 || version->front().starts_with("1")) {
    return Status(StatusCode::kUnimplemented,
                  file.name() + ": weights of Keras 1 are not supported; save them with Keras 2");
  }
  LegacyWeights weights;
  for (const std::string& layer : *layers) {
    SIDECAR_RETURN_IF_ERROR(weights.ReadLayer(file, group, layer));
  }
  constexpr std::string_view kOptimizer = "optimizer_weights";
  SIDECAR_ASSIGN_OR_RETURN(bool has_optimizer, file.Contains(kOptimizer));
  if (has_optimizer) {
    SIDECAR_ASSIGN_OR_RETURN(auto names, file.StringAttribute(kOptimizer, "weight_names"));
    if (names && !names->empty()) weights.step_paths_ = {Join(kOptimizer, names->front())};
  }
  return std::optional(std::move(weights));
}

Status LegacyWeights::CheckLayers(const std::string& file,
                                  std::span<const VariableRequest> requests) const {
  std::vector<std::size_t> counts;  // of weights, by layer
  std::vector<std::string> names;   // of the model's layers
  for (const VariableRequest& request : requests) {
    if (request.optional) continue;
    if (request.legacy_positions.empty()) return {};
    for (const LegacyPosition& position : request.legacy_positions) {
      if (position.layer >= counts.size()) {
        counts.resize(position.layer + 1);
        names.resize(position.layer + 1);
      }
      counts[position.layer] = std::max(counts[position.layer], position.weight + 1);
      names[position.layer] = request.name.substr(0, request.name.find('/'));
    }
  }
  if (counts.size() != layers_.size()) {
    std::vector<std::string> details;
    for (std::size_t i = 0; i < std::max(counts.size(), layers_.size()); ++i) {
      details.push_back(fmt::format("layer {}: '{}' in the model, '{}' in the file", i,
                                    i < names.size() ? names[i] : "none",
                                    i < layers_.size() ? layers_[i].name : "none"));
    }
    return {StatusCode::kFailedPrecondition,
            fmt::format("{}: the file has {} layers with weights, the model has {}; it looks like "
                        "the weights of another model",
                        file, layers_.size(), counts.size()),
            std::move(details)};
  }
  for (std::size_t i = 0; i < counts.size(); ++i) {
    if (counts[i] == layers_[i].count) continue;
    return {StatusCode::kFailedPrecondition,
            fmt::format("{}: the layer '{}' has {} weights, the model's layer '{}' has {}; it "
                        "looks like the weights of another model",
                        file, layers_[i].name, layers_[i].count, names[i], counts[i])};
  }
  return {};
}

std::string LegacyWeights::Find(const VariableRequest& request, std::string& problem) const {
  if (request.legacy_positions.empty()) return FindByName(request.name, problem);
  const LegacyPosition& position = request.legacy_positions.front();
  if (position.layer < layers_.size() && position.weight < layers_[position.layer].count) {
    return weights_[layers_[position.layer].first + position.weight].path;
  }
  problem = fmt::format("missing: the file has no weight {} of layer {}", position.weight,
                        position.layer);
  return {};
}

std::string LegacyWeights::FindByName(std::string_view name, std::string& problem) const {
  const std::string_view layer = name.substr(0, name.find('/'));
  const std::string_view parts = LastTwoParts(name);
  const bool has_layer = std::ranges::find(weights_, layer, &Weight::layer) != weights_.end();
  const Weight* found = nullptr;
  for (const Weight& weight : weights_) {
    if ((has_layer && weight.layer != layer) || !EndsInParts(weight.name, parts)) continue;
    if (found != nullptr) {
      problem = fmt::format("'{}' and '{}' both have its name", found->path, weight.path);
      return {};
    }
    found = &weight;
  }
  if (found != nullptr) return found->path;
  problem = fmt::format("missing: no weight's name ends in '{}'", parts);
  return {};
}

}  // namespace sidecar::checkpoint
