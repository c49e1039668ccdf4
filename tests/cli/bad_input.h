// What the tests of bad input share: the ways to give a file to the program, the ways to damage
// one, and what must come of it.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "cli_fixture.h"

namespace sidecar::test {

/// The bytes with one bit changed in the byte `at`.
std::string Flipped(std::string bytes, std::size_t at);
std::string RandomBytes(std::size_t count);

/// `ckpts` in the test's directory holds ckpt-1 and ckpt-2 of digits_mlp. Every evaluation is asked
/// to write summaries, so that what is left of a refused one shows.
class BadInputTest : public CliTest {
 protected:
  BadInputTest();

  [[nodiscard]] Outcome EvaluateCheckpoint(const std::string& checkpoint) const;
  [[nodiscard]] Outcome EvaluateModel(const std::string& model) const;
  [[nodiscard]] Outcome EvaluateData(const Arguments& data) const;
  /// `run` on the directory with the model and data of digits_mlp.
  [[nodiscard]] Arguments Run(const Arguments& more) const;

  /// One error with `code`, whose first line holds all `parts`; nothing on standard output and no
  /// file of summaries.
  void ExpectRefused(const Outcome& outcome, int code, const std::vector<std::string>& parts) const;

  /// Puts damaged forms of `path` in its place, one after the other, and calls `expect`: empty, cut
  /// in half, without its last byte, with one bit of the byte at `flipped` changed, random.
  static void ForEachDamage(const std::string& path, std::size_t flipped,
                            const std::function<void()>& expect);
};

}  // namespace sidecar::test
