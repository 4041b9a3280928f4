// Party files: what one institution brings to the genesis of a ledger (docs/operating.md). Public;
// no secret.
//
// `testamurd init` writes one; `testamur genesis add` reads it whole, `testamurd join` the address
// in it, and whether its facts are those of its id. Pure functions over text, and readers and
// writers of files.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "common/result.h"
#include "ledger/genesis.h"

namespace testamur::node {

struct PartyFile {
  ledger::GenesisParty party;
  bool validator = false;    // its node takes part in agreeing from the first block on
  std::string peer_address;  // where other nodes reach it; may be empty
  std::string api_address;   // where wallets reach it; may be empty
};

// As a TOML string in double quotes, control characters escaped: safe whatever the text is.
std::string toml_text(std::string_view text);

std::string party_text(const PartyFile& party);

// Fresh keys of a node whose own were lost, for a recovery. Precondition: all of one institution,
// at least one.
std::string node_keys_text(const ChainId& chain, const std::vector<ledger::ReplacedKey>& keys);

// Where a party's node is reached; empty where its file does not say.
struct PartyAddress {
  InstitutionId institution;
  std::string peer_address;
  std::vector<std::string> keys;  // public keys as written, to know one's own file by
};
Result<PartyAddress> read_party_address(const std::filesystem::path& file);

// The text of a whole file.
Result<std::string> read_text(const std::filesystem::path& file);
// A whole file, durable before this returns (durable_file.h); fails when it exists, unless it may
// be replaced.
Status write_file(const std::filesystem::path& file, ByteView content, bool replace = false);

}  // namespace testamur::node
