// Every record that is made here comes from a receipt that ledger/proofs/receipt.h has verified
// under the trusted ledger, and only such a record has Basis::kProven. What no receipt carries
// stays as the node said it, marked so (decision 1140).
#include "wallet/client/proven_facts.h"

#include <algorithm>

#include "ledger/tx/records/institutions.h"
#include "ledger/tx/records/publications.h"
#include "ledger/tx/records/record.h"
#include "wallet/client/decode.h"

namespace testamur::wallet {
namespace {

namespace tx = ledger::tx;

constexpr std::size_t kMostSlots = 16;

LedgerFailure forged(const std::string& what) { return {"forged_proof", what + " [forged_proof]"}; }

// The records of a history that the receipt carries, oldest first.
std::vector<ledger::RegistryRecord> records_of(const ledger::Receipt& receipt,
                                               tx::RegistryKind kind, Bytes id) {
  std::vector<ledger::RegistryRecord> records;
  const auto* history = receipt.history({static_cast<std::uint16_t>(kind), std::move(id)});
  if (history == nullptr) return records;
  for (const auto& proven : history->proof.records) records.push_back(proven.record);
  return records;
}

tx::RecordPlace place_of(std::size_t at, const ledger::RegistryRecord& record) {
  return {at + 1, record.from_height, record.from_time_ms};
}

InstitutionStanding standing_of(tx::Standing standing) {
  switch (standing) {
    case tx::Standing::kGood: return InstitutionStanding::kGood;
    case tx::Standing::kSuspended: return InstitutionStanding::kSuspended;
    case tx::Standing::kClosed:
    case tx::Standing::kLeft: return InstitutionStanding::kClosed;
  }
  return InstitutionStanding::kUnknown;
}

LedgerStatus status_of(ledger::CredentialStatus status) {
  switch (status) {
    case ledger::CredentialStatus::kValid: return LedgerStatus::kValid;
    case ledger::CredentialStatus::kRevoked: return LedgerStatus::kRevoked;
    case ledger::CredentialStatus::kSuspended: return LedgerStatus::kSuspended;
    case ledger::CredentialStatus::kSuperseded: return LedgerStatus::kSuperseded;
  }
  return LedgerStatus::kUnknown;
}

std::optional<IssuerRecord> issuer_of(const ledger::Receipt& receipt) {
  const auto& page = receipt.slot.page_static;

  const auto records =
      records_of(receipt, tx::RegistryKind::kInstitution, tx::registry_id(page.issuer));
  std::optional<IssuerRecord> issuer;

  for (std::size_t i = 0; i < records.size(); ++i) {
    const auto record =
        tx::decode_institution(page.issuer, place_of(i, records[i]), records[i].body);
    if (!record.ok()) return std::nullopt;

    if (!issuer)
      issuer =
          IssuerRecord{page.issuer, {}, {}, {}, {}, InstitutionStanding::kUnknown, Basis::kProven};

    const std::string name(tx::best_text(record->facts.legal_names));
    issuer->name_now = name;
    issuer->standing = standing_of(record->standing);

    // Name, country and domain of then are those of the newest version that is not later than the
    // anchor.
    if (records[i].from_height > page.height) continue;
    issuer->name_then = name;
    issuer->country = record->facts.country;
    issuer->domain = record->facts.domain;
  }

  return issuer;
}

// Of a whole history: that nothing more became of the key is proven as well, and for an empty one
// that there is no such key.
std::optional<KeyRecord> key_from(const KeyId& id, const ledger::HistoryProof& history) {
  KeyRecord key;
  key.id = id;
  key.fate_known = true;
  key.basis = Basis::kProven;

  for (std::size_t i = 0; i < history.records.size(); ++i) {
    const auto& stored = history.records[i].record;
    const auto record = tx::decode_key(id, place_of(i, stored), stored.body);
    if (!record.ok()) return std::nullopt;

    key.owner = record->institution;
    key.purpose = record->purpose;
    key.key = record->key;

    if (record->event == tx::KeyEvent::kAdded) {
      key.added_at_ms = stored.from_time_ms;
      continue;
    }

    // A later record of the kind says only that it was stolen.
    if (!key.retired_at_ms) key.retired_at_ms = stored.from_time_ms;
    if (record->compromised_since_ms != 0) key.compromised_since_ms = record->compromised_since_ms;
  }

  return key;
}

std::vector<KeyRecord> keys_of(const ledger::Receipt& receipt) {
  std::vector<KeyRecord> keys;
  for (const auto& history : receipt.histories) {
    if (history.name.kind != static_cast<std::uint16_t>(tx::RegistryKind::kKey)) continue;
    const auto id = KeyId::from(history.name.id);
    if (!id) continue;
    if (auto key = key_from(*id, history.proof)) keys.push_back(std::move(*key));
  }
  return keys;
}

// Words that the node's answer has too (decode.h), so that both read alike.
std::string join_words(std::string first, std::string_view second) {
  if (!first.empty() && !second.empty()) first += ", ";
  return first.append(second);
}
template <class Enum, class Value>
std::string word_for(Value value) {
  return word_of(static_cast<Enum>(value));
}

std::optional<AchievementRecord> achievement_of(const ledger::Receipt& receipt) {
  const auto& id = receipt.slot.page_static.achievement;
  const auto records = records_of(receipt, tx::RegistryKind::kAchievement, tx::registry_id(id));

  if (records.empty()) return std::nullopt;
  const auto published = tx::decode_achievement(id, place_of(0, records[0]), records[0].body);
  if (!published.ok()) return std::nullopt;

  const auto& content = published->content;

  AchievementRecord record;
  record.id = id;
  record.basis = Basis::kProven;
  for (const auto& title : content.titles) record.titles.push_back({title.language, title.text});

  record.ects_hundredths = content.ects_hundredths;
  record.eqf_level = content.eqf_level;

  for (const auto& outcome : content.outcomes)
    record.learning_outcomes.emplace_back(tx::best_text(outcome.texts));
  for (const auto type : content.assessment_types)
    record.assessment =
        join_words(std::move(record.assessment), word_for<v1::AssessmentType>(type));
  record.assessment = join_words(std::move(record.assessment), tx::best_text(content.assessments));

  record.participation = word_for<v1::ParticipationForm>(content.participation);
  record.identity_check = word_for<v1::IdentityCheck>(content.identity_check);
  record.stackability = word_for<v1::Stackability>(content.stackability);
  record.quality_assurance =
      join_words(word_for<v1::QualityAssuranceScheme>(content.quality_scheme),
                 tx::best_text(content.quality_texts));

  record.prerequisites = tx::best_text(content.prerequisites);
  record.grading = tx::best_text(content.grading);
  record.information = content.information_url;
  return record;
}

SlotRecord slot_of(const ledger::Receipt& receipt) {
  const auto& page = receipt.slot.page_static;
  SlotRecord slot;
  slot.commitment = receipt.commitment;
  slot.issuer = page.issuer;
  slot.index = receipt.slot.issuer_index();
  slot.achievement = page.achievement;
  slot.issue_key = page.key;
  slot.anchor_height = page.height;
  slot.anchor_time_ms = page.time_ms;
  slot.status = status_of(receipt.slot.status());
  slot.basis = Basis::kProven;
  return slot;
}

// What a node says of a slot that cannot have changed meanwhile.
bool agrees(const SlotRecord& said, const SlotRecord& proven) {
  return said.commitment == proven.commitment && said.issuer == proven.issuer &&
         said.index == proven.index && said.achievement == proven.achievement &&
         said.issue_key == proven.issue_key && said.anchor_height == proven.anchor_height &&
         said.anchor_time_ms == proven.anchor_time_ms;
}

Status verify(const ledger::Receipt& receipt, const TrustedLedger& trusted) {
  auto client = trusted.client;  // what the receipt teaches is not kept
  return ledger::verify_receipt(receipt, client);
}

// All receipts of one issuer's index that the node shows.
struct Receipts {
  std::vector<ledger::Receipt> receipts;
  LedgerOutcome failure;
};
Receipts ask(Client& client, const InstitutionId& issuer, IssuerIndex index,
             const std::vector<KeyId>& keys) {
  Receipts found;

  auto answer = client.receipts(issuer, index, keys);
  if (std::holds_alternative<CallError>(answer))
    return found;  // an anchored batch, or a node that is gone

  for (const auto& bytes : std::get<std::vector<Bytes>>(answer)) {
    auto receipt = ledger::decode_receipt(bytes);
    if (!receipt.ok()) {
      found.failure = forged("a receipt of the node is malformed: " + receipt.message());
      return found;
    }
    found.receipts.push_back(std::move(receipt).value());
  }

  return found;
}

// Keys, issuer and achievement as proven, in the place of the node's.
void take_records(const ledger::Receipt& receipt, RegistryFacts& facts) {
  for (auto& key : keys_of(receipt)) {
    if (!facts.keys) facts.keys.emplace();
    const auto said = std::ranges::find(*facts.keys, key.id, &KeyRecord::id);
    if (said == facts.keys->end()) {
      facts.keys->push_back(std::move(key));
    } else {
      *said = std::move(key);
    }
  }
  if (auto issuer = issuer_of(receipt)) facts.issuer = std::move(issuer);
  if (auto achievement = achievement_of(receipt)) facts.achievement = std::move(achievement);
}

// The slot as proven in the place of the node's, whose word on when and why stands where it speaks
// of the same status.
void take_slot(const ledger::Receipt& receipt, RegistryFacts& facts) {
  SlotRecord proven = slot_of(receipt);

  if (!facts.slots) facts.slots.emplace();
  for (auto& said : *facts.slots) {
    if (said.issuer != proven.issuer || said.index != proven.index) continue;
    // When and why stands in no receipt: beside another status it would tell of another change.
    if (said.status == proven.status) {
      proven.since_ms = said.since_ms;
      proven.reason = said.reason;
      proven.log_index = said.log_index;
    }

    said = std::move(proven);
    return;
  }

  facts.slots->push_back(std::move(proven));
}

// All is proven under the oldest of the blocks.
void take_block(const ledger::Header& header, RegistryFacts& facts) {
  const bool older =
      !facts.as_of || facts.as_of->basis == Basis::kSaid || header.height < facts.as_of->height;
  if (older)
    facts.as_of =
        AsOf{header.height, header.time_ms, ledger::block_id(header).hex(), Basis::kProven};
}

// What the node said of this slot.
const SlotRecord* said_of(const RegistryFacts& facts, const InstitutionId& issuer,
                          IssuerIndex index) {
  if (!facts.slots) return nullptr;
  const auto found = std::ranges::find_if(*facts.slots, [&](const SlotRecord& slot) {
    return slot.issuer == issuer && slot.index == index;
  });
  return found == facts.slots->end() ? nullptr : &*found;
}

LedgerOutcome prove_index(Client& client, const TrustedLedger& trusted, const InstitutionId& issuer,
                          IssuerIndex index, const std::vector<KeyId>& keys, RegistryFacts& facts) {
  auto asked = ask(client, issuer, index, keys);
  if (asked.failure) return asked.failure;
  for (const auto& receipt : asked.receipts) {
    if (auto status = verify(receipt, trusted); !status.ok())
      return forged("the node's proof does not hold: " + status.message());
    const auto proven = slot_of(receipt);
    // The proof of another slot, however true, says nothing of this one.
    if (proven.issuer != issuer || proven.index != index) continue;
    const SlotRecord* said = said_of(facts, issuer, index);
    if (said != nullptr && !agrees(*said, proven))
      return forged("the node says of a slot what its own proof contradicts");
    take_slot(receipt, facts);
    take_records(receipt, facts);
    take_block(receipt.checkpoint.header, facts);
    return std::nullopt;
  }
  return std::nullopt;
}

}  // namespace

Result<RegistryFacts> facts_from_receipt(const ledger::Receipt& receipt,
                                         const TrustedLedger& trusted, const ChainId& chain) {
  TM_TRY_STATUS(verify(receipt, trusted));
  const auto& header = receipt.checkpoint.header;

  RegistryFacts facts;
  facts.chain = chain;
  facts.as_of = AsOf{header.height, header.time_ms, ledger::block_id(header).hex(), Basis::kProven};

  if (trusted.newest) facts.newest_known = trusted.newest->header.height;

  facts.answered_by = "receipt";
  facts.problem = "the receipt does not carry it";

  facts.slots = {slot_of(receipt)};
  facts.issuer = issuer_of(receipt);
  facts.keys = keys_of(receipt);
  facts.achievement = achievement_of(receipt);

  return facts;
}

LedgerOutcome prove_facts(Client& client, const LedgerTrust& trust,
                          const CredentialView& credential, RegistryFacts& facts) {
  const auto& reference = credential.head.reference;
  // What could not be asked stays so, and of another ledger than the trusted one nothing can be
  // proven here.
  if (trust.current() == nullptr || !reference.is_of_chain(facts.chain)) return std::nullopt;
  facts.newest_known = std::max(facts.newest_known, floor_of(trust));
  // More of one commitment than kMostSlots no honest issuer has; the rest stays the node's word,
  // which is never "valid". The slot that the reference names comes last, so that issuer and
  // achievement are those of its receipt.
  std::vector<IssuerIndex> indexes;
  for (const auto& slot : facts.slots.value_or(std::vector<SlotRecord>{})) {
    if (slot.index != reference.index && indexes.size() + 1 < kMostSlots)
      indexes.push_back(slot.index);
  }
  indexes.push_back(reference.index);
  for (const auto& index : indexes) {
    auto failure = prove_index(client, *trust.current(), reference.issuer, index,
                               {credential.head.issuer_key}, facts);
    if (failure) return failure;
  }
  return std::nullopt;
}

LedgerOutcome prove_slot(Client& client, const LedgerTrust& trust, StolenKeys& stolen,
                         RegistryFacts& facts) {
  if (trust.current() == nullptr || !facts.slots || facts.slots->empty()) return std::nullopt;
  facts.newest_known = std::max(facts.newest_known, floor_of(trust));
  const auto slot = facts.slots->front();
  return prove_index(client, *trust.current(), slot.issuer, slot.index,
                     stolen.at(slot.issuer, slot.anchor_time_ms), facts);
}

FetchedReceipt fetch_receipt(Client& client, const TrustedLedger& trusted,
                             const CredentialView& credential, const ChainId& chain) {
  const auto& reference = credential.head.reference;

  auto asked = ask(client, reference.issuer, reference.index, {credential.head.issuer_key});
  if (asked.failure) return {std::nullopt, asked.failure};

  for (auto& receipt : asked.receipts) {
    // Anybody may list the same commitment: only the slot that the reference names is its own.
    const auto slot = slot_of(receipt);
    const bool is_own = slot.issuer == reference.issuer && slot.index == reference.index;
    if (!is_own || receipt.commitment != commitment_of(chain, credential)) continue;

    // So that the file can be verified from the trusted genesis on without any node.
    receipt.set_changes = trusted.changes;

    if (auto status = verify(receipt, trusted); !status.ok()) {
      return {std::nullopt, forged("the node's proof does not hold: " + status.message())};
    }
    return {std::move(receipt), std::nullopt};
  }
  return {};
}

}  // namespace testamur::wallet
