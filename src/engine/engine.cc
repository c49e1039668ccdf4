#include "engine/engine.h"

#include <algorithm>
#include <cstring>
#include <deque>
#include <exception>
#include <openvino/runtime/core.hpp>
#include <openvino/runtime/properties.hpp>

#include "base/status_macros.h"
#include "engine/graph_preparation.h"
#include "tensor/convert.h"

namespace sidecar::engine {
namespace {

/// OpenVINO's texts name source positions line by line before they say what is wrong: the message
/// is the first line that does not, the next one becomes a detail.
Status FromException(const std::exception& error, StatusCode code, const std::string& doing) {
  std::string_view text = error.what();
  std::vector<std::string> lines;
  while (!text.empty()) {
    const std::size_t newline = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, newline);
    text.remove_prefix(std::min(newline + 1, text.size()));
    if (!line.empty() && !line.starts_with("Exception from ")) lines.emplace_back(line);
  }
  std::string message = lines.empty() ? error.what() : lines.front();
  std::vector<std::string> details(
      lines.begin() + (lines.empty() ? 0 : 1),
      lines.begin() + static_cast<std::ptrdiff_t>(std::min<std::size_t>(lines.size(), 2)));
  return {code, doing + ": " + message, std::move(details)};
}

ov::Core& SharedCore() {
  static ov::Core core;
  return core;
}

// One infer request and what it works on.
struct Slot {
  ov::InferRequest request;
  InputBatch batch;            // keeps the rows alive that the request reads
  std::vector<Tensor> padded;  // buffers of full batches for short ones, reused
  std::int64_t rows = 0;
};

// The graph compiled for one set of input shapes.
struct Variant {
  std::vector<Shape> input_shapes;  // with the batch dimension
  ov::CompiledModel compiled;
  std::vector<Slot> slots;
  std::size_t next_slot = 0;
};

class OpenVinoEngine final : public Engine {
 public:
  OpenVinoEngine(std::shared_ptr<const ov::Model> graph, EngineOptions options)
      : graph_(std::move(graph)), options_(std::move(options)) {
    threads_ = options_.threads > 0 ? options_.threads : UsableThreads();
  }

  Status Prepare();
  Status SetWeights(std::span<const Tensor> values) override;
  Status Run(const Producer& next, const Consumer& consume) override;
  [[nodiscard]] std::string precision() const override { return precision_; }
  [[nodiscard]] int threads() const override { return threads_; }

 private:
  // A batch on its way: where its results will be.
  struct InFlight {
    std::shared_ptr<Variant> variant;
    std::size_t slot;
    std::int64_t index;
  };

  [[nodiscard]] Result<std::vector<Tensor>> ConvertInputs(InputBatch batch) const;
  [[nodiscard]] Result<std::vector<Shape>> CompiledShapes(const InputBatch& batch) const;
  Result<std::shared_ptr<Variant>> VariantFor(const std::vector<Shape>& shapes);
  Result<std::shared_ptr<Variant>> Compile(const std::vector<Shape>& shapes);
  Status CheckPrecision(const ov::CompiledModel& compiled);
  Status Start(Variant& variant, Slot& slot, InputBatch batch);
  Result<OutputBatch> Finish(const InFlight& flight);
  Status RunLoop(const Producer& next, const Consumer& consume, std::deque<InFlight>& flights);
  Status Submit(InputBatch batch, std::int64_t index, std::deque<InFlight>& flights);

  std::shared_ptr<const ov::Model> graph_;
  EngineOptions options_;
  int threads_ = 1;
  std::vector<DType> graph_input_types_;  // what the compiled graph takes
  std::vector<Tensor> values_;            // the constants of all compiled variants refer to these
  bool has_weights_ = false;
  std::vector<std::shared_ptr<Variant>> variants_;
  std::string precision_;
};

Status OpenVinoEngine::Prepare() {
  const std::size_t count = graph_->get_parameters().size();
  if (options_.input_dtypes.size() != count || options_.input_shapes.size() != count) {
    return {StatusCode::kInternal, "the graph has " + std::to_string(count) +
                                       " inputs, described are " +
                                       std::to_string(options_.input_dtypes.size())};
  }
  if (options_.batch_size < 1)
    return {StatusCode::kInvalidArgument, "the batch size must be at least 1"};
  for (std::size_t i = 0; i < count; ++i) {
    const DType given = options_.input_dtypes[i];
    const DType wanted = FromElementType(graph_->get_parameters()[i]->get_element_type());
    graph_input_types_.push_back(IsGraphInputType(given) ? given : wanted);
  }
  return {};
}

Status OpenVinoEngine::SetWeights(std::span<const Tensor> values) {
  // The old graphs go first: at no time are there two sets of weights in memory.
  has_weights_ = false;
  variants_.clear();
  values_.clear();
  const std::vector<DType> types = PlaceholderTypes(*graph_, values.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (types[i] == DType::kInvalid) {
      values_.emplace_back();
      continue;
    }
    SIDECAR_ASSIGN_OR_RETURN(Tensor value, tensor::Cast(values[i], types[i]));
    values_.push_back(std::move(value));
  }
  has_weights_ = true;
  if (std::all_of(options_.input_shapes.begin(), options_.input_shapes.end(),
                  [](const Shape& shape) { return shape.is_static(); })) {
    std::vector<Shape> shapes;
    for (const Shape& shape : options_.input_shapes)
      shapes.push_back(shape.WithFirst(options_.batch_size));
    const auto variant = VariantFor(shapes);
    has_weights_ = variant.ok();
    return variant.status();
  }
  return {};
}

Result<std::shared_ptr<Variant>> OpenVinoEngine::VariantFor(const std::vector<Shape>& shapes) {
  for (const std::shared_ptr<Variant>& variant : variants_) {
    if (variant->input_shapes == shapes) return variant;
  }
  // Data with ever new shapes must not fill the memory with compiled graphs: the oldest goes.
  // Batches in flight keep theirs alive.
  constexpr std::size_t kMaxVariants = 8;
  if (variants_.size() >= kMaxVariants) variants_.erase(variants_.begin());
  SIDECAR_ASSIGN_OR_RETURN(std::shared_ptr<Variant> variant, Compile(shapes));
  variants_.push_back(variant);
  return variant;
}

Result<std::shared_ptr<Variant>> OpenVinoEngine::Compile(const std::vector<Shape>& shapes) {
  try {
    const std::shared_ptr<ov::Model> graph = WithInputs(*graph_, graph_input_types_, shapes);
    SIDECAR_RETURN_IF_ERROR(PutVariables(*graph, values_));
    auto variant = std::make_shared<Variant>();
    variant->input_shapes = shapes;
    variant->compiled = SharedCore().compile_model(
        graph, "CPU", ov::hint::inference_precision(ov::element::f32),
        ov::hint::execution_mode(ov::hint::ExecutionMode::ACCURACY), ov::num_streams(threads_),
        ov::inference_num_threads(threads_), ov::hint::enable_cpu_pinning(false));
    SIDECAR_RETURN_IF_ERROR(CheckPrecision(variant->compiled));
    // One request more than there are streams: the next batch is queued while the last one's
    // results are used.
    variant->slots.resize(static_cast<std::size_t>(threads_) + 1);
    for (Slot& slot : variant->slots) slot.request = variant->compiled.create_infer_request();
    return variant;
  } catch (const std::exception& error) {
    return FromException(error, StatusCode::kInternal, "compiling the model failed");
  }
}

Status OpenVinoEngine::CheckPrecision(const ov::CompiledModel& compiled) {
  const auto precision = compiled.get_property(ov::hint::inference_precision);
  const auto mode = compiled.get_property(ov::hint::execution_mode);
  precision_ = precision.to_string();
  if (precision != ov::element::f32 || mode != ov::hint::ExecutionMode::ACCURACY) {
    return {StatusCode::kInternal, "the CPU device computes in " + precision_ +
                                       ", not in f32: its numbers would not be Keras's"};
  }
  return {};
}

Result<std::vector<Tensor>> OpenVinoEngine::ConvertInputs(InputBatch batch) const {
  if (batch.size() != graph_input_types_.size()) {
    return Status(StatusCode::kInternal, "a batch has " + std::to_string(batch.size()) +
                                             " inputs, the graph " +
                                             std::to_string(graph_input_types_.size()));
  }
  for (std::size_t i = 0; i < batch.size(); ++i) {
    SIDECAR_ASSIGN_OR_RETURN(batch[i], tensor::Cast(batch[i], graph_input_types_[i]));
  }
  return batch;
}

// The shapes a batch is computed with: its own, or with the rows of a full batch where it may be
// padded.
Result<std::vector<Shape>> OpenVinoEngine::CompiledShapes(const InputBatch& batch) const {
  std::vector<Shape> shapes;
  for (const Tensor& input : batch) {
    if (input.shape().rank() == 0 || input.shape()[0] != batch.front().shape()[0]) {
      return Status(StatusCode::kInternal, "the inputs of a batch differ in their number of rows");
    }
    if (input.shape()[0] > options_.batch_size) {
      return Status(StatusCode::kFailedPrecondition,
                    "a batch has " + std::to_string(input.shape()[0]) + " samples, at most " +
                        std::to_string(options_.batch_size) + " were announced");
    }
    const bool pad = options_.rows_independent;
    shapes.push_back(pad ? input.shape().WithoutFirst().WithFirst(options_.batch_size)
                         : input.shape());
  }
  return shapes;
}

Status OpenVinoEngine::Start(Variant& variant, Slot& slot, InputBatch batch) {
  slot.rows = batch.empty() ? 0 : batch.front().shape()[0];
  slot.batch = std::move(batch);
  slot.padded.resize(slot.batch.size());
  for (std::size_t i = 0; i < slot.batch.size(); ++i) {
    const Tensor* input = &slot.batch[i];
    const Shape& shape = variant.input_shapes[i];
    if (input->shape() != shape) {
      Tensor& padded = slot.padded[i];
      if (padded.shape() != shape || padded.dtype() != input->dtype()) {
        SIDECAR_ASSIGN_OR_RETURN(padded, Tensor::Zeros(input->dtype(), shape));
      }
      // Rows beyond the batch's own hold zeros or an earlier short batch's rows: valid values,
      // results dropped.
      std::memcpy(padded.mutable_bytes().data(), input->bytes().data(), input->size_bytes());
      input = &padded;
    }
    auto* data = const_cast<std::byte*>(
        input->bytes().data());  // NOLINT(cppcoreguidelines-pro-type-const-cast)
    slot.request.set_input_tensor(
        i, ov::Tensor(ToElementType(input->dtype()), ToOvShape(shape), data));
  }
  slot.request.start_async();
  return {};
}

Result<OutputBatch> OpenVinoEngine::Finish(const InFlight& flight) {
  Slot& slot = flight.variant->slots[flight.slot];
  slot.request.wait();
  OutputBatch outputs;
  const std::size_t count = flight.variant->compiled.outputs().size();
  for (std::size_t i = 0; i < count; ++i) {
    const ov::Tensor result = slot.request.get_output_tensor(i);
    const ov::Shape shape = result.get_shape();  // asked once: each call makes a dynamic one anew
    std::vector<std::int64_t> sizes(shape.begin(), shape.end());
    const std::span bytes(static_cast<const std::byte*>(result.data()), result.get_byte_size());
    SIDECAR_ASSIGN_OR_RETURN(Tensor output,
                             Tensor::Borrow(FromElementType(result.get_element_type()),
                                            Shape(std::move(sizes)), bytes, nullptr));
    if (output.shape().rank() > 0 && slot.rows < output.shape()[0]) {
      SIDECAR_ASSIGN_OR_RETURN(output, output.Slice(0, slot.rows));
    }
    outputs.push_back(std::move(output));
  }
  return outputs;
}

Status OpenVinoEngine::Submit(InputBatch batch, std::int64_t index, std::deque<InFlight>& flights) {
  SIDECAR_ASSIGN_OR_RETURN(batch, ConvertInputs(std::move(batch)));
  SIDECAR_ASSIGN_OR_RETURN(const std::vector<Shape> shapes, CompiledShapes(batch));
  SIDECAR_ASSIGN_OR_RETURN(std::shared_ptr<Variant> variant, VariantFor(shapes));
  const std::size_t slot = variant->next_slot;
  variant->next_slot = (slot + 1) % variant->slots.size();
  SIDECAR_RETURN_IF_ERROR(Start(*variant, variant->slots[slot], std::move(batch)));
  flights.push_back({variant, slot, index});
  return {};
}

Status OpenVinoEngine::RunLoop(const Producer& next, const Consumer& consume,
                               std::deque<InFlight>& flights) {
  const std::size_t max_in_flight = static_cast<std::size_t>(threads_) + 1;
  std::int64_t index = 0;
  for (bool more = true; more || !flights.empty();) {
    if (more && flights.size() < max_in_flight) {
      SIDECAR_ASSIGN_OR_RETURN(std::optional<InputBatch> batch, next());
      more = batch.has_value();
      if (more) SIDECAR_RETURN_IF_ERROR(Submit(std::move(*batch), index++, flights));
      continue;
    }
    const InFlight flight = flights.front();
    SIDECAR_ASSIGN_OR_RETURN(const OutputBatch outputs, Finish(flight));
    const Slot& slot = flight.variant->slots[flight.slot];
    SIDECAR_RETURN_IF_ERROR(consume(flight.index, slot.rows, outputs));
    flights.pop_front();  // only now may the slot be used again
  }
  return {};
}

Status OpenVinoEngine::Run(const Producer& next, const Consumer& consume) {
  if (!has_weights_) return {StatusCode::kInternal, "the engine has no weights"};
  std::deque<InFlight> flights;
  Status status;
  try {
    status = RunLoop(next, consume, flights);
  } catch (const std::exception& error) {
    status = FromException(error, StatusCode::kInternal, "running the model failed");
  }
  for (const InFlight& flight : flights) {
    try {
      flight.variant->slots[flight.slot].request.wait();
    } catch (const std::exception&) {  // the first error is the one reported
    }
  }
  return status;
}

}  // namespace

Result<std::unique_ptr<Engine>> Engine::Create(std::shared_ptr<const ov::Model> graph,
                                               EngineOptions options) {
  try {
    auto engine = std::make_unique<OpenVinoEngine>(std::move(graph), std::move(options));
    SIDECAR_RETURN_IF_ERROR(engine->Prepare());
    return std::unique_ptr<Engine>(std::move(engine));
  } catch (const std::exception& error) {
    return FromException(error, StatusCode::kInternal, "preparing the model failed");
  }
}

}  // namespace sidecar::engine
