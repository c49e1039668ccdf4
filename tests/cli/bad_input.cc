#include "bad_input.h"

#include <filesystem>
#include <random>

namespace sidecar::test {

namespace fs = std::filesystem;

std::string Flipped(std::string bytes, std::size_t at) {
  bytes[at] = static_cast<char>(bytes[at] ^ 0x10);
  return bytes;
}

std::string RandomBytes(std::size_t count) {
  std::mt19937 generator(7);
  std::string bytes(count, '\0');
  for (char& byte : bytes) byte = static_cast<char>(generator() & 0xFFU);
  return bytes;
}

BadInputTest::BadInputTest() {
  CopyCheckpoint("digits_mlp", 1, Path("ckpts"));
  CopyCheckpoint("digits_mlp", 2, Path("ckpts"));
}

Outcome BadInputTest::EvaluateCheckpoint(const std::string& checkpoint) const {
  return RunSidecar(With("evaluate", "digits_mlp") +
                    Arguments{"--checkpoint", checkpoint, "--log-dir", Path("logs")});
}

Outcome BadInputTest::EvaluateModel(const std::string& model) const {
  return RunSidecar({"evaluate", "--model", model, "--data", Recorded("digits_mlp", "val.npz"),
                     "--checkpoint", Path("ckpts/ckpt-2"), "--log-dir", Path("logs")});
}

Outcome BadInputTest::EvaluateData(const Arguments& data) const {
  return RunSidecar(Arguments{"evaluate", "--model", Recorded("digits_mlp", "model.keras"),
                              "--checkpoint", Path("ckpts/ckpt-2"), "--log-dir", Path("logs")} +
                    data);
}

Arguments BadInputTest::Run(const Arguments& more) const {
  return With("run", "digits_mlp") +
         Arguments{"--checkpoint-dir", Path("ckpts"), "--log-dir", Path("logs"), "--json"} + more;
}

void BadInputTest::ExpectRefused(const Outcome& outcome, int code,
                                 const std::vector<std::string>& parts) const {
  ExpectErrorWith(outcome, code, parts);
  if (!fs::exists(Path("logs"))) return;
  for (const auto& entry : fs::recursive_directory_iterator(Path("logs"))) {
    EXPECT_TRUE(entry.is_directory()) << entry.path();
  }
}

void BadInputTest::ForEachDamage(const std::string& path, std::size_t flipped,
                                 const std::function<void()>& expect) {
  const std::string whole = ReadFile(path);
  for (const std::string& bytes :
       {std::string(), whole.substr(0, whole.size() / 2), whole.substr(0, whole.size() - 1),
        Flipped(whole, flipped), RandomBytes(4096)}) {
    SCOPED_TRACE(path + " of " + std::to_string(bytes.size()) + " bytes");
    WriteFile(path, bytes);
    expect();
  }
  WriteFile(path, whole);
}

}  // namespace sidecar::test
