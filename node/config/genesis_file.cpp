#include "node/config/genesis_file.h"

#include "node/config/party_file.h"

namespace testamur::node {

Result<ledger::Genesis> load_genesis(const std::filesystem::path& file) {
  TM_TRY(auto record, read_text(file));
  auto genesis = ledger::decode_genesis(as_bytes(record));
  if (!genesis.ok()) return error(file.string() + " is no genesis record: " + genesis.message());
  return genesis;
}

}  // namespace testamur::node
