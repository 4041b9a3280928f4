// Genesis: the canonical record from which a ledger begins, its chain id and its state.
//
// The record (docs/formats/genesis.md) is strict binary; TOML is only somebody's input to
// GenesisInput. Order of work: fill a GenesisInput, draft_genesis() sorts it and fixes the chain
// id, find_faults() says what is missing or wrong, founders sign founder_message(), encode() writes
// the record with the signatures that are there. decode_genesis() is what every node and client
// does with a record from outside: it proves the possession of every key and the signatures of the
// founders. A record may continue a ledger that lost its keys: ledger/recovery.h. Pure; any thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/bytes.h"
#include "common/ids.h"
#include "common/keys.h"
#include "common/result.h"
#include "ledger/header.h"
#include "ledger/parameters.h"
#include "ledger/proofs/light.h"
#include "ledger/recovery.h"
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

// The id of a party: the first 16 bytes of H_tag(party, the party's record without possession
// proofs). So it can be computed before the proofs, which sign it, are made. The order of keys and
// names does not matter.
InstitutionId party_id(const GenesisParty& party);

// A validator of the first epoch and its consensus key: one of the party's keys, or in a recovery
// its key of the old set or a replaced one.
struct GenesisValidator {
  InstitutionId institution;
  KeyId consensus_key;
};

struct FounderSignature {
  KeyId root_key;
  Signature signature;  // BIP-340 over founder_message()
};

struct GenesisInput {
  std::uint64_t time_ms = 0;
  std::uint16_t protocol_version = 1;
  Parameters parameters;
  std::vector<GenesisParty> parties;  // none in a recovery
  std::vector<GenesisValidator> validators;
  std::optional<GenesisContinues> continues;
};

// Parties sorted by id, keys by (purpose, id), validators by institution.
struct Genesis {
  GenesisInput content;
  std::vector<FounderSignature> signatures;  // ascending by key id
  ChainId chain;
};

// Something that a record breaks. Names are permanent (docs/formats/genesis.md lists them).
struct GenesisFault {
  std::string name;  // for example possession_proof
  std::string what;  // a sentence with the party and key that it concerns
};

// Sorts the content and computes the chain id. Checks nothing; the result has no signatures.
Genesis draft_genesis(GenesisInput input);
// More faults than these are not looked for.
inline constexpr std::size_t kGenesisFaultsLimit = 100;
// Everything that is wrong or missing, rules of the content first, then the founders; the search
// ends with the `limit`th fault. Empty: nodes and clients take the record. What costs a signature
// is checked behind everything that does not; a record with more parties or validators than may be
// is told so and nothing else. The work is linear in the size of the record.
std::vector<GenesisFault> find_faults(const Genesis& genesis,
                                      std::size_t limit = kGenesisFaultsLimit);
// The rules of the content alone.
std::vector<GenesisFault> find_content_faults(const GenesisInput& content,
                                              std::size_t limit = kGenesisFaultsLimit);

// As draft_genesis, but fails with the first fault of the content.
Result<Genesis> make_genesis(GenesisInput input);

// What a founder's root key signs.
Hash256 founder_message(const ChainId& chain);

// Who may sign and has. In a plain genesis every validator's institution must; in a recovery every
// institution of the new set must, and of the old set more than two thirds.
struct Signatory {
  InstitutionId institution;
  std::string name;
  std::uint8_t threshold = 1;  // with exactly so many of its root keys
  std::vector<std::pair<KeyId, PublicKey>> roots;
  std::size_t signatures = 0;  // its root keys by which one is there, valid or not
  bool must_sign = true;
  bool has_signed() const { return signatures == threshold; }
};
// Each once, in the order of the validators or of the old set.
std::vector<Signatory> signatories(const Genesis& genesis);
// How many of them must have signed at least.
std::size_t signatories_needed(const Genesis& genesis);

// The record, with the signatures that are there.
Bytes encode(const Genesis& genesis);

// Reads a record that need not be complete. Fails unless the bytes are well-formed and sorted, as
// encode() writes them; find_faults() says what is missing or wrong.
Result<Genesis> decode_genesis_draft(ByteView bytes);
// Reads a complete record: fails unless every rule holds and every signature verifies.
Result<Genesis> decode_genesis(ByteView bytes);

// The validators of the first epoch with their keys. Fails where a validator's key is not in the
// record.
Result<CertifyingSet> genesis_set(const GenesisInput& content);
// The epoch in which the first block after the genesis is.
Epoch genesis_epoch(const Genesis& genesis);
// A light client that follows the ledger from its beginning. Precondition here and below: `genesis`
// came from make_genesis or decode_genesis.
LightClient make_light_client(const Genesis& genesis);
// Fails unless the recovery continues the ledger that `old` follows, from a block that is final
// there.
Status verify_continuation(const Genesis& recovery, const LightClient& old);

// The first block of a ledger, with the writes that make its state.
struct GenesisState {
  std::shared_ptr<const Delta> delta;
  Header header;
  BlockId block;
};
// The block of height 0: log and pages are empty, parties, keys and parameters stand in the
// registry. Precondition: `genesis` is no recovery.
GenesisState build_genesis_state(const Genesis& genesis);
// The block above the one that is continued, whose state it takes over with the new validators in
// it. `old` is the state after the continued block; fails where it is not. Precondition: `genesis`
// is a recovery.
Result<GenesisState> build_recovery_state(const Genesis& genesis, const StateReader& old);

// Name, id and purpose of every key, for people.
std::string describe(const Genesis& genesis);

}  // namespace testamur::ledger
