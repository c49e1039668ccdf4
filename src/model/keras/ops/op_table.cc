#include "model/keras/ops/op_table.h"

#include <algorithm>
#include <array>

#include "model/keras/config_reader.h"
#include "model/keras/layer_table.h"

namespace sidecar::model::keras {
namespace {

using Table = std::span<const OpEntry> (*)();
constexpr std::array kTables = {
    Table{ElementwiseOps}, Table{BinaryOps},        Table{ReductionOps}, Table{ScanOps},
    Table{ShapeOps},       Table{JoinOps},          Table{CreationOps},  Table{IndexingOps},
    Table{ProductOps},     Table{ActivationOps},    Table{NnOps},        Table{ImageOps},
    Table{ConvolutionOps}, Table{PoolingOps},       Table{ColourOps},    Table{NumericOps},
    Table{MatrixOps},      Table{UpdateOps},        Table{QuantileOps},  Table{FourierOps},
    Table{EntropyOps},     Table{LinearAlgebraOps}, Table{FurtherOps},   Table{WindowOps}};

constexpr RefusedOp kRefusedOps[] = {
#define SIDECAR_REFUSED_OP(family, name, reason) {#family, #name, reason},
#include "model/keras/ops/refused_ops.inc"
#undef SIDECAR_REFUSED_OP
};

struct OpKey {
  std::string family;
  std::string name;
};

// A class of the user's may have the same name.
bool IsTensorFlowFunction(const LayerObject& layer) {
  const bool named = layer.class_name == "TFOpLambda" || layer.class_name == "SlicingOpLambda" ||
                     layer.class_name == "TensorFlowOpLayer";
  return named && IsKerasOwn(layer);
}

// Where TensorFlow has a version 1 of a function beside the newer one, Keras 2 may write either;
// what they share is the same.
OpKey KeyOf(const LayerObject& operation) {
  constexpr std::string_view kVersion1 = "compat.v1.";
  if (IsTensorFlowFunction(operation)) {
    std::string function = TextMember(*operation.config, "function");
    if (function.starts_with(kVersion1)) function.erase(0, kVersion1.size());
    return {"tf", std::move(function)};
  }
  return {operation.module.substr(operation.module.rfind('.') + 1), operation.class_name};
}

}  // namespace

bool IsOperation(const LayerObject& layer) {
  if (layer.registered_name.find('>') != std::string::npos) return false;
  if (IsTensorFlowFunction(layer)) return true;
  return layer.module.starts_with("keras.src.ops.") || layer.module.starts_with("keras.ops") ||
         layer.module == "keras.src.activations.activations";
}

const OpEntry* FindOp(const LayerObject& operation) {
  const OpKey key = KeyOf(operation);
  for (const Table& table : kTables) {
    for (const OpEntry& entry : table()) {
      if (entry.name == key.name && entry.family == key.family) return &entry;
    }
  }
  return nullptr;
}

std::span<const RefusedOp> RefusedOps() { return kRefusedOps; }

std::string_view RefusalOfOp(const LayerObject& operation) {
  const OpKey key = KeyOf(operation);
  for (const RefusedOp& refused : kRefusedOps) {
    if (refused.name == key.name && refused.family == key.family) return refused.reason;
  }
  return {};
}

std::string OpName(const LayerObject& operation) {
  const OpKey key = KeyOf(operation);
  if (operation.class_name == "TensorFlowOpLayer") {
    return "tf.raw_ops." + TextMember(*operation.config, "op");
  }
  if (key.family == "tf") return "tf." + TextMember(*operation.config, "function");
  return (key.family == "activations" ? "keras.activations." : "keras.ops." + key.family + ".") +
         key.name;
}

std::vector<OpEntry> AllOps() {
  std::vector<OpEntry> all;
  for (const Table& table : kTables) all.insert(all.end(), table().begin(), table().end());
  return all;
}

}  // namespace sidecar::model::keras
