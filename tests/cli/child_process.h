// Runs the real program as a child process.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

namespace sidecar::test {

/// What a finished process left behind.
struct Outcome {
  int exit_code = -1;  ///< minus the signal's number where a signal ended it
  std::string out;
  std::string err;
};

/// One process with its standard output and error captured. Whatever takes longer than a generous
/// limit fails the test and kills the process. Not thread-safe.
class ChildProcess {
 public:
  /// Starts `program`. `out_path`: a file for standard output instead of capturing it.
  ChildProcess(const std::string& program, const std::vector<std::string>& arguments,
               const std::string& out_path = {});
  /// Kills the process if it still runs.
  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  /// Waits until standard output (error) holds `text` `count` times; false if the process closed it
  /// before.
  bool WaitForOut(std::string_view text, int count = 1);
  bool WaitForErr(std::string_view text, int count = 1);
  void Signal(int number) const;
  /// Closes our end of the pipe that standard output goes to.
  void CloseOut();
  /// Waits for the end.
  Outcome Finish();

 private:
  struct Stream {
    int fd = -1;
    std::string text;
  };
  bool WaitFor(const Stream& stream, std::string_view text, int count);
  /// Reads what there is; false once both streams are closed or the time is up.
  bool ReadSome(std::chrono::steady_clock::time_point deadline);

  pid_t pid_ = -1;
  Stream out_;
  Stream err_;
};

/// Runs build/sidecar to its end.
Outcome RunSidecar(const std::vector<std::string>& arguments);
/// The path of the program under test.
std::string SidecarProgram();

}  // namespace sidecar::test
