#include "cli_fixture.h"

#include <gmock/gmock.h>
#include <stdlib.h>
#include <zlib.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

namespace sidecar::test {
namespace {

namespace fs = std::filesystem;

constexpr const char* kSource = SIDECAR_SOURCE_DIR;

void AppendLittle(std::string& out, std::uint64_t value, int bytes) {
  for (int i = 0; i < bytes; ++i, value >>= 8) out += static_cast<char>(value & 0xFFU);
}

std::string Deflated(const std::string& content) {
  z_stream stream{};
  // Negative window bits: raw deflate, as ZIP members are.
  EXPECT_EQ(deflateInit2(&stream, 9, Z_DEFLATED, -15, 9, Z_DEFAULT_STRATEGY), Z_OK);
  std::string input = content;
  std::string out(deflateBound(&stream, content.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(input.data());
  stream.avail_in = static_cast<uInt>(input.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

}  // namespace

Arguments operator+(Arguments a, const Arguments& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file) << path;
  return {std::istreambuf_iterator<char>(file), {}};
}

void WriteFile(const std::string& path, std::string_view content) {
  std::ofstream file(path, std::ios::binary);
  file.write(content.data(), static_cast<std::streamsize>(content.size()));
  EXPECT_TRUE(file) << path;
}

std::string NpyBytes(const std::string& descr, const std::vector<std::int64_t>& shape,
                     std::string_view data) {
  std::string header = "{'descr': '" + descr + "', 'fortran_order': False, 'shape': (";
  for (const std::int64_t size : shape) header += std::to_string(size) + ",";
  header += "), }";
  header.append(63 - (10 + header.size()) % 64, ' ');
  header += '\n';
  std::string bytes = "\x93NUMPY";
  AppendLittle(bytes, 1, 2);  // version 1.0
  AppendLittle(bytes, header.size(), 2);
  bytes += header;
  bytes += data;
  return bytes;
}

std::string NpyZeros(const std::string& descr, std::size_t item_bytes,
                     const std::vector<std::int64_t>& shape) {
  std::size_t bytes = item_bytes;
  for (const std::int64_t size : shape) bytes *= static_cast<std::size_t>(size);
  return NpyBytes(descr, shape, std::string(bytes, '\0'));
}

// PKWARE APPNOTE.TXT 6.3.10: local header (4.3.7), central directory header (4.3.12), end record
// (4.3.16).
std::string ZipBytes(const std::vector<ZipEntry>& entries) {
  std::string archive;
  std::string directory;
  for (const ZipEntry& entry : entries) {
    const std::string stored = entry.deflate ? Deflated(entry.content) : entry.content;
    const auto crc = crc32(0, reinterpret_cast<const Bytef*>(entry.content.data()),
                           static_cast<uInt>(entry.content.size()));
    std::string common;
    AppendLittle(common, 20, 2);                     // version needed
    AppendLittle(common, 0, 2);                      // flags
    AppendLittle(common, entry.deflate ? 8 : 0, 2);  // method
    AppendLittle(common, 0x00210000U, 4);            // time and date
    AppendLittle(common, crc, 4);
    AppendLittle(common, stored.size(), 4);
    AppendLittle(common, entry.declared_size != 0 ? entry.declared_size : entry.content.size(), 4);
    AppendLittle(common, entry.name.size(), 2);
    AppendLittle(common, 0, 2);  // extra field
    const std::size_t offset = archive.size();
    archive += "PK\x03\x04" + common + entry.name + stored;
    directory += "PK\x01\x02";
    AppendLittle(directory, 20, 2);  // version made by
    directory += common;
    AppendLittle(directory, 0, 2 + 2 + 2 + 4);  // comment, disk, attributes
    AppendLittle(directory, offset, 4);
    directory += entry.name;
  }
  const std::size_t directory_offset = archive.size();
  archive += directory + "PK\x05\x06";
  AppendLittle(archive, 0, 4);
  AppendLittle(archive, entries.size(), 2);
  AppendLittle(archive, entries.size(), 2);
  AppendLittle(archive, directory.size(), 4);
  AppendLittle(archive, directory_offset, 4);
  AppendLittle(archive, 0, 2);
  return archive;
}

CliTest::CliTest() {
  std::string pattern = (fs::temp_directory_path() / "sidecar_cli_XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) std::abort();
  directory_ = pattern;
}

CliTest::~CliTest() {
  std::error_code ignored;
  fs::remove_all(directory_, ignored);
}

std::string CliTest::File(const std::string& name, std::string_view content) const {
  const std::string path = Path(name);
  fs::create_directories(fs::path(path).parent_path());
  WriteFile(path, content);
  return path;
}

std::string CliTest::Recorded(const std::string& recording, const std::string& file) {
  return std::string(kSource) + "/demo/recordings/" + recording + "/" + file;
}

std::string CliTest::Golden(const std::string& file) {
  return std::string(SIDECAR_TEST_DATA) + "/" + file;
}

void CliTest::CopyCheckpoint(const std::string& recording, int number, const std::string& to,
                             bool state) const {
  const std::string name = "ckpt-" + std::to_string(number);
  fs::create_directories(to);
  for (const char* suffix : {".data-00000-of-00001", ".index"}) {
    fs::copy_file(Recorded(recording, "ckpts/" + name + suffix), to + "/" + name + suffix,
                  fs::copy_options::overwrite_existing);
  }
  if (!state) return;
  WriteFile(to + "/checkpoint.new", "model_checkpoint_path: \"" + name +
                                        "\"\nall_model_checkpoint_paths: \"" + name + "\"\n");
  fs::rename(to + "/checkpoint.new", to + "/checkpoint");
}

Arguments CliTest::With(const std::string& command, const std::string& recording) {
  return {command, "--model", Recorded(recording, "model.keras"), "--data",
          Recorded(recording, "val.npz")};
}

void CliTest::ExpectError(const Outcome& outcome, int code, std::string_view part) {
  ExpectErrorWith(outcome, code, {std::string(part)});
}

void CliTest::ExpectErrorWith(const Outcome& outcome, int code,
                              const std::vector<std::string>& parts) {
  EXPECT_EQ(outcome.exit_code, code) << outcome.err;
  EXPECT_EQ(outcome.out, "");
  const std::vector<std::string> lines = Lines(outcome.err);
  std::size_t errors = 0;
  std::size_t details = 0;
  std::string first;
  for (const std::string& line : lines) {
    if (line.starts_with("sidecar: ") && errors++ == 0) first = line;
    if (line.starts_with("  ")) ++details;
  }
  EXPECT_EQ(errors, 1U) << outcome.err;
  for (const std::string& part : parts) EXPECT_THAT(first, ::testing::HasSubstr(part));
  EXPECT_LE(details, 20U) << outcome.err;
}

std::vector<std::string> Lines(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

int ExpectAsKeras(const std::string& line, const std::string& recording) {
  const auto found = nlohmann::ordered_json::parse(line, nullptr, false);
  if (!found.is_object()) {
    ADD_FAILURE() << "not a JSON object: " << line;
    return -1;
  }
  std::vector<std::string> keys;
  for (const auto& item : found.items()) keys.push_back(item.key());
  EXPECT_THAT(keys, ::testing::ElementsAre("checkpoint", "number", "step", "metrics", "batches",
                                           "examples", "seconds"));
  const int number = found["number"].get<int>();
  const Json all = Json::parse(
      ReadFile(std::string(kSource) + "/demo/recordings/" + recording + "/expected.json"));
  for (const Json& expected : all) {
    if (expected["number"] != number) continue;
    EXPECT_EQ(found["step"].dump(), expected["step"].dump());
    std::vector<std::string> names;
    for (const auto& item : found["metrics"].items()) names.push_back(item.key());
    EXPECT_EQ(names.size(), expected["metrics"].size());
    std::size_t position = 0;
    for (const Json& metric : expected["metrics"]) {
      const std::string name = metric[0].get<std::string>();
      EXPECT_EQ(position < names.size() ? names[position] : "none", name);
      ++position;
      const double value = metric[1].get<double>();
      EXPECT_NEAR(found["metrics"].value(name, -1.0), value, 1e-5) << name << " of " << number;
    }
    return number;
  }
  ADD_FAILURE() << "no checkpoint of the recording has the number " << number;
  return number;
}

}  // namespace sidecar::test
