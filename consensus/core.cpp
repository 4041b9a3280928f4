// The events, and the order in which the rules are applied. An event changes what it must, then
// advance() draws every consequence; only the clock makes this node ask and repeat.
#include "consensus/core.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "common/check.h"

namespace testamur::consensus {
namespace {

// A finalization of another epoch than the tip's says nothing about this one.
CertificatePtr finalization_in(Epoch epoch, const CertificatePtr& finalization) {
  return finalization && finalization->statement.epoch == epoch ? finalization : nullptr;
}

}  // namespace

Engine::Core::Core(EngineConfig config, const Tip& tip, Driver& driver)
    : config_(std::move(config)),
      driver_(driver),
      committee_(config_, tip.epoch, tip.validators, driver),
      prefix_(committee_, tip.block),
      context_{config_, clock_, committee_, prefix_, driver},
      evidence_(context_),
      durability_(context_),
      peers_(context_),
      votes_(context_, durability_, peers_, evidence_,
             finalization_in(tip.epoch, tip.finalization)),
      blocks_(context_, durability_),
      pacemaker_(context_, votes_, blocks_, peers_),
      fetcher_(context_, votes_, blocks_, peers_, pacemaker_),
      quarantine_(context_, votes_, blocks_, peers_, durability_),
      relay_(context_, {votes_, blocks_, peers_, pacemaker_, quarantine_}, tip.previous),
      restored_(context_) {}

void Engine::Core::on_message(const InstitutionId& from, const Message& message) {
  TM_CHECK(started_);
  std::visit([&](const auto& content) { receive(from, content); }, message);
  advance();
}

void Engine::Core::on_tick(std::uint64_t now_ms) {
  clock_.advance_to(now_ms);
  if (!started_) return;
  advance();

  // After advance(): what it has just said or found is neither repeated nor asked for.
  relay_.speak_if_due();
  fetcher_.ask_if_due();
  quarantine_.query_if_due();
}

void Engine::Core::on_pending_changed(bool transactions, bool heartbeat_due) {
  pacemaker_.set_waiting(transactions, heartbeat_due);
  building_.came_empty = false;
  if (started_) advance();
}

void Engine::Core::on_synced(std::uint64_t sequence) {
  durability_.on_synced(sequence);
  advance();
}

void Engine::Core::resume_voting() {
  quarantine_.lift_by_command();
  advance();
}

void Engine::Core::receive(const InstitutionId& from, const CertificateRequest& request) {
  peers_.note(from, request.epoch, View{0});
  if (request.epoch != committee_.epoch()) return relay_.bring_forward(from);
  relay_.answer(from, request);
}

void Engine::Core::receive(const InstitutionId& from, const BlockRequest& request) {
  peers_.note(from, request.epoch, View{0});
  relay_.answer(from, request);
}

void Engine::Core::receive(const InstitutionId& from, const Presence& presence) {
  peers_.note(from, presence);
  const bool behind =
      presence.epoch < committee_.epoch() ||
      (presence.epoch == committee_.epoch() &&
       (presence.finalized_view < votes_.finalized_view() || presence.view < pacemaker_.view()));
  if (behind) relay_.bring_forward(from);
}

void Engine::Core::receive(const InstitutionId& from, const QuarantineQuery& query) {
  peers_.note(from, query.epoch, View{0});
  if (query.epoch < committee_.epoch()) relay_.bring_forward(from);
  quarantine_.answer(from, query);
}

// What an answer claims without showing it counts as not said; the votes that it shows bind this
// node first.
void Engine::Core::receive(const InstitutionId& from, const QuarantineAnswer& answer) {
  peers_.note(from, answer.epoch, View{0});
  const auto highest = quarantine_.check(from, answer);
  if (!highest) return;

  for (const auto& vote : answer.votes) {
    if (!committee_.is_self(vote.voter) || vote.statement.epoch != committee_.epoch()) continue;
    if (!adopt_own_vote_from_peer(vote)) return peers_.pause_for_false_signature(from);
  }
  quarantine_.count(answer, *highest);
}

// Applies the rules until nothing changes. Each round makes progress of a bounded kind (a view
// entered, a vote cast, a block handed over), so it ends.
void Engine::Core::advance() {
  while (advance_once()) {
  }
  pacemaker_.update_pending();
  propose_if_due();
  fetcher_.update();

  // Last: one group holds everything that this event has said, and one sync serves it.
  durability_.flush();
}

bool Engine::Core::advance_once() {
  bool changed = enter_views();
  changed |= schedule_commit();
  changed |= blocks_.validate_ready();

  // Votes depend on what is pending in the view that was just entered.
  pacemaker_.update_pending();
  changed |= notarize_if_due();
  changed |= finalize_if_due();
  changed |= nullify_if_due();
  return changed;
}

// Any certificate of a view lets a node enter the next one.
bool Engine::Core::enter_views() {
  if (votes_.highest_certified() < pacemaker_.view()) return false;
  const bool took_long = pacemaker_.view_takes_long();
  pacemaker_.enter(votes_.highest_certified().next());

  // What was asked for, built or kept for the view before is of no use in this one.
  fetcher_.note_view_entered();
  building_.id.reset();
  building_.came_empty = false;
  blocks_.forget_stale(pacemaker_.view());

  relay_.note_view_entered(took_long);
  return true;
}

// The soonest of what each part waits for.
std::uint64_t Engine::Core::wake_at_ms() const {
  std::uint64_t at_ms =
      std::min({relay_.next_deadline_ms(), fetcher_.next_deadline_ms(), blocks_.next_deadline_ms(),
                quarantine_.next_deadline_ms(), proposal_deadline_ms()});

  // Of the timer only who may still nullify wants to know.
  if (quarantine_.may_vote(pacemaker_.view()))
    at_ms = std::min(at_ms, pacemaker_.next_deadline_ms());

  return std::max(at_ms, clock_.now_ms() + 1);
}

std::vector<Record> Engine::Core::live_records() const {
  std::vector<Record> records{make_start_record(committee_.epoch(), committee_.set().digest())};
  quarantine_.append_live_records(records);
  if (prefix_.committed_proof()) records.push_back(make_record(*prefix_.committed_proof()));

  // Votes at or below the base bind nobody any more.
  for (const auto& [view, votes] : votes_.views()) {
    for (const auto& mine : votes.own) {
      if (mine && view > prefix_.base_view()) records.push_back(make_record(mine->record));
    }
  }
  return records;
}

}  // namespace testamur::consensus
