// The reader of `checkpoint` state files: no input may crash or hang it, and what it reads it
// writes so that it reads the same again.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "watch/checkpoint_number.h"
#include "watch/state_file.h"
#include "watch/text_scanner.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

void Require(bool condition) {
  if (!condition) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using sidecar::watch::CheckpointState;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const sidecar::Result<CheckpointState> state = sidecar::watch::ParseCheckpointState(text);
  if (!state.ok()) {
    Require(state.status().code() == sidecar::StatusCode::kDataLoss);
    Require(!state.status().message().empty());
    return 0;
  }
  Require(!state->model_checkpoint_path.empty());
  Require(sidecar::watch::IsPlainUtf8(state->model_checkpoint_path));
  Require(sidecar::watch::CheckpointNumber(state->model_checkpoint_path).value_or(0) >= 0);
  // A NaN is not equal to itself, so texts are compared.
  const std::string written = sidecar::watch::FormatCheckpointState(*state);
  const sidecar::Result<CheckpointState> again = sidecar::watch::ParseCheckpointState(written);
  Require(again.ok());
  Require(again->model_checkpoint_path == state->model_checkpoint_path);
  Require(again->all_model_checkpoint_paths == state->all_model_checkpoint_paths);
  Require(sidecar::watch::FormatCheckpointState(*again) == written);
  return 0;
}
