// One call of an operation: its arguments, under one set of names for both Kerases.
#pragma once

#include <cstdint>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "model/keras/call_arguments.h"
#include "model/keras/config_reader.h"
#include "model/keras/layer_context.h"
#include "model/keras/value.h"
#include "sidecar/status.h"
#include "sidecar/tensor.h"

namespace sidecar::model::keras {

/// A tensor argument.
struct Operand {
  Value value;
  /// A number of the model file, whose type follows those of the other operands.
  bool weak = false;

  [[nodiscard]] const GraphOutput& output() const { return value.output; }
  [[nodiscard]] DType dtype() const { return value.dtype; }
};
using Operands = std::vector<Operand>;

/// What a lowering reads. Keras 3 has constructor arguments in the config and tensors in the node,
/// Keras 2 has all in the node; here both are arguments by name. Failures name the operation.
class OpCall {
 public:
  /// `parameters`: the names of the positional arguments in order, separated by spaces; "tf:name"
  /// where TensorFlow's name differs from the one used here.
  OpCall(LayerContext& context, const CallArguments& arguments, std::string_view parameters);
  ~OpCall();
  OpCall(const OpCall&) = delete;
  OpCall& operator=(const OpCall&) = delete;

  [[nodiscard]] LayerContext& context() const { return context_; }
  [[nodiscard]] bool is_keras2() const { return context_.is_keras2(); }

  /// The argument, or null where it is absent or null.
  const Argument* Find(std::string_view name);
  [[nodiscard]] bool Has(std::string_view name) { return Find(name) != nullptr; }

  Result<Operand> Tensor(std::string_view name);
  Result<std::optional<Operand>> OptionalTensor(std::string_view name);
  /// A list of tensors, or one.
  Result<Operands> Tensors(std::string_view name);
  /// All positional arguments.
  Result<Operands> AllTensors();

  Result<std::int64_t> Int(std::string_view name, std::optional<std::int64_t> otherwise = {});
  Result<bool> Bool(std::string_view name, std::optional<bool> otherwise = {});
  /// A finite number.
  Result<double> Number(std::string_view name, std::optional<double> otherwise = {});
  /// A number, which may be NaN or infinite.
  Result<double> AnyNumber(std::string_view name, std::optional<double> otherwise = {});
  Result<std::string> Text(std::string_view name, std::optional<std::string> otherwise = {});
  /// An integer or a list of them; nothing where it is absent.
  Result<std::optional<std::vector<std::int64_t>>> Ints(std::string_view name);
  /// A numeric type; what is absent is `otherwise`.
  Result<DType> Type(std::string_view name, std::optional<DType> otherwise = {});
  /// A constant argument as JSON; fails for a tensor and where it is absent.
  Result<const nlohmann::json*> Constant(std::string_view name);
  /// Sizes or indices as an i64 vector: a list of integers and tensors, or one tensor.
  Result<GraphOutput> IntVector(std::string_view name);

  /// Dimensions counted from the front, of `rank`; all where the argument is absent.
  Result<std::vector<std::int64_t>> Axes(std::string_view name, std::int64_t rank);
  Result<std::int64_t> Axis(std::string_view name, std::int64_t rank,
                            std::optional<std::int64_t> otherwise = {});

  /// An argument that makes no difference here.
  void Ignore(std::string_view name) { used_.insert(std::string(name)); }
  /// Fails with kUnimplemented for an argument that the lowering has not looked at.
  [[nodiscard]] Status CheckAllUsed() const;

  [[nodiscard]] Status Fail(std::string_view problem) const {
    return context_.Fail(StatusCode::kFailedPrecondition, problem);
  }
  [[nodiscard]] Status Unsupported(std::string_view what) const {
    return context_.Fail(StatusCode::kUnimplemented, what);
  }
  /// Rows of the batch get mixed.
  void MixRows() { context_.MixRows(); }
  /// Calls MixRows() where the batch, always the first dimension, is one of `axes`.
  void MixRowsOver(const std::vector<std::int64_t>& axes);

 private:
  [[nodiscard]] std::string PathOf(std::string_view name) const;
  [[nodiscard]] Result<Operand> ToOperand(const Argument& argument, std::string_view name) const;
  [[nodiscard]] Result<Operand> Stacked(const Argument::Items& items, std::string_view name) const;
  // Reads a constant with the ConfigReader's function `read(reader)`.
  [[nodiscard]] ConfigReader Reader(std::string_view name);

  LayerContext& context_;
  std::vector<NamedArgumentTree<Value>> arguments_;  // under our names
  std::unique_ptr<nlohmann::json> constants_;        // of the arguments, by name
  std::set<std::string> used_;
};

}  // namespace sidecar::model::keras
