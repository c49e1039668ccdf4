// What every model source delivers: a graph, its inputs and outputs by name, the compile config,
// and a binding of each variable to a place in the graph. Nothing after this knows where the model
// came from.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "checkpoint/variable_source.h"
#include "model/host/host_plan.h"
#include "sidecar/model.h"
#include "sidecar/status.h"
#include "sidecar/tensor.h"

namespace ov {
class Model;
}

namespace sidecar::model {

struct ModelInput {
  std::string name;  ///< the input layer's name
  DType dtype =
      DType::kFloat32;  ///< what the model computes with; data of another type is converted
  Shape shape;          ///< of one sample: without the batch dimension; may hold Shape::kUnknown
  std::vector<std::string> other_names = {};  ///< that data may use as well
  /// False for a name that stands for none: data of any names is then taken in its order.
  bool has_own_name = true;
  /// False where the file says nothing about the input: shape and dtype are those of the data.
  bool declared = true;
};

struct ModelOutput {
  std::string name;               ///< as Keras names it for losses and metrics
  DType dtype = DType::kFloat32;  ///< of the graph's result
  Shape shape;                    ///< of one sample; may hold Shape::kUnknown
  /// What Keras computes the output in: float16, bfloat16 or float64 under such a dtype policy.
  /// There Keras 2 uses the logits for losses alone, since its metrics cast the output first, and
  /// Keras 3 for metrics alone, since its losses do.
  DType keras_dtype = DType::kFloat32;
  /// The graph result that holds this output.
  std::size_t result = 0;
  /// Where softmax or sigmoid directly produces the output: the graph result that holds their
  /// input, which crossentropies use in the output's place (docs/numbers.md).
  std::optional<std::size_t> logits_result;
  /// Where Keras attaches a mask to the output: the graph result that holds it, boolean, usually
  /// [batch, time] for an output [batch, time, ...]. Losses and metrics leave out what it is false
  /// for.
  std::optional<std::size_t> mask_result;
};

/// A graph result that must be zero in every row, for instance "an id is outside the embedding's
/// table".
struct GraphCheck {
  std::size_t result = 0;  ///< an int32 result of shape [batch], or [1] for the whole batch
  std::string message;     ///< what a non-zero value means, naming the layer and the allowed range
  bool by_row = true;      ///< whether it tells which row
};

/// What a variable w, or the activity of a layer, adds to the loss of each batch:
/// keras.regularizers.
struct Regularizer {
  float l1 = 0;  ///< l1 * sum(|w|)
  float l2 = 0;  ///< l2 * sum(w^2)
  /// OrthogonalRegularizer: this times the mean over pairs of rows of |their cosine similarity|.
  float orthogonal = 0;
  bool columns = false;  ///< of columns rather than rows

  [[nodiscard]] bool empty() const { return l1 == 0 && l2 == 0 && orthogonal == 0; }
};

/// A variable, with the regularization it adds to the loss.
struct ModelVariable {
  checkpoint::VariableRequest request;
  Regularizer regularizer;
};

/// A graph result that is part of the loss or a metric of its own, besides what `compile` asks for.
enum class TermKind : std::uint8_t {
  /// One value for each sample, [batch]. A loss: their sum divided by the batch's size. A metric:
  /// their mean.
  kPerSample,
  /// Values for the batch as a whole; the model's rows must not be independent. A loss: their sum.
  /// A metric: their mean.
  kPerBatch,
};

/// Added to the loss of each batch: activity regularization, `add_loss`.
struct LossTerm {
  std::size_t result = 0;
  TermKind kind = TermKind::kPerSample;
};

/// Keras 2's `add_metric`: the mean over all values of all batches, listed after the metrics of
/// `compile`.
struct MetricTerm {
  std::string name;
  std::size_t result = 0;
  TermKind kind = TermKind::kPerSample;
};

/// A value that passes from batch to batch, as stateful recurrent layers have it: zero before the
/// first, then what the last batch left, of this evaluation or the one before.
struct ModelState {
  Shape shape;             ///< static; the first dimension is the number of rows of every batch
  std::size_t result = 0;  ///< the graph result, f32, that holds what a batch leaves
  /// Where a checkpoint may keep a value that counts instead, optional; without a path where none
  /// does.
  checkpoint::VariableRequest request;
};

struct LoadedModel;

/// Builds a model for inputs of these shapes and types, which are in the order of
/// LoadedModel::inputs. Fails with kFailedPrecondition, naming the layer, where they do not fit it
/// or still say too little. Thread-safe.
using ModelFinisher =
    std::function<Result<std::shared_ptr<LoadedModel>>(const std::vector<ModelInput>& inputs)>;

/// A model without weights. The graph's parameters are what `host` makes from the inputs, then the
/// `states`, their first dimension dynamic; its results are addressed by index. Variables stand in
/// the graph as VariablePlaceholder ops whose index is the position in `variables`; variables that
/// inference does not read have none.
struct LoadedModel {
  std::string name;
  std::string source;  ///< the file it came from, or "code"
  /// Null where the model can only be built once the shapes of the data are known: then `finish`
  /// does it, `inputs` and `outputs` have names alone, and there are no variables.
  std::shared_ptr<const ov::Model> graph;
  ModelFinisher finish;
  std::vector<ModelInput> inputs;
  HostPlan host;  ///< from the inputs to the graph's parameters
  std::vector<ModelOutput> outputs;
  std::vector<GraphCheck> checks;
  std::vector<ModelVariable> variables;
  /// Where there are any, rows are not independent, and batches must be run one after another.
  std::vector<ModelState> states;
  std::vector<LossTerm> loss_terms;
  std::vector<MetricTerm> metric_terms;
  /// Whether a row of the outputs depends on the same row of the inputs alone, so that a short
  /// batch may be padded.
  bool rows_independent = true;

  /// JSON text of the compile config; empty for a model that was not compiled.
  std::string compile_config;
  bool compiled_by_user = false;  ///< in code or by options; otherwise the file says so
  KerasVersion keras_version = KerasVersion::kKeras2;
  std::string keras_version_reason;  ///< how keras_version was found out, for --verbose
  /// Layer class names with their counts, for `inspect`.
  std::vector<std::string> layers;
  /// What the user must know of the results, said once at the start.
  std::vector<std::string> notes;
};

}  // namespace sidecar::model
