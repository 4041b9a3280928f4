#include "wallet/client/proven_facts.h"

#include <algorithm>

#include "ledger/tx/registry_records.h"

namespace testamur::wallet {
namespace {

namespace tx = ledger::tx;

LedgerFailure forged(const std::string& what) { return {"forged_proof", what + " [forged_proof]"}; }

// The records of a history that the receipt carries, oldest first.
std::vector<ledger::RegistryRecord> records_of(const ledger::Receipt& receipt, tx::RegistryKind kind, Bytes id) {
  std::vector<ledger::RegistryRecord> records;
  const auto* history = receipt.history({static_cast<std::uint16_t>(kind), std::move(id)});
  if (history == nullptr) return records;
  for (const auto& proven : history->proof.records) records.push_back(proven.record);
  return records;
}

tx::Anchored anchored(std::size_t at, const ledger::RegistryRecord& record) {
  return {at + 1, record.from_height, record.from_time_ms};
}

InstitutionStanding standing_of(tx::Standing standing) {
  if (standing == tx::Standing::kGood) return InstitutionStanding::kGood;
  if (standing == tx::Standing::kSuspended) return InstitutionStanding::kSuspended;
  return InstitutionStanding::kClosed;
}

std::optional<IssuerRecord> issuer_of(const ledger::Receipt& receipt) {
  const auto& page = receipt.slot.page_static;
  const auto records = records_of(receipt, tx::RegistryKind::kInstitution, tx::registry_id(page.issuer));
  std::optional<IssuerRecord> issuer;
  for (std::size_t i = 0; i < records.size(); ++i) {
    const auto record = tx::decode_institution(page.issuer, anchored(i, records[i]), records[i].body);
    if (!record.ok()) return std::nullopt;
    if (!issuer) issuer = IssuerRecord{page.issuer, {}, {}, {}, {}, InstitutionStanding::kGood};
    const std::string name(tx::best_text(record->facts.legal_names));
    issuer->name_now = name;
    issuer->standing = standing_of(record->standing);
    if (records[i].from_height > page.height) continue;
    issuer->name_then = name;
    issuer->country = record->facts.country;
    issuer->domain = record->facts.domain;
  }
  return issuer;
}

std::vector<KeyRecord> keys_of(const ledger::Receipt& receipt) {
  std::vector<KeyRecord> keys;
  for (const auto& history : receipt.histories) {
    if (history.name.kind != static_cast<std::uint16_t>(tx::RegistryKind::kKey)) continue;
    const auto id = KeyId::from(history.name.id);
    if (!id || history.proof.records.empty()) continue;
    KeyRecord key;
    key.id = *id;
    bool good = true;
    for (std::size_t i = 0; i < history.proof.records.size(); ++i) {
      const auto& stored = history.proof.records[i].record;
      const auto record = tx::decode_key(*id, anchored(i, stored), stored.body);
      good = good && record.ok();
      if (!record.ok()) break;
      key.owner = record->institution;
      key.purpose = record->purpose;
      key.key = record->key;
      if (record->event == tx::KeyEvent::kAdded) {
        key.added_at_ms = stored.from_time_ms;
        continue;
      }
      key.retired_at_ms = stored.from_time_ms;
      if (record->compromised_since_ms != 0) key.compromised_since_ms = record->compromised_since_ms;
    }
    if (good) keys.push_back(std::move(key));
  }
  return keys;
}

std::optional<AchievementRecord> achievement_of(const ledger::Receipt& receipt) {
  const auto& id = receipt.slot.page_static.achievement;
  const auto records = records_of(receipt, tx::RegistryKind::kAchievement, tx::registry_id(id));
  if (records.empty()) return std::nullopt;
  const auto published = tx::decode_achievement(id, anchored(0, records[0]), records[0].body);
  if (!published.ok()) return std::nullopt;
  const auto& content = published->content;
  AchievementRecord record;
  record.id = id;
  for (const auto& title : content.titles) record.titles.push_back({title.language, title.text});
  record.ects_hundredths = content.ects_hundredths;
  record.eqf_level = content.eqf_level;
  for (const auto& outcome : content.outcomes) record.learning_outcomes.emplace_back(tx::best_text(outcome.texts));
  record.assessment = tx::best_text(content.assessments);
  record.quality_assurance = tx::best_text(content.quality_texts);
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
  slot.status = static_cast<LedgerStatus>(receipt.slot.status());
  return slot;
}

// What a node says of a slot that cannot have changed meanwhile.
bool agrees(const SlotRecord& said, const SlotRecord& proven) {
  return said.commitment == proven.commitment && said.issuer == proven.issuer && said.index == proven.index &&
         said.achievement == proven.achievement && said.issue_key == proven.issue_key &&
         said.anchor_height == proven.anchor_height && said.anchor_time_ms == proven.anchor_time_ms;
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
Receipts ask(Client& client, const InstitutionId& issuer, IssuerIndex index, const std::vector<KeyId>& keys) {
  Receipts found;
  auto answer = client.receipt(issuer, index, keys);
  if (std::holds_alternative<CallError>(answer)) return found;  // an anchored batch, or a node that is gone
  const Json& json = std::get<Json>(answer);
  const auto list = json.find("receipts");
  if (list == json.end()) return found;
  for (const auto& item : *list) {
    const auto bytes = from_hex(item.value("receipt", std::string{})).value_or(Bytes{});
    if (bytes.empty()) continue;  // no certificate yet: the first block of a ledger
    auto receipt = ledger::decode_receipt(bytes);
    if (!receipt.ok()) {
      found.failure = forged("a receipt of the node is malformed: " + receipt.message());
      return found;
    }
    found.receipts.push_back(std::move(receipt).value());
  }
  return found;
}

// Keys and issuer as proven, in the place of the node's.
void take_proven(const ledger::Receipt& receipt, RegistryFacts& facts) {
  for (auto& key : keys_of(receipt)) {
    if (!facts.keys) facts.keys.emplace();
    const auto said = std::ranges::find(*facts.keys, key.id, &KeyRecord::id);
    if (said == facts.keys->end()) {
      facts.keys->push_back(std::move(key));
    } else {
      *said = std::move(key);
    }
  }
  if (auto issuer = issuer_of(receipt); issuer && facts.issuer) {
    facts.issuer->standing = issuer->standing;
    facts.issuer->domain = issuer->domain;
  }
}

}  // namespace

Result<RegistryFacts> facts_from_receipt(const ledger::Receipt& receipt, const TrustedLedger& trusted,
                                         const ChainId& chain) {
  TM_TRY_STATUS(verify(receipt, trusted));
  const auto& header = receipt.checkpoint.header;
  RegistryFacts facts;
  facts.chain = chain;
  facts.as_of = AsOf{header.height, header.time_ms, ledger::block_id(header).hex()};
  facts.source = Source::kProven;
  facts.answered_by = "receipt";
  facts.problem = "the receipt does not carry it";
  facts.slots = {slot_of(receipt)};
  facts.issuer = issuer_of(receipt);
  facts.keys = keys_of(receipt);
  facts.achievement = achievement_of(receipt);
  return facts;
}

LedgerOutcome prove_facts(Client& client, const TrustedLedger& trusted, const CredentialView& credential,
                          RegistryFacts& facts) {
  if (!facts.slots || facts.slots->empty()) return std::nullopt;
  bool all = true;
  for (auto& slot : *facts.slots) {
    if (slot.issuer != credential.head.reference.issuer) continue;
    auto asked = ask(client, slot.issuer, slot.index, {credential.head.issuer_key});
    if (asked.failure) return asked.failure;
    const ledger::Receipt* proof = nullptr;
    for (const auto& receipt : asked.receipts) {
      if (auto status = verify(receipt, trusted); !status.ok()) {
        return forged("the node's proof does not hold: " + status.message());
      }
      const auto proven = slot_of(receipt);
      if (proven.commitment != slot.commitment || proven.index != slot.index) continue;
      if (!agrees(slot, proven)) return forged("the node says of a slot what its own proof contradicts");
      slot.status = proven.status;
      proof = &receipt;
    }
    all = all && proof != nullptr;
    if (proof != nullptr) take_proven(*proof, facts);
  }
  if (all) facts.source = Source::kProven;
  return std::nullopt;
}

FetchedReceipt fetch_receipt(Client& client, const TrustedLedger& trusted, const CredentialView& credential,
                             const ChainId& chain) {
  const auto& reference = credential.head.reference;
  auto asked = ask(client, reference.issuer, reference.index, {credential.head.issuer_key});
  if (asked.failure) return {std::nullopt, asked.failure};
  for (auto& receipt : asked.receipts) {
    if (receipt.commitment != commitment_of(chain, credential)) continue;
    receipt.set_changes = trusted.changes;
    if (auto status = verify(receipt, trusted); !status.ok()) {
      return {std::nullopt, forged("the node's proof does not hold: " + status.message())};
    }
    return {std::move(receipt), std::nullopt};
  }
  return {};
}

}  // namespace testamur::wallet
