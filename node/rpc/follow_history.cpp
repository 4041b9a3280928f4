#include "node/rpc/follow_history.h"

#include <algorithm>
#include <functional>
#include <vector>

#include "ledger/tx/registry_records.h"

namespace testamur::node {

namespace tx = ledger::tx;

namespace {

trust::Commit commit_of(const tx::Anchored& at, const tx::Cause& cause) {
  return {cause.log_index, at.height, at.time_ms, cause.key};
}

trust::Standing standing_of(tx::Standing standing) {
  switch (standing) {
    case tx::Standing::kGood: return trust::Standing::kGood;
    case tx::Standing::kSuspended: return trust::Standing::kSuspended;
    case tx::Standing::kLeft: return trust::Standing::kLeft;
    case tx::Standing::kClosed: return trust::Standing::kClosed;
  }
  return trust::Standing::kClosed;
}

std::optional<InstitutionId> parent_of(const tx::InstitutionRecord& record) {
  if (record.facts.parent.is_zero()) return std::nullopt;
  return record.facts.parent;
}

bool is_accreditor(const tx::InstitutionRecord& record) {
  return record.institution_class == tx::InstitutionClass::kAccreditor;
}

trust::Statement statement_of(const tx::StatementRecord& record) {
  const auto& content = record.content;
  trust::Statement statement;
  statement.id = record.id;
  statement.truster = record.truster;
  statement.subject = content.subject;
  statement.kind = static_cast<trust::Kind>(content.kind);
  statement.amount = content.amount;
  statement.depth = content.depth;
  statement.scope = content.scope;
  statement.valid_from_ms = content.valid_from_ms;
  statement.valid_until_ms = content.valid_until_ms == 0 ? trust::kOpenEnd : content.valid_until_ms;
  statement.slot = content.slot;
  statement.reason = static_cast<std::uint8_t>(content.reason);
  statement.scheme = content.scheme;
  statement.evidence = content.evidence_digest;
  statement.names = content.names;
  statement.commit = commit_of(record.at, record.cause);
  return statement;
}

// One thing to append, with its place in the ledger.
struct Event {
  std::pair<std::uint64_t, std::uint64_t> place;       // height, log index
  std::function<std::string(trust::History&)> append;  // the refusal; empty when it was taken
};

std::string text_of(const std::optional<trust::EventError>& refusal) {
  return refusal ? std::string(to_text(*refusal)) : std::string();
}

Event registration(const ledger::StateReader& state, const InstitutionId& id) {
  auto first = tx::institution_history(state, id).front();
  return {{first.at.height.value, first.cause.log_index.value}, [first](trust::History& history) {
            return text_of(
                history.add_party(first.id, commit_of(first.at, first.cause), is_accreditor(first), parent_of(first)));
          }};
}

std::string append_change(trust::History& history, const tx::InstitutionRecord& before,
                          const tx::InstitutionRecord& after) {
  auto commit = commit_of(after.at, after.cause);
  if (before.standing != after.standing) {
    auto refusal = history.set_standing(after.id, commit, standing_of(after.standing));
    if (refusal) return text_of(refusal);
  }
  if (is_accreditor(before) != is_accreditor(after)) {
    auto refusal = history.set_accreditor(after.id, commit, is_accreditor(after));
    if (refusal) return text_of(refusal);
  }
  if (parent_of(before) != parent_of(after)) return text_of(history.set_parent(after.id, commit, parent_of(after)));
  return {};
}

Event change(const ledger::StateReader& state, const tx::RegistryChange& change) {
  if (change.kind == tx::RegistryKind::kKey) {
    auto key = tx::read_key(state, change.key);
    TM_CHECK(key && key->retired, "a change names a key that was not retired");
    auto retired = *key->retired;
    return {{retired.at.height.value, retired.cause.log_index.value}, [retired](trust::History& history) {
              return text_of(history.compromise_key(retired.id, retired.compromised_since_ms,
                                                    commit_of(retired.at, retired.cause)));
            }};
  }
  auto records = tx::institution_history(state, change.institution);
  TM_CHECK(change.seq >= 2 && change.seq <= records.size(), "a change names no record:", change.seq);
  auto before = records[change.seq - 2];
  auto after = records[change.seq - 1];
  return {{after.at.height.value, after.cause.log_index.value},
          [before, after](trust::History& history) { return append_change(history, before, after); }};
}

Event statement(const tx::StatementRecord& record) {
  return {{record.at.height.value, record.cause.log_index.value}, [record](trust::History& history) -> std::string {
            auto refusal = history.append(statement_of(record));
            return refusal ? std::string(to_text(*refusal)) : std::string();
          }};
}

}  // namespace

HistoryCursor end_of(const ledger::StateReader& state) {
  return {tx::institution_count(state), tx::statement_count(state), tx::registry_change_count(state)};
}

Status follow_history(const ledger::StateReader& state, HistoryCursor& cursor, trust::History& history) {
  auto end = end_of(state);
  std::vector<Event> events;
  for (auto i = cursor.institutions; i < end.institutions; ++i) {
    events.push_back(registration(state, tx::institution_at_ordinal(state, i)));
  }
  for (auto i = cursor.changes; i < end.changes; ++i) {
    events.push_back(change(state, tx::registry_change_at_ordinal(state, i)));
  }
  for (auto i = cursor.statements; i < end.statements; ++i) {
    events.push_back(statement(tx::statement_at_ordinal(state, i)));
  }
  std::stable_sort(events.begin(), events.end(), [](const Event& a, const Event& b) { return a.place < b.place; });
  for (const auto& event : events) {
    auto refusal = event.append(history);
    if (!refusal.empty()) {
      return error("the trust engine refuses what the ledger holds at height " + std::to_string(event.place.first) +
                   ", log index " + std::to_string(event.place.second) + ": " + refusal);
    }
  }
  cursor = end;
  return {};
}

}  // namespace testamur::node
