// What tf.strings does to texts on the way to tokens. Texts are bytes; nothing requires them to be
// UTF-8.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sidecar::model {

/// Lower case of the ASCII letters alone, as tf.strings.lower without an encoding.
[[nodiscard]] std::string LowerAscii(std::string_view text);

/// Without the ASCII punctuation that TextVectorization strips: all of it.
[[nodiscard]] std::string WithoutPunctuation(std::string_view text);

/// What stands between runs of ASCII white space, as tf.strings.split.
[[nodiscard]] std::vector<std::string> SplitAtSpaces(std::string_view text);

/// The characters of UTF-8 text, as tf.strings.unicode_split: U+FFFD for each longest start of a
/// character that is not completed, and for each byte that can start none.
[[nodiscard]] std::vector<std::string> SplitCharacters(std::string_view text);

/// All runs of `width` tokens joined by spaces, for one width after the other, as
/// tf.strings.ngrams. Widths are at least 1.
[[nodiscard]] std::vector<std::string> NgramsOf(const std::vector<std::string>& tokens,
                                                const std::vector<std::int64_t>& widths);

/// The lines of a text as Python's str.splitlines() finds them, which has more line ends than "\n".
[[nodiscard]] std::vector<std::string> PythonLines(std::string_view text);

}  // namespace sidecar::model
