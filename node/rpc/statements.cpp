#include "node/rpc/statements.h"

#include <algorithm>
#include <map>
#include <set>

namespace testamur::node {

namespace tx = ledger::tx;

void fill_statement(const Reader& reader, const tx::StatementRecord& record, bool in_force, v1::StatementView& out) {
  const auto& content = record.content;
  put(*out.mutable_id(), record.id);
  reader.fill_name(record.truster, record.at.height, *out.mutable_truster());
  reader.fill_name(content.subject, record.at.height, *out.mutable_subject());
  out.set_kind(static_cast<v1::StatementKind>(content.kind));
  out.set_amount(content.amount);
  out.set_depth(content.depth);
  fill(content.scope, *out.mutable_scope());
  out.set_valid_from_ms(content.valid_from_ms);
  out.set_valid_until_ms(content.valid_until_ms);
  out.set_slot(content.slot);
  out.set_reason(static_cast<v1::RecognitionReason>(content.reason));
  if (!content.evidence_digest.is_zero()) put(*out.mutable_evidence_digest(), content.evidence_digest);
  reader.fill_anchor(record.cause.log_index, *out.mutable_anchor());
  for (const auto& name : content.names) put(*out.add_names(), name);
  out.set_in_force(in_force);
  out.set_scheme(static_cast<v1::QualityAssuranceScheme>(content.scheme));
  out.set_report_url(content.report_url);
  put(*out.mutable_key_id(), record.cause.key);
}

std::vector<std::pair<InstitutionId, InstitutionId>> pairs_around(const Reader& reader, const trust::History& history,
                                                                  const InstitutionId& party) {
  std::vector<std::pair<InstitutionId, InstitutionId>> pairs;
  if (const auto index = history.find(party)) {
    const auto& node = history.party(*index);
    for (auto at = node.first_out; at != trust::kNoIndex; at = history.pair(at).next_out) {
      pairs.emplace_back(party, history.id_of(history.pair(at).subject));
    }
    for (auto at = node.first_in; at != trust::kNoIndex; at = history.pair(at).next_in) {
      pairs.emplace_back(history.id_of(history.pair(at).truster), party);
    }
  }
  // The history takes in the ledger's list in its order, one row a statement.
  const auto count = tx::statement_count(reader.state());
  for (std::uint64_t i = history.statement_count(); i < count; ++i) {
    const auto record = tx::statement_at_ordinal(reader.state(), i);
    const std::pair pair{record.truster, record.content.subject};
    const bool around = pair.first == party || pair.second == party;
    if (around && std::ranges::find(pairs, pair) == pairs.end()) pairs.push_back(pair);
  }
  return pairs;
}

namespace {

bool is_void(const Reader& reader, const tx::StatementRecord& record) {
  auto key = reader.key(record.cause.key);
  return key && key->retired && key->retired->compromised_since_ms != 0 &&
         record.at.time_ms >= key->retired->compromised_since_ms;
}

}  // namespace

std::vector<tx::StatementRecord> statements_in_force(const Reader& reader, const InstitutionId& truster,
                                                     const InstitutionId& subject) {
  auto all = tx::statements_between(reader.state(), truster, subject);
  auto now = reader.head().header.time_ms;
  std::set<TransactionId> annulled;
  std::map<TransactionId, std::uint64_t> ended;
  for (const auto& record : all) {
    if (is_void(reader, record)) {
      annulled.insert(record.id);
      continue;
    }
    for (const auto& name : record.content.names) {
      if (record.content.kind == tx::StatementKind::kVoid) annulled.insert(name);
      if (record.content.kind == tx::StatementKind::kEnd) ended.try_emplace(name, record.content.valid_from_ms);
    }
  }
  std::map<std::pair<bool, std::uint16_t>, const tx::StatementRecord*> governing;
  for (const auto& record : all) {
    const auto& content = record.content;
    bool names_others = !content.names.empty();
    if (names_others || annulled.contains(record.id) || content.valid_from_ms > now) continue;
    auto& slot = governing[{content.accreditation, content.slot}];
    bool later = slot == nullptr || !content.accreditation || content.valid_from_ms >= slot->content.valid_from_ms;
    auto end = ended.find(record.id);
    bool over =
        (content.valid_until_ms != 0 && content.valid_until_ms <= now) || (end != ended.end() && end->second <= now);
    if (content.accreditation && over) continue;
    if (later) slot = &record;
  }
  std::vector<tx::StatementRecord> in_force;
  for (const auto& [slot, record] : governing) {
    if (record == nullptr || record->content.kind == tx::StatementKind::kEnd) continue;
    auto end = ended.find(record->id);
    bool over = (record->content.valid_until_ms != 0 && record->content.valid_until_ms <= now) ||
                (end != ended.end() && end->second <= now);
    if (!over) in_force.push_back(*record);
  }
  return in_force;
}

}  // namespace testamur::node
