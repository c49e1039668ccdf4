// What is computed from the data before it reaches the graph: strings, and ids of 64 bits, which
// the engine does not know.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "sidecar/status.h"
#include "sidecar/tensor.h"

namespace sidecar::model {

/// A computation on one batch. Implementations are immutable: any number of threads may call Run().
class HostFunction {
 public:
  HostFunction() = default;
  HostFunction(const HostFunction&) = delete;
  HostFunction& operator=(const HostFunction&) = delete;
  virtual ~HostFunction() = default;

  /// The inputs have the types of their slots, and the batch as first dimension; so has the result.
  /// Fails with kFailedPrecondition for values that the layer does not take.
  [[nodiscard]] virtual Result<Tensor> Run(std::span<const Tensor> inputs) const = 0;
};

/// Tensors of a batch by slot: first the model's inputs, then what the steps make. One to which
/// nothing was added stands for a graph whose parameters are the inputs.
class HostPlan {
 public:
  struct Slot {
    DType dtype = DType::kFloat32;
    Shape shape;  ///< of one sample; may hold Shape::kUnknown
  };

  /// The next slot, for an input of the model.
  std::size_t AddInput(Slot slot);
  /// Has `function` run on the tensors of `inputs`; returns the slot of its result. `description`
  /// names the layer in messages.
  std::size_t AddStep(std::shared_ptr<const HostFunction> function, std::vector<std::size_t> inputs,
                      Slot result, std::string description);
  /// States which slots the graph's parameters take, in their order.
  void SetParameters(std::vector<std::size_t> slots) { parameters_ = std::move(slots); }

  [[nodiscard]] const Slot& slot(std::size_t index) const { return slots_[index]; }
  /// The slots of the graph's parameters.
  [[nodiscard]] const std::vector<std::size_t>& parameters() const { return parameters_; }
  [[nodiscard]] bool empty() const { return slots_.empty(); }
  [[nodiscard]] bool IsInput(std::size_t slot) const { return slot < inputs_; }

  /// The tensors of the graph's parameters for one batch of the model's inputs. Inputs that steps
  /// read are converted to their slots' types; others are handed on as they are. Fails as
  /// HostFunction::Run(), and with kUnimplemented where data cannot be converted.
  [[nodiscard]] Result<std::vector<Tensor>> Run(std::vector<Tensor> inputs) const;

 private:
  struct Step {
    std::shared_ptr<const HostFunction> function;
    std::vector<std::size_t> inputs;
    std::string description;
  };

  std::vector<Slot> slots_;
  std::size_t inputs_ = 0;
  std::vector<Step> steps_;  ///< step i makes slot inputs_ + i
  std::vector<std::size_t> parameters_;
};

}  // namespace sidecar::model
