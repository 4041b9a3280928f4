#include "wallet/keystore/bip39.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "common/check.h"
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

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t substituted = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({substituted, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row[b.size()];
}

std::string suggestions(std::string_view word) {
  constexpr std::size_t kMost = 3;
  std::vector<std::string_view> near;
  for (std::size_t distance = 1; distance <= 2 && near.size() < kMost; ++distance) {
    for (const auto known : kWords) {
      if (near.size() < kMost && edit_distance(word, known) == distance) near.push_back(known);
    }
  }
  std::string text;
  for (const auto known : near) text += (text.empty() ? " (did you mean " : ", ") + std::string(known);
  return text.empty() ? text : text + "?)";
}

// Lower-case words between any white space.
std::vector<std::string> split(std::string_view text) {
  std::vector<std::string> words;
  bool inside = false;
  for (const char c : text) {
    const bool space = c == ' ' || (c >= '\t' && c <= '\r');
    if (space) {
      inside = false;
      continue;
    }
    if (!inside) words.emplace_back();
    inside = true;
    words.back() += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return words;
}

void wipe_words(std::vector<std::string>& words) {
  for (auto& word : words) wipe({reinterpret_cast<std::uint8_t*>(word.data()), word.size()});
}

Result<SecretBytes> parse(const std::vector<std::string>& words) {
  if (words.size() < 12 || words.size() > 24 || words.size() % 3 != 0)
    return error("there are " + std::to_string(words.size()) + " words; recovery words are 24 (or 12, 15, 18, 21)");
  const std::size_t bits = words.size() * kBitsPerWord;
  SecretBytes packed{(bits + 7) / 8};
  for (std::size_t i = 0; i < words.size(); ++i) {
    const auto index = find_word(words[i]);
    if (!index) {
      return error("word " + std::to_string(i + 1) + ", \"" + words[i] + "\", is not a recovery word" +
                   suggestions(words[i]));
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
  packed.writable()[entropy.size()] = sha256(entropy).bytes[0];
  const std::size_t count = entropy.size() / 4 * 3;
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
  auto list = split(words);
  auto entropy = parse(list);
  wipe_words(list);
  return entropy;
}

SecretBytes seed_from_entropy(ByteView entropy, std::string_view passphrase) {
  TM_CHECK(std::ranges::all_of(passphrase, [](char c) { return c >= ' ' && c < 0x7f; }));
  constexpr int kRounds = 2048;
  const std::string salt = "mnemonic" + std::string(passphrase);
  return primitives::pbkdf2_sha512(words_from_entropy(entropy).view(), as_bytes(salt), kRounds, kSeedBytes);
}

}  // namespace testamur::wallet
