// The code of Windows for Western Europe: Latin-1 but for 0x80 to 0x9F, of which five are no
// character. Pure; any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace testamur::wallet {

// As UTF-8; nothing where a byte is no character.
std::optional<std::string> from_windows_1252(std::string_view bytes);
// The bytes that a program which takes them for this code, or for Latin-1, shows as this text;
// nothing where it could show a character never.
std::optional<std::string> to_windows_1252(std::string_view utf8);

}  // namespace testamur::wallet
