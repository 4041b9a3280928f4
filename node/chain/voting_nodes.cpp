#include "node/chain/voting_nodes.h"

#include <algorithm>
#include <variant>

namespace testamur::node {

VotingNodes::Heard VotingNodes::hear(const net::Origin& from, const consensus::Message& message,
                                     bool votes_here, std::uint64_t now_ms) {
  note_presence(from.institution, now_ms);
  const auto* vote = std::get_if<consensus::Vote>(&message);
  if (vote != nullptr && from.institution != self_) {
    last_vote_ms_ = now_ms;
    // In a new epoch another key may sit, or another institution.
    if (vote->statement.epoch > epoch_) commits_.clear();
    epoch_ = std::max(epoch_, vote->statement.epoch);
  }
  const bool asks = std::holds_alternative<consensus::QuarantineQuery>(message);
  if (vote == nullptr && !asks) return {};
  if (!is_second(from, vote, votes_here, now_ms)) return {};

  const auto known = two_ms_.find(from.institution);
  const bool begins = known == two_ms_.end() || now_ms >= known->second + kToldMs;
  two_ms_[from.institution] = now_ms;
  return {!asks, begins};
}

// The connection is authenticated, so that nobody else can have said it.
bool VotingNodes::is_second(const net::Origin& from, const consensus::Vote* vote, bool votes_here,
                            std::uint64_t now_ms) {
  // A second node that only follows hears the votes of the first one, which are no news.
  if (from.institution == self_) return votes_here;
  if (vote != nullptr) return comes_back(from, vote->statement.epoch, now_ms);
  const auto voter = voters_.find(from.institution);
  return voter != voters_.end() && voter->second.pin != from.pin &&
         now_ms < voter->second.voted_ms + kVotesNowMs;
}

// A new node, or a new transport key, takes the place of the one before once; two nodes do so again
// and again.
bool VotingNodes::comes_back(const net::Origin& from, Epoch epoch, std::uint64_t now_ms) {
  const Voter now{epoch, from.pin, now_ms, {}, 0};
  auto& voter = voters_.try_emplace(from.institution, now).first->second;
  // Another node may have taken over with another key: what the one before says again is no news.
  if (epoch < voter.epoch) return false;
  if (epoch > voter.epoch) voter = now;
  voter.voted_ms = now_ms;
  if (voter.pin == from.pin) return false;

  const bool back = voter.before == from.pin && now_ms < voter.changed_ms + kReturnsMs;
  voter.before = voter.pin;
  voter.changed_ms = now_ms;
  voter.pin = from.pin;
  return back;
}

std::vector<VotingNodes::Two> VotingNodes::two_at_work(std::uint64_t now_ms) const {
  std::vector<Two> two;
  for (const auto& [institution, at_ms] : two_ms_) {
    if (now_ms < at_ms + kToldMs) two.push_back({institution, now_ms - at_ms});
  }
  return two;
}

void VotingNodes::note_presence(const InstitutionId& institution, std::uint64_t now_ms) {
  auto& heard = present_.try_emplace(institution, Presence{now_ms, now_ms}).first->second;
  if (now_ms > heard.last_ms + kVotesNowMs) heard.since_ms = now_ms;
  heard.last_ms = now_ms;
}

void VotingNodes::note_commit(std::uint64_t now_ms) {
  if (!commits_.empty() && now_ms < commits_.back().at_ms + kSettlesMs) return;
  commits_.push_back({now_ms, last_vote_ms_ != 0 && last_vote_ms_ + kAroundMs >= now_ms});
  if (commits_.size() > kIdleBlocks + 1) commits_.pop_front();
}

bool VotingNodes::is_idle(const InstitutionId& institution, std::uint64_t now_ms) const {
  auto end = commits_.end();
  if (!commits_.empty() && now_ms < commits_.back().at_ms + kSettlesMs) --end;
  if (end - commits_.begin() < static_cast<std::ptrdiff_t>(kIdleBlocks)) return false;
  const auto first = end - static_cast<std::ptrdiff_t>(kIdleBlocks);
  if (!std::all_of(first, end, [](const Commit& each) { return each.by_votes; })) return false;

  const auto heard = present_.find(institution);
  if (heard == present_.end() || heard->second.since_ms + kAroundMs > first->at_ms) return false;
  const auto voter = voters_.find(institution);
  return voter == voters_.end() || voter->second.voted_ms + kAroundMs < first->at_ms;
}

}  // namespace testamur::node
