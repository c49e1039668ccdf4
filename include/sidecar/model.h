// Models: read from files or built in code, with the losses and metrics they are evaluated with.
#pragma once

#include <initializer_list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sidecar/status.h"
#include "sidecar/tensor.h"

namespace sidecar {

namespace model {
struct LoadedModel;  // internal
}

/// Which Keras's rules hold where the two differ.
enum class KerasVersion : std::uint8_t { kKeras2 = 2, kKeras3 = 3 };

/// A layer, loss or metric described as Keras describes it: a class name and a configuration, kept
/// as the JSON text
/// `{"class_name": …, "config": {…}}`, or as a JSON string for a name. Made by the functions of
/// layers.h, losses.h and metrics.h. Immutable, cheap to copy.
class KerasObject {
 public:
  explicit KerasObject(std::string json) : json_(std::move(json)) {}
  [[nodiscard]] const std::string& json() const { return json_; }

 private:
  std::string json_;
};

class Layer : public KerasObject {
 public:
  using KerasObject::KerasObject;
};

class Loss : public KerasObject {
 public:
  explicit Loss(KerasObject object) : KerasObject(std::move(object)) {}
  /// A loss by name, as in `compile(loss="mse")`.
  Loss(const char* name);         // NOLINT(google-explicit-constructor): names stand for losses
  Loss(const std::string& name);  // NOLINT(google-explicit-constructor)
};

class Metric : public KerasObject {
 public:
  explicit Metric(KerasObject object) : KerasObject(std::move(object)) {}
  /// A metric by name, as in `compile(metrics=["accuracy"])`.
  Metric(const char* name);         // NOLINT(google-explicit-constructor): names stand for metrics
  Metric(const std::string& name);  // NOLINT(google-explicit-constructor)
};

/// What model.compile() takes, for the parts that matter to an evaluation.
struct CompileOptions {
  /// One loss for all outputs. None: Keras 2's rules report a loss of 0, Keras 3's refuse.
  std::optional<Loss> loss = std::nullopt;
  /// Losses by output name; used instead of `loss` where not empty.
  std::map<std::string, Loss> losses = {};
  std::map<std::string, double> loss_weights = {};  ///< by output name
  /// Metrics without sample weights; of every output under Keras 2's rules, one an output under
  /// Keras 3's.
  std::vector<Metric> metrics = {};
  std::vector<Metric> weighted_metrics = {};
  /// Metrics by output name; used instead of the lists above where not empty.
  std::map<std::string, std::vector<Metric>> output_metrics = {};
  std::map<std::string, std::vector<Metric>> output_weighted_metrics = {};
};

struct LoadOptions {
  /// Which rules hold; by default what the model file says.
  std::optional<KerasVersion> keras_version = std::nullopt;
  /// Of a SavedModel: the signature that is evaluated; by default `serving_default`.
  std::optional<std::string> signature = std::nullopt;
  /// Of a SavedModel: the outputs' names for losses and metrics, in the signature's order; or the
  /// signature's own names in the model's order. By default the signature's.
  std::vector<std::string> output_names = {};
};

/// A model without weights: those come from each checkpoint. Copies share one model.
/// Thread-compatible; a model that an evaluator uses must not be compiled anew.
class Model {
 public:
  /// Reads a `.keras` file, a whole-model HDF5 file, a Keras JSON file or a SavedModel directory.
  /// Fails with kNotFound, kDataLoss, kFailedPrecondition where a part is missing, or
  /// kUnimplemented naming every layer or op that is not supported.
  static Result<Model> Load(const std::string& path, const LoadOptions& options = {});
  /// Reads the JSON text of `model.to_json()`.
  static Result<Model> FromJson(const std::string& json, const LoadOptions& options = {});
  /// A stack of layers. Where the first does not say its input shape (layers::Input, or input_shape
  /// in its options), it is that of the data. Weights come from checkpoints of the same Sequential
  /// model in Keras 2 or Keras 3.
  static Result<Model> Sequential(const std::vector<Layer>& layers,
                                  const LoadOptions& options = {});

  /// Sets losses and metrics, in place of those of the model file. Names and shapes are checked
  /// when an evaluator is made.
  Status Compile(const CompileOptions& options);
  /// As above, from the JSON of Keras's compile config.
  Status CompileFromJson(const std::string& json);

  [[nodiscard]] const std::string& name() const;
  [[nodiscard]] std::vector<std::string> input_names() const;
  [[nodiscard]] std::vector<std::string> output_names() const;
  [[nodiscard]] KerasVersion keras_version() const;

  /// Internal: the graph and its variables.
  [[nodiscard]] const std::shared_ptr<model::LoadedModel>& loaded() const { return loaded_; }
  explicit Model(std::shared_ptr<model::LoadedModel> loaded) : loaded_(std::move(loaded)) {}

 private:
  std::shared_ptr<model::LoadedModel> loaded_;
};

}  // namespace sidecar
