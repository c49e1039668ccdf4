// What a batch costs beside the engine's own run: the whole loop of an evaluation against the
// engine alone on the same batches, and against its losses and metrics alone on results of the
// engine that were kept. usage: overhead_benchmark WORKLOAD BATCH_SIZE
// [THREADS] [Google Benchmark's options]; WORKLOAD holds model.keras, data.npz, ckpts/.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "base/file_system.h"
#include "base/stop_signal.h"
#include "checkpoint/tf_checkpoint.h"
#include "engine/engine.h"
#include "evaluate/compiled_metrics.h"
#include "evaluate/evaluation.h"
#include "model/loaded_model.h"
#include "report/callback_list.h"
#include "sidecar/sidecar.h"

namespace sidecar {
namespace {

struct Workload {
  std::int64_t batch_size;
  int threads;
  Model model;
  DatasetPtr data;
  std::unique_ptr<evaluate::Evaluation> evaluation;
  std::vector<Tensor> weights;
};

Workload Load(const std::string& directory, std::int64_t batch_size, int threads) {
  Model model = Model::Load(directory + "/model.keras").value();
  DatasetPtr data = LoadDataset(directory + "/data.npz", batch_size).value();
  auto evaluation =
      evaluate::Evaluation::Create(model.loaded(), data, {std::nullopt, threads}).value();
  auto source = checkpoint::OpenTfCheckpoint(base::PosixFileSystem(), directory + "/ckpts/ckpt-1",
                                             std::nullopt)
                    .value();
  std::vector<Tensor> weights = source->Read(evaluation->requests()).value();
  return {batch_size,        threads, std::move(model), std::move(data), std::move(evaluation),
          std::move(weights)};
}

// Both count the time of the passes only, not of compiling the graph.
void EngineAlone(benchmark::State& state, const Workload& workload) {
  const DatasetSpec& spec = workload.data->spec();
  engine::EngineOptions options{
      workload.threads, workload.batch_size, true, {spec.x[0].dtype}, {spec.x[0].shape}};
  auto engine = engine::Engine::Create(workload.model.loaded()->graph, options).value();
  ThrowIfError(engine->SetWeights(workload.weights));
  std::int64_t batches = 0;
  for (auto _ : state) {
    auto iterator = workload.data->Begin().value();
    ThrowIfError(engine->Run(
        [&]() -> Result<std::optional<engine::InputBatch>> {
          auto batch = iterator->Next().value();
          if (!batch) return std::optional<engine::InputBatch>();
          return std::optional<engine::InputBatch>(std::move(batch->x));
        },
        [&](std::int64_t, std::int64_t, const engine::OutputBatch&) {
          ++batches;
          return Status();
        }));
  }
  state.counters["per_batch"] = benchmark::Counter(
      static_cast<double>(batches), benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

// The outputs of each batch, copied.
struct RecordedBatch {
  Batch batch;
  std::vector<evaluate::OutputValue> outputs;
  std::int64_t rows = 0;
};

Tensor Copy(const Tensor& tensor) {
  Tensor copy = Tensor::Zeros(tensor.dtype(), tensor.shape()).value();
  std::copy(tensor.bytes().begin(), tensor.bytes().end(), copy.mutable_bytes().begin());
  return copy;
}

std::vector<RecordedBatch> RecordBatches(const Workload& workload) {
  const model::LoadedModel& model = *workload.model.loaded();
  const DatasetSpec& spec = workload.data->spec();
  engine::EngineOptions options{
      workload.threads, workload.batch_size, true, {spec.x[0].dtype}, {spec.x[0].shape}};
  auto engine = engine::Engine::Create(model.graph, options).value();
  ThrowIfError(engine->SetWeights(workload.weights));
  std::vector<RecordedBatch> recorded;
  auto iterator = workload.data->Begin().value();
  ThrowIfError(engine->Run(
      [&]() -> Result<std::optional<engine::InputBatch>> {
        auto batch = iterator->Next().value();
        if (!batch) return std::optional<engine::InputBatch>();
        recorded.push_back({*batch, {}, 0});
        return std::optional<engine::InputBatch>(std::move(batch->x));
      },
      [&](std::int64_t index, std::int64_t rows, const engine::OutputBatch& results) {
        RecordedBatch& to = recorded[static_cast<std::size_t>(index)];
        to.rows = rows;
        for (const model::ModelOutput& output : model.outputs) {
          to.outputs.push_back({Copy(results[output.result]), std::nullopt, std::nullopt});
          if (output.logits_result) to.outputs.back().logits = Copy(results[*output.logits_result]);
        }
        return Status();
      }));
  return recorded;
}

// Losses and metrics of a pass with its results, without the engine.
void LossesAndMetrics(benchmark::State& state, const Workload& workload) {
  const model::LoadedModel& model = *workload.model.loaded();
  std::vector<evaluate::OutputSpec> outputs;
  for (const model::ModelOutput& output : model.outputs) {
    outputs.push_back({output.name, output.dtype, output.shape, output.keras_dtype});
  }
  auto metrics = evaluate::CompiledMetrics::Create(model.compile_config, model.keras_version,
                                                   std::move(outputs), workload.data->spec())
                     .value();
  const std::vector<RecordedBatch> recorded = RecordBatches(workload);
  for (auto _ : state) {
    metrics->Reset();
    for (const RecordedBatch& batch : recorded) {
      ThrowIfError(metrics->Update(batch.outputs, batch.batch, batch.rows, {}));
    }
    benchmark::DoNotOptimize(metrics->Results());
  }
  state.counters["per_batch"] = benchmark::Counter(
      static_cast<double>(recorded.size()),
      benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}

void WholeEvaluation(benchmark::State& state, const Workload& workload) {
  report::CallbackList callbacks({});
  const base::StopSignal stop;
  std::int64_t batches = 0;
  for (auto _ : state) {
    const EvaluationResult result =
        workload.evaluation->Run(workload.weights, {}, callbacks, stop).value();
    state.SetIterationTime(result.seconds);
    batches += result.batches;
  }
  state.counters["per_batch"] = benchmark::Counter(
      static_cast<double>(batches), benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

// The same with all that a new checkpoint needs beside its values: the compile of the graph, and
// results.
void Checkpoint(benchmark::State& state, const Workload& workload) {
  report::CallbackList callbacks({});
  const base::StopSignal stop;
  for (auto _ : state) {
    (void)workload.evaluation->Run(workload.weights, {}, callbacks, stop).value();
  }
}

void Register(const char* name, void (*function)(benchmark::State&, const Workload&),
              const Workload& workload, bool manual_time) {
  auto* const own = benchmark::RegisterBenchmark(
      name, [function, &workload](benchmark::State& state) { function(state, workload); });
  own->Unit(benchmark::kMicrosecond);
  own->ComputeStatistics("min", [](const std::vector<double>& times) {
    return *std::min_element(times.begin(), times.end());
  });
  if (manual_time) {
    own->UseManualTime();
  } else {
    own->MeasureProcessCPUTime()->UseRealTime();
  }
}

}  // namespace
}  // namespace sidecar

int main(int argc, char** argv) {
  using sidecar::Register;
  const std::int64_t batch_size = argc < 3 ? 0 : std::atoll(argv[2]);
  if (batch_size < 1) {
    std::fprintf(stderr, "usage: overhead_benchmark WORKLOAD BATCH_SIZE [THREADS]\n");
    return 64;
  }
  const int threads = argc < 4 ? 0 : std::atoi(argv[3]);
  const sidecar::Workload workload = sidecar::Load(argv[1], batch_size, std::max(threads, 1));
  Register("engine alone, a pass over the data", sidecar::EngineAlone, workload, false);
  Register("losses and metrics alone, with results", sidecar::LossesAndMetrics, workload, false);
  Register("whole evaluation, a pass over the data", sidecar::WholeEvaluation, workload, true);
  Register("whole evaluation, with compile and results", sidecar::Checkpoint, workload, false);
  const int used = threads > 0 ? 3 : 2;
  argc -= used;
  argv[used] = argv[0];
  benchmark::Initialize(&argc, argv + used);
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
