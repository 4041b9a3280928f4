#include "node/chain/voting_nodes.h"

#include <algorithm>
#include <variant>

namespace testamur::node {

VotingNodes::Heard VotingNodes::hear(const net::Origin& from, const consensus::Message& message,
                                     bool votes_here, std::uint64_t now_ms) {
  const auto* vote = std::get_if<consensus::Vote>(&message);
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

void VotingNodes::note_commit(std::uint64_t now_ms) {
  if (candidate_ms_ && now_ms < *candidate_ms_ + kSettlesMs) return;
  settled_ms_ = candidate_ms_;
  candidate_ms_ = now_ms;
}

bool VotingNodes::is_idle(const InstitutionId& institution, std::uint64_t now_ms) const {
  const bool is_settled = candidate_ms_ && now_ms >= *candidate_ms_ + kSettlesMs;
  const auto commit_ms = is_settled ? candidate_ms_ : settled_ms_;
  if (!commit_ms) return false;
  const auto voted = [&](const Voter& voter) { return voter.voted_ms + kAroundMs >= *commit_ms; };
  const auto voter = voters_.find(institution);
  if (voter != voters_.end() && voted(voter->second)) return false;
  return std::ranges::any_of(voters_, [&](const auto& each) { return voted(each.second); });
}

}  // namespace testamur::node
