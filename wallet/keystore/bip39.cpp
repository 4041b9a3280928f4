// Recovery words by BIP-39. Words are read as people wrote them down (numbers, capitals, the first
// four letters) and made in one form only. No word is ever part of a message: what is printed stays
// on screens and in logs.
#include "wallet/keystore/bip39.h"

#include <algorithm>
#include <array>
#include <optional>
#include <set>
#include <vector>

#include "common/check.h"
#include "common/keys.h"
#include "common/text.h"
#include "wallet/keystore/primitives.h"

namespace testamur::wallet {
namespace {

constexpr std::size_t kBitsPerWord = 11;
constexpr std::size_t kUniquePrefix = 4;

constexpr std::array<std::string_view, 2048> kWords = {
#include "bip39_english.inc"
};

bool is_valid_size(std::size_t entropy_bytes) {
  return entropy_bytes >= 16 && entropy_bytes <= 32 && entropy_bytes % 4 == 0;
}

std::optional<std::size_t> find_word(std::string_view word) {
  const auto at = std::ranges::lower_bound(kWords, word);
  if (at == kWords.end()) return std::nullopt;
  if (*at == word || (word.size() >= kUniquePrefix && at->starts_with(word)))
    return static_cast<std::size_t>(at - kWords.begin());
  return std::nullopt;
}

// What stands between words on paper and in lists: marks and white space of any kind.
bool is_between(std::string_view each) {
  constexpr std::array<std::string_view, 19> kMarks = {
      ",", ";", "\"", "'", ".", ":",      ")",      "(",      "[",           "]",
      "|", "*", "-",  "#", "_", "\u2022", "\u2013", "\u2014", "\xef\xbb\xbf"};
  return trimmed(each).empty() || std::ranges::find(kMarks, each) != kMarks.end();
}

struct NumberedWord {
  std::size_t number = 0;  // that stood before it; 0: none
  std::string word;
};

bool is_number(std::string_view token) {
  return token.size() <= 2 && !token.empty() && token.find_first_not_of("0123456789") == token.npos;
}

// Digits and letters without anything between them are a number and its word: "7dice".
void take_token(std::string_view token, std::size_t& number, std::vector<NumberedWord>& words) {
  const auto letters = token.find_first_not_of("0123456789");
  const auto digits = token.substr(0, letters);
  if (is_number(digits)) number = static_cast<std::size_t>(std::stoi(std::string(digits)));
  if (letters == std::string_view::npos) return;
  words.push_back({number, std::string(is_number(digits) ? token.substr(letters) : token)});
  number = 0;
}

// Lower-case words, as people write them down: between white space of any kind and marks, with
// numbers or without. Where each has a number and together they count, the numbers say the order:
// two columns are read across, and were written down.
std::vector<std::string> split(std::string_view text) {
  std::vector<NumberedWord> found;
  std::string token;
  std::size_t number = 0;
  const auto end_token = [&] {
    if (!token.empty()) take_token(token, number, found);
    wipe({reinterpret_cast<std::uint8_t*>(token.data()), token.size()});
    token.clear();
  };
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t from = at;
    if (!next_code_point(text, at)) ++at;
    const std::string_view each = text.substr(from, at - from);
    if (is_between(each)) {
      end_token();
      continue;
    }
    const char c = each.front();
    if (each.size() == 1 && c >= 'A' && c <= 'Z') {
      token += static_cast<char>(c - 'A' + 'a');
    } else {
      token += each;
    }
  }
  end_token();

  std::vector<std::size_t> numbers;
  for (const auto& each : found) numbers.push_back(each.number);
  std::ranges::sort(numbers);
  bool counts = !numbers.empty();
  for (std::size_t i = 0; i < numbers.size(); ++i) counts = counts && numbers[i] == i + 1;
  if (counts) std::ranges::sort(found, {}, &NumberedWord::number);

  std::vector<std::string> words;
  for (auto& each : found) {
    words.push_back(each.word);
    wipe({reinterpret_cast<std::uint8_t*>(each.word.data()), each.word.size()});
  }
  return words;
}

void wipe_words(std::vector<std::string>& words) {
  for (auto& word : words) wipe({reinterpret_cast<std::uint8_t*>(word.data()), word.size()});
}

Result<SecretBytes> parse(const std::vector<std::string>& words) {
  if (words.size() < 12 || words.size() > 24 || words.size() % 3 != 0)
    return error("there are " + std::to_string(words.size()) +
                 " words; recovery words are 24 (or 12, 15, 18, 21)");
  const std::size_t bits = words.size() * kBitsPerWord;
  SecretBytes packed{(bits + 7) / 8};
  for (std::size_t i = 0; i < words.size(); ++i) {
    const auto index = find_word(words[i]);
    if (!index) {
      // By its place, never by itself: what is printed stays on screens and in logs, and the words
      // are the wallet.
      return error("word " + std::to_string(i + 1) + " of " + std::to_string(words.size()) +
                   " is not a recovery word: compare it with your paper");
    }
    for (std::size_t bit = 0; bit < kBitsPerWord; ++bit) {
      const std::size_t at = i * kBitsPerWord + bit;
      if (((*index >> (kBitsPerWord - 1 - bit)) & 1) != 0)
        packed.writable()[at / 8] |= static_cast<std::uint8_t>(0x80u >> (at % 8));
    }
  }
  const std::size_t entropy_bytes = words.size() / 3 * 4;
  SecretBytes entropy = SecretBytes::copy_of(packed.view().first(entropy_bytes));
  const std::size_t checksum_bits = entropy_bytes / 4;
  const auto mask = static_cast<std::uint8_t>(0xff00u >> checksum_bits);
  const std::uint8_t expected = sha256(entropy.view()).bytes[0] & mask;
  if ((packed.view()[entropy_bytes] & mask) != expected)
    return error("the words do not belong together: one of them is wrong, or their order is");
  return entropy;
}

}  // namespace

std::size_t count_words(std::string_view words) {
  auto found = split(words);
  wipe_words(found);
  return found.size();
}

std::vector<std::size_t> some_word_places(std::size_t count) {
  TM_CHECK(count <= kRecoveryWords, count);
  std::set<std::size_t> places;
  while (places.size() < count) {
    std::array<std::uint8_t, 1> random{};
    fill_random(random);
    if (random[0] < 256 / kRecoveryWords * kRecoveryWords)
      places.insert(random[0] % kRecoveryWords + 1);
  }
  return {places.begin(), places.end()};
}

bool are_words_at(std::string_view words, std::span<const std::size_t> places,
                  std::string_view typed) {
  auto all = split(words);
  auto said = split(typed);
  bool are_same = said.size() == places.size();
  for (std::size_t i = 0; are_same && i < places.size(); ++i) {
    const auto right = find_word(all.at(places[i] - 1));
    are_same = right && find_word(said[i]) == right;
  }
  wipe_words(all);
  wipe_words(said);
  return are_same;
}

const std::array<std::string_view, 2048>& recovery_word_list() { return kWords; }

SecretBytes make_recovery_entropy() {
  SecretBytes entropy{kRecoveryEntropyBytes};
  fill_random(entropy.writable());
  return entropy;
}

SecretBytes words_from_entropy(ByteView entropy) {
  TM_CHECK(is_valid_size(entropy.size()), entropy.size());

  SecretBytes packed{entropy.size() + 1};
  std::ranges::copy(entropy, packed.writable().begin());

  // The checksum is the first bits of the digest, and the words take as many as they have room for
  // (BIP-39).
  packed.writable()[entropy.size()] = sha256(entropy).bytes[0];

  const std::size_t count = entropy.size() / 4 * 3;

  // Reserved whole: a buffer that grows would leave copies of the words behind it in memory.
  Bytes text;
  text.reserve(count * 9);

  for (std::size_t i = 0; i < count; ++i) {
    std::size_t index = 0;
    for (std::size_t at = i * kBitsPerWord; at < (i + 1) * kBitsPerWord; ++at)
      index = index << 1 | ((packed.view()[at / 8] >> (7 - at % 8)) & 1u);
    if (i > 0) text.push_back(' ');
    text.insert(text.end(), kWords[index].begin(), kWords[index].end());
  }

  return SecretBytes{std::move(text)};
}

Result<SecretBytes> entropy_from_words(std::string_view words) {
  if (words.find('\0') != std::string_view::npos)
    return error("the words are in UTF-16 (\"Unicode text\"): save their file as UTF-8");
  auto list = split(words);
  auto entropy = parse(list);
  wipe_words(list);
  return entropy;
}

SecretBytes seed_from_entropy(ByteView entropy, std::string_view passphrase) {
  TM_CHECK(std::ranges::all_of(passphrase, [](char c) { return c >= ' ' && c < 0x7f; }));
  constexpr int kRounds = 2048;
  const std::string salt = "mnemonic" + std::string(passphrase);
  return primitives::pbkdf2_sha512(words_from_entropy(entropy).view(), as_bytes(salt), kRounds,
                                   kSeedBytes);
}

}  // namespace testamur::wallet
