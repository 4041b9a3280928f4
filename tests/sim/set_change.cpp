#include "tests/sim/set_change.h"

#include <algorithm>

#include "ledger/tx/build.h"
#include "ledger/tx/records/governance.h"
#include "ledger/validators.h"

namespace testamur::sim {

namespace tx = ledger::tx;

namespace {

constexpr std::uint64_t kVotingMs = 30 * 60'000;

}  // namespace

SetChange::SetChange(Institutions& institutions, std::vector<std::size_t> members,
                     TransactionNumber nonce)
    : institutions_(institutions), members_(std::move(members)), nonce_(nonce) {
  std::ranges::sort(members_, {}, [&](std::size_t member) { return institutions_.at(member).id; });
}

KeyId SetChange::key_of(std::size_t member) const {
  return key_id(KeyPurpose::kConsensus, institutions_.at(member).consensus.public_key());
}

bool SetChange::everybody_is_ready(SimNode& through, std::uint64_t now_ms) {
  const auto state = through.state();
  bool all = true;
  for (const std::size_t member : members_) {
    if (ledger::seat_of(*state, institutions_.at(member).id) ||
        tx::latest_ready(*state, key_of(member)))
      continue;
    all = false;
    auto& ready = ready_[member];
    if (!ready) {
      const auto& head = through.head();
      if (head.height < Height{2}) return false;
      tx::ReadyContent content{key_of(member), "simulated", 2, head.height - 1, head.parent};
      ready = institutions_.make(member, content, KeyPurpose::kConsensus, nonce_ * 100 + member,
                                 now_ms);
    }
    through.submit(ready);
  }
  return all;
}

bool SetChange::propose(SimNode& through, std::uint64_t now_ms) {
  const auto state = through.state();
  if (!proposal_) {
    tx::SetChangeContent set;
    for (const std::size_t member : members_) {
      tx::Seat seat{institutions_.at(member).id, key_of(member), {}};
      if (!ledger::seat_of(*state, seat.institution)) {
        seat.ready = tx::latest_ready(*state, seat.consensus_key)->cause.transaction;
      }
      set.seats.push_back(seat);
    }
    const tx::ProposalContent content{now_ms + kVotingMs, 0, set};
    // A newcomer may come first by id, but only who sits already may propose.
    const auto proposer = std::ranges::find_if(members_, [&](std::size_t member) {
      return ledger::seat_of(*state, institutions_.at(member).id).has_value();
    });
    proposal_ =
        institutions_.make(*proposer, content, KeyPurpose::kGovern, nonce_ * 100 + 50, now_ms);
  }
  if (tx::read_proposal(*state, proposal_->id())) return true;
  through.submit(proposal_);
  return false;
}

void SetChange::vote(SimNode& through, const ledger::CertifyingSet& set, std::uint64_t now_ms) {
  const auto proposal = tx::read_proposal(*through.state(), proposal_->id());
  for (std::size_t i = 0; i < institutions_.size(); ++i) {
    const auto& id = institutions_.at(i).id;
    const bool sits = std::ranges::any_of(
        set.members(), [&](const auto& member) { return member.institution == id; });
    const bool voted =
        std::ranges::any_of(proposal->votes, [&](const auto& vote) { return vote.voter == id; });
    if (!sits || voted) continue;
    auto& vote = votes_[i];
    const tx::VoteContent content{proposal_->id(), true, false};
    if (!vote)
      vote = institutions_.make(i, content, KeyPurpose::kGovern, nonce_ * 100 + 51 + i, now_ms);
    through.submit(vote);
  }
}

bool SetChange::step(SimNode& through) {
  const std::uint64_t now_ms = std::max(through.clock.now_ms(), through.head().time_ms);
  if (!proposal_ && !everybody_is_ready(through, now_ms)) return false;
  if (!propose(through, now_ms)) return false;
  const auto state = through.state();
  if (tx::read_proposal(*state, proposal_->id())->closed) return true;
  vote(through, ledger::read_validators(*state), now_ms);
  return false;
}

}  // namespace testamur::sim
