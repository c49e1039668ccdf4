// The example of tf.keras.experimental.SidecarEvaluator's documentation, in C++: a model built in
// code, data from arrays, and an evaluator that follows the checkpoints of a training job. train.py
// beside this file is that training job.
//
// usage: minimal CHECKPOINT_DIR LOG_DIR [MAX_EVALUATIONS]
#include <sidecar/sidecar.h>

#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <string_view>
#include <vector>

namespace {

constexpr std::int64_t kSamples = 1000;
constexpr std::int64_t kFeatures = 4;

// The same arrays as in train.py: points, labelled by which third of their sum's range they are in.
sidecar::DatasetPtr MakeData() {
  std::vector<float> x;
  std::vector<std::int64_t> y;
  for (std::int64_t i = 0; i < kSamples; ++i) {
    float sum = 0;
    for (std::int64_t j = 0; j < kFeatures; ++j) {
      x.push_back(static_cast<float>((i * (2 * j + 3)) % 17) / 16.0F);
      sum += x.back();
    }
    y.push_back(sum < 1.5F ? 0 : sum < 2.5F ? 1 : 2);
  }
  // value() throws where a Result has no value: the way for programs that use exceptions.
  return sidecar::DatasetFromArrays(sidecar::Tensor::FromValues({kSamples, kFeatures}, x).value(),
                                    sidecar::Tensor::FromValues({kSamples}, y).value(),
                                    /*batch_size=*/32)
      .value();
}

int Run(const char* checkpoint_dir, const char* log_dir, std::int64_t max_evaluations) {
  using namespace sidecar;  // NOLINT(google-build-using-namespace)

  Model model = Model::Sequential({
                                      layers::Input({kFeatures}),
                                      layers::Dense(16, {.activation = "relu"}),
                                      layers::Dense(3, {.activation = "softmax"}),
                                  })
                    .value();
  ThrowIfError(model.Compile({
      .loss = losses::SparseCategoricalCrossentropy(),
      .metrics = {metrics::SparseCategoricalAccuracy("eval_metrics")},
  }));

  SidecarEvaluator evaluator(
      model, MakeData(), checkpoint_dir,
      {
          .steps = std::nullopt,               // all data
          .max_evaluations = max_evaluations,  // stop after the checkpoint with this number
          .callbacks = {TensorBoard(log_dir),
                        LambdaCallback({.on_test_end =
                                            [](const Logs& logs) {
                                              for (const auto& [name, value] : logs) {
                                                std::cout << name << '=' << std::get<double>(value)
                                                          << ' ';
                                              }
                                              std::cout << std::endl;
                                            }})},
      });
  const Status status = evaluator.Start();
  if (!status.ok()) std::cerr << status << '\n';
  return ExitCode(status.code());
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3 || argc > 4) {
    std::cerr << "usage: minimal CHECKPOINT_DIR LOG_DIR [MAX_EVALUATIONS]\n";
    return 64;
  }
  // The library never prints: log lines go where the program wants them.
  sidecar::SetLogSink([](sidecar::LogLevel, std::string_view line) { std::cerr << line << '\n'; });
  try {
    return Run(argv[1], argv[2], argc == 4 ? std::atoll(argv[3]) : 0);
  } catch (const sidecar::BadResult& error) {
    std::cerr << error.status() << '\n';
    return sidecar::ExitCode(error.status().code());
  }
}
