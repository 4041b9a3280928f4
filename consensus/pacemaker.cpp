// When a view is given up. Patience grows with the views since the last finality, whatever ended
// them; the short cuts that save it for a leader that is down or wrong end after 2 n such views, so
// that nobody can use them for ever.
#include "consensus/pacemaker.h"

#include <algorithm>
#include <iterator>

namespace testamur::consensus {

Pacemaker::Pacemaker(const EngineContext& context, const VoteBook& votes, const BlockTree& blocks,
                     const PeerProgress& peers)
    : context_(context),
      votes_(votes),
      blocks_(blocks),
      peers_(peers),
      view_(context.prefix.base_view().next()) {}

// What is pending stays so: transactions do not end with the epoch.
void Pacemaker::begin_epoch() {
  no_proposal_through_ = View{0};
  given_up_at_once_.clear();
  enter(context_.prefix.base_view().next());
}

// A view that was nullified before anybody's patience could end says nothing of the network: a
// leader that restarted, or one that is down, passed it.
void Pacemaker::enter(View view) {
  given_up_at_once_.erase(given_up_at_once_.begin(),
                          given_up_at_once_.upper_bound(votes_.finalized_view()));
  const bool at_once =
      context_.now_ms() < entered_ms_ + context_.timing().base_ms && votes_.is_nullified(view_);
  if (at_once && given_up_at_once_.size() < context_.committee.size())
    given_up_at_once_.insert(view_);

  view_ = view;
  entered_ms_ = context_.now_ms();
}

void Pacemaker::set_waiting(bool transactions, bool heartbeat_due) {
  transactions_ = transactions;
  heartbeat_due_ = heartbeat_due;
}

bool Pacemaker::f_plus_1_others_nullified() const {
  return votes_.other_nullifiers(view_) >= context_.committee.set().max_faulty() + 1;
}

bool Pacemaker::pending_besides_proposal() const {
  return transactions_ || heartbeat_due_ || votes_.highest_notarized() > votes_.finalized_view() ||
         f_plus_1_others_nullified();
}

// An empty proposal, or one that is not known to be valid, gives nobody a reason to wait: f liars
// could make one.
bool Pacemaker::pending() const {
  if (pending_besides_proposal()) return true;
  const Block* proposal = blocks_.proposed(view_);
  if (!proposal || proposal->facts.empty) return false;
  const BlockEntry* proposed = blocks_.find(proposal->facts.id);
  return proposed && proposed->validity == Validity::kValid;
}

void Pacemaker::update_pending() {
  if (!pending()) {
    pending_since_ms_.reset();
  } else if (!pending_since_ms_) {
    pending_since_ms_ = context_.now_ms();
  }
}

std::optional<std::uint64_t> Pacemaker::timer_start_ms() const {
  if (!pending_since_ms_) return std::nullopt;
  return std::max(entered_ms_, *pending_since_ms_);
}

// Views since the last finality, not nullified ones only: a Byzantine voter can keep views
// notarized that never finalize.
std::uint64_t Pacemaker::views_without_finality() const {
  return view_.value - votes_.finalized_view().value;
}

std::uint64_t Pacemaker::views_given_up_at_once() const {
  const auto first = given_up_at_once_.upper_bound(votes_.finalized_view());
  return static_cast<std::uint64_t>(std::distance(first, given_up_at_once_.end()));
}

// When everybody has restarted, n views go by at once: without the exception the first liar's view
// after them would be waited for as long as the cap allows. There are n exceptions at most, so that
// views that end at once by other means hold nothing down for ever.
unsigned Pacemaker::backoff() const {
  const std::uint64_t ahead = views_without_finality() - views_given_up_at_once();
  return ahead <= 2 ? 0 : static_cast<unsigned>(std::min<std::uint64_t>(ahead - 2, 32));
}

std::uint64_t Pacemaker::delta_ms() const {
  return std::min(context_.timing().base_ms << std::min(backoff(), 16U), context_.timing().cap_ms);
}

// 2Δ for the leader's proposal, 3Δ for its notarization.
std::uint64_t Pacemaker::timer_end_ms(std::uint64_t start_ms) const {
  const std::uint64_t patience = blocks_.proposed(view_) ? 3 : 2;
  return start_ms + patience * delta_ms();
}

bool Pacemaker::timer_fired() const {
  const auto start_ms = timer_start_ms();
  if (!start_ms) return false;
  return leader_is_skipped() || context_.now_ms() >= timer_end_ms(*start_ms);
}

bool Pacemaker::view_takes_long() const {
  const auto start_ms = timer_start_ms();
  return start_ms && context_.now_ms() >= *start_ms + delta_ms();
}

// Reasons to give the leader up without waiting.
bool Pacemaker::leader_is_skipped() const {
  const std::uint8_t leader = context_.committee.leader(view_);
  const bool proposed = blocks_.proposed(view_) != nullptr;

  // A restarted leader passes the turns in which it may have proposed, and waits for nobody in its
  // own.
  if (context_.committee.is_self(leader)) return !proposed && may_have_proposed();

  // A leader that nullified and has shown no proposal will not make one.
  const bool gave_up = votes_.has_voted(view_, Act::kNullify, leader);
  if (gave_up && !proposed) return true;

  // The others count only while little has been tried since the last finality, so that in the end
  // patience alone decides.
  if (views_without_finality() > 2 * context_.committee.size()) return false;
  if (gave_up || blocks_.leader_is_invalid(view_)) return true;
  if (peers_.is_paused_for_invalid_block(leader)) return true;
  if (proposed) return false;

  // Who hears no quorum may be the one that is cut off.
  return peers_.is_silent(leader) && peers_.audible() >= context_.committee.set().quorum();
}

std::uint64_t Pacemaker::next_deadline_ms() const {
  const auto start_ms = timer_start_ms();
  if (!start_ms) return kNever;

  // It has said the last that a timer makes it say in this view.
  if (votes_.own(view_, Act::kNullify) || votes_.own(view_, Act::kFinalize)) return kNever;

  const std::uint64_t end_ms = timer_end_ms(*start_ms);
  const std::uint8_t leader = context_.committee.leader(view_);
  if (peers_.is_silent(leader)) return end_ms;
  return std::min(end_ms, peers_.silent_from_ms(leader));
}

}  // namespace testamur::consensus
