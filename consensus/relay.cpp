// Links lose messages and nodes restart, so whatever is not final is repeated, less and less often
// while nothing moves; and whatever a peer says shows where it is, so one that is behind is
// answered with what brings it forward.
#include "consensus/relay.h"

#include <algorithm>
#include <utility>

namespace testamur::consensus {

Relay::Relay(const EngineContext& context, const Parts& parts,
             std::optional<SealingFinality> previous_end)
    : context_(context),
      votes_(parts.votes),
      blocks_(parts.blocks),
      peers_(parts.peers),
      pacemaker_(parts.pacemaker),
      quarantine_(parts.quarantine),
      recent_(context.config.limits),
      previous_end_(std::move(previous_end)) {}

void Relay::start() {
  rebroadcast_interval_ms_ = context_.timing().rebroadcast_ms;
  rebroadcast_at_ms_ = context_.now_ms();
  announce_at_ms_ = context_.now_ms();
}

void Relay::begin_epoch(SealingFinality previous_end) {
  previous_end_ = std::move(previous_end);
  entry_shown_ = false;
  pending_forwarded_ = false;
  show_entry_to(context_.committee.leader(pacemaker_.view()));
}

void Relay::note_view_entered(bool view_before_took_long) {
  entry_shown_ = false;
  pending_forwarded_ = false;
  rebroadcast_interval_ms_ = context_.timing().rebroadcast_ms;
  rebroadcast_at_ms_ = context_.now_ms() + rebroadcast_interval_ms_;
  const std::size_t leader = context_.committee.leader(pacemaker_.view());
  show_entry_to(leader);
  if (view_before_took_long) show_block_to(leader);
}

void Relay::note_vote_cast() {
  rebroadcast_at_ms_ = std::max(rebroadcast_at_ms_, context_.now_ms() + rebroadcast_interval_ms_);
}

void Relay::note_view_given_up() {
  resend_wanted_ = true;
  resend_pending_if_due();
}

// A megabyte to everybody: a leader that nullifies its own views, one after the other, must not
// cause it in each.
void Relay::resend_pending_if_due() {
  if (!resend_wanted_ || context_.now_ms() < resend_at_ms_) return;
  resend_wanted_ = false;
  resend_at_ms_ = context_.now_ms() + context_.timing().skip_ms / 3;
  context_.driver.resend_pending();
}

// When a transaction waits here, and the view's leader, another node, has been silent about it for
// half a unit.
std::uint64_t Relay::forward_at_ms() const {
  const View view = pacemaker_.view();
  const auto& committee = context_.committee;
  const auto start_ms = pacemaker_.timer_start_ms();
  const bool waits =
      start_ms && committee.self() && !committee.leads(view) && pacemaker_.has_transactions();
  if (pending_forwarded_ || !waits || blocks_.proposed(view)) return kNever;
  return *start_ms + pacemaker_.delta_ms() / 2;
}

// Whoever gives a transaction to this node alone would else make it give up, again and again, an
// honest leader that has nothing to propose; and f liars need one such node to take a view from it.
void Relay::forward_pending_if_due() {
  if (context_.now_ms() < forward_at_ms()) return;
  pending_forwarded_ = true;
  context_.driver.forward_pending(context_.committee.leader_id(pacemaker_.view()));
}

void Relay::speak_if_due() {
  rebroadcast_if_due();
  show_entry_if_due();
  announce_if_due();
  forward_pending_if_due();
  resend_pending_if_due();
}

// Something above the last finalized view was said or certified, or waits.
bool Relay::unfinished() const {
  if (pacemaker_.pending()) return true;
  const View finalized = votes_.finalized_view();
  return std::any_of(votes_.views().begin(), votes_.views().end(), [&](const auto& entry) {
    const auto& [view, votes] = entry;
    const bool said = votes.own[0] || votes.own[1] || votes.own[2];
    return view > finalized && (said || votes.nullification || votes.notarization);
  });
}

void Relay::rebroadcast_if_due() {
  if (context_.now_ms() < rebroadcast_at_ms_ || !unfinished()) return;
  rebroadcast();
  rebroadcast_interval_ms_ =
      std::min(2 * rebroadcast_interval_ms_, 8 * context_.timing().rebroadcast_ms);
  rebroadcast_at_ms_ = context_.now_ms() + rebroadcast_interval_ms_;
}

// Own votes and certificates of every view above the last finalized, and the highest finalization.
void Relay::rebroadcast() const {
  Driver& driver = context_.driver;
  if (votes_.highest_finalization()) driver.broadcast(*votes_.highest_finalization());
  for (const auto& [view, votes] : votes_.views()) {
    if (view <= votes_.finalized_view()) continue;

    // What is not durable, or may not be said, was never said.
    for (const auto& mine : votes.own) {
      const bool sayable =
          mine && mine->durable && !mine->awaiting_body && quarantine_.may_vote(view);
      if (sayable) driver.broadcast(mine->record.vote);
    }
    if (votes.nullification) driver.broadcast(*votes.nullification);
    if (votes.notarization) driver.broadcast(*votes.notarization);
  }
  repeat_first_proposal();
}

// Whoever had not seen the end of the epoch before when the first proposal of this one came could
// not take it, and perhaps nobody but its leader has it. Later views find everybody in the epoch.
void Relay::repeat_first_proposal() const {
  const auto& committee = context_.committee;
  const View view = pacemaker_.view();
  if (view != View{1} || !committee.self() || !committee.leads(view)) return;

  const Block* own = blocks_.proposed(view);
  if (!own || own->proposal.signature.is_zero()) return;
  for (std::size_t i = 0; i < committee.size(); ++i) {
    const bool has_it = committee.is_self(i) || votes_.has_voted(view, Act::kNotarize, i);
    if (!has_it) context_.driver.send(committee.id_of(i), own->proposal);
  }
}

// Whether `validator` has not shown that it is in this view, and this node has a say in what it
// hears.
bool Relay::may_lag(std::size_t validator) const {
  const auto& committee = context_.committee;
  return committee.self() && !committee.is_self(validator) &&
         !peers_.has_reached(validator, pacemaker_.view());
}

void Relay::show_entry_to(std::size_t validator) const {
  if (!may_lag(validator)) return;
  const auto& committee = context_.committee;
  if (pacemaker_.view() == View{1}) {
    if (previous_end_) context_.driver.send(committee.id_of(validator), *previous_end_);
    return;
  }
  const ViewVotes* before = votes_.find(pacemaker_.view() - 1);
  if (!before) return;
  for (const auto& certificate :
       {before->finalization, before->notarization, before->nullification}) {
    if (certificate) context_.driver.send(committee.id_of(validator), *certificate);
  }
}

// The block on which the leader has to build. In a view that took long its proposer may have kept
// it from those who lead next, and released it so late that whoever enters first has no patience
// for a leader that must fetch it.
void Relay::show_block_to(std::size_t validator) {
  if (!may_lag(validator)) return;
  const ViewVotes* before = votes_.find(pacemaker_.view() - 1);
  const Certificate* certified = before ? before->block_certificate() : nullptr;
  if (!certified) return;

  // Who voted for it holds it.
  const BlockId& id = certified->statement.block;
  if ((certified->signers >> validator & 1) != 0) return;
  const auto& vote = before->slots(Act::kNotarize)[validator].vote;
  if (vote && vote->statement.block == id) return;

  const BlockEntry* held = blocks_.find(id);
  const bool shows_something =
      held && !held->block->proposal.signature.is_zero() && blocks_.check_body(id);
  if (shows_something)
    context_.driver.send(context_.committee.id_of(validator), held->block->proposal);
}

void Relay::show_entry_to_all() {
  for (std::size_t i = 0; i < context_.committee.size(); ++i) show_entry_to(i);
}

std::uint64_t Relay::entry_shown_at_ms() const {
  return pacemaker_.entered_ms() + context_.timing().rebroadcast_ms / 2;
}

// A voter may have given its vote to few. The leader of the view is shown the certificate at once
// by everybody who enters, and shows it with its proposal (propose.cpp); the rest of those behind
// are a little later.
void Relay::show_entry_if_due() {
  if (entry_shown_ || !context_.committee.self() || context_.now_ms() < entry_shown_at_ms()) return;
  entry_shown_ = true;
  show_entry_to_all();
}

// Often enough that silence means something: the skip time is three of these.
void Relay::announce_if_due() {
  if (context_.now_ms() < announce_at_ms_) return;
  announce_at_ms_ = context_.now_ms() + context_.timing().skip_ms / 3;
  const auto& prefix = context_.prefix;
  context_.driver.broadcast(Presence{context_.committee.epoch(), pacemaker_.view(),
                                     prefix.base_view(), prefix.base().height});
}

void Relay::bring_forward(const InstitutionId& to) {
  if (!peers_.may_help(to)) return;
  Driver& driver = context_.driver;

  // Nothing of this epoch means anything to it before it knows how its own ended.
  if (peers_.epoch_of(to) < context_.committee.epoch()) {
    if (previous_end_) driver.send(to, *previous_end_);
    return;
  }

  if (votes_.highest_finalization()) driver.send(to, *votes_.highest_finalization());
  const ViewVotes* before = votes_.find(pacemaker_.view() - 1);
  if (!before) return;
  if (before->nullification) driver.send(to, *before->nullification);
  if (before->notarization) driver.send(to, *before->notarization);
}

void Relay::answer(const InstitutionId& from, const CertificateRequest& request) {
  const std::uint64_t certificate_bytes = context_.committee.set().quorum() * 64;
  const auto give = [&](const CertificatePtr& certificate) {
    if (certificate && peers_.may_answer(from, certificate_bytes))
      context_.driver.send(from, *certificate);
  };

  // Below the last final view certificates are gone, and one finalization stands for all of them.
  if (request.first <= votes_.finalized_view()) give(votes_.highest_finalization());
  if (request.last < request.first) return;

  const View end = std::min(request.last, request.first + (kMaxRequestedViews - 1));
  const auto& views = votes_.views();
  for (auto at = views.lower_bound(request.first); at != views.end() && at->first <= end; ++at) {
    give(at->second.nullification);
    give(at->second.notarization);
  }
}

// Only copies whose bodies are known to be true are passed on: who forwards a false one is taken
// for its maker.
void Relay::answer(const InstitutionId& from, const BlockRequest& request) {
  const BlockEntry* open = blocks_.find(request.block);
  BlockPtr block = recent_.find(request.block);
  if (!block && open) block = open->block;

  // A copy without its leader's signature proves nothing to anybody.
  if (!block || block->proposal.signature.is_zero()) return;
  if (!peers_.may_answer(from, block->proposal.body->size())) return;
  if (open && open->block == block && !blocks_.check_body(request.block)) return;
  context_.driver.send(from, block->proposal);
}

std::uint64_t Relay::next_deadline_ms() const {
  std::uint64_t at_ms = announce_at_ms_;
  if (unfinished()) at_ms = std::min(at_ms, rebroadcast_at_ms_);
  at_ms = std::min(at_ms, forward_at_ms());
  if (resend_wanted_) at_ms = std::min(at_ms, resend_at_ms_);
  if (!entry_shown_ && context_.committee.self()) at_ms = std::min(at_ms, entry_shown_at_ms());
  return at_ms;
}

}  // namespace testamur::consensus
