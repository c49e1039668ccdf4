// Evaluates a model that has a class of its own, which this program brings along:
//
//   @keras.saving.register_keras_serializable(package="golden")
//   class ChannelScale(keras.layers.Layer):
//       def build(self, input_shape):
//           shape = (input_shape[-1],)
//           self.seen = self.add_weight(name="seen", shape=shape, trainable=False)
//           self.alpha = self.add_weight(name="slope", shape=shape)
//           if self.shifts:
//               self.offset = self.add_weight(name="offset", shape=shape, regularizer=...)
//       def call(self, x):
//           y = tf.abs(x) ** self.power * self.alpha / self.seen
//           return y + self.offset if self.shifts else y
//
// and two more: classes.h has them all. usage: custom_layer MODEL DATA CHECKPOINT
#include <sidecar/sidecar.h>

#include <iostream>

#include "classes.h"

int main(int argc, char** argv) {
  if (argc != 4) {
    std::cerr << "usage: custom_layer MODEL DATA CHECKPOINT\n";
    return 64;
  }
  try {
    example::RegisterClasses();
    const sidecar::Model model = sidecar::Model::Load(argv[1]).value();
    const sidecar::DatasetPtr data = sidecar::LoadDataset(argv[2], /*batch_size=*/32).value();
    const sidecar::EvaluationResult result = sidecar::Evaluate(model, data, argv[3]).value();
    for (const auto& [name, value] : result.metrics) {
      std::cout << name << '=' << std::get<double>(value) << ' ';
    }
    std::cout << '\n';
    return 0;
  } catch (const sidecar::BadResult& error) {
    std::cerr << error.status() << '\n';
    return sidecar::ExitCode(error.status().code());
  }
}
