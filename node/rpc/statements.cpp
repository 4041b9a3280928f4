#include "node/rpc/statements.h"

#include <algorithm>

#include "ledger/recognition_graph.h"
#include "trust/in_force.h"

namespace testamur::node {

namespace tx = ledger::tx;

void fill_statement(const Reader& reader, const tx::StatementRecord& record, bool in_force,
                    v1::StatementView& out) {
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
  if (!content.evidence_digest.is_zero())
    put(*out.mutable_evidence_digest(), content.evidence_digest);
  reader.fill_anchor(record.cause.log_index, *out.mutable_anchor());
  for (const auto& name : content.names) put(*out.add_names(), name);
  out.set_in_force(in_force);
  out.set_scheme(static_cast<v1::QualityAssuranceScheme>(content.scheme));
  out.set_report_url(content.report_url);
  put(*out.mutable_key_id(), record.cause.key);
}

std::vector<std::pair<InstitutionId, InstitutionId>> pairs_around(const Reader& reader,
                                                                  const trust::History& history,
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

// The engine's own answer, on a history of the pair as of the reader's state: decisions may be a
// second behind, and a list must show what was just committed.
std::vector<tx::StatementRecord> statements_in_force(const Reader& reader,
                                                     const InstitutionId& truster,
                                                     const InstitutionId& subject) {
  auto records = tx::statements_between(reader.state(), truster, subject);
  if (records.empty()) return {};

  const auto& head = reader.head().header;
  const auto history = ledger::history_of_pair(reader.state(), reader.history(truster), records);
  const trust::AsOf as_of{head.height, head.time_ms, {}};
  const auto ids = trust::in_force(history, truster, subject, as_of, head.time_ms);

  std::erase_if(records,
                [&](const auto& record) { return !std::ranges::binary_search(ids, record.id); });
  std::ranges::stable_sort(records, {}, [](const auto& record) {
    return std::pair(record.content.accreditation, record.content.slot);
  });
  return records;
}

}  // namespace testamur::node
