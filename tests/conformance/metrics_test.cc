// Losses and metrics against model.evaluate of real Keras 2 and Keras 3: tests/golden/metrics. The
// predictions are the inputs passed through the activation that the case's model ends in.
#include <gtest/gtest.h>
#include <zip.h>

#include <cmath>
#include <fstream>
#include <limits>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "data/npy.h"
#include "evaluate/compiled_metrics.h"

namespace sidecar::evaluate {
namespace {

using nlohmann::json;

// Losses and mean metrics agree within this, relative to the value (docs/numbers.md).
constexpr double kTolerance = 2e-6;

// Arrays of an .npz file by "CASE/x", "CASE/y/OUTPUT", ….
class Archive {
 public:
  explicit Archive(const std::string& path) : zip_(zip_open(path.c_str(), ZIP_RDONLY, nullptr)) {}
  ~Archive() { zip_discard(zip_); }
  Archive(const Archive&) = delete;
  Archive& operator=(const Archive&) = delete;

  [[nodiscard]] bool ok() const { return zip_ != nullptr; }

  // Members "<prefix>" or "<prefix>/NAME", as named tensors in the archive's order.
  [[nodiscard]] std::vector<NamedTensor> Find(const std::string& prefix) const {
    std::vector<NamedTensor> found;
    for (zip_int64_t i = 0; i < zip_get_num_entries(zip_, 0); ++i) {
      std::string name = zip_get_name(zip_, static_cast<zip_uint64_t>(i), 0);
      name = name.substr(0, name.rfind(".npy"));
      if (name == prefix) {
        found.push_back({"", Read(i)});
      } else if (name.starts_with(prefix + "/")) {
        found.push_back({name.substr(prefix.size() + 1), Read(i)});
      }
    }
    return found;
  }

 private:
  [[nodiscard]] Tensor Read(zip_int64_t index) const {
    zip_stat_t stat;
    zip_stat_index(zip_, static_cast<zip_uint64_t>(index), 0, &stat);
    const auto bytes = std::make_shared<std::vector<std::byte>>(stat.size);
    zip_file_t* file = zip_fopen_index(zip_, static_cast<zip_uint64_t>(index), 0);
    EXPECT_EQ(zip_fread(file, bytes->data(), stat.size), static_cast<zip_int64_t>(stat.size));
    zip_fclose(file);
    return data::ReadNpy(*bytes, bytes, stat.name).value();
  }

  zip_t* zip_;
};

// An output of the case's model: its name, and what it does to the input of that position.
struct CaseOutput {
  std::string name;
  std::string activation;
  std::string input;
};

// The outputs of a row: [name, activation] each, or a whole model whose last layers tell.
std::vector<CaseOutput> ReadOutputs(const json& row) {
  std::vector<CaseOutput> outputs;
  if (row.contains("outputs")) {
    for (const json& output : row["outputs"]) {
      outputs.push_back({output[0], output[1], ""});
      if (row["outputs"].size() > 1) outputs.back().input = outputs.back().name + "_in";
    }
    return outputs;
  }
  const json& model = row["model"];
  json ends = model["config"]["output_layers"];
  if (ends[0].is_string()) ends = json::array({ends});
  for (const json& end : ends) {
    for (const json& layer : model["config"]["layers"]) {
      if (layer["config"]["name"] != end[0]) continue;
      CaseOutput output;
      output.name = end[0];
      output.activation = layer["class_name"] == "Softmax"
                              ? "softmax"
                              : layer["config"]["activation"].get<std::string>();
      output.input = ends.size() == 1 ? "" : output.name + "_in";
      outputs.push_back(output);
    }
  }
  return outputs;
}

std::vector<float> Softmax(std::span<const float> x, std::size_t classes) {
  std::vector<float> result(x.size());
  for (std::size_t row = 0; row < x.size(); row += classes) {
    float greatest = x[row];
    for (std::size_t i = row; i < row + classes; ++i) greatest = std::max(greatest, x[i]);
    float sum = 0;
    for (std::size_t i = row; i < row + classes; ++i) sum += std::exp(x[i] - greatest);
    for (std::size_t i = row; i < row + classes; ++i) {
      result[i] = std::exp(x[i] - greatest) / sum;
    }
  }
  return result;
}

OutputValue Predict(const Tensor& x, const std::string& activation) {
  if (activation == "linear") return {x, std::nullopt};
  const std::span<const float> values = x.values<float>();
  std::vector<float> result;
  if (activation == "softmax") {
    result = Softmax(values, static_cast<std::size_t>(x.shape()[x.shape().rank() - 1]));
  } else {
    for (const float value : values) result.push_back(1 / (1 + std::exp(-value)));
  }
  return {Tensor::FromValues<float>(x.shape(), result).value(), x};
}

double ReadNumber(const json& value) {
  if (!value.is_string()) return value.get<double>();
  if (value == "nan") return std::nan("");
  return value == "inf" ? std::numeric_limits<double>::infinity()
                        : -std::numeric_limits<double>::infinity();
}

void ExpectNumber(double value, const json& expected, const std::string& name, double scale) {
  const double wanted = ReadNumber(expected);
  if (!std::isfinite(wanted)) {
    EXPECT_TRUE(value == wanted || (std::isnan(value) && std::isnan(wanted)))
        << name << " is " << value << ", Keras has " << wanted;
  } else {
    EXPECT_NEAR(value, wanted, kTolerance * std::max(std::fabs(wanted), scale)) << name;
  }
}

void ExpectLogs(const Logs& logs, const json& expected, double scale) {
  ASSERT_EQ(logs.size(), expected.size());
  for (std::size_t i = 0; i < logs.size(); ++i) {
    const std::string name = expected[i][0];
    EXPECT_EQ(logs[i].first, name);
    const auto* const numbers = std::get_if<std::vector<double>>(&logs[i].second);
    ASSERT_EQ(numbers != nullptr, expected[i][1].is_array()) << name;
    if (numbers == nullptr) {
      ExpectNumber(std::get<double>(logs[i].second), expected[i][1], name, scale);
      continue;
    }
    ASSERT_EQ(numbers->size(), expected[i][1].size()) << name;
    for (std::size_t k = 0; k < numbers->size(); ++k) {
      ExpectNumber((*numbers)[k], expected[i][1][k], name, scale);
    }
  }
}

class Case {
 public:
  Case(const json& row, const Archive& archive, double scale)
      : row_(row),
        scale_(scale),
        outputs_(ReadOutputs(row)),
        x_(archive.Find(row["name"].get<std::string>() + "/x")),
        y_(archive.Find(row["name"].get<std::string>() + "/y")),
        weights_(archive.Find(row["name"].get<std::string>() + "/sample_weight")),
        mask_(archive.Find(row["name"].get<std::string>() + "/mask")) {}

  void Run() {
    const auto version = row_["keras"] == 2 ? KerasVersion::kKeras2 : KerasVersion::kKeras3;
    Result<std::unique_ptr<CompiledMetrics>> metrics =
        CompiledMetrics::Create(row_["compile"].dump(), version, OutputSpecs(), Spec());
    ASSERT_TRUE(metrics.ok()) << metrics.status();
    // Twice: an evaluation leaves nothing behind.
    for (int pass = 0; pass < 2; ++pass) {
      (*metrics)->Reset();
      const std::int64_t size = row_["batch_size"];
      const std::int64_t rows = x_[0].tensor.shape()[0];
      std::size_t index = 0;
      for (std::int64_t begin = 0; begin < rows; begin += size, ++index) {
        const std::int64_t end = std::min(begin + size, rows);
        UpdateWith(**metrics, begin, end);
        if (HasFatalFailure()) return;
        ExpectLogs((*metrics)->Results(), row_["batch_logs"][index], scale_);
      }
      ExpectLogs((*metrics)->Results(), row_["results"], scale_);
    }
  }

 private:
  [[nodiscard]] static bool HasFatalFailure() { return testing::Test::HasFatalFailure(); }

  [[nodiscard]] const Tensor& InputOf(const CaseOutput& output) const {
    for (const NamedTensor& input : x_) {
      if (input.name == output.input) return input.tensor;
    }
    return x_[0].tensor;
  }

  [[nodiscard]] std::vector<OutputSpec> OutputSpecs() const {
    std::vector<OutputSpec> specs;
    for (const CaseOutput& output : outputs_) {
      specs.push_back({output.name, DType::kFloat32, InputOf(output).shape().WithoutFirst()});
    }
    return specs;
  }

  static std::vector<DatasetSpec::Component> Components(const std::vector<NamedTensor>& tensors) {
    std::vector<DatasetSpec::Component> components;
    for (const NamedTensor& item : tensors) {
      components.push_back({item.name, item.tensor.dtype(), item.tensor.shape().WithoutFirst()});
    }
    return components;
  }

  [[nodiscard]] DatasetSpec Spec() const {
    DatasetSpec spec;
    spec.x = Components(x_);
    spec.y = Components(y_);
    spec.sample_weight = Components(weights_);
    spec.batch_size = row_["batch_size"];
    return spec;
  }

  void UpdateWith(CompiledMetrics& metrics, std::int64_t begin, std::int64_t end) const {
    std::vector<OutputValue> outputs;
    for (const CaseOutput& output : outputs_) {
      outputs.push_back(Predict(InputOf(output).Slice(begin, end).value(), output.activation));
      if (!mask_.empty()) outputs.back().mask = mask_[0].tensor.Slice(begin, end).value();
    }
    Batch batch;
    for (const NamedTensor& y : y_) batch.y.push_back(y.tensor.Slice(begin, end).value());
    for (const NamedTensor& weight : weights_) {
      batch.sample_weight.push_back(weight.tensor.Slice(begin, end).value());
    }
    const Status status = metrics.Update(outputs, batch, end - begin, {});
    ASSERT_TRUE(status.ok()) << status;
  }

  const json& row_;
  double scale_;  // smaller values may be as far from Keras's as this one
  std::vector<CaseOutput> outputs_;
  std::vector<NamedTensor> x_;
  std::vector<NamedTensor> y_;
  std::vector<NamedTensor> weights_;
  std::vector<NamedTensor> mask_;
};

// A file of tests/golden/metrics: the group's name ("" for the first), the Keras, and at least how
// many cases it has.
struct Group {
  std::string name;
  int keras;
  std::size_t least;
  /// Values smaller than this may be as far from Keras's as it: counts of weights are differences
  /// of float32 sums, and rounding leaves something where the difference is 0.
  double scale = 1e-2;
};

class MetricsConformance : public testing::TestWithParam<Group> {};

TEST_P(MetricsConformance, AgreesWithEvaluateAfterEveryBatch) {
  const Group& group = GetParam();
  const std::string base = std::string(SIDECAR_TEST_DATA) + "/metrics/" + group.name +
                           (group.name.empty() ? "keras" : ".keras") + std::to_string(group.keras);
  std::ifstream file(base + ".json");
  const json rows = json::parse(file);
  const Archive archive(base + ".npz");
  ASSERT_TRUE(archive.ok());
  ASSERT_GE(rows.size(), group.least);
  for (const json& row : rows) {
    SCOPED_TRACE(row["name"].get<std::string>());
    Case(row, archive, group.scale).Run();
  }
}

std::vector<Group> Groups() {
  std::vector<Group> groups;
  for (const int keras : {2, 3}) {
    groups.push_back({"", keras, 200});
    groups.push_back({"losses", keras, 100});
    groups.push_back({"confusion", keras, 100, 3});
    groups.push_back({"scores", keras, 50, 5e-2});
    groups.push_back({"masks", keras, 25});
    groups.push_back({"arguments", keras, 60});
  }
  return groups;
}

INSTANTIATE_TEST_SUITE_P(Keras, MetricsConformance, testing::ValuesIn(Groups()),
                         [](const auto& group) {
                           return group.param.name + "_keras" + std::to_string(group.param.keras);
                         });

}  // namespace
}  // namespace sidecar::evaluate
