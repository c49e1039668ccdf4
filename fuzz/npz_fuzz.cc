// .npz files: archive, members and the data set made of them.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>

#include "data/npz.h"
#include "sidecar/dataset.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = std::as_bytes(std::span(data, size));
  auto arrays = sidecar::data::ReadNpz(bytes, nullptr, "fuzz.npz");
  if (!arrays.ok()) return 0;
  const auto dataset = sidecar::DatasetFromArrays(*std::move(arrays), 7);
  if (!dataset.ok()) return 0;
  auto batches = (*dataset)->Begin();
  if (!batches.ok()) std::abort();
  std::int64_t count = 0;
  while (true) {
    const auto batch = (*batches)->Next();
    if (!batch.ok()) std::abort();
    if (!batch->has_value()) break;
    ++count;
  }
  if (count != (*dataset)->spec().num_batches) std::abort();
  return 0;
}
