#include "model/keras/layer_context.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/status_macros.h"
#include "model/keras/regularizer.h"

namespace sidecar::model::keras {
namespace {

ov::element::Type PlaceholderType(DType dtype) {
  if (IsFloating(dtype)) return ov::element::f32;
  return dtype == DType::kInt64 ? ov::element::i64 : ov::element::i32;
}

ov::Shape ToOvShape(const Shape& shape) {
  ov::Shape result;
  for (const std::int64_t size : shape.sizes()) result.push_back(static_cast<std::size_t>(size));
  return result;
}

}  // namespace

std::size_t PartsIn(const LayerObject& layer) {
  std::size_t count = layer.parts.size();
  for (const LayerPart& part : layer.parts) {
    if (part.layer->model == nullptr) count += PartsIn(*part.layer);
  }
  return count;
}

Status LayerContext::Fail(StatusCode code, std::string_view problem) const {
  return {code, fmt::format("{}: {}", description_, problem)};
}

Result<LayerVariable*> LayerContext::FindOrAdd(VariableSpec spec) {
  const auto same_name = [&spec](const LayerVariable& known) {
    return known.spec.name == spec.name;
  };
  const auto known = std::find_if(variables_.begin(), variables_.end(), same_name);
  if (known != variables_.end()) {
    if (known->spec.shape == spec.shape) return &*known;
    return Fail(StatusCode::kFailedPrecondition,
                fmt::format("is called with inputs that need its {} in different shapes: {} and {}",
                            spec.name, known->spec.shape.ToString(), spec.shape.ToString()));
  }
  const auto elements = spec.shape.NumElements();
  if (!elements.ok() || *elements > kMostElements) {
    return Fail(StatusCode::kFailedPrecondition,
                fmt::format("its {} would have the shape {}; all sizes must be known and no more "
                            "than 2^38 elements in all",
                            spec.name, spec.shape.ToString()));
  }
  if (spec.edges.empty()) spec.edges = {spec.name};
  LayerVariable variable;
  variable.dtype = spec.dtype.value_or(policy_.variable);
  const bool counts = trainable_ && spec.trainable && !spec.frozen;
  if (!spec.regularizer.empty() && config_.Has(spec.regularizer) && (is_keras2() || counts)) {
    // Keras 3 leaves frozen weights out of the loss.
    const auto regularizer = ReadRegularizer(*config_.Find(spec.regularizer));
    if (!regularizer) {
      return config_.Wrong(spec.regularizer, "L1, L2, L1L2 or OrthogonalRegularizer");
    }
    if (regularizer->orthogonal != 0 && spec.shape.rank() != 2) {
      return Fail(StatusCode::kFailedPrecondition,
                  fmt::format("its {} has the shape {}; OrthogonalRegularizer takes matrices",
                              spec.name, spec.shape.ToString()));
    }
    variable.regularizer = *regularizer;
  }
  variable.spec = std::move(spec);
  variables_.push_back(std::move(variable));
  return &variables_.back();
}

Result<GraphOutput> LayerContext::Variable(VariableSpec spec) {
  SIDECAR_ASSIGN_OR_RETURN(LayerVariable* const variable, FindOrAdd(std::move(spec)));
  if (variable->placeholder == nullptr) {
    // Its index is known once all layers are.
    variable->placeholder = std::make_shared<engine::VariablePlaceholder>(
        0, PlaceholderType(variable->dtype), ToOvShape(variable->spec.shape));
    variable->placeholder->set_friendly_name(
        fmt::format("{} {}", description_, variable->spec.name));
  }
  return variable->placeholder->output(0);
}

Status LayerContext::UnreadVariable(VariableSpec spec) {
  return FindOrAdd(std::move(spec)).status();
}

Result<GraphOutput> LayerContext::State(const std::string& path, const Shape& sizes) {
  if (runner_->has_folds()) {
    return Fail(StatusCode::kUnimplemented,
                "is stateful, which is not supported inside of "
                "TimeDistributed");
  }
  const std::optional<std::int64_t> rows = runner_->batch();
  if (!rows) {
    return Fail(
        StatusCode::kFailedPrecondition,
        "is stateful, but the model's inputs leave the batch size open; Keras needs one, as "
        "Input(batch_shape=...) gives it");
  }
  const Shape shape = sizes.WithFirst(*rows);
  const auto same_path = [&path](const LayerState& known) { return known.path == path; };
  const auto known = std::find_if(states_.begin(), states_.end(), same_path);
  if (known != states_.end() && known->shape == shape) return known->now;
  const auto elements = shape.NumElements();
  if (known != states_.end() || !elements.ok() || *elements > kMostElements) {
    return Fail(StatusCode::kFailedPrecondition,
                fmt::format("would keep a state of shape {}; it must be known, have no more than "
                            "2^38 elements and be the same in all calls",
                            shape.ToString()));
  }
  ov::PartialShape open = ToOvShape(shape);
  open[0] = ov::Dimension::dynamic();
  auto parameter = std::make_shared<ov::op::v0::Parameter>(ov::element::f32, open);
  parameter->set_friendly_name(fmt::format("{} {}", description_, path));
  const GraphOutput now = parameter->output(0);
  states_.push_back({path, shape, policy_.variable, std::move(parameter), now});
  MixRows();  // no rows may be added to a batch, and none left out
  return now;
}

void LayerContext::KeepState(const std::string& path, const GraphOutput& value) {
  for (LayerState& state : states_) {
    if (state.path == path) state.now = value;
  }
}

LayerContext::PartEntry& LayerContext::FindOrAddPart(const PartSpec& spec) {
  for (PartEntry& part : parts_) {
    if (part.spec.name == spec.name) return part;
  }
  PartEntry part{spec, nullptr};
  if (part.spec.edges.empty()) part.spec.edges = {spec.name};
  if (part.spec.archive_names.empty()) part.spec.archive_names = {spec.name};
  const LayerObject& layer = spec.layer == nullptr ? *layer_ : *spec.layer;
  if (layer.model == nullptr) {
    std::string description = fmt::format("{}: its {}", description_, spec.name);
    DTypePolicy policy = policy_;
    bool trainable = trainable_;
    if (spec.layer != nullptr) {
      description += fmt::format(" '{}' ({})", layer.name, layer.class_name);
      const ConfigReader config(*layer.config, description);
      policy = ReadDTypePolicy(config.Find("dtype")).value_or(policy_);
      const auto own_trainable = config.Bool("trainable", true);  // LayerScopes has checked it
      trainable = trainable && (!own_trainable.ok() || *own_trainable);
    }
    part.context =
        std::make_unique<LayerContext>(std::move(description), layer, rules_, trainable, policy);
    part.context->whole_ = this;
  }
  parts_.push_back(std::move(part));
  return parts_.back();
}

LayerContext& LayerContext::Part(const PartSpec& spec) {
  LayerContext& part = *FindOrAddPart(spec).context;
  part.runner_ = runner_;
  return part;
}

Result<Values> LayerContext::RunPart(const PartSpec& spec, Values inputs, CallArguments arguments) {
  LayerContext* const context = FindOrAddPart(spec).context.get();
  if (context == nullptr) return runner_->RunModel(*spec.layer, inputs);
  return runner_->RunLayer(*spec.layer, *context, std::move(inputs), std::move(arguments));
}

Result<Values> LayerContext::RunPartOnRows(const PartSpec& spec, Values inputs, RowFold fold,
                                           TermFold terms) {
  runner_->PushFold(std::move(fold), std::move(terms));
  Result<Values> outputs = RunPart(spec, std::move(inputs));
  runner_->PopFold();
  return outputs;
}

Result<std::optional<std::string>> LayerContext::ReadAsset(const std::string& name) const {
  for (const std::string& folder : asset_folders_) {
    if (!read_asset_) break;
    SIDECAR_ASSIGN_OR_RETURN(auto content, read_asset_("assets/" + folder + name));
    if (content) return content;
  }
  return std::optional<std::string>();
}

LayerContext& LayerContext::Top() {
  LayerContext* top = this;
  while (top->whole_ != nullptr) top = top->whole_;
  return *top;
}

void LayerContext::AddCheck(const GraphOutput& violations, const std::string& message) {
  Top().checks_.push_back({runner_ == nullptr ? violations : runner_->Folded(violations),
                           fmt::format("{}: {}", description_, message)});
}

Status LayerContext::AddLossTerm(const GraphOutput& value, TermKind kind) {
  std::optional<GraphOutput> term = value;
  const bool folded = runner_ != nullptr && runner_->has_folds();
  if (folded) term = kind == TermKind::kPerSample ? runner_->FoldedTerm(value) : std::nullopt;
  if (!term) {
    return Fail(StatusCode::kUnimplemented,
                "what it adds to the loss is not supported inside of TimeDistributed");
  }
  if (kind == TermKind::kPerBatch) MixRows();
  Top().loss_terms_.push_back({*std::move(term), kind});
  return Status();
}

Status LayerContext::AddMetricTerm(const std::string& name, const GraphOutput& value,
                                   TermKind kind) {
  if (runner_ != nullptr && runner_->has_folds()) {
    return Fail(StatusCode::kUnimplemented,
                "the metric it adds is not supported inside of TimeDistributed");
  }
  if (kind == TermKind::kPerBatch) MixRows();
  Top().metric_terms_.push_back({name, value, kind});
  return Status();
}

void LayerContext::MixRows() {
  for (LayerContext* context = this; context != nullptr; context = context->whole_) {
    context->mixes_rows_ = true;
  }
}

}  // namespace sidecar::model::keras
