// What a genesis record must keep to. Every rule has a permanent name; docs/formats/genesis.md
// lists them.
#include <algorithm>
#include <map>
#include <set>

#include "ledger/genesis.h"
#include "ledger/protocol.h"
#include "ledger/tx/form_check.h"
#include "ledger/tx/records/institutions.h"
#include "ledger/tx/records/record.h"

namespace testamur::ledger {

namespace {

constexpr std::size_t kPartiesLimit = 10'000;
constexpr std::size_t kKeysLimit = 255;
constexpr unsigned kThresholdLimit = 64;  // a transaction carries no more signatures
constexpr std::size_t kFaultsLimit = 100;

class Faults {
 public:
  void add(const char* name, std::string what) {
    if (found_.size() < kFaultsLimit) found_.push_back({name, std::move(what)});
  }
  void add(const char* name, const GenesisParty& party, const std::string& what) {
    add(name, of(party) + what);
  }
  static std::string of(const GenesisParty& party) {
    return "party \"" + std::string(tx::best_text(party.facts.legal_names)) + "\": ";
  }
  std::vector<GenesisFault> take() { return std::move(found_); }

 private:
  std::vector<GenesisFault> found_;
};

std::string name_of(KeyPurpose purpose, const PublicKey& key) {
  return std::string(to_text(purpose)) + " key " + to_text(key_id(purpose, key));
}

// ---- a new ledger

void check_key(const GenesisParty& party, const InstitutionId& id, const GenesisKey& key,
               std::map<PublicKey, std::string>& seen, Faults& faults) {
  const auto text = name_of(key.purpose, key.key);
  if (!allowed(key.purpose, key.key.algorithm)) {
    faults.add("key_algorithm", party, "the " + text + " has an algorithm that it may not have");
    return;
  }

  if (!is_valid(key.key)) {
    faults.add("key_invalid", party, "the " + text + " is not a valid public key");
    return;
  }

  // A public key occurs once in a record, whatever its purposes (decision 0960).
  const auto [first, is_new] = seen.emplace(key.key, Faults::of(party));
  if (!is_new)
    faults.add("key_twice", party, "the " + text + " occurs twice, first at " + first->second);

  // Without the proof a party could claim somebody else's public key.
  const auto message = possession_message(ChainId{}, id, key.purpose, key.key);
  if (!verify(key.key, message.view(), key.possession)) {
    faults.add("possession_proof", party,
               "the possession proof of the " + text + " does not verify");
  }
}

void check_keys(const GenesisParty& party, std::map<PublicKey, std::string>& seen, Faults& faults) {
  if (party.keys.size() > kKeysLimit) {
    faults.add("keys", party, "more than 255 keys");
    return;
  }

  if (party.root_threshold > kThresholdLimit) {
    faults.add("root_threshold", party,
               "its root threshold is more than " + std::to_string(kThresholdLimit));
  }

  const auto id = party_id(party);
  for (const auto& key : party.keys) check_key(party, id, key, seen, faults);

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

// One domain and one public identifier name one institution; letters count as lower case
// (tx/records/institutions.h).
void check_identifiers(const std::vector<GenesisParty>& parties, Faults& faults) {
  std::set<std::pair<std::string_view, std::string>> seen;
  for (const auto& party : parties) {
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

void check_parties(const GenesisInput& content, Faults& faults) {
  if (content.parties.empty() || content.parties.size() > kPartiesLimit) {
    faults.add("parties", "1 to 10000 parties, not " + std::to_string(content.parties.size()));
  }

  std::map<PublicKey, std::string> keys;
  std::set<InstitutionId> ids;
  for (const auto& party : content.parties) {
    if (!ids.insert(party_id(party)).second) faults.add("party_twice", party, "it occurs twice");
  }

  check_identifiers(content.parties, faults);
  for (const auto& party : content.parties) {
    if (const auto rejection = form_error(party.facts))
      faults.add("facts", party, to_text(*rejection));

    if (!party.facts.parent.is_zero() && !ids.contains(party.facts.parent)) {
      faults.add("parent", party, "its parent is no party");
    }
    if (party.facts.parent == party_id(party)) faults.add("parent", party, "it is its own parent");

    check_keys(party, keys, faults);
  }
}

const GenesisParty* find_party(const GenesisInput& content, const InstitutionId& id) {
  const auto found = std::ranges::find(content.parties, id,
                                       [](const GenesisParty& party) { return party_id(party); });
  return found == content.parties.end() ? nullptr : &*found;
}

void check_seat(const GenesisInput& content, const GenesisValidator& validator, Faults& faults) {
  const auto* party = find_party(content, validator.institution);
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

void check_validator_count(const GenesisInput& content, Faults& faults) {
  if (content.validators.empty()) faults.add("validators", "there are no validators");
  if (content.validators.size() > CertifyingSet::kMaxSize)
    faults.add("validators", "more than 31 validators");
  for (std::size_t i = 1; i < content.validators.size(); ++i) {
    const auto& id = content.validators[i].institution;
    if (content.validators[i - 1].institution != id) continue;
    const auto* party = find_party(content, id);
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

// Whether the sets are those that the last block names, and the block is final under them.
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

  if (const auto status =
          verify_checkpoint(continues.chain(), continues.sets.front(), continues.last);
      !status.ok()) {
    faults.add("continues_finality",
               "the old ledger's last block is not final: " + status.message());
  }
  return true;
}

void check_witnesses(const GenesisContinues& continues, Faults& faults) {
  const auto& members = continues.set().members();

  // Exactly the old set: whoever else stood here could sign and would count towards its quorum.
  if (!std::ranges::equal(members, continues.institutions, {}, &CertifyingSet::Member::institution,
                          &RecoveryWitness::institution)) {
    faults.add("continues_registry",
               "it does not show exactly the institutions of the old ledger's last set");
    return;
  }

  for (const auto& witness : continues.institutions) {
    const auto id = to_text(witness.institution);
    if (!proven(continues, witness)) {
      faults.add("continues_registry",
                 "the registry record of " + id + " is not proven by the last block");
    }

    for (const auto& root : witness.roots) {
      if (!proven(continues, witness.institution, root)) {
        faults.add("continues_registry", "the root key " + to_text(root.id) + " of " + id +
                                             " is not proven by the last block");
      }
    }
  }
}

void check_replaced_keys(const GenesisContinues& continues, Faults& faults) {
  std::set<KeyId> seen;
  for (const auto& replaced : continues.keys) {
    const auto text = "the replaced " + name_of(replaced.purpose, replaced.key);

    // Consensus and transport keys are lost with a node. Roots are offline and outlive it (decision
    // 0961).
    const bool may =
        replaced.purpose == KeyPurpose::kConsensus || replaced.purpose == KeyPurpose::kTransport;
    if (!may) faults.add("replaced_purpose", text + " is neither a consensus nor a transport key");

    if (std::ranges::find(continues.institutions, replaced.institution,
                          &RecoveryWitness::institution) == continues.institutions.end()) {
      faults.add("replaced_owner", text + " is of " + to_text(replaced.institution) +
                                       ", no validator of the old set");
    }

    if (!allowed(replaced.purpose, replaced.key.algorithm)) {
      faults.add("key_algorithm", text + " has an algorithm that it may not have");
    } else if (!is_valid(replaced.key)) {
      faults.add("key_invalid", text + " is not a valid public key");
    } else {
      const auto message = possession_message(continues.chain(), replaced.institution,
                                              replaced.purpose, replaced.key);
      if (!verify(replaced.key, message.view(), replaced.possession)) {
        faults.add("possession_proof", "the possession proof of " + text + " does not verify");
      }
    }

    if (!seen.insert(key_id(replaced.purpose, replaced.key)).second)
      faults.add("key_twice", text + " occurs twice");
  }
}

void check_recovery(const GenesisInput& content, Faults& faults) {
  const auto& continues = *content.continues;
  const auto& header = continues.last.header;

  if (!content.parties.empty())
    faults.add("parties", "a recovery brings no parties: they are in the old registry");

  // Nothing below can be judged when it is not clear which block and set are continued.
  if (!check_last_block(continues, faults)) return;
  check_witnesses(continues, faults);
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
    const bool known =
        std::ranges::find(continues.institutions, validator.institution,
                          &RecoveryWitness::institution) != continues.institutions.end();
    if (!known) {
      faults.add("validator_unknown", "validator " + to_text(validator.institution) +
                                          " was none at the old ledger's end: let it be admitted "
                                          "by vote later");
    }
  }
}

// ---- signatures

void check_signatures(const Genesis& genesis, const std::vector<Signatory>& founders,
                      Faults& faults) {
  // Ascending and so unique: a signature that stood twice would count twice.
  for (std::size_t i = 1; i < genesis.signatures.size(); ++i) {
    if (genesis.signatures[i - 1].root_key >= genesis.signatures[i].root_key) {
      faults.add("founder_order", "the founders' signatures do not ascend by key");
    }
  }

  const auto message = founder_message(genesis.chain);
  for (const auto& signature : genesis.signatures) {
    const Signatory* signer = nullptr;
    const PublicKey* key = nullptr;
    for (const auto& founder : founders) {
      for (const auto& [id, root] : founder.roots) {
        if (id != signature.root_key) continue;
        signer = &founder;
        key = &root;
      }
    }

    if (signer == nullptr) {
      faults.add("founder_stranger",
                 "somebody signed who is no founder, with the key " + to_text(signature.root_key));
    } else if (!verify(*key, message.view(), signature.signature)) {
      faults.add("founder_signature",
                 "party \"" + signer->name + "\": the founder's signature by " +
                     to_text(signature.root_key) +
                     " does not verify: the record was changed after it signed");
    }
  }
}

void check_founders(const Genesis& genesis, Faults& faults) {
  const auto founders = signatories(genesis);
  check_signatures(genesis, founders, faults);

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
  std::vector<Signatory> found;
  for (const auto& witness : content.continues->institutions) {
    const auto record = proven(*content.continues, witness);
    if (!record) continue;

    Signatory signatory{witness.institution,
                        std::string(tx::best_text(record->facts.legal_names)),
                        record->root_threshold,
                        {}};

    signatory.must_sign =
        std::ranges::find(content.validators, witness.institution,
                          &GenesisValidator::institution) != content.validators.end();

    for (const auto& root : witness.roots) {
      if (auto key = proven(*content.continues, witness.institution, root))
        signatory.roots.emplace_back(root.id, *key);
    }

    found.push_back(std::move(signatory));
  }
  return found;
}

}  // namespace

std::vector<Signatory> signatories(const Genesis& genesis) {
  std::vector<Signatory> found;
  if (genesis.content.continues) {
    found = witnesses_of(genesis.content);
  } else {
    for (const auto& validator : genesis.content.validators) {
      if (const auto* party = find_party(genesis.content, validator.institution))
        found.push_back(signatory_of(*party));
    }
  }

  for (auto& signatory : found) {
    for (const auto& signature : genesis.signatures) {
      const auto is_signer = [&](const auto& root) { return root.first == signature.root_key; };
      if (std::ranges::any_of(signatory.roots, is_signer)) ++signatory.signatures;
    }
  }
  return found;
}

std::size_t signatories_needed(const Genesis& genesis) {
  if (!genesis.content.continues) return genesis.content.validators.size();
  return std::max(genesis.content.continues->set().quorum(), genesis.content.validators.size());
}

std::vector<GenesisFault> find_content_faults(const GenesisInput& content) {
  Faults faults;
  if (content.continues) {
    check_recovery(content, faults);
  } else {
    check_parties(content, faults);
    for (const auto& validator : content.validators) check_seat(content, validator, faults);
  }

  check_validator_count(content, faults);
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

  // The set is made last: what it could complain about has a better name above.
  auto found = faults.take();
  if (!found.empty()) return found;
  if (const auto set = genesis_set(content); !set.ok())
    found.push_back({"consensus_key", set.message()});
  return found;
}

std::vector<GenesisFault> find_faults(const Genesis& genesis) {
  auto found = find_content_faults(genesis.content);
  // Who may sign follows from a content that holds.
  if (!found.empty() && genesis.content.continues) return found;
  Faults faults;
  check_founders(genesis, faults);
  for (auto& fault : faults.take()) {
    if (found.size() < kFaultsLimit) found.push_back(std::move(fault));
  }
  return found;
}

}  // namespace testamur::ledger
