#include "evaluate/evaluation.h"

#include <algorithm>
#include <chrono>
#include <deque>
#include <utility>

#include "base/log.h"
#include "base/status_macros.h"
#include "engine/engine.h"
#include "evaluate/added_terms.h"
#include "evaluate/compiled_metrics.h"
#include "evaluate/input_binding.h"
#include "evaluate/model_states.h"
#include "tensor/convert.h"

namespace sidecar::evaluate {
namespace {

class EvaluationImpl final : public Evaluation {
 public:
  EvaluationImpl(std::shared_ptr<const model::LoadedModel> model, DatasetPtr data,
                 EvaluationOptions options)
      : model_(std::move(model)), data_(std::move(data)), options_(options) {}

  Status Prepare();
  [[nodiscard]] std::span<const checkpoint::VariableRequest> requests() const override {
    return requests_;
  }
  Result<EvaluationResult> Run(std::span<const Tensor> weights, const EvaluationInfo& info,
                               Callback& callbacks, const base::StopSignal& stop) override;

 private:
  struct Pass;

  void DescribeParameters(engine::EngineOptions& options) const;
  [[nodiscard]] std::optional<std::int64_t> NumBatches() const;
  Result<std::optional<engine::InputBatch>> NextBatch(Pass& pass);
  Status ConsumeBatch(Pass& pass, std::int64_t index, std::int64_t rows,
                      const engine::OutputBatch& results);
  [[nodiscard]] Status CheckRows(const engine::OutputBatch& results, std::int64_t index,
                                 std::int64_t rows) const;
  void WarnAboutMissingBatches(std::int64_t batches) const;

  std::shared_ptr<const model::LoadedModel> model_;
  DatasetPtr data_;
  EvaluationOptions options_;
  std::vector<checkpoint::VariableRequest> requests_;
  std::vector<InputBinding> inputs_;
  std::unique_ptr<engine::Engine> engine_;
  std::unique_ptr<CompiledMetrics> metrics_;
};

// What one pass over the data carries from the producer to the consumer.
struct EvaluationImpl::Pass {
  Callback& callbacks;
  const base::StopSignal& stop;
  std::unique_ptr<BatchIterator> batches;
  std::deque<Batch> waiting;  // batches whose results have not come yet
  std::int64_t fetched = 0;
  float regularization = 0;
  EvaluationResult result;
};

// Inputs may be strings; that they are where they may not is found when they are bound. Keras has
// no loss or metric of complex numbers.
Status CheckTargets(const DatasetSpec& spec) {
  for (const auto* components : {&spec.y, &spec.sample_weight}) {
    for (const DatasetSpec::Component& component : *components) {
      const bool strings = component.dtype == DType::kString;
      if (!strings && component.dtype != DType::kComplex64 &&
          component.dtype != DType::kComplex128) {
        continue;
      }
      const std::string kind = components == &spec.y ? "y" : "sample_weight";
      return {StatusCode::kFailedPrecondition,
              "the data's " + kind + (component.name.empty() ? "" : "/" + component.name) +
                  " holds " + (strings ? "strings" : std::string(DTypeName(component.dtype))) +
                  "; targets and weights must be real numbers"};
    }
  }
  return {};
}

AddedNames NamesOfAdded(const model::LoadedModel& model) {
  AddedNames added;
  added.loss =
      !model.loss_terms.empty() || std::any_of(model.variables.begin(), model.variables.end(),
                                               [](const model::ModelVariable& variable) {
                                                 return !variable.regularizer.empty();
                                               });
  for (const model::MetricTerm& term : model.metric_terms) added.metrics.push_back(term.name);
  return added;
}

Status EvaluationImpl::Prepare() {
  for (const std::string& note : model_->notes) base::Log(LogLevel::kWarning, "{}", note);
  for (const model::ModelVariable& variable : model_->variables)
    requests_.push_back(variable.request);
  for (const model::ModelState& state : model_->states) requests_.push_back(state.request);
  const DatasetSpec& spec = data_->spec();
  SIDECAR_RETURN_IF_ERROR(CheckTargets(spec));
  SIDECAR_RETURN_IF_ERROR(CheckBatchSize(*model_, spec));
  SIDECAR_ASSIGN_OR_RETURN(inputs_, BindInputs(model_->inputs, spec.x));

  std::vector<OutputSpec> outputs;
  for (const model::ModelOutput& output : model_->outputs) {
    outputs.push_back({output.name, output.dtype, output.shape, output.keras_dtype});
  }
  SIDECAR_ASSIGN_OR_RETURN(
      metrics_, CompiledMetrics::Create(
                    model_->compile_config, model_->keras_version, std::move(outputs), spec,
                    NamesOfAdded(*model_),
                    model_->compiled_by_user ? CompileOrigin::kUser : CompileOrigin::kModelFile));

  engine::EngineOptions engine_options;
  engine_options.threads = options_.threads.value_or(0);
  engine_options.batch_size = RowsOfBatches(*model_, spec);
  engine_options.states = GraphStates(*model_);
  engine_options.rows_independent = model_->rows_independent;
  engine_options.batches = NumBatches();
  DescribeParameters(engine_options);
  SIDECAR_ASSIGN_OR_RETURN(engine_,
                           engine::Engine::Create(model_->graph, std::move(engine_options)));
  return {};
}

// What the graph's parameters are given: data of the inputs, or what is computed from it.
void EvaluationImpl::DescribeParameters(engine::EngineOptions& options) const {
  const auto add = [&options](DType dtype, const Shape& shape) {
    options.input_dtypes.push_back(dtype);
    options.input_shapes.push_back(shape);
  };
  const model::HostPlan& host = model_->host;
  if (host.empty()) {
    for (const InputBinding& input : inputs_) add(input.dtype, input.sample_shape);
  }
  for (const std::size_t slot : host.parameters()) {
    if (host.IsInput(slot)) {
      add(inputs_[slot].dtype, inputs_[slot].sample_shape);
    } else {
      add(host.slot(slot).dtype, host.slot(slot).shape);
    }
  }
}

std::optional<std::int64_t> EvaluationImpl::NumBatches() const {
  const std::optional<std::int64_t> available = data_->spec().num_batches;
  if (!options_.steps) return available;
  return available ? std::min(*options_.steps, *available) : *options_.steps;
}

Result<std::optional<engine::InputBatch>> EvaluationImpl::NextBatch(Pass& pass) {
  if (pass.stop.requested() || (options_.steps && pass.fetched >= *options_.steps)) {
    return std::optional<engine::InputBatch>();
  }
  SIDECAR_ASSIGN_OR_RETURN(std::optional<Batch> batch, pass.batches->Next());
  if (!batch) return std::optional<engine::InputBatch>();
  ++pass.fetched;
  std::vector<Tensor> data;
  for (const InputBinding& binding : inputs_) {
    SIDECAR_ASSIGN_OR_RETURN(Tensor input, InputOf(*batch, binding));
    data.push_back(std::move(input));
  }
  SIDECAR_RETURN_IF_ERROR(
      CheckBatchRows(*model_, pass.fetched - 1, data.empty() ? 0 : data.front().shape()[0]));
  SIDECAR_ASSIGN_OR_RETURN_CONTEXT(engine::InputBatch inputs, model_->host.Run(std::move(data)),
                                   "batch " + std::to_string(pass.fetched - 1));
  pass.waiting.push_back(std::move(*batch));
  return std::optional<engine::InputBatch>(std::move(inputs));
}

Status EvaluationImpl::CheckRows(const engine::OutputBatch& results, std::int64_t index,
                                 std::int64_t rows) const {
  for (const model::GraphCheck& check : model_->checks) {
    const auto flags = results[check.result].values<std::int32_t>();
    const auto found =
        std::find_if(flags.begin(), flags.end(), [](auto flag) { return flag != 0; });
    if (found == flags.end()) continue;
    // Not what a graph made of the batch's rows, time steps that it put first for instance.
    const bool by_row = check.by_row && static_cast<std::int64_t>(flags.size()) == rows;
    const std::string sample =
        by_row ? "sample " + std::to_string(found - flags.begin()) + " of " : "";
    return {StatusCode::kFailedPrecondition,
            sample + "batch " + std::to_string(index) + ": " + check.message};
  }
  return {};
}

Status EvaluationImpl::ConsumeBatch(Pass& pass, std::int64_t index, std::int64_t rows,
                                    const engine::OutputBatch& results) {
  (void)pass.callbacks.OnTestBatchBegin(index,
                                        {});  // a CallbackList reports its members' failures itself
  SIDECAR_RETURN_IF_ERROR(CheckRows(results, index, rows));
  std::vector<OutputValue> outputs;
  for (const model::ModelOutput& output : model_->outputs) {
    OutputValue value;
    SIDECAR_ASSIGN_OR_RETURN(value.prediction,
                             tensor::Cast(results[output.result], DType::kFloat32));
    if (output.logits_result) value.logits = results[*output.logits_result];
    if (output.mask_result) value.mask = results[*output.mask_result];
    outputs.push_back(std::move(value));
  }
  SIDECAR_ASSIGN_OR_RETURN(AddedValues added, ReadAddedValues(*model_, results, rows));
  added.loss += pass.regularization;
  SIDECAR_RETURN_IF_ERROR_CONTEXT(metrics_->Update(outputs, pass.waiting.front(), rows, added),
                                  "batch " + std::to_string(index));
  pass.waiting.pop_front();
  ++pass.result.batches;
  pass.result.examples += rows;
  (void)pass.callbacks.OnTestBatchEnd(
      index, pass.callbacks.wants_batches() ? metrics_->Results() : Logs());
  return {};
}

void EvaluationImpl::WarnAboutMissingBatches(std::int64_t batches) const {
  if (!options_.steps || batches >= *options_.steps) return;
  base::Log(LogLevel::kWarning,
            "Your input ran out of data; interrupting training. --steps asks for {} batches, the "
            "data has {}.",
            *options_.steps, batches);
}

Result<EvaluationResult> EvaluationImpl::Run(std::span<const Tensor> weights,
                                             const EvaluationInfo& info, Callback& callbacks,
                                             const base::StopSignal& stop) {
  if (weights.size() != requests_.size()) {
    return Status(StatusCode::kInternal, "given " + std::to_string(weights.size()) +
                                             " weights, the model has " +
                                             std::to_string(requests_.size()));
  }
  const std::span<const Tensor> states = weights.subspan(model_->variables.size());
  weights = weights.first(model_->variables.size());
  SIDECAR_RETURN_IF_ERROR(engine_->SetWeights(weights));
  SIDECAR_RETURN_IF_ERROR(RestoreStates(*model_, states, *engine_));
  SIDECAR_ASSIGN_OR_RETURN(std::unique_ptr<BatchIterator> batches, data_->Begin());
  SIDECAR_ASSIGN_OR_RETURN(const float regularization,
                           RegularizationLoss(model_->variables, weights, model_->keras_version));
  Pass pass{callbacks, stop, std::move(batches), {}, 0, regularization, {}};
  pass.result.info = info;

  (void)callbacks.Begin(info, NumBatches());
  (void)callbacks.OnTestBegin({});
  metrics_->Reset();
  const auto start = std::chrono::steady_clock::now();
  SIDECAR_RETURN_IF_ERROR(
      engine_->Run([&] { return NextBatch(pass); },
                   [&](std::int64_t index, std::int64_t rows, const engine::OutputBatch& results) {
                     return ConsumeBatch(pass, index, rows, results);
                   }));
  pass.result.seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  if (stop.requested()) return Status(StatusCode::kCancelled, "stopped during an evaluation");
  if (pass.result.batches == 0) {
    return Status(StatusCode::kFailedPrecondition,
                  "the data is empty: expected at least one batch");
  }
  WarnAboutMissingBatches(pass.result.batches);
  pass.result.metrics = metrics_->Results();
  (void)callbacks.OnTestEnd(pass.result.metrics);
  (void)callbacks.End(pass.result);
  (void)callbacks.Flush();
  return std::move(pass.result);
}

// The model for the shapes and types of the data, where it waits for them.
Result<std::shared_ptr<const model::LoadedModel>> Finished(
    std::shared_ptr<const model::LoadedModel> model, const DatasetSpec& spec) {
  if (model->graph != nullptr || !model->finish) return model;
  std::vector<model::ModelInput> inputs = model->inputs;
  SIDECAR_ASSIGN_OR_RETURN(const std::vector<InputBinding> bindings, BindInputs(inputs, spec.x));
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    inputs[i].shape = bindings[i].sample_shape;
    if (inputs[i].declared) continue;
    // Keras converts floating data to its own float type.
    inputs[i].dtype = IsFloating(bindings[i].dtype) ? DType::kFloat32 : bindings[i].dtype;
  }
  SIDECAR_ASSIGN_OR_RETURN(const std::shared_ptr<model::LoadedModel> finished,
                           model->finish(inputs));
  finished->source = model->source;
  finished->compile_config = model->compile_config;
  finished->compiled_by_user = model->compiled_by_user;
  finished->keras_version_reason = model->keras_version_reason;
  return std::shared_ptr<const model::LoadedModel>(finished);
}

}  // namespace

Result<std::unique_ptr<Evaluation>> Evaluation::Create(
    std::shared_ptr<const model::LoadedModel> model, DatasetPtr data, EvaluationOptions options) {
  if (model == nullptr) return Status(StatusCode::kInvalidArgument, "there is no model");
  if (data == nullptr) return Status(StatusCode::kInvalidArgument, "there is no data");
  if (options.steps && *options.steps < 1) {
    return Status(StatusCode::kInvalidArgument,
                  "steps is " + std::to_string(*options.steps) + ", it must be at least 1");
  }
  SIDECAR_ASSIGN_OR_RETURN(model, Finished(std::move(model), data->spec()));
  if (model->graph == nullptr) return Status(StatusCode::kInvalidArgument, "there is no model");
  auto evaluation = std::make_unique<EvaluationImpl>(std::move(model), std::move(data), options);
  SIDECAR_RETURN_IF_ERROR(evaluation->Prepare());
  return std::unique_ptr<Evaluation>(std::move(evaluation));
}

}  // namespace sidecar::evaluate
