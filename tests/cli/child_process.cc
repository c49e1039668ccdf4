#include "child_process.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>

extern char** environ;

namespace sidecar::test {
namespace {

constexpr std::chrono::seconds kLimit{180};

int CountOf(std::string_view text, std::string_view part) {
  int count = 0;
  for (std::size_t at = text.find(part); at != std::string_view::npos;
       at = text.find(part, at + part.size())) {
    ++count;
  }
  return count;
}

void CloseIfOpen(int& fd) {
  if (fd >= 0) ::close(fd);
  fd = -1;
}

}  // namespace

ChildProcess::ChildProcess(const std::string& program, const std::vector<std::string>& arguments,
                           const std::string& out_path) {
  std::array<int, 2> out{-1, -1};
  std::array<int, 2> err{-1, -1};
  // A write end that a second child inherited would keep the stream open.
  if (::pipe2(err.data(), O_CLOEXEC) != 0) std::abort();
  if (out_path.empty() && ::pipe2(out.data(), O_CLOEXEC) != 0) std::abort();
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  if (out_path.empty()) {
    posix_spawn_file_actions_adddup2(&actions, out[1], STDOUT_FILENO);
  } else {
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, out_path.c_str(),
                                     O_WRONLY | O_CREAT | O_TRUNC, 0644);
  }
  posix_spawn_file_actions_adddup2(&actions, err[1], STDERR_FILENO);

  std::vector<std::string> words = {program};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  const int error = posix_spawn(&pid_, program.c_str(), &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  EXPECT_EQ(error, 0) << "cannot start " << program;
  if (error != 0) pid_ = -1;
  CloseIfOpen(out[1]);
  CloseIfOpen(err[1]);
  out_.fd = out[0];
  err_.fd = err[0];
}

ChildProcess::~ChildProcess() {
  if (pid_ > 0) {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  CloseIfOpen(out_.fd);
  CloseIfOpen(err_.fd);
}

bool ChildProcess::WaitForOut(std::string_view text, int count) {
  return WaitFor(out_, text, count);
}

bool ChildProcess::WaitForErr(std::string_view text, int count) {
  return WaitFor(err_, text, count);
}

bool ChildProcess::WaitFor(const Stream& stream, std::string_view text, int count) {
  const auto deadline = std::chrono::steady_clock::now() + kLimit;
  while (CountOf(stream.text, text) < count) {
    if (!ReadSome(deadline)) return CountOf(stream.text, text) >= count;
  }
  return true;
}

bool ChildProcess::ReadSome(std::chrono::steady_clock::time_point deadline) {
  std::array<struct pollfd, 2> wait{};
  wait[0].fd = out_.fd;  // negative ones are passed over
  wait[1].fd = err_.fd;
  wait[0].events = wait[1].events = POLLIN;
  if (out_.fd < 0 && err_.fd < 0) return false;
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
      deadline - std::chrono::steady_clock::now());
  if (left.count() <= 0) {
    ADD_FAILURE() << "the program takes too long; so far it said:\n" << out_.text << err_.text;
    ::kill(pid_, SIGKILL);
    return false;
  }
  if (::poll(wait.data(), wait.size(), static_cast<int>(left.count())) < 0) return errno == EINTR;
  for (std::size_t i = 0; i < wait.size(); ++i) {
    if (wait[i].revents == 0) continue;
    Stream& stream = i == 0 ? out_ : err_;
    std::array<char, 65536> buffer;
    const ssize_t count = ::read(stream.fd, buffer.data(), buffer.size());
    if (count > 0) stream.text.append(buffer.data(), static_cast<std::size_t>(count));
    if (count == 0) CloseIfOpen(stream.fd);
  }
  return true;
}

void ChildProcess::Signal(int number) const { ::kill(pid_, number); }

void ChildProcess::CloseOut() { CloseIfOpen(out_.fd); }

Outcome ChildProcess::Finish() {
  const auto deadline = std::chrono::steady_clock::now() + kLimit;
  while (ReadSome(deadline)) {
  }
  Outcome outcome;
  int status = 0;
  if (pid_ > 0 && ::waitpid(pid_, &status, 0) == pid_) {
    outcome.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  }
  pid_ = -1;
  outcome.out = std::move(out_.text);
  outcome.err = std::move(err_.text);
  return outcome;
}

Outcome RunSidecar(const std::vector<std::string>& arguments) {
  return ChildProcess(SidecarProgram(), arguments).Finish();
}

std::string SidecarProgram() { return SIDECAR_PROGRAM; }

}  // namespace sidecar::test
