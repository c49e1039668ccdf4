// The header of a .npy file: a Python dictionary, read by a grammar of its own.
#include <fmt/format.h>

#include <charconv>
#include <optional>
#include <vector>

#include "base/byte_reader.h"
#include "base/status_macros.h"
#include "data/npy.h"

namespace sidecar::data {
namespace {

constexpr std::string_view kMagic = "\x93NUMPY";
constexpr std::size_t kMaxHeaderBytes = std::size_t{64} * 1024;
constexpr std::size_t kMaxRank = 64;  // NumPy 2's own limit

/// Reads the dictionary `{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }`: keys in any
/// order, each once; a text, a bool and a tuple of integers. Nothing else is Python here.
class HeaderParser {
 public:
  HeaderParser(std::string_view text, std::string_view where) : text_(text), where_(where) {}

  struct Fields {
    std::optional<std::string_view> descr;
    std::optional<bool> fortran_order;
    std::optional<std::vector<std::int64_t>> shape;
  };

  Result<Fields> Parse() {
    if (!Take('{')) return Expected("'{'");
    while (!Take('}')) {
      SIDECAR_RETURN_IF_ERROR(ParseEntry());
      if (Take(',')) continue;
      if (!Take('}')) return Expected("',' or '}'");
      break;
    }
    SkipSpace();
    if (position_ != text_.size()) return Expected("the end of the header");
    if (!fields_.descr) return Missing("descr");
    if (!fields_.fortran_order) return Missing("fortran_order");
    if (!fields_.shape) return Missing("shape");
    return fields_;
  }

 private:
  Status ParseEntry() {
    SIDECAR_ASSIGN_OR_RETURN(const std::string_view key, ParseText());
    if (!Take(':')) return Expected("':'");
    if (key == "descr" && !fields_.descr) return ParseDescr();
    if (key == "fortran_order" && !fields_.fortran_order) return ParseBool();
    if (key == "shape" && !fields_.shape) return ParseShape();
    return Expected("each of the keys descr, fortran_order and shape once");
  }

  Status ParseDescr() {
    SkipSpace();
    if (position_ < text_.size() && text_[position_] == '[') {
      return {StatusCode::kUnimplemented,
              fmt::format("{}: has a structured dtype (records with named fields), expected an "
                          "array of numbers",
                          where_)};
    }
    SIDECAR_ASSIGN_OR_RETURN(fields_.descr, ParseText());
    return {};
  }

  Status ParseBool() {
    SkipSpace();
    const std::string_view rest = text_.substr(position_);
    if (!rest.starts_with("True") && !rest.starts_with("False")) return Expected("True or False");
    fields_.fortran_order = rest.starts_with("True");
    position_ += std::string_view(*fields_.fortran_order ? "True" : "False").size();
    return {};
  }

  Status ParseShape() {
    if (!Take('(')) return Expected("'('");
    std::vector<std::int64_t> sizes;
    while (!Take(')')) {
      if (sizes.size() == kMaxRank) return Expected("at most 64 dimensions");
      SkipSpace();
      std::int64_t size = 0;
      const char* begin = text_.data() + position_;
      const auto [end, error] = std::from_chars(begin, text_.data() + text_.size(), size);
      if (error != std::errc() || *begin == '-') return Expected("a size from 0 to 2^63 - 1");
      position_ += static_cast<std::size_t>(end - begin);
      // Python 2 wrote long integers with an L behind them.
      if (position_ < text_.size() && text_[position_] == 'L') ++position_;
      sizes.push_back(size);
      if (Take(',')) continue;
      // Python reads "(3)" as a number, not as a tuple; NumPy refuses it.
      if (!Take(')') || sizes.size() == 1) return Expected("',' behind the size");
      break;
    }
    fields_.shape = std::move(sizes);
    return {};
  }

  Result<std::string_view> ParseText() {
    SkipSpace();
    if (position_ >= text_.size() || (text_[position_] != '\'' && text_[position_] != '"'))
      return Expected("a text in quotes");
    const std::size_t end = text_.find(text_[position_], position_ + 1);
    if (end == std::string_view::npos) return Expected("a text with a closing quote");
    const std::string_view value = text_.substr(position_ + 1, end - position_ - 1);
    if (value.find('\\') != std::string_view::npos) return Expected("a text without a backslash");
    position_ = end + 1;
    return value;
  }

  void SkipSpace() {
    while (position_ < text_.size() &&
           std::string_view(" \t\n\r").find(text_[position_]) != std::string_view::npos) {
      ++position_;
    }
  }

  bool Take(char c) {
    SkipSpace();
    if (position_ >= text_.size() || text_[position_] != c) return false;
    ++position_;
    return true;
  }

  Status Expected(std::string_view what) const {
    return {StatusCode::kDataLoss,
            fmt::format("{}: damaged .npy header: expected {} at character {}", where_, what,
                        position_)};
  }

  Status Missing(std::string_view key) const {
    return {StatusCode::kDataLoss,
            fmt::format("{}: damaged .npy header: the key '{}' is missing", where_, key)};
  }

  std::string_view text_;
  std::string_view where_;
  std::size_t position_ = 0;
  Fields fields_;
};

struct NumpyType {
  std::string_view code;  // of numpy.dtype.str, without the byte order
  DType dtype;
};

constexpr NumpyType kTypes[] = {
    {"b1", DType::kBool},      {"i1", DType::kInt8},        {"i2", DType::kInt16},
    {"i4", DType::kInt32},     {"i8", DType::kInt64},       {"u1", DType::kUint8},
    {"u2", DType::kUint16},    {"u4", DType::kUint32},      {"u8", DType::kUint64},
    {"f2", DType::kFloat16},   {"f4", DType::kFloat32},     {"f8", DType::kFloat64},
    {"c8", DType::kComplex64}, {"c16", DType::kComplex128},
};

/// What a type that cannot be read is, for people.
std::string_view DescribeType(char kind) {
  switch (kind) {
    case 'O':
      return "Python objects, which are pickled code (convert strings: array.astype('U'))";
    case 'V':
      return "raw bytes (NumPy writes bfloat16 and float8 arrays so: convert them to float32)";
    case 'M':
    case 'm':
      return "dates or durations";
    default:
      return "elements of a type that is not supported";
  }
}

/// Reads "<U12" and "|S12"; whether it is one of them.
bool SetStringType(std::string_view descr, NpyHeader& header) {
  constexpr std::size_t kMostCharacters = std::size_t{1} << 30U;
  if (descr.size() < 3 || std::string_view("<>|").find(descr[0]) == std::string_view::npos) {
    return false;
  }
  if (descr[1] != 'U' && descr[1] != 'S' && descr[1] != 'a') return false;
  std::size_t characters = 0;
  const auto [end, error] =
      std::from_chars(descr.data() + 2, descr.data() + descr.size(), characters);
  if (error != std::errc() || end != descr.data() + descr.size()) return false;
  if (characters > kMostCharacters || (descr[1] == 'U' && descr[0] == '|' && characters > 0)) {
    return false;
  }
  header.dtype = DType::kString;
  header.unicode = descr[1] == 'U';
  header.big_endian = header.unicode && descr[0] == '>';
  header.item_size = header.unicode ? 4 * characters : characters;
  return true;
}

Status SetType(std::string_view descr, std::string_view where, NpyHeader& header) {
  const std::string_view code = descr.empty() ? descr : descr.substr(1);
  if (SetStringType(descr, header)) return {};
  for (const NumpyType& type : kTypes) {
    if (type.code != code) continue;
    header.dtype = type.dtype;
    header.item_size = DTypeSize(type.dtype);
    header.big_endian = descr[0] == '>';
    if (descr[0] == '<' || descr[0] == '>') return {};
    // '|': byte order does not matter.
    if (descr[0] == '|' && DTypeSize(type.dtype) == 1) return {};
  }
  if (header.dtype != DType::kInvalid || code.empty()) {
    return {
        StatusCode::kDataLoss,
        fmt::format("{}: damaged .npy header: dtype '{}' has no valid byte order", where, descr)};
  }
  return {StatusCode::kUnimplemented,
          fmt::format("{}: dtype '{}' holds {}; supported are bool, integers, float16, float32, "
                      "float64, complex64, complex128 and strings (U, S)",
                      where, descr, DescribeType(code[0]))};
}

/// The dictionary's text; leaves its end in `data_offset`.
Result<std::string_view> HeaderText(std::span<const std::byte> content, std::string_view where,
                                    std::size_t& data_offset) {
  base::ByteReader reader(content);
  const auto magic = reader.ReadText(kMagic.size());
  if (!magic || *magic != kMagic)
    return Status(StatusCode::kDataLoss, fmt::format("{}: is not a .npy file", where));
  const auto major = reader.ReadFixed<std::uint8_t>();
  const auto minor = reader.ReadFixed<std::uint8_t>();
  if (!major || !minor || *major < 1 || *major > 3 || *minor != 0) {
    return Status(StatusCode::kDataLoss,
                  fmt::format("{}: .npy version {}.{}, expected 1.0, 2.0 or 3.0", where,
                              major.value_or(0), minor.value_or(0)));
  }
  std::optional<std::uint64_t> size;
  if (*major == 1) {
    if (const auto size16 = reader.ReadFixed<std::uint16_t>()) size = *size16;
  } else if (const auto size32 = reader.ReadFixed<std::uint32_t>()) {
    size = *size32;
  }
  if (size && *size > kMaxHeaderBytes) {
    return Status(StatusCode::kDataLoss,
                  fmt::format("{}: damaged .npy header: {} bytes long, at most {} are allowed",
                              where, *size, kMaxHeaderBytes));
  }
  const auto text = size ? reader.ReadText(*size) : std::nullopt;
  if (!text) {
    return Status(StatusCode::kDataLoss,
                  fmt::format("{}: the file ends within the .npy header, after {} bytes", where,
                              content.size()));
  }
  data_offset = reader.position();
  return *text;
}

}  // namespace

Result<NpyHeader> ParseNpyHeader(std::span<const std::byte> content, std::string_view where) {
  NpyHeader header;
  SIDECAR_ASSIGN_OR_RETURN(const std::string_view text,
                           HeaderText(content, where, header.data_offset));
  SIDECAR_ASSIGN_OR_RETURN(HeaderParser::Fields fields, HeaderParser(text, where).Parse());
  SIDECAR_RETURN_IF_ERROR(SetType(*fields.descr, where, header));
  header.fortran_order = *fields.fortran_order;
  header.shape = Shape(*std::move(fields.shape));
  const Result<std::int64_t> count = header.shape.NumElements();
  std::int64_t bytes = 0;
  if (!count.ok() ||
      __builtin_mul_overflow(*count, static_cast<std::int64_t>(header.item_size), &bytes)) {
    return Status(StatusCode::kDataLoss,
                  fmt::format("{}: damaged .npy header: shape {} is too large", where,
                              header.shape.ToString()));
  }
  // Strings without characters take no bytes: any number of them would fit a file.
  if (header.item_size == 0 && *count > 0) {
    return Status(
        StatusCode::kDataLoss,
        fmt::format("{}: damaged .npy header: {} strings of no characters", where, *count));
  }
  return header;
}

}  // namespace sidecar::data
