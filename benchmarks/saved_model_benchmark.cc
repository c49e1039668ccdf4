// What a SavedModel costs: reading it once, and each checkpoint after that.
// usage: saved_model_benchmark WORKLOAD THREADS; WORKLOAD holds model/, compile.json, data.npz,
// ckpts/. Prints a JSON line as saved_model_workloads.py does.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>

#include "base/file_system.h"
#include "base/stop_signal.h"
#include "checkpoint/tf_checkpoint.h"
#include "evaluate/evaluation.h"
#include "model/loaded_model.h"
#include "report/callback_list.h"
#include "sidecar/sidecar.h"

namespace sidecar {
namespace {

constexpr std::int64_t kBatchSize = 16;

using Clock = std::chrono::steady_clock;

double Since(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

double PeakMegabytes() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmHWM:")) return std::strtod(line.c_str() + 6, nullptr) / 1024;
  }
  return 0;
}

std::string MetricsJson(const Logs& metrics) {
  std::string text;
  for (const auto& [name, value] : metrics)
    text +=
        (text.empty() ? "\"" : ", \"") + name + "\": " + std::to_string(std::get<double>(value));
  return "{" + text + "}";
}

void Measure(const std::string& directory, int threads) {
  const Clock::time_point start = Clock::now();
  Model model = Model::Load(directory + "/model", {.keras_version = KerasVersion::kKeras2}).value();
  const double import_seconds = Since(start);
  std::ifstream compile(directory + "/compile.json");
  ThrowIfError(model.CompileFromJson({std::istreambuf_iterator<char>(compile), {}}));
  const DatasetPtr data = LoadDataset(directory + "/data.npz", kBatchSize).value();
  const auto evaluation =
      evaluate::Evaluation::Create(model.loaded(), data, {std::nullopt, threads}).value();
  std::string seconds;
  std::string metrics;
  base::FileSystem& fs = base::PosixFileSystem();
  report::CallbackList callbacks({});
  const base::StopSignal stop;
  for (int number = 1;; ++number) {
    const std::string prefix = directory + "/ckpts/ckpt-" + std::to_string(number);
    if (!fs.Stat(prefix + ".index").ok()) break;
    const Clock::time_point begin = Clock::now();
    const auto source = checkpoint::OpenTfCheckpoint(fs, prefix, std::nullopt).value();
    const std::vector<Tensor> values = source->Read(evaluation->requests()).value();
    const EvaluationResult result = evaluation->Run(values, {}, callbacks, stop).value();
    seconds += (seconds.empty() ? "" : ", ") + std::to_string(Since(begin));
    metrics += (metrics.empty() ? "" : ", ") + MetricsJson(result.metrics);
    std::fprintf(stderr, "ckpt-%d: %.0f ms, of which %.0f ms are batches\n", number,
                 Since(begin) * 1000, result.seconds * 1000);
  }
  std::printf(R"({"import": %f, "checkpoints": [%s], "metrics": [%s], "peak_mb": %f})"
              "\n",
              import_seconds, seconds.c_str(), metrics.c_str(), PeakMegabytes());
}

}  // namespace
}  // namespace sidecar

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: saved_model_benchmark WORKLOAD THREADS\n");
    return 64;
  }
  sidecar::Measure(argv[1], std::atoi(argv[2]));
  return 0;
}
