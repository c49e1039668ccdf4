// Where samples come from: arrays, generators, files, or an implementation of Dataset of your own.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sidecar/status.h"
#include "sidecar/tensor.h"

namespace sidecar {

/// One input, target or weight. `name` is the input layer's or output's name, a position ("0", "1",
/// …), or empty where there is only one.
struct NamedTensor {
  std::string name;
  Tensor tensor;
};

/// Some samples: every tensor's first dimension is the number of samples. Components come in the
/// order of the dataset's spec.
struct Batch {
  std::vector<Tensor> x = {};
  std::vector<Tensor> y = {};              ///< empty: no targets
  std::vector<Tensor> sample_weight = {};  ///< empty: every sample counts once
};

/// What every batch of a dataset looks like.
struct DatasetSpec {
  struct Component {
    std::string name;  ///< as in NamedTensor
    DType dtype = DType::kFloat32;
    Shape shape;  ///< of one sample: without the batch dimension; may hold Shape::kUnknown
  };
  std::vector<Component> x = {};
  std::vector<Component> y = {};
  std::vector<Component> sample_weight = {};
  std::int64_t batch_size = 32;  ///< samples in a full batch; only the last may have fewer
  std::optional<std::int64_t> num_batches =
      std::nullopt;  ///< absent where only reading to the end can tell
};

/// One pass over a dataset. Not thread-safe.
class BatchIterator {
 public:
  BatchIterator() = default;
  BatchIterator(const BatchIterator&) = delete;
  BatchIterator& operator=(const BatchIterator&) = delete;
  virtual ~BatchIterator() = default;
  /// The next batch, or nothing at the end of the data. After a failure or the end it is not called
  /// again.
  virtual Result<std::optional<Batch>> Next() = 0;
};

/// Samples that can be read again for each evaluation. Begin() may be called while another iterator
/// lives.
class Dataset {
 public:
  Dataset() = default;
  Dataset(const Dataset&) = delete;
  Dataset& operator=(const Dataset&) = delete;
  virtual ~Dataset() = default;
  [[nodiscard]] virtual const DatasetSpec& spec() const = 0;
  /// A new pass from the first sample.
  virtual Result<std::unique_ptr<BatchIterator>> Begin() = 0;
};

using DatasetPtr = std::shared_ptr<Dataset>;

/// Arrays, all with the same first dimension.
struct Arrays {
  std::vector<NamedTensor> x = {};
  std::vector<NamedTensor> y = {};
  std::vector<NamedTensor> sample_weight = {};
};

/// Batches of rows of `arrays` in order, the last one smaller where batch_size does not divide the
/// number of rows. Rows are not copied. Fails with kFailedPrecondition for an empty x, unequal
/// first dimensions, scalars or no rows, with kInvalidArgument for batch_size < 1.
Result<DatasetPtr> DatasetFromArrays(Arrays arrays, std::int64_t batch_size = 32);
/// The same for one input and one target.
Result<DatasetPtr> DatasetFromArrays(Tensor x, Tensor y, std::int64_t batch_size = 32);

/// Returns a batch at each call and nothing at the end.
using BatchGenerator = std::function<Result<std::optional<Batch>>()>;

/// Batches from code: `start` is called once for each pass and returns that pass's generator. One
/// batch is read ahead to learn the spec where `spec` is not given. Errors and exceptions of the
/// generator end the evaluation with a message.
Result<DatasetPtr> DatasetFromGenerator(std::function<BatchGenerator()> start,
                                        std::optional<DatasetSpec> spec = std::nullopt);

/// Reads an `.npz` file with the members x, y, sample_weight, or x/NAME, y/NAME,
/// sample_weight/NAME; or an `.npy` file as x alone. Fails with kNotFound, kDataLoss, or
/// kUnimplemented for another kind of file.
Result<DatasetPtr> LoadDataset(const std::string& path, std::int64_t batch_size = 32);

}  // namespace sidecar
