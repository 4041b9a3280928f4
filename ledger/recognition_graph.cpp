// Feeds the trust engine from the registry. Invariants: what is taken in follows the order of the
// ledger, which three lists (institutions, changes, statements) give together; each entry is taken
// in once, and the counts say how far; ledger and trust engine have the same rules, so that a
// refusal by the engine is damage or a bug, never a normal answer.
#include "ledger/recognition_graph.h"

#include <algorithm>
#include <set>
#include <variant>

#include "common/check.h"
#include "ledger/tx/records/institutions.h"
#include "ledger/tx/records/record.h"
#include "ledger/tx/records/statements.h"
#include "ledger/tx/records/successions.h"

namespace testamur::ledger {
namespace {

// The ledger stores its numbers. The trust engine's are the same, name by name, so that no cast can
// mistake one for another; the switches below do not rely on it.
static_assert(int(trust::Standing::kGood) == int(tx::Standing::kGood));
static_assert(int(trust::Standing::kSuspended) == int(tx::Standing::kSuspended));
static_assert(int(trust::Standing::kClosed) == int(tx::Standing::kClosed));
static_assert(int(trust::Standing::kLeft) == int(tx::Standing::kLeft));
static_assert(int(trust::Kind::kTrust) == int(tx::StatementKind::kTrust));
static_assert(int(trust::Kind::kAccredit) == int(tx::StatementKind::kAccredit));
static_assert(int(trust::Kind::kDistrust) == int(tx::StatementKind::kDistrust));
static_assert(int(trust::Kind::kEnd) == int(tx::StatementKind::kEnd));
static_assert(int(trust::Kind::kVoid) == int(tx::StatementKind::kVoid));

trust::Kind kind_of(tx::StatementKind kind) {
  switch (kind) {
    case tx::StatementKind::kTrust: return trust::Kind::kTrust;
    case tx::StatementKind::kAccredit: return trust::Kind::kAccredit;
    case tx::StatementKind::kDistrust: return trust::Kind::kDistrust;
    case tx::StatementKind::kEnd: return trust::Kind::kEnd;
    case tx::StatementKind::kVoid: return trust::Kind::kVoid;
  }
  TM_CHECK(false, "unknown kind of statement:", int(kind));
  return trust::Kind::kVoid;
}

trust::Standing standing_of(tx::Standing standing) {
  switch (standing) {
    case tx::Standing::kGood: return trust::Standing::kGood;
    case tx::Standing::kSuspended: return trust::Standing::kSuspended;
    case tx::Standing::kClosed: return trust::Standing::kClosed;
    case tx::Standing::kLeft: return trust::Standing::kLeft;
  }
  TM_CHECK(false, "unknown standing:", int(standing));
  return trust::Standing::kSuspended;
}

bool is_accreditor(const tx::InstitutionRecord& record) {
  return record.institution_class == tx::InstitutionClass::kAccreditor;
}

std::optional<InstitutionId> parent_of(const tx::InstitutionRecord& record) {
  return record.facts.parent.is_zero() ? std::nullopt : std::optional(record.facts.parent);
}

trust::Statement statement_of(const tx::StatementRecord& record, const trust::Commit& commit) {
  const auto& content = record.content;
  trust::Statement s;
  s.id = record.id;
  s.truster = record.truster;
  s.subject = content.subject;

  s.kind = kind_of(content.kind);
  s.amount = content.amount;
  s.depth = content.depth;
  s.scope = content.scope;

  // Zero is a field that the transaction leaves out: the statement has no end.
  s.valid_from_ms = content.valid_from_ms;
  s.valid_until_ms = content.valid_until_ms == 0 ? trust::kOpenEnd : content.valid_until_ms;

  s.slot = content.slot;
  s.reason = static_cast<std::uint8_t>(content.reason);
  s.scheme = content.scheme;
  s.evidence = content.evidence_digest;
  s.names = content.names;

  s.commit = commit;
  return s;
}

Status taken(std::optional<trust::EventError> wrong, const InstitutionId& id) {
  if (!wrong) return {};
  return error("the trust engine refuses a change of " + to_text(id) + ": " +
               std::string(trust::to_text(*wrong)));
}

}  // namespace

// Where the next entry of a list stands in the ledger. An institution goes before what a
// transaction says of it.
struct RecognitionGraph::Place {
  Height height;
  LogIndex index;
  Status (RecognitionGraph::*take)(const StateReader& state);
};

// What takes effect at the start of a block names the transaction that brought it about, which is
// older than others that were taken in since.
trust::Commit RecognitionGraph::commit_of(const tx::RecordPlace& at, const tx::Cause& cause) {
  last_order_ = std::max(last_order_, cause.log_index);
  return {last_order_, at.height, at.time_ms, cause.key};
}

Status RecognitionGraph::take_institution(const StateReader& state) {
  const auto id = tx::institution_at_ordinal(state, institutions_++);
  const auto record = tx::institution_record(state, id, 1);
  const auto commit = commit_of(record.at, record.cause);
  const auto parent = parent_of(record);
  // At genesis a party may stand in the list before its parent.
  const bool known = parent && history_.find(*parent).has_value();
  TM_TRY_STATUS(taken(
      history_.add_party(id, commit, is_accreditor(record), known ? parent : std::nullopt), id));
  if (parent && !known) late_parents_[*parent].push_back(id);

  // A child that was closed meanwhile keeps no parent: the engine refuses it, and nothing waits.
  if (const auto waiting = late_parents_.find(id); waiting != late_parents_.end()) {
    for (const auto& child : waiting->second) {
      const auto closed = history_.set_parent(child, commit, id);
      if (closed && *closed != trust::EventError::kClosedParty) return taken(closed, child);
    }
    late_parents_.erase(waiting);
  }

  if (record.standing == tx::Standing::kGood) return {};
  return taken(history_.set_standing(id, commit, standing_of(record.standing)), id);
}

Status RecognitionGraph::take_change(const StateReader& state) {
  const auto change = tx::registry_change_at_ordinal(state, changes_++);
  if (change.kind == tx::RegistryKind::kKey) {
    const auto key = tx::read_key(state, change.key);
    TM_CHECK(key.has_value(), "a change of an unknown key:", change.key.hex());
    const auto& stolen = key->stolen;
    if (!stolen || stolen->at.seq != change.seq) return {};
    const auto commit = commit_of(stolen->at, stolen->cause);
    return taken(history_.compromise_key(change.key, stolen->compromised_since_ms, commit),
                 change.institution);
  }

  if (change.kind == tx::RegistryKind::kSuccessions) return take_succession(state, change);

  const auto now = tx::institution_record(state, change.institution, change.seq);
  const auto before = tx::institution_record(state, change.institution, change.seq - 1);
  const auto commit = commit_of(now.at, now.cause);
  const auto& id = change.institution;

  if (parent_of(now) != parent_of(before)) {
    TM_TRY_STATUS(taken(history_.set_parent(id, commit, parent_of(now)), id));
  }
  if (is_accreditor(now) != is_accreditor(before)) {
    TM_TRY_STATUS(
        taken(history_.set_accreditor(id, commit, is_accreditor(now), now.retroactive), id));
  }
  if (now.standing == before.standing) return {};
  // Its succession, which stands before it in the list, has closed it.
  if (history_.party(*history_.find(id)).closed) return {};
  return taken(history_.set_standing(id, commit, standing_of(now.standing)), id);
}

Status RecognitionGraph::take_succession(const StateReader& state,
                                         const tx::RegistryChange& change) {
  const auto record = tx::succession_record(state, change.institution, change.seq);
  const auto& content = record.content;
  trust::Succession succession;
  succession.successors = content.successors;
  for (const auto& party : content.predecessors) {
    const auto heir = content.heir.is_zero() ? std::nullopt : std::optional(content.heir);
    succession.predecessors.push_back({party, content.closes, heir});
  }
  return taken(history_.add_succession(succession, commit_of(record.at, record.cause)),
               change.institution);
}

Status RecognitionGraph::take_statement(const StateReader& state) {
  const auto record = tx::statement_at_ordinal(state, statements_++);
  const auto wrong = history_.append(statement_of(record, commit_of(record.at, record.cause)));
  if (!wrong) return {};
  return error("the trust engine refuses statement " + to_text(record.id) + ": " +
               std::string(trust::to_text(*wrong)));
}

Status RecognitionGraph::follow(const StateReader& state) {
  const auto institutions = tx::institution_count(state);
  const auto changes = tx::registry_change_count(state);
  const auto statements = tx::statement_count(state);

  // The next entry of each list; the earliest of the three is taken.
  std::optional<Place> institution, change, statement;
  for (;;) {
    if (!institution && institutions_ < institutions) {
      const auto id = tx::institution_at_ordinal(state, institutions_);
      const auto record = tx::institution_record(state, id, 1);
      institution = {record.at.height, record.cause.log_index, &RecognitionGraph::take_institution};
    }
    if (!change && changes_ < changes) change = place_of_change(state);
    if (!statement && statements_ < statements) {
      const auto record = tx::statement_at_ordinal(state, statements_);
      statement = {record.at.height, record.cause.log_index, &RecognitionGraph::take_statement};
    }

    // Institutions come first where places are equal: a statement speaks of parties that exist.
    std::optional<Place>* next = nullptr;
    for (auto* candidate : {&institution, &change, &statement}) {
      if (*candidate && (next == nullptr || std::pair((*candidate)->height, (*candidate)->index) <
                                                std::pair((*next)->height, (*next)->index))) {
        next = candidate;
      }
    }

    if (next == nullptr) return {};
    TM_TRY_STATUS((this->*(*next)->take)(state));
    next->reset();
  }
}

RecognitionGraph::Place RecognitionGraph::place_of_change(const StateReader& state) const {
  const auto change = tx::registry_change_at_ordinal(state, changes_);
  if (change.kind == tx::RegistryKind::kInstitution) {
    const auto record = tx::institution_record(state, change.institution, change.seq);
    return {record.at.height, record.cause.log_index, &RecognitionGraph::take_change};
  }

  if (change.kind == tx::RegistryKind::kSuccessions) {
    const auto record = tx::succession_record(state, change.institution, change.seq);
    return {record.at.height, record.cause.log_index, &RecognitionGraph::take_change};
  }

  const auto key = tx::read_key(state, change.key);
  TM_CHECK(key.has_value(), "a change of an unknown key:", change.key.hex());
  for (const auto& record : {key->stolen, key->retired}) {
    if (record && record->at.seq == change.seq)
      return {record->at.height, record->cause.log_index, &RecognitionGraph::take_change};
  }
  return {key->added.at.height, key->added.cause.log_index, &RecognitionGraph::take_change};
}

namespace {

// The history of one pair, from events that are gathered first and appended in ledger order.
class PairHistory {
 public:
  explicit PairHistory(const StateReader& state) : state_(state) {}

  void gather(const std::vector<tx::InstitutionRecord>& author,
              const std::vector<tx::StatementRecord>& statements) {
    for (std::size_t i = 1; i < author.size(); ++i) {
      if (is_accreditor(author[i]) != is_accreditor(author[i - 1]))
        events_.push_back({author[i].at, author[i].cause, &author[i]});
    }

    // A key may be behind many statements and is compromised once.
    std::set<KeyId> keys;
    for (const auto& record : statements) {
      events_.push_back({record.at, record.cause, &record});
      if (!record.cause.key.is_zero() && keys.insert(record.cause.key).second)
        gather_compromise(record.cause.key);
    }

    // Stable: what has one place in the ledger stays in the order in which it was gathered.
    std::ranges::stable_sort(events_, {}, [](const Event& event) {
      return std::pair(event.at.height, event.cause.log_index);
    });
  }

  trust::History make(const tx::InstitutionRecord& author, const InstitutionId& subject) {
    // Who speaks and who is spoken of are older than what is said; their parents are no part of the
    // question.
    const auto commit = commit_of(author.at, author.cause);
    check(!history_.add_party(author.id, commit, is_accreditor(author)));
    check(!history_.add_party(subject, commit));

    for (const Event& event : events_)
      std::visit([&](const auto& what) { append(event, what); }, event.what);
    return std::move(history_);
  }

 private:
  struct Compromise {
    KeyId key;
    std::uint64_t since_ms = 0;
  };
  struct Event {
    tx::RecordPlace at;
    tx::Cause cause;
    std::variant<const tx::InstitutionRecord*, const tx::StatementRecord*, Compromise> what;
  };

  void gather_compromise(const KeyId& id) {
    const auto key = tx::read_key(state_, id);
    TM_CHECK(key.has_value(), "a statement by an unknown key:", id.hex());
    const auto& stolen = key->stolen;
    if (stolen)
      events_.push_back({stolen->at, stolen->cause, Compromise{id, stolen->compromised_since_ms}});
  }

  void append(const Event& event, const tx::InstitutionRecord* role) {
    const auto commit = commit_of(event.at, event.cause);
    check(!history_.set_accreditor(role->id, commit, is_accreditor(*role), role->retroactive));
  }
  void append(const Event& event, const tx::StatementRecord* record) {
    check(!history_.append(statement_of(*record, commit_of(event.at, event.cause))));
  }
  void append(const Event& event, const Compromise& one) {
    check(!history_.compromise_key(one.key, one.since_ms, commit_of(event.at, event.cause)));
  }

  // As RecognitionGraph's: what takes effect at the start of a block names an older transaction.
  trust::Commit commit_of(const tx::RecordPlace& at, const tx::Cause& cause) {
    last_order_ = std::max(last_order_, cause.log_index);
    return {last_order_, at.height, at.time_ms, cause.key};
  }
  static void check(bool taken) {
    TM_CHECK(taken, "ledger and trust engine disagree on what is valid");
  }

  const StateReader& state_;
  std::vector<Event> events_;
  trust::History history_;
  LogIndex last_order_;
};

}  // namespace

trust::History history_of_pair(const StateReader& state,
                               const std::vector<tx::InstitutionRecord>& author,
                               const std::vector<tx::StatementRecord>& statements) {
  TM_CHECK(!author.empty() && !statements.empty(), "a pair without an author or a statement");
  PairHistory pair(state);
  pair.gather(author, statements);
  return pair.make(author.front(), statements.front().content.subject);
}

}  // namespace testamur::ledger
