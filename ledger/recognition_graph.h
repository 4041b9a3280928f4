// The recognition network of a ledger as the trust engine wants it: institutions, their standing,
// role and parent, compromised keys and statements, read from the registry's lists in ledger order.
//
// Follow the finalized state block by block; each call takes in only what is new. One thread;
// readers of history() must not run beside follow() (copy it, or hold a lock). What is due at the
// start of a block goes before its transactions.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "common/result.h"
#include "ledger/state.h"
#include "ledger/tx/records/institutions.h"
#include "ledger/tx/records/record.h"
#include "ledger/tx/records/statements.h"
#include "trust/graph.h"

namespace testamur::ledger {

class RecognitionGraph {
 public:
  // Takes in everything up to `state`. Precondition: the states that one object follows are of one
  // ledger and never go back. A failure means that ledger and trust engine disagree on what is
  // valid, a bug: the object must not be used.
  Status follow(const StateReader& state);

  const trust::History& history() const { return history_; }

 private:
  struct Place;
  Status take_institution(const StateReader& state);
  Status take_change(const StateReader& state);
  Status take_statement(const StateReader& state);
  Status take_succession(const StateReader& state, const tx::RegistryChange& change);
  Place place_of_change(const StateReader& state) const;
  trust::Commit commit_of(const tx::RecordPlace& at, const tx::Cause& cause);

  trust::History history_;
  std::uint64_t institutions_ = 0;  // taken in from each list
  std::uint64_t changes_ = 0;
  std::uint64_t statements_ = 0;
  LogIndex last_order_;
  // A parent that is not registered yet, and those that wait for it. By parent: a genesis may have
  // ten thousand parties, and each that comes asks who waits.
  std::map<InstitutionId, std::vector<InstitutionId>> late_parents_;
};

// What one institution says of another, as a history of its own: only the author's role, the keys
// that signed and these statements. Exact as of `state`, which no RecognitionGraph needs to have
// followed; for trust::in_force. `author`: all records of the institution that speaks;
// `statements`: all of its statements about one subject. Both oldest first, of that state, not
// empty.
trust::History history_of_pair(const StateReader& state,
                               const std::vector<tx::InstitutionRecord>& author,
                               const std::vector<tx::StatementRecord>& statements);

}  // namespace testamur::ledger
