// What the tests of the program share: a directory of their own, recordings, files made on the
// spot.
#pragma once

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "child_process.h"

namespace sidecar::test {

using Json = nlohmann::json;
using Arguments = std::vector<std::string>;

/// `a` and then `b`.
Arguments operator+(Arguments a, const Arguments& b);

std::string ReadFile(const std::string& path);
void WriteFile(const std::string& path, std::string_view content);

/// The bytes of an .npy file (version 1.0, C order). `descr` is NumPy's name of the type ("<f4").
std::string NpyBytes(const std::string& descr, const std::vector<std::int64_t>& shape,
                     std::string_view data);
/// Zeros of that type and shape, `item_bytes` each.
std::string NpyZeros(const std::string& descr, std::size_t item_bytes,
                     const std::vector<std::int64_t>& shape);

struct ZipEntry {
  std::string name;
  std::string content;
  bool deflate = false;
  std::uint32_t declared_size = 0;  ///< 0: the true one
};
/// The bytes of a ZIP archive.
std::string ZipBytes(const std::vector<ZipEntry>& entries);

class CliTest : public ::testing::Test {
 protected:
  CliTest();
  ~CliTest() override;

  /// A path in the test's own directory, which is removed at the end.
  [[nodiscard]] std::string Path(const std::string& name) const { return directory_ + "/" + name; }
  /// Writes a file there and returns its path.
  std::string File(const std::string& name, std::string_view content) const;
  /// A file of demo/recordings/`recording`.
  [[nodiscard]] static std::string Recorded(const std::string& recording, const std::string& file);
  /// A file of tests/golden.
  [[nodiscard]] static std::string Golden(const std::string& file);
  /// Copies one checkpoint of a recording into a directory; `state`: names it in a state file.
  void CopyCheckpoint(const std::string& recording, int number, const std::string& to,
                      bool state = true) const;

  /// `run` or `evaluate` with model and data of a recording.
  [[nodiscard]] static Arguments With(const std::string& command, const std::string& recording);

  /// Exactly one error: `code`, nothing on standard output, a first line that holds `part`, no more
  /// than 20 indented lines behind it.
  static void ExpectError(const Outcome& outcome, int code, std::string_view part);
  /// The same with every one of `parts` in the first line.
  static void ExpectErrorWith(const Outcome& outcome, int code,
                              const std::vector<std::string>& parts);

 private:
  std::string directory_;
};

/// Expects a --json line to agree with what Keras found for the checkpoint (expected.json of the
/// recording), and returns its number.
int ExpectAsKeras(const std::string& line, const std::string& recording);
/// The lines of a text.
std::vector<std::string> Lines(const std::string& text);

}  // namespace sidecar::test
