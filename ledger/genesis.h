// Genesis: the canonical record from which a ledger begins, its chain id and its state.
//
// The record (docs/formats/genesis.md) is strict binary; TOML is only somebody's input to GenesisInput. Order of work:
// fill a GenesisInput, make_genesis() sorts and checks it and fixes the chain id, founders sign founder_message(), and
// encode() appends their signatures. decode_genesis() is what every node and client does with a record from outside:
// it proves the possession of every key and the signatures of the founders. Pure; any thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "common/bytes.h"
#include "common/ids.h"
#include "common/keys.h"
#include "common/result.h"
#include "ledger/header.h"
#include "ledger/parameters.h"
#include "ledger/state.h"
#include "ledger/tx/facts.h"

namespace testamur::ledger {

struct GenesisKey {
  KeyPurpose purpose = KeyPurpose::kRoot;
  PublicKey key;
  Signature possession;  // over possession_message(zero chain id, party id, purpose, key)
};

struct GenesisParty {
  tx::InstitutionClass institution_class = tx::InstitutionClass::kIssuer;
  tx::InstitutionFacts facts;
  std::uint8_t root_threshold = 1;  // m of its n root keys
  std::vector<GenesisKey> keys;
};

// prefix of H_tag(party, the party's record without possession proofs): needs facts, class and keys only, so it can be
// computed before the proofs are made. The order of keys does not matter.
InstitutionId party_id(const GenesisParty& party);

// A validator of the first epoch and its consensus key, one of the party's keys.
struct GenesisValidator {
  InstitutionId institution;
  KeyId consensus_key;
};

// The ledger that this one takes up after more than f of its keys were lost.
struct GenesisContinues {
  ChainId chain;
  Height height;
  BlockId block;
  Roots roots;
};

struct FounderSignature {
  KeyId root_key;
  Signature signature;  // BIP-340 over founder_message()
};

struct GenesisInput {
  std::uint64_t time_ms = 0;
  std::uint16_t protocol_version = 1;
  Parameters parameters;
  std::vector<GenesisParty> parties;
  std::vector<GenesisValidator> validators;
  std::optional<GenesisContinues> continues;
};

// A checked record, parties sorted by id, keys by (purpose, id), validators by institution.
struct Genesis {
  GenesisInput content;
  std::vector<FounderSignature> signatures;  // ascending by key id
  ChainId chain;
};

// Sorts, checks and fixes the chain id; `signatures` is left empty. Fails with the party and field that is wrong.
Result<Genesis> make_genesis(GenesisInput input);

// What a founder's root key signs.
Hash256 founder_message(const ChainId& chain);

// The record, founders' signatures included.
Bytes encode(const Genesis& genesis);

// Strict, with every signature checked: each validator's institution must have signed with root_threshold of its root
// keys, and nobody else may have signed.
Result<Genesis> decode_genesis(ByteView bytes);

// The first header and the state below it (log and pages empty, parties, keys and parameters in the registry).
struct GenesisState {
  std::shared_ptr<const Delta> delta;
  Header header;
  BlockId block;
};
// Precondition: `genesis` came from make_genesis or decode_genesis.
GenesisState build_genesis_state(const Genesis& genesis);

// Name, id and purpose of every key, for people.
std::string describe(const Genesis& genesis);

}  // namespace testamur::ledger
