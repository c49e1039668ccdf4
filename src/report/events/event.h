// TensorBoard's events as bytes: TFRecord framing and Event protos exactly as TensorFlow 2 writes
// them (tensorflow/core/util/event.proto, tensorflow/core/lib/io/record_writer.cc).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace sidecar::report {

/// One scalar summary, as tf.summary.scalar() makes it.
struct ScalarEvent {
  double wall_time = 0;  ///< seconds since the Unix epoch
  std::int64_t step = 0;
  std::string tag;
  float value = 0;
};

/// The Event that every file starts with; TensorFlow gives it a whole number of seconds.
[[nodiscard]] std::string EncodeVersionEvent(double wall_time);
[[nodiscard]] std::string EncodeScalarEvent(const ScalarEvent& event);

/// Appends `data` to `out` as a TFRecord: length, masked CRC-32C of the length, data, masked
/// CRC-32C of the data.
void AppendRecord(std::string& out, std::string_view data);

}  // namespace sidecar::report
