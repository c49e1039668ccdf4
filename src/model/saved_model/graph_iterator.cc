#include "model/saved_model/graph_iterator.h"

#include <fmt/format.h>

#include <cstring>
#include <map>
#include <openvino/core/except.hpp>
#include <openvino/frontend/tensorflow/special_types.hpp>
#include <openvino/runtime/tensor.hpp>
#include <utility>
#include <variant>

#include "engine/graph_preparation.h"
#include "model/saved_model/attr_value.h"

namespace sidecar::model::saved_model {
namespace {

using ov::frontend::DecoderBase;

/// How many bytes of constants are left to be made.
struct ConstantBudget {
  std::uint64_t bytes_left;
};

/// What all decoders of a graph share.
struct Context {
  const InferenceGraph* graph;
  std::map<std::string_view, GraphInput> inputs;
  std::shared_ptr<ConstantBudget> budget;
};

ov::PartialShape ToPartialShape(const ShapeValue& shape) {
  if (!shape.has_rank) return ov::PartialShape::dynamic();
  const std::vector<std::int64_t>& sizes = shape.shape.sizes();
  return ov::PartialShape(std::vector<ov::Dimension>(sizes.begin(), sizes.end()));
}

ov::Any TypeToAny(DType dtype) {
  // The front end's own names for what is no element type.
  if (dtype == DType::kComplex64) return std::string("DT_COMPLEX64");
  if (dtype == DType::kComplex128) return std::string("DT_COMPLEX128");
  if (dtype == DType::kString) return ov::element::Type(ov::element::string);
  return engine::ToElementType(dtype);
}

ov::Any ListToAny(const ListValue& list) {
  if (!list.integers.empty()) return list.integers;
  if (!list.floats.empty()) return list.floats;
  if (!list.texts.empty()) return std::vector<std::string>(list.texts.begin(), list.texts.end());
  if (!list.bools.empty()) return list.bools;
  if (!list.shapes.empty()) {
    std::vector<ov::PartialShape> shapes;
    for (const ShapeValue& shape : list.shapes) shapes.push_back(ToPartialShape(shape));
    return shapes;
  }
  if (!list.types.empty()) {
    std::vector<ov::element::Type> types;
    for (const DType type : list.types) types.push_back(engine::ToElementType(type));
    return types;
  }
  OPENVINO_ASSERT(list.functions.empty() && !list.has_tensors,
                  "lists of functions and of tensors are not supported");
  return ov::frontend::tensorflow::EmptyList();
}

ov::Any TensorToAny(const TensorProto& proto, ConstantBudget& budget) {
  const Result<Tensor> tensor = UnpackTensor(proto, budget.bytes_left);
  OPENVINO_ASSERT(tensor.ok(), tensor.status().message());
  budget.bytes_left -= tensor->size_bytes();
  ov::Tensor copy(engine::ToElementType(tensor->dtype()), engine::ToOvShape(tensor->shape()));
  if (tensor->size_bytes() > 0)
    std::memcpy(copy.data(), tensor->bytes().data(), tensor->size_bytes());
  return copy;
}

struct ToAny {
  ConstantBudget& budget;

  ov::Any operator()(std::monostate) const { return {}; }
  ov::Any operator()(std::string_view text) const { return std::string(text); }
  ov::Any operator()(std::int64_t number) const { return number; }
  ov::Any operator()(float number) const { return number; }
  ov::Any operator()(bool value) const { return value; }
  ov::Any operator()(const TypeValue& type) const { return TypeToAny(type.dtype); }
  ov::Any operator()(const ShapeValue& shape) const { return ToPartialShape(shape); }
  ov::Any operator()(const TensorProto& tensor) const { return TensorToAny(tensor, budget); }
  ov::Any operator()(const FunctionName& function) const { return std::string(function.name); }
  ov::Any operator()(const ListValue& list) const { return ListToAny(list); }
};

void SetProducer(std::string_view tensor, std::string& node, std::string& output,
                 std::size_t& port) {
  const std::optional<TensorName> name = ParseTensorName(tensor);
  OPENVINO_ASSERT(name.has_value(), "a tensor's name is damaged");
  node = name->node;
  output = name->output;
  port = name->port;
}

class NodeDecoder final : public DecoderBase {
 public:
  NodeDecoder(const NodeDef& node, std::shared_ptr<const Context> context)
      : node_(node), op_(node.op), name_(node.name), context_(std::move(context)) {}

  [[nodiscard]] ov::Any get_attribute(const std::string& name) const override;
  [[nodiscard]] std::size_t get_input_size() const override { return node_.inputs.size(); }
  void get_input_node(std::size_t index, std::string& node, std::string& output,
                      std::size_t& port) const override {
    SetProducer(node_.inputs.at(index), node, output, port);
  }
  [[nodiscard]] const std::string& get_op_type() const override { return op_; }
  [[nodiscard]] const std::string& get_op_name() const override { return name_; }

 private:
  const NodeDef& node_;
  std::string op_;
  std::string name_;
  std::shared_ptr<const Context> context_;
};

ov::Any NodeDecoder::get_attribute(const std::string& name) const {
  if (const auto input = context_->inputs.find(name_);
      input != context_->inputs.end() && op_ == "Placeholder") {
    if (name == "shape") return input->second.shape;
    if (name == "dtype") return input->second.type;
  }
  const std::optional<Bytes> bytes = node_.Attribute(name);
  if (!bytes) return {};
  const Result<AttrValue> value = ParseAttrValue(*bytes);
  OPENVINO_ASSERT(value.ok(), value.status().message());
  return std::visit(ToAny{*context_->budget}, *value);
}

/// A function's argument or result, and the results of the whole graph: "input_arg" without inputs,
/// or an op with one.
class PortDecoder final : public DecoderBase {
 public:
  PortDecoder(std::string op, std::string name, DType dtype, std::string_view source)
      : op_(std::move(op)), name_(std::move(name)), dtype_(dtype), source_(source) {}

  [[nodiscard]] ov::Any get_attribute(const std::string& name) const override {
    if (name == "type" || name == "T") return TypeToAny(dtype_);
    return {};
  }
  [[nodiscard]] std::size_t get_input_size() const override { return source_.empty() ? 0 : 1; }
  void get_input_node(std::size_t /*index*/, std::string& node, std::string& output,
                      std::size_t& port) const override {
    SetProducer(source_, node, output, port);
  }
  [[nodiscard]] const std::string& get_op_type() const override { return op_; }
  [[nodiscard]] const std::string& get_op_name() const override { return name_; }

 private:
  std::string op_;
  std::string name_;
  DType dtype_;
  std::string_view source_;
};

class Iterator final : public ov::frontend::GraphIterator {
 public:
  explicit Iterator(std::shared_ptr<const Context> context) : context_(std::move(context)) {}

  void AddNodes(const std::vector<NodeDef>& nodes) {
    for (const NodeDef& node : nodes)
      decoders_.push_back(std::make_shared<NodeDecoder>(node, context_));
  }
  void AddPort(std::string op, std::string_view name, DType dtype, std::string_view source) {
    decoders_.push_back(
        std::make_shared<PortDecoder>(std::move(op), std::string(name), dtype, source));
  }
  void AddInputName(std::string name) { input_names_.push_back(std::move(name)); }
  void AddOutputName(std::string name) { output_names_.push_back(std::move(name)); }

  [[nodiscard]] std::size_t size() const override { return decoders_.size(); }
  void reset() override { at_ = 0; }
  void next() override { ++at_; }
  [[nodiscard]] bool is_end() const override { return at_ >= decoders_.size(); }
  [[nodiscard]] std::shared_ptr<DecoderBase> get_decoder() const override {
    return decoders_.at(at_);
  }
  [[nodiscard]] std::shared_ptr<ov::frontend::GraphIterator> get_body_graph_iterator(
      const std::string& function) const override;
  [[nodiscard]] std::vector<std::string> get_input_names() const override { return input_names_; }
  [[nodiscard]] std::vector<std::string> get_output_names() const override { return output_names_; }

 private:
  std::shared_ptr<const Context> context_;
  std::vector<std::shared_ptr<DecoderBase>> decoders_;
  std::vector<std::string> input_names_;
  std::vector<std::string> output_names_;
  std::size_t at_ = 0;
};

std::shared_ptr<ov::frontend::GraphIterator> Iterator::get_body_graph_iterator(
    const std::string& function) const {
  const auto found = context_->graph->functions.find(function);
  if (found == context_->graph->functions.end()) return nullptr;
  const FunctionDef& body = found->second;
  auto iterator = std::make_shared<Iterator>(context_);
  for (const FunctionArgument& input : body.inputs) {
    iterator->AddPort("input_arg", input.name, input.dtype, {});
    iterator->AddInputName(std::string(input.name));
  }
  iterator->AddNodes(body.nodes);
  for (const FunctionArgument& output : body.outputs) {
    iterator->AddPort("output_arg", output.name, output.dtype, body.returns.at(output.name));
    iterator->AddOutputName(std::string(output.name));
  }
  return iterator;
}

}  // namespace

std::shared_ptr<ov::frontend::GraphIterator> MakeGraphIterator(
    const InferenceGraph& graph, const std::vector<GraphInput>& inputs,
    const std::vector<std::string_view>& outputs, std::uint64_t constant_bytes) {
  auto context = std::make_shared<Context>();
  context->graph = &graph;
  context->budget = std::make_shared<ConstantBudget>(ConstantBudget{constant_bytes});
  for (const GraphInput& input : inputs) context->inputs.emplace(input.node, input);
  auto iterator = std::make_shared<Iterator>(std::move(context));
  iterator->AddNodes(graph.nodes);
  for (const GraphInput& input : inputs) iterator->AddInputName(std::string(input.node) + ":0");
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    iterator->AddPort("Identity", ResultName(i), DType::kInvalid, outputs[i]);
    iterator->AddOutputName(ResultName(i) + ":0");
  }
  return iterator;
}

std::string ResultName(std::size_t index) { return fmt::format("sidecar/result/{}", index); }

}  // namespace sidecar::model::saved_model
