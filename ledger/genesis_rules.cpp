// What a genesis record must keep to. Every rule has a permanent name; docs/formats/genesis.md
// lists them. A record comes from anybody: a file of a ceremony, or the answer of a node that
// nobody knows yet. Invariants: how many parties and validators there are is judged before anything
// is computed of them; nothing is looked up by walking a list that the record made long; whatever
// costs a signature or a proof comes behind everything that does not; and every loop ends with the
// last fault that is asked for.
#include <algorithm>
#include <map>
#include <set>

#include "ledger/genesis.h"
#include "ledger/genesis_parties.h"
#include "ledger/protocol.h"
#include "ledger/tx/form_check.h"
#include "ledger/tx/records/institutions.h"
#include "ledger/tx/records/record.h"

namespace testamur::ledger {

namespace {

constexpr std::size_t kPartiesLimit = 10'000;
constexpr std::size_t kKeysLimit = 255;
constexpr unsigned kThresholdLimit = 64;  // a transaction carries no more signatures

class Faults {
 public:
  explicit Faults(std::size_t limit) : limit_(limit) {}
  void add(const char* name, std::string what) {
    if (!full()) found_.push_back({name, std::move(what)});
  }
  void add(const char* name, const GenesisParty& party, const std::string& what) {
    add(name, of(party) + what);
  }
  static std::string of(const GenesisParty& party) {
    return "party \"" + std::string(tx::best_text(party.facts.legal_names)) + "\": ";
  }
  // Nothing further is looked for.
  bool full() const { return found_.size() >= limit_; }
  bool empty() const { return found_.empty(); }
  std::vector<GenesisFault> take() { return std::move(found_); }

 private:
  std::size_t limit_;
  std::vector<GenesisFault> found_;
};

std::string name_of(KeyPurpose purpose, const PublicKey& key) {
  return std::string(to_text(purpose)) + " key " + to_text(key_id(purpose, key));
}

// Whether there are so few parties and validators that the rest may be looked at.
bool check_counts(const GenesisInput& content, Faults& faults) {
  const std::size_t parties = content.parties.size();
  if (parties > kPartiesLimit || (parties == 0 && !content.continues))
    faults.add("parties", "1 to 10000 parties, not " + std::to_string(parties));

  if (content.validators.empty()) faults.add("validators", "there are no validators");
  if (content.validators.size() > CertifyingSet::kMaxSize)
    faults.add("validators", "more than 31 validators");

  return parties <= kPartiesLimit && content.validators.size() <= CertifyingSet::kMaxSize;
}

// ---- a new ledger

// Who brought a public key first. The party, not its name: a record has many keys, and each would
// keep a copy.
using FirstOwners = std::map<PublicKey, const GenesisParty*>;

void check_keys(const GenesisParty& party, FirstOwners& seen, Faults& faults) {
  for (const auto& key : party.keys) {
    if (faults.full()) return;
    if (!allowed(key.purpose, key.key.algorithm)) {
      faults.add("key_algorithm", party,
                 "the " + name_of(key.purpose, key.key) + " has an algorithm that it may not have");
      continue;
    }

    // A public key occurs once in a record, whatever its purposes (decision 0960).
    const auto [first, is_new] = seen.emplace(key.key, &party);
    if (!is_new) {
      faults.add("key_twice", party,
                 "the " + name_of(key.purpose, key.key) + " occurs twice, first at " +
                     Faults::of(*first->second));
    }
  }
}

void check_root_threshold(const GenesisParty& party, Faults& faults) {
  if (party.root_threshold > kThresholdLimit) {
    faults.add("root_threshold", party,
               "its root threshold is more than " + std::to_string(kThresholdLimit));
  }

  const auto roots = std::ranges::count(party.keys, KeyPurpose::kRoot, &GenesisKey::purpose);
  const bool listed = party.institution_class == tx::InstitutionClass::kListed;
  if (listed && (!party.keys.empty() || party.root_threshold != 0)) {
    faults.add("root_threshold", party,
               "a listed institution has no keys and the root threshold 0");
  }

  // With fewer roots than its threshold the party could never sign by them.
  if (!listed && (party.root_threshold == 0 || roots < party.root_threshold)) {
    faults.add("root_threshold", party,
               "needs at least one root key and as many as its root threshold of " +
                   std::to_string(party.root_threshold));
  }
}

void check_possession(const GenesisParty& party, const InstitutionId& id, const GenesisKey& key,
                      Faults& faults) {
  // Named above already; there is no scheme by which to verify.
  if (!allowed(key.purpose, key.key.algorithm)) return;

  if (!is_valid(key.key)) {
    faults.add("key_invalid", party,
               "the " + name_of(key.purpose, key.key) + " is not a valid public key");
    return;
  }

  // Without the proof a party could claim somebody else's public key.
  const auto message = possession_message(ChainId{}, id, key.purpose, key.key);
  if (!verify(key.key, message.view(), key.possession)) {
    faults.add("possession_proof", party,
               "the possession proof of the " + name_of(key.purpose, key.key) + " does not verify");
  }
}

void check_possessions(const GenesisInput& content, const PartiesById& parties, Faults& faults) {
  for (std::size_t i = 0; i < content.parties.size(); ++i) {
    const auto& party = content.parties[i];
    if (party.keys.size() > kKeysLimit) continue;
    for (const auto& key : party.keys) {
      if (faults.full()) return;
      check_possession(party, parties.ids()[i], key, faults);
    }
  }
}

// One domain and one public identifier name one institution; letters count as lower case
// (tx/records/institutions.h).
void check_identifiers(const std::vector<GenesisParty>& parties, Faults& faults) {
  std::set<std::pair<std::string_view, std::string>> seen;
  for (const auto& party : parties) {
    if (faults.full()) return;
    const auto& facts = party.facts;
    for (const auto& [sort, text] :
         {std::pair<std::string_view, const std::string&>{"domain", facts.domain},
          {"ROR identifier", facts.ror},
          {"ETER identifier", facts.eter},
          {"LEI", facts.lei},
          {"DEQAR identifier", facts.deqar}}) {
      if (text.empty() || seen.emplace(sort, tx::lower_case(text)).second) continue;
      faults.add("identifier_twice", party, "its " + std::string(sort) + " occurs twice");
    }
  }
}

void check_parties(const GenesisInput& content, const PartiesById& parties, Faults& faults) {
  std::set<InstitutionId> ids;
  for (std::size_t i = 0; i < content.parties.size(); ++i) {
    if (!ids.insert(parties.ids()[i]).second)
      faults.add("party_twice", content.parties[i], "it occurs twice");
  }

  check_identifiers(content.parties, faults);

  FirstOwners keys;
  for (std::size_t i = 0; i < content.parties.size() && !faults.full(); ++i) {
    const auto& party = content.parties[i];
    if (const auto rejection = form_error(party.facts))
      faults.add("facts", party, to_text(*rejection));

    const auto& parent = party.facts.parent;
    if (!parent.is_zero() && parties.find(parent) == nullptr)
      faults.add("parent", party, "its parent is no party");
    if (parent == parties.ids()[i]) faults.add("parent", party, "it is its own parent");

    if (party.keys.size() > kKeysLimit) {
      faults.add("keys", party, "more than 255 keys");
      continue;
    }
    check_keys(party, keys, faults);
    check_root_threshold(party, faults);
  }
}

void check_seat(const PartiesById& parties, const GenesisValidator& validator, Faults& faults) {
  const auto* party = parties.find(validator.institution);
  if (party == nullptr) {
    faults.add("validator_unknown", "validator " + to_text(validator.institution) + " is no party");
    return;
  }

  if (party->institution_class != tx::InstitutionClass::kValidator) {
    faults.add("validator_class", *party, "has not the class validator");
  }

  const auto has = [&](const GenesisKey& key) {
    return key.purpose == KeyPurpose::kConsensus &&
           key_id(key.purpose, key.key) == validator.consensus_key;
  };
  if (!std::ranges::any_of(party->keys, has)) {
    faults.add("consensus_key", *party,
               to_text(validator.consensus_key) + " is not one of its consensus keys");
  }
}

void check_validators_once(const GenesisInput& content, const PartiesById& parties,
                           Faults& faults) {
  for (std::size_t i = 1; i < content.validators.size(); ++i) {
    const auto& id = content.validators[i].institution;
    if (content.validators[i - 1].institution != id) continue;
    const auto* party = parties.find(id);
    const std::string who = party == nullptr ? to_text(id) + " " : Faults::of(*party);
    faults.add("validator_twice", who + "is a validator twice");
  }
}

// ---- a recovery

RecordName record_name(tx::RegistryKind kind, Bytes id) {
  return {static_cast<std::uint16_t>(kind), std::move(id)};
}

// What the proof shows; nothing when it does not hold or does not decode.
std::optional<tx::InstitutionRecord> proven(const GenesisContinues& continues,
                                            const RecoveryWitness& witness) {
  const auto& header = continues.last.header;
  const auto name =
      record_name(tx::RegistryKind::kInstitution, tx::registry_id(witness.institution));
  if (!verify_as_of(witness.record, header.roots.registry_root, name, header.height))
    return std::nullopt;

  if (!witness.record.record) return std::nullopt;
  const auto& record = witness.record.record->record;

  auto decoded = tx::decode_institution(
      witness.institution, {witness.record.seq, record.from_height, record.from_time_ms},
      record.body);
  if (!decoded.ok()) return std::nullopt;
  return std::move(decoded).value();
}

std::optional<PublicKey> proven(const GenesisContinues& continues, const InstitutionId& institution,
                                const RecoveryWitness::RootKey& root) {
  const auto& header = continues.last.header;
  const auto name = record_name(tx::RegistryKind::kKey, tx::registry_id(root.id));
  if (!verify_as_of(root.proof, header.roots.registry_root, name, header.height))
    return std::nullopt;

  if (!root.proof.record) return std::nullopt;
  const auto& record = root.proof.record->record;
  auto decoded = tx::decode_key(root.id, {root.proof.seq, record.from_height, record.from_time_ms},
                                record.body);

  // The newest record of a retired key says so: only one that is still in use may sign.
  const bool good = decoded.ok() && decoded->event == tx::KeyEvent::kAdded &&
                    decoded->institution == institution && decoded->purpose == KeyPurpose::kRoot;
  if (!good) return std::nullopt;
  return decoded->key;
}

// Whether the sets are those that the last block names.
bool check_last_block(const GenesisContinues& continues, Faults& faults) {
  const auto& header = continues.last.header;
  if (header.is_genesis()) {
    faults.add("continues_nothing", "the old ledger has no block: begin a new one");
    return false;
  }

  // A block that seals its epoch is final under one set and hands on to the next: both are needed.
  const bool sets_fit =
      continues.sets.size() == (header.seals_epoch() ? 2u : 1u) &&
      continues.sets.front().digest() == header.validator_set &&
      (!header.seals_epoch() || continues.sets.back().digest() == header.next_validator_set);
  if (!sets_fit) {
    faults.add("continues_set", "the validator set is not that of the old ledger's last block");
    return false;
  }

  return true;
}

// Exactly the old set: whoever else stood here could sign and would count towards its quorum.
bool shows_old_set(const GenesisContinues& continues) {
  return std::ranges::equal(continues.set().members(), continues.institutions, {},
                            &CertifyingSet::Member::institution, &RecoveryWitness::institution);
}

bool is_witness(const GenesisContinues& continues, const InstitutionId& institution) {
  return std::ranges::find(continues.institutions, institution, &RecoveryWitness::institution) !=
         continues.institutions.end();
}

std::string name_of(const ReplacedKey& replaced) {
  return "the replaced " + name_of(replaced.purpose, replaced.key);
}

void check_replaced_keys(const GenesisContinues& continues, Faults& faults) {
  std::set<KeyId> seen;
  for (const auto& replaced : continues.keys) {
    if (faults.full()) return;

    // Consensus and transport keys are lost with a node. Roots are offline and outlive it (decision
    // 0961).
    const bool may =
        replaced.purpose == KeyPurpose::kConsensus || replaced.purpose == KeyPurpose::kTransport;
    if (!may) {
      faults.add("replaced_purpose",
                 name_of(replaced) + " is neither a consensus nor a transport key");
    }

    if (!is_witness(continues, replaced.institution)) {
      faults.add("replaced_owner", name_of(replaced) + " is of " + to_text(replaced.institution) +
                                       ", no validator of the old set");
    }

    if (!allowed(replaced.purpose, replaced.key.algorithm))
      faults.add("key_algorithm", name_of(replaced) + " has an algorithm that it may not have");

    if (!seen.insert(key_id(replaced.purpose, replaced.key)).second)
      faults.add("key_twice", name_of(replaced) + " occurs twice");
  }
}

// Whether it is clear which block and set are continued.
bool check_recovery(const GenesisInput& content, Faults& faults) {
  const auto& continues = *content.continues;
  const auto& header = continues.last.header;

  if (!content.parties.empty())
    faults.add("parties", "a recovery brings no parties: they are in the old registry");

  // Nothing below can be judged when it is not clear which block and set are continued.
  if (!check_last_block(continues, faults)) return false;

  if (!shows_old_set(continues)) {
    faults.add("continues_registry",
               "it does not show exactly the institutions of the old ledger's last set");
  }
  check_replaced_keys(continues, faults);

  // A recovery decides nothing but who goes on (decision 0961).
  if (parameters_digest(content.parameters) != header.parameters) {
    faults.add("continues_parameters", "a recovery keeps the parameters of the old ledger");
  }
  if (content.protocol_version != header.protocol_version) {
    faults.add("protocol_version", "a recovery keeps the protocol version of the old ledger, " +
                                       std::to_string(header.protocol_version));
  }

  // Times of blocks never run backwards.
  if (content.time_ms < header.time_ms)
    faults.add("time", "the time lies before that of the old ledger's last block");

  for (const auto& validator : content.validators) {
    if (is_witness(continues, validator.institution)) continue;
    faults.add("validator_unknown", "validator " + to_text(validator.institution) +
                                        " was none at the old ledger's end: let it be admitted "
                                        "by vote later");
  }
  return true;
}

void check_witnesses(const GenesisContinues& continues, Faults& faults) {
  for (const auto& witness : continues.institutions) {
    const auto id = to_text(witness.institution);
    if (!proven(continues, witness)) {
      faults.add("continues_registry",
                 "the registry record of " + id + " is not proven by the last block");
    }

    for (const auto& root : witness.roots) {
      if (faults.full()) return;
      if (!proven(continues, witness.institution, root)) {
        faults.add("continues_registry", "the root key " + to_text(root.id) + " of " + id +
                                             " is not proven by the last block");
      }
    }
  }
}

void check_replaced_possession(const GenesisContinues& continues, const ReplacedKey& replaced,
                               Faults& faults) {
  // Named above already; there is no scheme by which to verify.
  if (!allowed(replaced.purpose, replaced.key.algorithm)) return;

  if (!is_valid(replaced.key)) {
    faults.add("key_invalid", name_of(replaced) + " is not a valid public key");
    return;
  }

  const auto message =
      possession_message(continues.chain(), replaced.institution, replaced.purpose, replaced.key);
  if (!verify(replaced.key, message.view(), replaced.possession)) {
    faults.add("possession_proof",
               "the possession proof of " + name_of(replaced) + " does not verify");
  }
}

// What costs signatures and proofs. Precondition: check_recovery said that it can be judged.
void check_recovery_proofs(const GenesisContinues& continues, Faults& faults) {
  if (faults.full()) return;
  if (const auto status =
          verify_checkpoint(continues.chain(), continues.sets.front(), continues.last);
      !status.ok()) {
    faults.add("continues_finality",
               "the old ledger's last block is not final: " + status.message());
  }

  if (shows_old_set(continues)) check_witnesses(continues, faults);

  for (const auto& replaced : continues.keys) {
    if (faults.full()) return;
    check_replaced_possession(continues, replaced, faults);
  }
}

// ---- signatures

struct Signer {
  const Signatory* signatory = nullptr;
  const PublicKey* key = nullptr;
};
using Signers = std::map<KeyId, Signer>;

Signers signers_of(const std::vector<Signatory>& founders) {
  Signers signers;
  for (const auto& founder : founders) {
    for (const auto& [id, root] : founder.roots)
      signers.insert_or_assign(id, Signer{&founder, &root});
  }
  return signers;
}

// Ascending and so unique: a signature that stood twice would count twice.
bool ascends(const std::vector<FounderSignature>& signatures, std::size_t i) {
  return i == 0 || signatures[i - 1].root_key < signatures[i].root_key;
}

void check_signers(const Genesis& genesis, const Signers& signers, Faults& faults) {
  for (std::size_t i = 0; i < genesis.signatures.size() && !faults.full(); ++i) {
    const auto& by = genesis.signatures[i].root_key;
    if (!ascends(genesis.signatures, i))
      faults.add("founder_order", "the founders' signatures do not ascend by key");
    if (!signers.contains(by)) {
      faults.add("founder_stranger",
                 "somebody signed who is no founder, with the key " + to_text(by));
    }
  }
}

void check_signatures(const Genesis& genesis, const Signers& signers, Faults& faults) {
  const auto message = founder_message(genesis.chain);
  for (std::size_t i = 0; i < genesis.signatures.size() && !faults.full(); ++i) {
    // Strangers and repetitions are faults already, and there may be any number of them.
    const auto& signature = genesis.signatures[i];
    const auto signer = signers.find(signature.root_key);
    if (signer == signers.end() || !ascends(genesis.signatures, i)) continue;

    const auto& [signatory, key] = signer->second;
    if (verify(*key, message.view(), signature.signature)) continue;
    faults.add("founder_signature", "party \"" + signatory->name +
                                        "\": the founder's signature by " +
                                        to_text(signature.root_key) +
                                        " does not verify: the record was changed after it signed");
  }
}

void check_founders(const Genesis& genesis, Faults& faults) {
  const auto founders = signatories(genesis);
  const auto signers = signers_of(founders);
  check_signers(genesis, signers, faults);

  std::size_t complete = 0;
  for (const auto& founder : founders) {
    if (founder.has_signed()) ++complete;

    // In a recovery an institution that brings no node may stay out, but not sign by half.
    if (founder.has_signed() || (!founder.must_sign && founder.signatures == 0)) continue;
    faults.add("founder_missing",
               "party \"" + founder.name + "\": " + std::to_string(founder.signatures) +
                   " founder's signatures instead of " + std::to_string(founder.threshold));
  }

  // Two groups that cannot reach each other must not make two valid recoveries (decision 0961).
  const auto needed = signatories_needed(genesis);
  if (complete < needed && genesis.content.continues) {
    faults.add("founders_too_few", std::to_string(complete) +
                                       " institutions of the old set have signed, and " +
                                       std::to_string(needed) + " must: more than two thirds");
  }

  check_signatures(genesis, signers, faults);
}

Signatory signatory_of(const GenesisParty& party) {
  Signatory signatory{party_id(party),
                      std::string(tx::best_text(party.facts.legal_names)),
                      party.root_threshold,
                      {}};
  for (const auto& key : party.keys) {
    if (key.purpose == KeyPurpose::kRoot)
      signatory.roots.emplace_back(key_id(key.purpose, key.key), key.key);
  }
  return signatory;
}

std::vector<Signatory> witnesses_of(const GenesisInput& content) {
  std::set<InstitutionId> seats;
  for (const auto& validator : content.validators) seats.insert(validator.institution);

  std::vector<Signatory> found;
  for (const auto& witness : content.continues->institutions) {
    const auto record = proven(*content.continues, witness);
    if (!record) continue;

    Signatory signatory{witness.institution,
                        std::string(tx::best_text(record->facts.legal_names)),
                        record->root_threshold,
                        {}};
    signatory.must_sign = seats.contains(witness.institution);

    for (const auto& root : witness.roots) {
      if (auto key = proven(*content.continues, witness.institution, root))
        signatory.roots.emplace_back(root.id, *key);
    }

    found.push_back(std::move(signatory));
  }
  return found;
}

// Each institution once, however often a draft names it: what is copied is never more than the
// parties brought.
std::vector<Signatory> founders_of(const GenesisInput& content) {
  const PartiesById parties(content.parties);
  std::set<InstitutionId> seen;
  std::vector<Signatory> found;
  for (const auto& validator : content.validators) {
    if (!seen.insert(validator.institution).second) continue;
    if (const auto* party = parties.find(validator.institution))
      found.push_back(signatory_of(*party));
  }
  return found;
}

}  // namespace

std::vector<Signatory> signatories(const Genesis& genesis) {
  auto found =
      genesis.content.continues ? witnesses_of(genesis.content) : founders_of(genesis.content);

  std::set<KeyId> signing;
  for (const auto& signature : genesis.signatures) signing.insert(signature.root_key);

  for (auto& signatory : found) {
    std::set<KeyId> counted;
    for (const auto& [id, key] : signatory.roots) {
      if (signing.contains(id) && counted.insert(id).second) ++signatory.signatures;
    }
  }
  return found;
}

std::size_t signatories_needed(const Genesis& genesis) {
  if (!genesis.content.continues) return genesis.content.validators.size();
  return std::max(genesis.content.continues->set().quorum(), genesis.content.validators.size());
}

namespace {

void check_time_and_version(const GenesisInput& content, Faults& faults) {
  if (content.protocol_version == 0) faults.add("protocol_version", "the protocol version is 0");

  if (content.protocol_version > kNewestProtocol) {
    faults.add("protocol_version",
               "the protocol version is " + std::to_string(content.protocol_version) +
                   ", and this build knows versions up to " + std::to_string(kNewestProtocol));
  }

  // A build that does not know the parameter would compute another digest of the first header.
  for (const auto& row : parameter_rows()) {
    if (row.since <= content.protocol_version || content.parameters[row.id] == row.standard)
      continue;
    faults.add("parameters", "the parameter " + std::string(row.name) + " needs protocol version " +
                                 std::to_string(row.since) + ", and the genesis names " +
                                 std::to_string(content.protocol_version));
  }

  if (content.time_ms == 0) faults.add("time", "the time is missing");
}

// Whether there are so few parties and validators that they were looked at, and the founders may
// be.
bool check_content(const GenesisInput& content, Faults& faults) {
  if (!check_counts(content, faults)) return false;

  // Computed once: an id is a digest of all that its party brings.
  const PartiesById parties(content.parties);

  bool proofs_can_be_judged = false;
  if (content.continues) {
    proofs_can_be_judged = check_recovery(content, faults);
  } else {
    check_parties(content, parties, faults);
    for (const auto& validator : content.validators) check_seat(parties, validator, faults);
  }
  check_validators_once(content, parties, faults);
  check_time_and_version(content, faults);

  if (proofs_can_be_judged) check_recovery_proofs(*content.continues, faults);
  if (!content.continues) check_possessions(content, parties, faults);

  // The set is made last: what it could complain about has a better name above.
  if (!faults.empty()) return true;
  if (const auto set = genesis_set(content); !set.ok()) faults.add("consensus_key", set.message());
  return true;
}

}  // namespace

std::vector<GenesisFault> find_content_faults(const GenesisInput& content, std::size_t limit) {
  Faults faults(limit);
  check_content(content, faults);
  return faults.take();
}

std::vector<GenesisFault> find_faults(const Genesis& genesis, std::size_t limit) {
  Faults faults(limit);
  if (!check_content(genesis.content, faults)) return faults.take();

  // Who may sign follows from a content that holds.
  if (faults.full() || (!faults.empty() && genesis.content.continues)) return faults.take();
  check_founders(genesis, faults);
  return faults.take();
}

}  // namespace testamur::ledger
