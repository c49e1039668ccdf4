#include "checkpoint/slice_key.h"

#include <array>
#include <bit>

namespace sidecar::checkpoint {
namespace {

/// A count of significant bytes, then these bytes, the highest first.
void AppendOrderedUnsigned(std::string& out, std::uint64_t value) {
  const unsigned bytes = (static_cast<unsigned>(std::bit_width(value)) + 7) / 8;
  out.push_back(static_cast<char>(bytes));
  for (unsigned i = bytes; i-- > 0;) out.push_back(static_cast<char>(value >> (8 * i)));
}

/// The bytes with 00 and FF escaped, then 00 01.
void AppendOrderedString(std::string& out, std::string_view text) {
  for (const char c : text) {
    out.push_back(c);
    if (c == '\0') out.push_back('\xFF');
    if (c == '\xFF') out.push_back('\0');
  }
  out.append("\0\1", 2);
}

/// Two's complement, highest byte first, in the fewest bytes that leave room for a header which
/// states their number in its leading bits.
void AppendOrderedSigned(std::string& out, std::int64_t value) {
  constexpr std::array<std::array<unsigned char, 2>, 11> kHeaders{{{0, 0},
                                                                   {0x80, 0},
                                                                   {0xC0, 0},
                                                                   {0xE0, 0},
                                                                   {0xF0, 0},
                                                                   {0xF8, 0},
                                                                   {0xFC, 0},
                                                                   {0xFE, 0},
                                                                   {0xFF, 0},
                                                                   {0xFF, 0x80},
                                                                   {0xFF, 0xC0}}};
  const auto magnitude = static_cast<std::uint64_t>(value < 0 ? ~value : value);
  const std::size_t bits = static_cast<unsigned>(std::bit_width(magnitude));
  const std::size_t length = bits / 7 + 1;  // bits <= 7 * length - 1
  std::array<unsigned char, 10> bytes{};
  bytes.fill(value < 0 ? 0xFF : 0);
  for (unsigned i = 0; i < 8; ++i) {
    bytes[9 - i] = static_cast<unsigned char>(static_cast<std::uint64_t>(value) >> (8 * i));
  }
  const std::size_t begin = bytes.size() - length;
  for (std::size_t i = begin; i < bytes.size(); ++i) {
    const std::size_t position = i - begin;
    const unsigned header = position < 2 ? kHeaders[length][position] : 0U;
    out.push_back(static_cast<char>(bytes[i] ^ header));
  }
}

}  // namespace

std::string EncodeSliceKey(std::string_view name, const TensorSlice& slice) {
  std::string key;
  AppendOrderedUnsigned(key, 0);
  AppendOrderedString(key, name);
  AppendOrderedUnsigned(key, slice.size());
  for (const SliceExtent& extent : slice) {
    AppendOrderedSigned(key, extent.start);
    AppendOrderedSigned(key, extent.length.value_or(-1));
  }
  return key;
}

}  // namespace sidecar::checkpoint
