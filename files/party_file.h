// Party files: what one institution brings to a ledger (docs/operating.md). Public; no secret.
//
// `testamurd init` writes one, and `testamurd replace` one with fresh keys alone; `testamur genesis
// add` and `testamur institution register` read them whole, `testamurd join` the address in it and
// whether its facts are those of its id. Files that come from somebody else: every text is escaped
// when written and checked when read, and mistakes are told with file, line and key, all at once.
// Pure functions over text, and readers of files; any thread.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/result.h"
#include "ledger/genesis.h"

namespace testamur::inline files {

struct PartyFile {
  ledger::GenesisParty party;
  bool validator = false;    // its node takes part in agreeing from the first block on
  std::string peer_address;  // where other nodes reach it; may be empty
  std::string api_address;   // where wallets reach it; may be empty
};

// Fresh keys of a node whose own were lost, for a recovery.
struct NodeKeysFile {
  ChainId chain;
  std::vector<ledger::ReplacedKey> keys;
};

// ---- writing

// As a TOML string in double quotes, control characters escaped: safe whatever the text is.
std::string toml_text(std::string_view text);
std::string party_text(const PartyFile& party);
// Precondition: all of one institution, at least one.
std::string node_keys_text(const ChainId& chain, const std::vector<ledger::ReplacedKey>& keys);

// ---- reading

// Proofs that the keys are held were made for a genesis; elsewhere they are not read.
enum class Possession : std::uint8_t { kRead, kIgnored };

// All of it, by form and meaning (ledger/meaning/facts_meaning.h). A key of the file that nobody
// reads is a mistake, and so, where proofs are read, is an id that is not that of the facts and
// keys.
Result<PartyFile> parse_party_file(std::string_view text, const std::string& file,
                                   Possession possession);
// The facts alone; keys are a mistake. The meaning of what the ledger says already (`standing`) is
// not judged again.
Result<ledger::tx::InstitutionFacts> parse_facts_file(
    std::string_view text, const std::string& file,
    const ledger::tx::InstitutionFacts& standing = {});
Result<NodeKeysFile> parse_node_keys_file(std::string_view text, const std::string& file);

// Where a party's node is reached; empty where its file does not say.
struct PartyAddress {
  InstitutionId institution;
  std::string peer_address;
  std::vector<std::string> keys;  // public keys as written, to know one's own file by
};
// A file that gives an id and an address alone has no facts that could contradict it.
Result<PartyAddress> read_party_address(const std::filesystem::path& file);

}  // namespace testamur::inline files
