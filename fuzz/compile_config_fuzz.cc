// Compile configs from model files, --compile, --loss and --metrics: what is accepted must also
// compute. The first byte chooses Keras version, number of outputs, weights
// and masks.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "evaluate/compile_config.h"
#include "evaluate/compiled_metrics.h"

namespace {

using sidecar::DType;
using sidecar::Shape;
using sidecar::Tensor;

struct Model {
  std::vector<sidecar::evaluate::OutputSpec> outputs;
  std::vector<sidecar::evaluate::OutputValue> values;
  sidecar::DatasetSpec data;
  sidecar::Batch batch;
};

Model MakeModel(std::uint8_t choice) {
  const Tensor prediction =
      Tensor::FromValues<float>(Shape{2, 3}, {0.2F, 0.5F, 0.3F, 0.1F, 0.1F, 0.8F}).value();
  const Tensor dense = Tensor::FromValues<float>(Shape{2, 3}, {0, 1, 0, 0, 0, 1}).value();
  const Tensor sparse = Tensor::FromValues<std::int64_t>(Shape{2}, {1, 2}).value();
  const Tensor weight = Tensor::FromValues<float>(Shape{2}, {0.5F, 2}).value();
  Model model;
  const int outputs = (choice & 2) != 0 ? 2 : 1;
  for (int i = 0; i < outputs; ++i) {
    const std::string name = i == 0 ? "out" : "aux";
    const Tensor& labels = (choice & 4) != 0 ? sparse : dense;
    const DType keras_dtype = (choice & 64) != 0 ? DType::kFloat16 : DType::kFloat32;
    model.outputs.push_back({name, DType::kFloat32, Shape{3}, keras_dtype});
    model.values.push_back({prediction, std::nullopt});
    if ((choice & 8) != 0) model.values.back().logits = prediction;
    if ((choice & 32) != 0) {
      model.values.back().mask = Tensor::FromValues<std::int64_t>(Shape{2}, {1, 0}).value();
    }
    model.data.y.push_back({name, labels.dtype(), labels.shape().WithoutFirst()});
    model.batch.y.push_back(labels);
    if ((choice & 16) == 0) continue;
    model.data.sample_weight.push_back({name, DType::kFloat32, Shape{}});
    model.batch.sample_weight.push_back(weight);
  }
  return model;
}

void EvaluateWith(const std::string& config, std::uint8_t choice) {
  const auto version =
      (choice & 1) != 0 ? sidecar::KerasVersion::kKeras3 : sidecar::KerasVersion::kKeras2;
  const Model model = MakeModel(choice);
  auto metrics =
      sidecar::evaluate::CompiledMetrics::Create(config, version, model.outputs, model.data);
  if (!metrics.ok()) return;
  (*metrics)->Reset();
  for (int i = 0; i < 2; ++i) {
    // Labels can still be refused, but nothing that shapes could have told before.
    if (!(*metrics)->Update(model.values, model.batch, 2, {0.25F}).ok()) return;
  }
  if ((*metrics)->Results().empty()) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string text(reinterpret_cast<const char*>(data) + 1, size - 1);
  EvaluateWith(text, data[0]);
  sidecar::evaluate::CompileOverrides overrides;
  overrides.file_text = text;
  const sidecar::Result<std::string> from_file = MergeCompileConfig("", overrides);
  if (from_file.ok() && !from_file->empty() &&
      !sidecar::evaluate::CheckCompileConfig(*from_file, "merged", sidecar::StatusCode::kDataLoss)
           .ok()) {
    std::abort();
  }
  overrides.file_text.reset();
  overrides.loss = text;
  overrides.metrics = std::vector<std::string>{text};
  const sidecar::Result<std::string> from_options = MergeCompileConfig(text, overrides);
  if (from_options.ok()) EvaluateWith(*from_options, data[0]);
  return 0;
}
