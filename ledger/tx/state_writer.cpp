// Each function writes a record and the rows that follow from it together, so that neither is ever
// without the other.
#include "ledger/tx/state_writer.h"

#include "common/check.h"
#include "ledger/tx/records/encoding.h"
#include "ledger/tx/records/institutions.h"
#include "ledger/tx/records/publications.h"
#include "ledger/tx/records/record.h"
#include "ledger/tx/records/statements.h"
#include "ledger/tx/records/successions.h"
#include "ledger/tx/records/tables.h"

namespace testamur::ledger::tx {

std::uint64_t StateWriter::put(RegistryKind kind, Bytes id, Bytes body) {
  return ledger_.put_record({static_cast<std::uint16_t>(kind), std::move(id)}, std::move(body));
}

std::uint64_t StateWriter::put_record(Privilege privilege, RegistryKind kind, Bytes id,
                                      Bytes body) {
  used_ = used_ | privilege;
  return put(kind, std::move(id), std::move(body));
}

void StateWriter::follow_change(RegistryKind kind, const InstitutionId& institution,
                                const KeyId& key, std::uint64_t seq) {
  append_to_list(ledger_.overlay(), kChangeList,
                 Encoder()
                     .u16(static_cast<std::uint16_t>(kind))
                     .fixed(institution)
                     .fixed(key)
                     .u64(seq)
                     .take());
}

void StateWriter::put_institution(InstitutionRecord record) {
  used_ = used_ | Privilege::kInstitutions;
  record.cause = cause_;
  const auto before = read_institution(state(), record.id);
  const bool was_listed = before && before->institution_class == InstitutionClass::kListed;
  if (was_listed && record.institution_class != InstitutionClass::kListed) {
    release_identifiers(ledger_.overlay(), record.id, before->facts);
  }
  const auto seq = put(RegistryKind::kInstitution, registry_id(record.id), encode(record));
  if (seq == 1) append_to_list(ledger_.overlay(), kKnownInstitutions, to_bytes(record.id.view()));
  if (seq > 1) follow_change(RegistryKind::kInstitution, record.id, KeyId{}, seq);
  claim_identifiers(ledger_.overlay(), record.id, record.facts);
  cache_.forget(record.id);
}

void StateWriter::set_standing(const InstitutionId& institution, Standing standing) {
  auto record = read_institution(state(), institution);
  TM_CHECK(record, "the standing of an unknown institution was set:", institution.hex());
  record->standing = standing;
  record->retroactive = false;
  put_institution(std::move(*record));
}

void StateWriter::add_key(const InstitutionId& institution, KeyPurpose purpose,
                          const PublicKey& key) {
  used_ = used_ | Privilege::kKeys;
  KeyRecord record;
  record.cause = cause_;
  record.id = key_id(purpose, key);
  record.institution = institution;
  record.purpose = purpose;
  record.key = key;
  const auto seq = put(RegistryKind::kKey, registry_id(record.id), encode(record));
  TM_CHECK(seq == 1, "a key was added twice:", record.id.hex());

  // What lists keys, and who follows changes, finds it in ledger order.
  auto& overlay = ledger_.overlay();
  auto keys = overlay.get(kInstitutionKeys, institution.view()).value_or(Bytes{});
  keys.insert(keys.end(), record.id.bytes.begin(), record.id.bytes.end());
  overlay.put(kInstitutionKeys, institution.view(), std::move(keys));
  follow_change(RegistryKind::kKey, institution, record.id, seq);
}

void StateWriter::retire_key(const KeyRecord& added, std::uint64_t compromised_since_ms) {
  used_ = used_ | Privilege::kKeys;
  KeyRecord record = added;
  record.cause = cause_;
  record.event = KeyEvent::kRetired;
  record.compromised_since_ms = compromised_since_ms;
  const auto seq = put(RegistryKind::kKey, registry_id(record.id), encode(record));
  follow_change(RegistryKind::kKey, record.institution, record.id, seq);
  cache_.forget(record.id);
}

void StateWriter::put_achievement(const AchievementId& id, AchievementEvent event,
                                  ByteView published) {
  used_ = used_ | Privilege::kAchievements;
  const auto seq = put(RegistryKind::kAchievement, registry_id(id),
                       encode_achievement(cause_, event, author_, published));
  if (seq == 1) append_to_list(ledger_.overlay(), kAchievementList, registry_id(id));
  cache_.forget(id);
}

void StateWriter::put_statement(const StatementContent& content) {
  used_ = used_ | Privilege::kStatements;
  StatementRecord record;
  record.cause = cause_;
  record.content = content;
  const auto seq =
      put(RegistryKind::kStatements, registry_id(author_, content.subject), encode(record));

  // By its id it can be named by a later end or void.
  auto& overlay = ledger_.overlay();
  append_to_list(overlay, kStatementList,
                 Encoder().fixed(author_).fixed(content.subject).u64(seq).take());
  write_statement_place(overlay, cause_.transaction,
                        {author_, content.subject, seq, static_cast<std::uint8_t>(content.kind),
                         content.accreditation});
  count_statement(content);
}

void StateWriter::count_statement(const StatementContent& content) {
  auto& overlay = ledger_.overlay();
  count_change();
  auto counts = read_counts(overlay, author_);

  // A slot counts once, however often it is restated: only the change between live and not is
  // counted.
  const auto set_live = [&](ByteView key, SlotRow row, bool live) {
    if (row.live != live) counts.live += live ? 1 : ~std::uint64_t{0};
    row.live = live;
    write_slot(overlay, key, row);
  };

  // What states something fills its slot, an end without names empties it.
  const bool states = content.kind != StatementKind::kEnd && content.kind != StatementKind::kVoid;
  if (states || content.names.empty()) {
    const auto key = slot_key(author_, content.subject, content.accreditation, content.slot);
    auto row = read_slot(overlay, key).value_or(SlotRow{});
    if (states) row.newest = cause_.transaction;
    set_live(key, row, states);
  }

  // A named statement empties its slot only while it is the newest there.
  for (const auto& name : content.names) {
    const auto place = find_statement(overlay, name);
    TM_CHECK(place, "an unknown statement was named:", name.hex());
    if (place->kind == static_cast<std::uint8_t>(StatementKind::kEnd)) continue;
    const auto named = read_statement(overlay, name);
    const auto key = slot_key(author_, content.subject, content.accreditation, named->content.slot);
    const auto row = read_slot(overlay, key);
    if (row && row->newest == name) set_live(key, *row, false);
  }

  write_counts(overlay, author_, counts);
}

void StateWriter::count_change() {
  auto& overlay = ledger_.overlay();
  auto counts = read_counts(overlay, author_);
  const auto day = time_ms() / kDayMs;
  if (counts.day != day) counts = {counts.live, day, 0};
  ++counts.changes;
  write_counts(overlay, author_, counts);
}

BatchOrigin StateWriter::begin_issue(const AchievementId& achievement, IssuerIndex first_index) {
  used_ = used_ | Privilege::kIssue;
  auto origin = ledger_.origin(author_, cause_.key, achievement, first_index);
  origin.log_index = cause_.log_index;
  return origin;
}

void StateWriter::issue_listed(const AchievementId& achievement, IssuerIndex first_index,
                               std::span<const Commitment> commitments) {
  const bool reserved = ledger_.issue_listed(begin_issue(achievement, first_index), commitments);
  TM_CHECK(reserved, "an issue was applied that its check had refused");
}

void StateWriter::issue_anchored(const AchievementId& achievement, IssuerIndex first_index,
                                 std::uint64_t count, std::span<const Hash256> page_roots) {
  const bool reserved =
      ledger_.issue_anchored(begin_issue(achievement, first_index), count, page_roots);
  TM_CHECK(reserved, "an issue was applied that its check had refused");
}

void StateWriter::put_consent(const SuccessionContent& content) {
  count_change();
  used_ = used_ | Privilege::kSuccessions;
  put(RegistryKind::kSuccessions, registry_id(author_),
      encode(SuccessionRecord{{}, cause_, author_, SuccessionEvent::kConsent, content}));
  ledger_.overlay().put(kSuccessionConsents, consent_key(encode(content), author_),
                        Encoder().u64(ledger_.time_ms()).take());
}

void StateWriter::put_succession(const SuccessionContent& content) {
  used_ = used_ | Privilege::kSuccessions;
  const auto bytes = encode(content);
  for (const auto& party : content.parties()) {
    const auto seq =
        put(RegistryKind::kSuccessions, registry_id(party),
            encode(SuccessionRecord{{}, cause_, party, SuccessionEvent::kEffective, content}));
    ledger_.overlay().erase(kSuccessionConsents, consent_key(bytes, party));
    // Followers hear of it once, before they hear that a predecessor closed.
    if (party == content.predecessors.front())
      follow_change(RegistryKind::kSuccessions, party, KeyId{}, seq);
  }
  if (!content.closes) return;
  for (const auto& predecessor : content.predecessors) {
    for (const auto& successor : content.successors) {
      ledger_.overlay().put(kClosedInto, closed_into_key(predecessor, successor), Bytes{1});
    }
    set_standing(predecessor, Standing::kClosed);
  }
}

void StateWriter::put_policy(const PolicyContent& content) {
  used_ = used_ | Privilege::kPolicies;
  put(RegistryKind::kPolicies, registry_id(author_),
      encode(PolicyRecord{{}, cause_, author_, content}));
}

void StateWriter::put_rule(const RuleContent& content) {
  used_ = used_ | Privilege::kRules;
  const AchievementId id{author_, content.number, content.version};
  put(RegistryKind::kRules, registry_id(id), encode(RuleRecord{{}, cause_, author_, content}));
}

void StateWriter::set_status(const StatusPlan& plan, StatusReason reason) {
  used_ = used_ | Privilege::kStatuses;
  ledger_.set_status(plan, cause_.log_index, static_cast<std::uint8_t>(reason));
}

}  // namespace testamur::ledger::tx
