// What a layer's lowering gets besides its inputs: its config, its variables, and places to leave
// checks.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <openvino/op/parameter.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/variable_placeholder.h"
#include "model/host/host_plan.h"
#include "model/keras/call_arguments.h"
#include "model/keras/config_reader.h"
#include "model/keras/dtype_policy.h"
#include "model/keras/model_description.h"
#include "model/keras/value.h"
#include "model/loaded_model.h"
#include "sidecar/model.h"
#include "sidecar/status.h"
#include "sidecar/tensor.h"

namespace sidecar::model::keras {

/// Elements of a value or a variable: more than any model has, so that what is beyond is a mistake
/// of its file, and products of sizes do not overflow.
inline constexpr std::int64_t kMostElements = std::int64_t{1} << 38;

/// A variable as the layer that owns it asks for it.
struct VariableSpec {
  std::string name;  ///< Keras's name of the weight, "kernel"
  Shape shape;       ///< static
  bool trainable = true;
  /// The names of the attribute under which the versions of Keras keep it: edges of the object
  /// graph. Empty: `name` alone.
  std::vector<std::string> edges = {};
  /// The config key of its regularizer, "kernel_regularizer"; empty: it has none.
  std::string regularizer = "";
  /// Its type; none: what the layer's policy says.
  std::optional<DType> dtype = std::nullopt;
  /// Its name below "vars" in a weights archive; empty: its number.
  std::string archive_name = "";
  /// LoRA froze it: training leaves it alone, but it keeps its place among the trainable ones.
  bool frozen = false;
  /// Whether weights archives hold it. Those of LoRA are in the archived kernel, and zero beside
  /// it.
  bool archived = true;
};

/// One variable of one layer.
struct LayerVariable {
  VariableSpec spec;
  DType dtype = DType::kFloat32;
  Regularizer regularizer;
  /// Its place in the graph; null for one that inference does not read.
  std::shared_ptr<engine::VariablePlaceholder> placeholder;
};

/// A value that a layer keeps from one batch to the next, in the layout of Keras's variable.
struct LayerState {
  std::string path;  ///< below the layer in an object graph, "states/0"
  Shape shape;       ///< static, with the rows of a batch
  DType dtype = DType::kFloat32;
  std::shared_ptr<ov::op::v0::Parameter> parameter;  ///< f32; its rows are left open
  GraphOutput now;                                   ///< after the calls so far
};

class LayerContext;

/// How many layers there are in a layer's config, to any depth: a call runs all cells of a stack.
[[nodiscard]] std::size_t PartsIn(const LayerObject& layer);

/// Reads a file that a .keras archive keeps for its layers; nothing where there is none.
using AssetReader = std::function<Result<std::optional<std::string>>(const std::string& path)>;

/// A part of a layer that has variables of its own, and where the formats keep it.
struct PartSpec {
  std::string name;  ///< for people, and in weights archives: "forward_layer"
  /// Names of the attribute under which the versions of Keras keep it: edges of the object graph.
  /// Empty: `name` alone. An edge may be a path, "cells/0".
  std::vector<std::string> edges = {};
  /// The layer in the config (LayerObject::parts) that it is made from; null for a part that Keras
  /// makes up, such as the projections of an attention layer: its config is the whole layer's.
  const LayerObject* layer = nullptr;
  /// Its names in weights archives, which are those of attributes too but prefer a property of the
  /// same object. Empty: `name` alone.
  std::vector<std::string> archive_names = {};
};

/// What becomes of values per row, added to the loss, of some batch whose rows are not the model's;
/// nothing where they cannot be added.
using TermFold = std::function<std::optional<GraphOutput>(const GraphOutput& values)>;

/// Turns a check's violations, one number for each row of some batch, into one for each row of the
/// batch that this one was made of.
using RowFold = std::function<GraphOutput(const GraphOutput& violations)>;

/// Builds layers on behalf of other layers.
class LayerRunner {
 public:
  LayerRunner() = default;
  LayerRunner(const LayerRunner&) = delete;
  LayerRunner& operator=(const LayerRunner&) = delete;
  virtual ~LayerRunner() = default;

  /// One call of a layer that is no model.
  virtual Result<Values> RunLayer(const LayerObject& layer, LayerContext& context, Values inputs,
                                  CallArguments arguments) = 0;
  /// One call of a model, with its inputs in order.
  virtual Result<Values> RunModel(const LayerObject& model, const Values& inputs) = 0;
  /// See LayerContext::RunOnHost().
  virtual Value RunOnHost(const LayerContext& context, std::shared_ptr<const HostFunction> function,
                          const Values& inputs, HostPlan::Slot result) = 0;

  /// Until PopFold(), checks and terms of losses are of rows that `fold` and `terms` turn into
  /// those of the calls before.
  void PushFold(RowFold fold, TermFold terms) {
    folds_.push_back(std::move(fold));
    term_folds_.push_back(std::move(terms));
  }
  void PopFold() {
    folds_.pop_back();
    term_folds_.pop_back();
  }
  /// Until PopBatch(), layers are those of a model whose inputs have batches of this size; nothing
  /// where they leave it open.
  void PushBatch(std::optional<std::int64_t> rows) {
    batches_.push_back(rows || batches_.empty() ? rows : batches_.back());
  }
  void PopBatch() { batches_.pop_back(); }
  [[nodiscard]] std::optional<std::int64_t> batch() const {
    return batches_.empty() ? std::nullopt : batches_.back();
  }

  /// Whether the rows are not the model's own.
  [[nodiscard]] bool has_folds() const { return !folds_.empty(); }
  /// `violations` of the current rows as those of the model's.
  [[nodiscard]] GraphOutput Folded(GraphOutput violations) const {
    for (auto fold = folds_.rbegin(); fold != folds_.rend(); ++fold) {
      violations = (*fold)(violations);
    }
    return violations;
  }
  /// `values` of the current rows as those of the model's; nothing where they cannot be added.
  [[nodiscard]] std::optional<GraphOutput> FoldedTerm(GraphOutput values) const {
    for (auto fold = term_folds_.rbegin(); fold != term_folds_.rend(); ++fold) {
      auto folded = (*fold)(values);
      if (!folded) return std::nullopt;
      values = std::move(*folded);
    }
    return values;
  }

 private:
  std::vector<std::optional<std::int64_t>> batches_;
  std::vector<RowFold> folds_;
  std::vector<TermFold> term_folds_;
};

/// One layer while its model's graph is built; the same object for all calls of the layer. Not
/// thread-safe.
class LayerContext {
 public:
  /// `description` names the layer in messages: "the layer 'conv' (Conv2D)".
  LayerContext(std::string description, const LayerObject& layer, KerasVersion rules,
               bool trainable, DTypePolicy policy)
      : description_(std::move(description)),
        layer_(&layer),
        config_(*layer.config, description_ + ": config"),
        rules_(rules),
        trainable_(trainable),
        policy_(policy) {}

  [[nodiscard]] const std::string& description() const { return description_; }
  [[nodiscard]] const LayerObject& layer() const { return *layer_; }
  [[nodiscard]] const ConfigReader& config() const { return config_; }
  /// Which Keras's rules hold where the two differ.
  [[nodiscard]] KerasVersion rules() const { return rules_; }
  [[nodiscard]] bool is_keras2() const { return rules_ == KerasVersion::kKeras2; }
  [[nodiscard]] const DTypePolicy& policy() const { return policy_; }
  /// Whether training updates its trainable variables.
  [[nodiscard]] bool trainable() const { return trainable_; }

  /// The variable's place in the graph; f32 for every floating type, else i32 or i64. The first
  /// call creates it, a later call of the layer gets the same one. Ask in Keras's order of
  /// creation. Fails with kFailedPrecondition for an unknown or impossible shape, and for another
  /// shape than before.
  Result<GraphOutput> Variable(VariableSpec spec);
  /// Declares a variable that inference does not read but that has a place in Keras's order.
  Status UnreadVariable(VariableSpec spec);
  [[nodiscard]] const std::vector<LayerVariable>& variables() const { return variables_; }

  /// The state kept at `path`, whose samples have these `sizes`: zero at first, then what the last
  /// call before this one, of this batch or the one before, left with KeepState(). Fails with
  /// kFailedPrecondition where the sizes or the model's batch size are not known.
  Result<GraphOutput> State(const std::string& path, const Shape& sizes);
  /// State() must have been called for `path`.
  void KeepState(const std::string& path, const GraphOutput& value);
  [[nodiscard]] const std::vector<LayerState>& states() const { return states_; }

  /// What the current call has besides its inputs.
  [[nodiscard]] const CallArguments& arguments() const { return arguments_; }

  /// The part's context; the first call creates it. Ask in Keras's order of creation.
  LayerContext& Part(const PartSpec& spec);
  /// One call of a part that is a layer or model of the config (`spec.layer`), as the graph builder
  /// calls layers: with conversion of the inputs, masks and checks.
  Result<Values> RunPart(const PartSpec& spec, Values inputs, CallArguments arguments = {});

  /// As RunPart(), on other rows than the layer's own: `fold` makes the violations of the part's
  /// checks ones of the layer's rows, `terms` what it adds to the loss.
  Result<Values> RunPartOnRows(const PartSpec& spec, Values inputs, RowFold fold, TermFold terms);

  /// Has `function` run before the graph on inputs that all have a `host`; the value has one, too.
  Value RunOnHost(std::shared_ptr<const HostFunction> function, const Values& inputs,
                  HostPlan::Slot result) {
    return runner_->RunOnHost(*this, std::move(function), inputs, std::move(result));
  }

  /// The layer's file in the archive that the model came from; nothing where there is none.
  [[nodiscard]] Result<std::optional<std::string>> ReadAsset(const std::string& name) const;
  /// For LayerScopes: where an archive may have the layer's files.
  void SetAssets(std::vector<std::string> folders, AssetReader reader) {
    asset_folders_ = std::move(folders);
    read_asset_ = std::move(reader);
  }

  /// A part as the naming of variables sees it.
  struct PartEntry {
    PartSpec spec;
    std::unique_ptr<LayerContext> context;  ///< null for a model
  };
  [[nodiscard]] const std::vector<PartEntry>& parts() const { return parts_; }

  /// For the graph builder: starts a call.
  void Begin(LayerRunner& runner, CallArguments arguments) {
    runner_ = &runner;
    arguments_ = std::move(arguments);
  }

  /// `violations`: an i32 value of shape [batch], zero in every good row. `message` says what a
  /// violation is; the layer's description is put before it.
  /// A part's checks are its layer's.
  void AddCheck(const GraphOutput& violations, const std::string& message);
  struct Check {
    GraphOutput violations;
    std::string message;
  };
  [[nodiscard]] const std::vector<Check>& checks() const { return checks_; }

  /// Adds a value to the loss: see LossTerm. A part's terms are its layer's. Fails with
  /// kUnimplemented where the rows of a batch are others than the model's and it is not known what
  /// becomes of it.
  Status AddLossTerm(const GraphOutput& value, TermKind kind);
  struct AddedLoss {
    GraphOutput value;
    TermKind kind;
  };
  [[nodiscard]] const std::vector<AddedLoss>& loss_terms() const { return loss_terms_; }
  /// Adds a metric: see MetricTerm. Fails as AddLossTerm().
  Status AddMetricTerm(const std::string& name, const GraphOutput& value, TermKind kind);
  struct AddedMetric {
    std::string name;
    GraphOutput value;
    TermKind kind;
  };
  [[nodiscard]] const std::vector<AddedMetric>& metric_terms() const { return metric_terms_; }
  /// The layer that this is a part of, or null.
  [[nodiscard]] const LayerObject* whole() const {
    return whole_ == nullptr ? nullptr : whole_->layer_;
  }

  /// States that rows of the layer's output depend on other rows.
  void MixRows();
  [[nodiscard]] bool mixes_rows() const { return mixes_rows_; }
  /// States that the batch is not the first dimension of the layer's outputs.
  void MoveBatch() {
    moves_batch_ = true;
    MixRows();
  }
  [[nodiscard]] bool moves_batch() const { return moves_batch_; }

  /// A failure that names the layer.
  [[nodiscard]] Status Fail(StatusCode code, std::string_view problem) const;

 private:
  Result<LayerVariable*> FindOrAdd(VariableSpec spec);
  LayerContext& Top();
  PartEntry& FindOrAddPart(const PartSpec& spec);

  std::string description_;
  const LayerObject* layer_;
  ConfigReader config_;
  KerasVersion rules_;
  bool trainable_;
  DTypePolicy policy_;
  std::vector<LayerVariable> variables_;
  std::vector<LayerState> states_;
  std::vector<Check> checks_;
  std::vector<AddedLoss> loss_terms_;
  std::vector<AddedMetric> metric_terms_;
  bool mixes_rows_ = false;
  bool moves_batch_ = false;
  std::vector<PartEntry> parts_;
  CallArguments arguments_;
  LayerRunner* runner_ = nullptr;
  std::vector<std::string> asset_folders_;
  AssetReader read_asset_;
  LayerContext* whole_ = nullptr;  ///< of which this is a part
};

}  // namespace sidecar::model::keras
