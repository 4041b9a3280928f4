// Invariants: `sequence`, block indexes and the rows of one pair ascend in the order of appending;
// lists are linked from the newest entry to the oldest; an append either happens whole or returns
// an error and changes nothing.
#include <algorithm>

#include "common/check.h"
#include "trust/graph.h"

namespace testamur::trust {
namespace {

std::uint64_t pair_key(PartyIndex truster, PartyIndex subject) {
  return (std::uint64_t{truster} << 32) | subject;
}

std::uint64_t id_key(const StatementId& id) {
  std::uint64_t key = 0;
  for (std::size_t i = 0; i < 8; ++i) key = (key << 8) | id.bytes[i];
  return key;
}

bool holds_role(const Party& party) { return !party.roles.empty() && party.roles.back().holds; }
bool in_good_standing(const Party& party) {
  return party.standings.empty() || party.standings.back().standing == Standing::kGood;
}

}  // namespace

std::string_view to_text(EventError error) {
  switch (error) {
    case EventError::kUnknownParty: return "the party is not on the ledger";
    case EventError::kDuplicateParty: return "the party is on the ledger already";
    case EventError::kClosedParty: return "the party is closed and never comes back";
    case EventError::kOrder: return "the order of the ledger runs backwards";
    case EventError::kHeirNotSuccessor: return "the heir is not among the successors";
    case EventError::kHeirWithoutClosure:
      return "only a predecessor that the succession closes has an heir";
    case EventError::kSuccessorIsPredecessor: return "a party cannot succeed itself";
  }
  return "unknown error";
}

// Key 0 and scope 0 are those of everything that has none.
History::History() {
  key_index(KeyId{});
  scope_index(Scope{});
}

bool History::runs_backwards(const Commit& commit) const {
  if (commit.order.value < last_order_) return true;
  if (blocks_.empty()) return false;
  const Block& last = blocks_.back();
  if (commit.height == last.height) return commit.time_ms != last.time_ms;
  return commit.height < last.height || commit.time_ms < last.time_ms;
}

std::uint32_t History::enter_block(const Commit& commit) {
  if (blocks_.empty() || blocks_.back().height < commit.height)
    blocks_.push_back({commit.height, commit.time_ms});
  last_order_ = commit.order.value;
  return static_cast<std::uint32_t>(blocks_.size() - 1);
}

std::optional<EventError> History::check_event(const Commit& commit,
                                               const InstitutionId& id) const {
  if (runs_backwards(commit)) return EventError::kOrder;
  const auto party = find(id);
  if (!party) return EventError::kUnknownParty;
  if (parties_[*party].closed) return EventError::kClosedParty;
  return std::nullopt;
}

std::optional<EventError> History::add_party(const InstitutionId& id, const Commit& commit,
                                             bool accreditor, std::optional<InstitutionId> parent) {
  if (runs_backwards(commit)) return EventError::kOrder;
  if (find(id)) return EventError::kDuplicateParty;
  if (parent && !find(*parent)) return EventError::kUnknownParty;

  Party party;
  party.id = id;
  party.block = enter_block(commit);
  if (accreditor) party.roles.push_back({next_sequence_, party.block, true, false});
  if (parent) party.parents.push_back({party.block, *find(*parent)});

  ++next_sequence_;
  party_by_id_.emplace(id, party_count());
  parties_.push_back(std::move(party));
  return std::nullopt;
}

std::optional<EventError> History::set_standing(const InstitutionId& id, const Commit& commit,
                                                Standing standing) {
  if (auto wrong = check_event(commit, id)) return wrong;
  Party& party = parties_[*find(id)];
  party.standings.push_back({next_sequence_++, enter_block(commit), standing});
  party.closed = standing == Standing::kLeft || standing == Standing::kClosed;
  return std::nullopt;
}

std::optional<EventError> History::set_accreditor(const InstitutionId& id, const Commit& commit,
                                                  bool holds, bool retroactive) {
  // A role can be taken from who is closed: what it accredited before may count for times before.
  const auto wrong = check_event(commit, id);
  if (wrong && (holds || *wrong != EventError::kClosedParty)) return wrong;
  Party& party = parties_[*find(id)];
  party.roles.push_back({next_sequence_++, enter_block(commit), holds, retroactive && !holds});
  return std::nullopt;
}

std::optional<EventError> History::set_parent(const InstitutionId& id, const Commit& commit,
                                              std::optional<InstitutionId> parent) {
  if (auto wrong = check_event(commit, id)) return wrong;
  const auto index = parent ? find(*parent) : std::optional(kNoIndex);
  if (!index) return EventError::kUnknownParty;
  parties_[*find(id)].parents.push_back({enter_block(commit), *index});
  ++next_sequence_;
  return std::nullopt;
}

std::optional<EventError> History::compromise_key(const KeyId& key, std::uint64_t since_ms,
                                                  const Commit& commit) {
  if (runs_backwards(commit)) return EventError::kOrder;
  const std::uint32_t block = enter_block(commit);
  keys_[key_index(key)].compromises.push_back({since_ms, block});
  ++next_sequence_;
  return std::nullopt;
}

std::optional<EventError> History::check_succession(const Succession& succession) const {
  for (const auto& id : succession.successors) {
    const auto party = find(id);
    if (!party) return EventError::kUnknownParty;
    if (parties_[*party].closed) return EventError::kClosedParty;
  }

  for (const auto& one : succession.predecessors) {
    const auto party = find(one.party);
    if (!party) return EventError::kUnknownParty;
    if (parties_[*party].closed) return EventError::kClosedParty;

    const auto is = [&](const InstitutionId& id) {
      return std::find(succession.successors.begin(), succession.successors.end(), id) !=
             succession.successors.end();
    };
    if (is(one.party)) return EventError::kSuccessorIsPredecessor;

    if (one.heir && !one.closes) return EventError::kHeirWithoutClosure;
    if (one.heir && !is(*one.heir)) return EventError::kHeirNotSuccessor;
  }
  return std::nullopt;
}

std::optional<EventError> History::add_succession(const Succession& succession,
                                                  const Commit& commit) {
  if (runs_backwards(commit)) return EventError::kOrder;
  if (auto wrong = check_succession(succession)) return wrong;

  const std::uint32_t block = enter_block(commit);
  for (const auto& one : succession.predecessors) {
    const PartyIndex from = *find(one.party);

    // A predecessor that was suspended passes nothing on: trust in it did not count any more
    // either.
    const bool good_before = in_good_standing(parties_[from]);
    for (const auto& id : succession.successors) {
      const PartyIndex to = *find(id);
      Link link{from,
                to,
                next_sequence_,
                block,
                parties_[from].first_link_out,
                parties_[to].first_link_in,
                false};
      link.inherits = one.closes && good_before && one.heir == id;

      parties_[from].first_link_out = parties_[to].first_link_in =
          static_cast<std::uint32_t>(links_.size());
      links_.push_back(link);
    }

    if (one.closes) {
      parties_[from].standings.push_back({next_sequence_, block, Standing::kClosed});
      parties_[from].closed = true;
    }
  }

  // One number for the whole succession: all its links stand at one place of the ledger order.
  ++next_sequence_;
  return std::nullopt;
}

std::optional<StatementError> History::check_names(const Statement& statement) const {
  for (const auto& id : statement.names) {
    const auto index = find_statement(id);
    if (!index) return StatementError::kNamesUnknown;
    const Row& named = rows_[*index];
    if (id_of(named.truster) != statement.truster || id_of(named.subject) != statement.subject) {
      return StatementError::kNamesForeign;
    }
    if (named.kind == Kind::kVoid || (named.kind == Kind::kEnd && statement.kind == Kind::kEnd)) {
      return StatementError::kNamesVoid;
    }
  }
  return std::nullopt;
}

std::optional<StatementError> History::check_accredit(const Party& truster,
                                                      PartyIndex subject) const {
  if (!holds_role(truster)) return StatementError::kNotAccreditor;
  if (!truster.parents.empty() && truster.parents.back().parent == subject)
    return StatementError::kAccreditsParent;
  return std::nullopt;
}

std::optional<StatementError> History::check(const Statement& statement) const {
  if (auto wrong = check_form(statement)) return wrong;
  if (runs_backwards(statement.commit)) return StatementError::kOrder;
  const auto truster = find(statement.truster);
  if (!truster) return StatementError::kUnknownTruster;
  const auto subject = find(statement.subject);
  if (!subject) return StatementError::kUnknownSubject;
  if (find_statement(statement.id)) return StatementError::kDuplicate;
  if (statement.kind == Kind::kAccredit) {
    if (auto wrong = check_accredit(parties_[*truster], *subject)) return wrong;
  }
  return check_names(statement);
}

std::optional<StatementError> History::append(const Statement& statement) {
  if (auto wrong = check(statement)) return wrong;
  const auto index = static_cast<RowIndex>(rows_.size());
  Row row;
  row.id = statement.id;
  row.valid_from_ms = statement.valid_from_ms;
  row.valid_until_ms = statement.valid_until_ms;
  row.truster = *find(statement.truster);
  row.subject = *find(statement.subject);
  row.scope = scope_index(statement.scope);
  row.block = enter_block(statement.commit);
  row.key = key_index(statement.commit.key);
  row.order = statement.commit.order.value;
  row.sequence = next_sequence_++;
  row.slot = statement.slot;
  row.kind = statement.kind;
  row.amount = statement.amount;
  row.depth = statement.depth;
  row.reason = statement.reason;
  row.scheme = statement.scheme;
  row.names_others = !statement.names.empty();

  rows_.push_back(row);
  statement_table_.insert(id_key(row.id), index);
  if (statement.occupies_slot()) link_row(index);

  for (const auto& id : statement.names) {
    Row& named = rows_[*find_statement(id)];
    namings_.push_back({index, named.first_naming});
    named.first_naming = static_cast<std::uint32_t>(namings_.size() - 1);
  }
  return std::nullopt;
}

void History::link_row(RowIndex index) {
  Row& row = rows_[index];
  Pair& pair = pairs_[pair_index(row.truster, row.subject)];
  const bool accredit = row.kind == Kind::kAccredit;
  RowIndex& last = accredit ? pair.last_accredit : pair.last_trust;
  if (!accredit) pair.trust_slots |= 1U << row.slot;

  row.previous = last;
  if (last == kNoIndex) {
    row.jump = index;
    row.list_length = 1;
  } else {
    const Row& parent = rows_[last];
    const Row& over = rows_[parent.jump];

    // Skew-binary numbers (Myers 1983): where the last two jumps are of one length, this row jumps
    // over both.
    const bool even =
        parent.list_length - over.list_length == over.list_length - rows_[over.jump].list_length;
    row.jump = even ? over.jump : last;
    row.list_length = parent.list_length + 1;
  }

  last = index;
}

std::uint32_t History::key_index(const KeyId& key) {
  const auto [at, fresh] = key_by_id_.try_emplace(key, static_cast<std::uint32_t>(keys_.size()));
  if (fresh) keys_.push_back({key, {}});
  return at->second;
}

std::uint32_t History::scope_index(const Scope& scope) {
  const auto [at, fresh] =
      scope_by_value_.try_emplace(scope, static_cast<std::uint32_t>(scopes_.size()));
  if (fresh) scopes_.push_back(scope);
  return at->second;
}

PairIndex History::pair_index(PartyIndex truster, PartyIndex subject) {
  if (auto known = find_pair(truster, subject)) return *known;
  const auto index = static_cast<PairIndex>(pairs_.size());

  Party& from = parties_[truster];
  Party& to = parties_[subject];
  Pair pair;
  pair.truster = truster;
  pair.subject = subject;
  pair.next_out = from.first_out;
  pair.next_in = to.first_in;

  // Lists run from the newest entry to the oldest (rows.h).
  from.first_out = to.first_in = index;
  ++from.out_degree;
  ++to.in_degree;

  pairs_.push_back(pair);
  pair_table_.insert(pair_key(truster, subject), index);
  return index;
}

std::optional<PartyIndex> History::find(const InstitutionId& id) const {
  const auto at = party_by_id_.find(id);
  return at == party_by_id_.end() ? std::nullopt : std::optional(at->second);
}

std::optional<PairIndex> History::find_pair(PartyIndex truster, PartyIndex subject) const {
  const auto index =
      pair_table_.find(pair_key(truster, subject), [](std::uint32_t) { return true; });
  return index == kNoIndex ? std::nullopt : std::optional(index);
}

std::optional<RowIndex> History::find_statement(const StatementId& id) const {
  const auto index =
      statement_table_.find(id_key(id), [&](std::uint32_t at) { return rows_[at].id == id; });
  return index == kNoIndex ? std::nullopt : std::optional(index);
}

Statement History::statement(RowIndex index) const {
  const Row& row = rows_[index];
  Statement s;
  s.id = row.id;
  s.truster = id_of(row.truster);
  s.subject = id_of(row.subject);

  s.kind = row.kind;
  s.amount = row.amount;
  s.depth = row.depth;
  s.scope = scopes_[row.scope];
  s.valid_from_ms = row.valid_from_ms;
  s.valid_until_ms = row.valid_until_ms;
  s.slot = row.slot;
  s.reason = row.reason;
  s.scheme = row.scheme;

  s.commit = {LogIndex{row.order}, blocks_[row.block].height, time_of(row), keys_[row.key].id};
  return s;
}

std::uint32_t History::visible_blocks(Height height) const {
  const auto after =
      std::upper_bound(blocks_.begin(), blocks_.end(), height,
                       [](Height limit, const Block& block) { return limit < block.height; });
  return static_cast<std::uint32_t>(after - blocks_.begin());
}

std::size_t History::memory_bytes() const {
  const std::size_t bytes = parties_.capacity() * sizeof(Party) + rows_.capacity() * sizeof(Row) +
                            pairs_.capacity() * sizeof(Pair) + blocks_.capacity() * sizeof(Block) +
                            keys_.capacity() * sizeof(Key) + scopes_.capacity() * sizeof(Scope) +
                            namings_.capacity() * sizeof(Naming) + links_.capacity() * sizeof(Link);
  return bytes + pair_table_.memory_bytes() + statement_table_.memory_bytes();
}

}  // namespace testamur::trust
