// The text header of an age file. Reading is strict so that one header has one form: what is
// authenticated by the MAC is the bytes as they stand, and a looser reader would accept files that
// stock age refuses. Nothing here is checked against a key.
#include "wallet/keystore/age_header.h"

#include <algorithm>

namespace testamur::wallet::age {
namespace {

constexpr std::size_t kColumns = 64;
constexpr std::size_t kMacCharacters = 43;

// The header's lines, one after the other. A line ends with a line feed; carriage returns are not
// whitespace here.
class Lines {
 public:
  explicit Lines(std::string_view text) : text_(text) {}
  std::size_t position() const { return at_; }
  std::optional<std::string_view> next() {
    const auto end = text_.find('\n', at_);
    if (end == std::string_view::npos || end >= kMaxHeaderBytes) return std::nullopt;
    const std::string_view line = text_.substr(at_, end - at_);
    at_ = end + 1;
    return line;
  }

 private:
  std::string_view text_;
  std::size_t at_ = 0;
};

std::optional<std::vector<std::string>> parse_arguments(std::string_view text) {
  std::vector<std::string> arguments{""};
  for (const char c : text) {
    if (c == ' ') {
      arguments.emplace_back();
    } else if (c > ' ' && c < 0x7f) {
      arguments.back() += c;
    } else {
      return std::nullopt;
    }
  }

  // Two spaces in a row, or one at the end, would make an empty argument.
  if (std::ranges::any_of(arguments, [](const auto& argument) { return argument.empty(); }))
    return std::nullopt;
  return arguments;
}

// Full lines of 64 columns, ended by a shorter one.
std::optional<Bytes> parse_body(Lines& lines) {
  std::string encoded;
  while (true) {
    const auto line = lines.next();
    if (!line || line->size() > kColumns) return std::nullopt;
    encoded += *line;
    if (line->size() < kColumns) return from_base64(encoded);
  }
}

std::optional<OpenError> malformed(std::string what) {
  return OpenError{OpenFailure::kMalformed, "the age header is damaged: " + std::move(what)};
}

}  // namespace

std::string to_base64(ByteView bytes) {
  std::string text = to_base64url(bytes);
  std::ranges::replace(text, '-', '+');
  std::ranges::replace(text, '_', '/');
  return text;
}

std::optional<Bytes> from_base64(std::string_view text) {
  std::string url{text};
  if (url.find_first_of("-_") != std::string::npos) return std::nullopt;
  std::ranges::replace(url, '+', '-');
  std::ranges::replace(url, '/', '_');
  return from_base64url(url);
}

std::string encode_stanza(const Stanza& stanza) {
  std::string text = "->";
  for (const auto& argument : stanza.arguments) text += ' ' + argument;
  text += '\n';
  const std::string body = to_base64(stanza.body);
  std::size_t at = 0;
  for (; body.size() - at >= kColumns; at += kColumns) text += body.substr(at, kColumns) + '\n';
  return text + body.substr(at) + '\n';
}

Header parse_header(ByteView file, std::optional<OpenError>& error) {
  const std::string_view text = as_text(file);
  Header header;

  if (!text.starts_with(kVersionLine)) {
    // Where armour is not taken off (a vault is never in any), people are told how they do it.
    if (text.find(kArmourBegin) != std::string_view::npos) {
      error = OpenError{OpenFailure::kNotAge,
                        "this is an age file in armour, which is a text; take that off: sed -n "
                        "'/^-----BEGIN/,/^-----END/{/^-----/!p}' FILE | tr -d '\\r' | base64 -d > "
                        "FILE.age"};
      return header;
    }
    error = OpenError{OpenFailure::kNotAge,
                      "this is not an age v1 file: it does not begin with age-encryption.org/v1"};
    return header;
  }

  Lines lines{text};
  (void)lines.next();

  // One line a turn: a stanza with its body, or the last line of the header. Lines::next() ends at
  // kMaxHeaderBytes.
  while (true) {
    const std::size_t start = lines.position();
    const auto line = lines.next();
    if (!line) return error = malformed("it has no end"), header;
    if (line->starts_with("--- ")) {
      const auto mac = from_base64(line->substr(4));
      if (line->size() != 4 + kMacCharacters || !mac)
        return error = malformed("the MAC is not 32 bytes"), header;

      header.mac = *Hash256::from(*mac);

      // The MAC covers everything up to the three hyphens, without the space that follows.
      header.authenticated = file.first(start + 3);
      header.payload = file.subspan(lines.position());
      break;
    }

    if (!line->starts_with("-> "))
      return error = malformed("a stanza should begin at byte " + std::to_string(start)), header;

    auto arguments = parse_arguments(line->substr(3));
    auto body = arguments ? parse_body(lines) : std::nullopt;
    if (!body)
      return error =
                 malformed("the stanza at byte " + std::to_string(start) + " breaks the format"),
             header;
    header.stanzas.push_back({std::move(*arguments), std::move(*body)});
  }

  if (header.stanzas.empty()) error = malformed("it has no recipient");
  return header;
}

}  // namespace testamur::wallet::age
