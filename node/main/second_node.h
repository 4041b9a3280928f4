// A further node of an institution that is on a ledger already: it follows, serves the API and has
// no vote, so that the voting key stays on one machine. Its transport key is registered by whoever
// holds the root keys; until then the other nodes do not admit it. docs/operating.md, "A second
// node". One thread.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "node/main/init.h"

namespace testamur::node {

struct SecondNode {
  InitOptions init;  // directory, config and addresses
  InstitutionId institution;
  std::filesystem::path genesis;
  std::vector<std::filesystem::path> parties;
};

struct MadeSecondNode {
  KeyId key;
  std::filesystem::path public_file;
  std::vector<std::string> notes;
};

// Makes the directory: a transport key, a configuration without a voting key, the genesis record,
// the peers, and the file by which the key is registered. Fails before anything is made where the
// record is none, or where something lies in the way.
Result<MadeSecondNode> make_second_node(const SecondNode& wanted);

// The public half of a node's key as `testamur key add --public` reads it, with the proof that its
// holder has it.
struct PublicKeyFile {
  std::string chain;
  std::string institution;
  std::string purpose;
  std::string algorithm;
  ByteView key;
  ByteView possession;
};
std::string to_text(const PublicKeyFile& file);

}  // namespace testamur::node
