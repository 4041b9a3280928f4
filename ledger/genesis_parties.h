// The parties of a genesis record by their ids. An id is a digest of all that a party says of
// itself, and a record from outside chooses how many parties and validators there are: each id is
// computed once here, and never once for each pair of them. Pure; any thread.
#pragma once

#include <map>
#include <vector>

#include "ledger/genesis.h"

namespace testamur::ledger {

class PartiesById {
 public:
  // `parties` must outlive this. Of two parties with one id the first is found.
  explicit PartiesById(const std::vector<GenesisParty>& parties) {
    ids_.reserve(parties.size());
    for (const auto& party : parties) {
      ids_.push_back(party_id(party));
      by_id_.emplace(ids_.back(), &party);
    }
  }

  // In the order of the record.
  const std::vector<InstitutionId>& ids() const { return ids_; }
  const GenesisParty* find(const InstitutionId& id) const {
    const auto found = by_id_.find(id);
    return found == by_id_.end() ? nullptr : found->second;
  }

 private:
  std::vector<InstitutionId> ids_;
  std::map<InstitutionId, const GenesisParty*> by_id_;
};

}  // namespace testamur::ledger
