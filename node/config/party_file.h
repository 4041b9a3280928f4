// Party files: what one institution brings to the genesis of a ledger (docs/operating.md). Public; no secret.
//
// `testamurd init` writes one, `testamurd genesis` gathers them. Pure functions over text, and a reader of files.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

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
// Fails naming file, line and key; also when a possession proof does not hold or the stated institution id is another.
Result<PartyFile> parse_party(std::string_view text, const std::string& file);
Result<PartyFile> read_party(const std::filesystem::path& file);

// The text of a whole file.
Result<std::string> read_text(const std::filesystem::path& file);
// Writes and syncs a new file; fails when it exists, unless it may be replaced.
Status write_file(const std::filesystem::path& file, ByteView content, bool replace = false);

}  // namespace testamur::node
