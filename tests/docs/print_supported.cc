// Prints docs/supported.md from the tables that the program works with.
#include <iostream>
#include <string>
#include <vector>

#include "evaluate/supported_metrics.h"
#include "model/supported_layers.h"

namespace {

using sidecar::evaluate::SupportedName;

std::string Mark(bool yes) { return yes ? "yes" : "no"; }

std::string Joined(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "`" : ", `") + name + "`";
  return text;
}

void PrintLayers() {
  std::cout << "## Layers\n\n| class | Keras 2 | Keras 3 | |\n|---|---|---|---|\n";
  for (const auto& layer : sidecar::model::SupportedLayers()) {
    std::cout << "| " << layer.class_name << " | " << Mark(layer.keras2) << " | "
              << Mark(layer.keras3) << " | "
              << (layer.identity ? "changes nothing when evaluating" : "") << " |\n";
  }
  std::cout << "\nOf Keras's other layers, each is refused for its reason:\n\n| class | why not "
               "|\n|---|---|\n";
  for (const auto& layer : sidecar::model::RefusedLayerClasses()) {
    std::cout << "| " << layer.class_name << " | " << layer.reason << " |\n";
  }
  std::cout << "\nSo are these options of layers:\n\n| option | why not |\n|---|---|\n";
  for (const auto& option : sidecar::model::RefusedLayerOptions()) {
    std::cout << "| `" << option.option << "` | " << option.reason << " |\n";
  }
  std::cout << "\n## Activations\n\n| name | Keras 2 | Keras 3 |\n|---|---|---|\n";
  for (const auto& activation : sidecar::model::SupportedActivations()) {
    std::cout << "| `" << activation.name << "` | " << Mark(activation.keras2) << " | "
              << Mark(activation.keras3) << " |\n";
  }
}

void PrintOperations() {
  std::cout << "\n## Functions as nodes\n\nOf Keras 3 the classes behind `keras.ops`, of Keras 2 "
               "TensorFlow's functions (`TFOpLambda`, `SlicingOpLambda`; `TensorFlowOpLayer` up to "
               "TensorFlow 2.3, by its ops).\n\n| | |\n|---|---|\n";
  for (const auto& family : sidecar::model::SupportedOps()) {
    std::cout << "| " << family.family << " | " << Joined(family.names) << " |\n";
  }
  std::cout << "\nOf the other classes behind `keras.ops`, each is refused for its reason:\n\n"
               "| class | why not |\n|---|---|\n";
  for (const auto& operation : sidecar::model::RefusedOperations()) {
    std::cout << "| " << operation.name << " | " << operation.reason << " |\n";
  }
}

void PrintNames(const char* title, const std::vector<SupportedName>& names) {
  std::cout
      << "\n## " << title
      << "\n\n| class | supported | names in Keras 2 | names in Keras 3 |\n|---|---|---|---|\n";
  for (const SupportedName& name : names) {
    std::cout << "| " << (name.class_name.empty() ? "by shape" : name.class_name) << " | "
              << (name.reason.empty() ? Mark(name.supported) : "no: " + name.reason) << " | "
              << Joined(name.keras2_names) << " | " << Joined(name.keras3_names) << " |\n";
  }
}

}  // namespace

int main() {
  std::cout << "# What is supported\n\n"
               "Printed from the program's own tables (`build/tests/docs/print_supported > "
               "docs/supported.md`); a test\nholds this page against them. A layer, loss or metric "
               "that is not listed, or listed with \"no\", is refused\nby name (exit 69), never "
               "approximated.\n\n";
  PrintLayers();
  PrintOperations();
  PrintNames("Losses", sidecar::evaluate::SupportedLosses());
  PrintNames("Metrics", sidecar::evaluate::SupportedMetrics());
  return 0;
}
