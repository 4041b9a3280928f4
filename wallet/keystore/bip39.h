// Recovery words (BIP-39, English list). Pure except for make_recovery_entropy; any thread.
#pragma once

#include <array>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/bytes.h"
#include "common/result.h"
#include "wallet/keystore/secret_bytes.h"

namespace testamur::wallet {

inline constexpr std::size_t kRecoveryEntropyBytes = 32;
inline constexpr std::size_t kRecoveryWords = 24;
inline constexpr std::size_t kSeedBytes = 64;

// The 2,048 words in BIP-39 order.
const std::array<std::string_view, 2048>& recovery_word_list();

SecretBytes make_recovery_entropy();
// Entropy of 16, 20, 24, 28 or 32 bytes as 12 to 24 words, one space between them.
SecretBytes words_from_entropy(ByteView entropy);
// Words in any case as people write them down: any white space, commas or semicolons between them,
// numbered ("7. dice") or not. The failure says the place of the first unknown word (never the
// word), a wrong count, or that the checksum does not fit. First four letters are enough for a
// word.
Result<SecretBytes> entropy_from_words(std::string_view words);
// Some places among 24, counted from 1, ascending, each once: for asking whether the words are
// written down.
std::vector<std::size_t> some_word_places(std::size_t count);
// Whether `typed` are the words of `words` at these places, by the rules of entropy_from_words().
bool are_words_at(std::string_view words, std::span<const std::size_t> places,
                  std::string_view typed);
// How many words those are, whether they are recovery words or not.
std::size_t count_words(std::string_view words);
// PBKDF2-HMAC-SHA512, 2,048 rounds, over the canonical words. `passphrase` must be ASCII; the
// wallet's is empty.
SecretBytes seed_from_entropy(ByteView entropy, std::string_view passphrase = {});

}  // namespace testamur::wallet
