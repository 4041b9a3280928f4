#include "wallet/keystore/claim_code.h"

#include <algorithm>
#include <array>

#include "common/keys.h"
#include "common/text.h"

namespace testamur::wallet {
namespace {

constexpr std::string_view kAlphabet =
    "0123456789ABCDEFGHJKMNPQRSTVWXYZ";  // Crockford: no I, L, O, U
constexpr std::size_t kSymbols = 20;
constexpr std::size_t kGroup = 5;

char canonical(char c) {
  if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  if (c == 'I' || c == 'L') return '1';
  if (c == 'O') return '0';
  return c;
}

bool is_between(std::string_view each) {
  constexpr std::array<std::string_view, 18> kMarks = {
      "-",      ".",      ",",      ";",      "\"",     "'",
      "\u2010", "\u2011", "\u2012", "\u2013", "\u2014", "\u2015",
      "\u2212", "\u201c", "\u201d", "\u201e", "\u2019", "\xef\xbb\xbf"};
  return trimmed(each).empty() || std::ranges::find(kMarks, each) != kMarks.end();
}

}  // namespace

SecretBytes make_claim_code() {
  std::array<std::uint8_t, kSymbols> random{};
  fill_random(random);
  Bytes code;
  code.reserve(kSymbols + kSymbols / kGroup);
  for (std::size_t i = 0; i < kSymbols; ++i) {
    if (i > 0 && i % kGroup == 0) code.push_back('-');
    code.push_back(static_cast<std::uint8_t>(kAlphabet[random[i] & 31]));
  }
  wipe(random);
  return SecretBytes{std::move(code)};
}

Result<SecretBytes> parse_claim_code(std::string_view typed) {
  Bytes code;
  code.reserve(kSymbols + kSymbols / kGroup);
  std::size_t symbols = 0;
  if (typed.find('\0') != std::string_view::npos)
    return error("the claim code is in UTF-16 (\"Unicode text\"): save its file as UTF-8");
  // Pasted with its label, as in "Claim code: ABCDE-…": no code has a colon.
  if (const auto label = typed.rfind(':');
      label != std::string_view::npos && label + 1 < typed.size())
    typed.remove_prefix(label + 1);
  for (std::size_t at = 0; at < typed.size();) {
    const std::size_t from = at;
    if (!next_code_point(typed, at)) ++at;
    // People copy the code by hand or from a mail: how it is grouped, wrapped, quoted and ended
    // says nothing.
    const auto each = typed.substr(from, at - from);
    if (is_between(each)) continue;
    const char c = each.size() == 1 ? each.front() : '?';

    const char symbol = canonical(c);

    if (kAlphabet.find(symbol) == std::string_view::npos || symbols == kSymbols) {
      wipe(code);
      if (symbols == kSymbols)
        return error("a claim code has 20 letters and digits; there are more");
      return error("letter " + std::to_string(symbols + 1) +
                   " of the claim code is not one that codes use");
    }

    if (symbols > 0 && symbols % kGroup == 0) code.push_back('-');
    code.push_back(static_cast<std::uint8_t>(symbol));
    ++symbols;
  }

  SecretBytes whole{std::move(code)};
  if (symbols != kSymbols)
    return error("a claim code has 20 letters and digits; there are " + std::to_string(symbols));
  return whole;
}

}  // namespace testamur::wallet
