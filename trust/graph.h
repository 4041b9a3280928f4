// The history of a recognition network: parties with their standing, role and parent over time,
// statements, key compromises and successions, exactly in ledger order. Append-only; it answers
// nothing itself (see decide.h).
//
// Parties have dense indexes in order of registration. Before its first standing event a party
// counts as in good standing (decision 0400), so that imported accreditations can speak about years
// before the ledger. Thread rule: one writer; readers may share a History that nobody appends to.
// Copies are independent. Nothing is appended when an append returns an error.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string_view>
#include <vector>

#include "common/ids.h"
#include "trust/rows.h"
#include "trust/statement.h"

namespace testamur::trust {

// One predecessor of a succession. Only a predecessor that the succession closes may name an heir.
struct Predecessor {
  InstitutionId party;
  bool closes = false;
  std::optional<InstitutionId> heir;  // one of the successors
};

// Merger, split, rename, custody.
struct Succession {
  std::vector<Predecessor> predecessors;
  std::vector<InstitutionId> successors;
};

enum class EventError : std::uint8_t {
  kUnknownParty = 1,
  kDuplicateParty = 2,
  kClosedParty = 3,
  kOrder = 4,
  kHeirNotSuccessor = 5,
  kHeirWithoutClosure = 6,
  kSuccessorIsPredecessor = 7,
};
std::string_view to_text(EventError error);

class History {
 public:
  History();

  // --- appending, in ledger order
  std::optional<EventError> add_party(const InstitutionId& id, const Commit& commit,
                                      bool accreditor = false,
                                      std::optional<InstitutionId> parent = std::nullopt);
  // Suspension and its end; leaving is a standing that never becomes good again.
  std::optional<EventError> set_standing(const InstitutionId& id, const Commit& commit,
                                         Standing standing);
  // `retroactive`: the vote that takes the role says that it hits the time before it as well.
  std::optional<EventError> set_accreditor(const InstitutionId& id, const Commit& commit,
                                           bool holds, bool retroactive = false);
  std::optional<EventError> set_parent(const InstitutionId& id, const Commit& commit,
                                       std::optional<InstitutionId> parent);
  // Annuls everything the key signed with block time >= since_ms, from this commit on.
  std::optional<EventError> compromise_key(const KeyId& key, std::uint64_t since_ms,
                                           const Commit& commit);
  std::optional<EventError> add_succession(const Succession& succession, const Commit& commit);
  std::optional<StatementError> append(const Statement& statement);
  // What append would answer.
  std::optional<StatementError> check(const Statement& statement) const;

  // --- looking up
  std::optional<PartyIndex> find(const InstitutionId& id) const;
  const InstitutionId& id_of(PartyIndex party) const { return parties_[party].id; }
  PartyIndex party_count() const { return static_cast<PartyIndex>(parties_.size()); }
  std::size_t statement_count() const { return rows_.size(); }
  // Everything but statements and registrations that was ever appended.
  std::uint64_t event_count() const { return next_sequence_ - 1 - rows_.size() - parties_.size(); }
  std::size_t memory_bytes() const;
  // The statement as it was appended, without evidence digest and named ids.
  Statement statement(RowIndex row) const;
  std::optional<RowIndex> find_statement(const StatementId& id) const;

  // --- for the engine
  const Party& party(PartyIndex index) const { return parties_[index]; }
  const Row& row(RowIndex index) const { return rows_[index]; }
  const Pair& pair(PairIndex index) const { return pairs_[index]; }
  std::size_t pair_count() const { return pairs_.size(); }
  std::optional<PairIndex> find_pair(PartyIndex truster, PartyIndex subject) const;
  const Scope& scope(std::uint32_t index) const { return scopes_[index]; }
  const Block& block(std::uint32_t index) const { return blocks_[index]; }
  std::uint64_t time_of(const Row& row) const { return blocks_[row.block].time_ms; }
  const Key& key(std::uint32_t index) const { return keys_[index]; }
  const Naming& naming(std::uint32_t index) const { return namings_[index]; }
  const Link& link(std::uint32_t index) const { return links_[index]; }
  std::size_t link_count() const { return links_.size(); }
  // The number of blocks at or below a height: what happened in a block with a smaller index is
  // visible.
  std::uint32_t visible_blocks(Height height) const;

 private:
  std::optional<EventError> check_event(const Commit& commit, const InstitutionId& id) const;
  bool runs_backwards(const Commit& commit) const;
  std::uint32_t enter_block(const Commit& commit);
  std::uint32_t key_index(const KeyId& key);
  std::uint32_t scope_index(const Scope& scope);
  PairIndex pair_index(PartyIndex truster, PartyIndex subject);
  std::optional<StatementError> check_names(const Statement& statement) const;
  std::optional<StatementError> check_accredit(const Party& truster, PartyIndex subject) const;
  std::optional<EventError> check_succession(const Succession& succession) const;
  void link_row(RowIndex index);

  std::vector<Party> parties_;
  std::map<InstitutionId, PartyIndex> party_by_id_;
  std::vector<Row> rows_;
  std::vector<Pair> pairs_;
  std::vector<Block> blocks_;
  std::vector<Key> keys_;
  std::map<KeyId, std::uint32_t> key_by_id_;
  std::vector<Scope> scopes_;
  std::map<Scope, std::uint32_t> scope_by_value_;
  std::vector<Naming> namings_;
  std::vector<Link> links_;
  IndexTable pair_table_;
  IndexTable statement_table_;
  std::uint64_t last_order_ = 0;
  std::uint32_t next_sequence_ = 1;
};

}  // namespace testamur::trust
