// The configuration is written before the ledger is joined, so that what was cut off is finished by
// `testamurd join`, and nothing is made twice.
#include "node/main/second_node.h"

#include <algorithm>

#include "files/durable_file.h"
#include "files/party_file.h"
#include "node/config/genesis_file.h"
#include "node/main/preflight.h"

namespace testamur::node {

namespace fs = std::filesystem;

std::string to_text(const PublicKeyFile& file) {
  return "# A public key and the proof that its holder has it. Public: whoever holds the root keys "
         "registers it with\n"
         "# `testamur key add " +
         file.purpose + " --public FILE`.\nchain = \"" + file.chain + "\"\ninstitution = \"" +
         file.institution + "\"\npurpose = \"" + file.purpose + "\"\nalgorithm = \"" +
         file.algorithm + "\"\npublic_key = \"" + to_hex(file.key) + "\"\npossession = \"" +
         to_hex(file.possession) + "\"\n";
}

namespace {

// Two nodes at one address: the others reach one of them, and each looks like the other.
Status check_own_address(const SecondNode& wanted) {
  const auto& own = wanted.init.peer_address;
  if (own.empty()) return {};
  for (const auto& file : wanted.parties) {
    TM_TRY(const auto party, read_party_address(file));
    if (check_ports_apart({{"", own}, {"", party.peer_address}}).ok()) continue;
    return error("--peer-address " + own + " is where the node of " +
                 testamur::to_text(party.institution) + " is reached (" + file.string() +
                 "): nothing was made. Give this node an address of its own");
  }
  return {};
}

}  // namespace

Result<MadeSecondNode> make_second_node(const SecondNode& wanted) {
  TM_TRY(const auto genesis, load_genesis(wanted.genesis));
  TM_TRY_STATUS(check_own_address(wanted));
  TM_TRY(const auto key, init_follower(wanted.init, wanted.institution));

  MadeSecondNode made;
  made.key = key_id(KeyPurpose::kTransport, key.public_key());
  made.public_file = wanted.init.directory / "transport-key.toml";

  const auto& chain = genesis.chain;
  const auto message =
      possession_message(chain, wanted.institution, KeyPurpose::kTransport, key.public_key());
  const auto possession = key.sign(message.view());
  const auto text = to_text(PublicKeyFile{
      testamur::to_text(chain), testamur::to_text(wanted.institution),
      std::string(testamur::to_text(KeyPurpose::kTransport)),
      std::string(testamur::to_text(key.algorithm())), key.public_key().bytes, possession.view()});
  TM_TRY_STATUS(write_file(made.public_file, as_bytes(text)));

  const auto config = config_path(wanted.init);
  const auto joined =
      join_ledger(config, wanted.genesis, wanted.parties, std::nullopt, &made.notes);
  if (!joined.ok())
    return error(joined.message() + ". The node is made; `testamurd join --config " +
                 config.string() + "` gives it the ledger");

  if (!is_founder(genesis, wanted.institution))
    made.notes.push_back(testamur::to_text(wanted.institution) +
                         " did not found this ledger: if it was never registered on it either, "
                         "nobody will admit this node");
  return made;
}

}  // namespace testamur::node
