#include "data/npy_strings.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/status_macros.h"

namespace sidecar::data {
namespace {

std::uint32_t CharacterAt(std::span<const std::byte> bytes, bool big_endian) {
  std::uint32_t character = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    const auto byte = std::to_integer<std::uint32_t>(bytes[big_endian ? i : 3 - i]);
    character = character << 8U | byte;
  }
  return character;
}

void AppendUtf8(std::uint32_t character, std::string& text) {
  const auto add = [&text](std::uint32_t byte) { text += static_cast<char>(byte); };
  const auto tail = [&](std::uint32_t shift) { add(0x80U | ((character >> shift) & 0x3FU)); };
  if (character < 0x80U) {
    add(character);
  } else if (character < 0x800U) {
    add(0xC0U | (character >> 6U));
    tail(0);
  } else if (character < 0x10000U) {
    add(0xE0U | (character >> 12U));
    tail(6);
    tail(0);
  } else {
    add(0xF0U | (character >> 18U));
    tail(12);
    tail(6);
    tail(0);
  }
}

bool IsCharacter(std::uint32_t character) {
  return character <= 0x10FFFFU && (character < 0xD800U || character > 0xDFFFU);
}

// Appends one element; the character that is none, where there is one.
std::optional<std::uint32_t> AppendElement(const NpyHeader& header,
                                           std::span<const std::byte> element, std::string& text) {
  const std::size_t unit = header.unicode ? 4 : 1;
  const auto is_zero = [](std::byte byte) { return byte == std::byte{0}; };
  std::size_t size = element.size();
  while (size > 0 && std::ranges::all_of(element.subspan(size - unit, unit), is_zero)) size -= unit;
  for (std::size_t i = 0; i < size; i += unit) {
    if (!header.unicode) {
      text += std::to_integer<char>(element[i]);
      continue;
    }
    const std::uint32_t character = CharacterAt(element.subspan(i, 4), header.big_endian);
    if (!IsCharacter(character)) return character;
    AppendUtf8(character, text);
  }
  return std::nullopt;
}

// The place in a column-major file of each element in row-major order.
std::vector<std::size_t> PlacesOf(const Shape& shape, std::size_t count) {
  std::vector<std::size_t> places(count);
  std::vector<std::size_t> index(shape.rank(), 0);
  for (std::size_t i = 0; i < count; ++i) {
    std::size_t stride = 1;
    for (std::size_t axis = 0; axis < shape.rank(); ++axis) {
      places[i] += index[axis] * stride;
      stride *= static_cast<std::size_t>(shape[axis]);
    }
    for (std::size_t axis = shape.rank(); axis-- > 0;) {
      if (++index[axis] < static_cast<std::size_t>(shape[axis])) break;
      index[axis] = 0;
    }
  }
  return places;
}

}  // namespace

Result<Tensor> ReadStrings(const NpyHeader& header, std::span<const std::byte> elements,
                           std::string_view where) {
  struct Content {
    std::string characters;
    std::vector<std::string_view> views;
  };
  const std::size_t count = header.item_size == 0 ? 0 : elements.size() / header.item_size;
  std::vector<std::size_t> places;
  if (header.fortran_order && header.shape.rank() > 1) places = PlacesOf(header.shape, count);
  const auto content = std::make_shared<Content>();
  std::vector<std::size_t> ends(count);
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t place = places.empty() ? i : places[i];
    const auto wrong = AppendElement(
        header, elements.subspan(place * header.item_size, header.item_size), content->characters);
    if (wrong) {
      return Status(StatusCode::kDataLoss,
                    fmt::format("{}: string {} has the character U+{:04X}, which is none of "
                                "Unicode's",
                                where, i, *wrong));
    }
    ends[i] = content->characters.size();
  }
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t begin = i == 0 ? 0 : ends[i - 1];
    content->views.push_back(std::string_view(content->characters).substr(begin, ends[i] - begin));
  }
  return Tensor::BorrowStrings(header.shape, content->views, content);
}

}  // namespace sidecar::data
