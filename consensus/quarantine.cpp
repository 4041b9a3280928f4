// A node that may have voted without remembering it observes until a quorum of others has told it how far its votes can
// reach.
#include <algorithm>

#include "consensus/core.h"
#include "consensus/finality.h"

namespace testamur::consensus {
namespace {

// A key seen by any answerer at certificate view C can have voted in C + 1 and in C + 2, never beyond
// (docs/consensus.md).
constexpr std::uint64_t kReach = 2;

}  // namespace

// No vote and no proposal at or below this view of the current epoch.
View Engine::Core::floor_of_epoch() const {
  if (!floor_ || floor_->by_command) return View{0};
  if (floor_->epoch == epoch_) return floor_->view;
  return floor_->epoch.next() == epoch_ ? View{kReach} : View{0};
}

void Engine::Core::enter_quarantine(const std::string& why) {
  if (quarantine_) return;
  quarantine_ = true;
  exchange_ = Exchange{};
  exchange_.ask_at_ms = now_ms_;
  save(make_quarantine_record(epoch_));
  sync_wanted_ = true;
  driver_.quarantine(true);
  driver_.notice("quarantine: " + why + "; observing without votes until a quorum of the others has answered");
}

// A certificate that counts this node's signature under something that it does not remember saying.
void Engine::Core::check_own_signature(const Certificate& certificate) {
  const auto& statement = certificate.statement;
  if (!self_ || (certificate.signers >> *self_ & 1) == 0 || statement.epoch != epoch_) return;
  if (statement.view <= finalized_view() || statement.view <= floor_of_epoch()) return;
  const ViewState* at = find(statement.view);
  const auto* mine = at && at->mine(statement.act) ? &*at->mine(statement.act) : nullptr;
  if (mine && mine->record.vote.statement == statement) return;
  enter_quarantine("a certificate of view " + std::to_string(statement.view.value) +
                   " holds a vote of this key that this node did not make");
}

// False only for a forged vote.
bool Engine::Core::shown_own_vote(const Vote& vote) {
  const auto& statement = vote.statement;
  if (!in_window(statement.view)) return true;
  const ViewState* known = find(statement.view);
  if (known && known->mine(statement.act)) {
    if (known->mine(statement.act)->record.vote.statement == statement) return true;
  }
  if (!verify(vote)) return false;
  const bool above_floor = statement.view > floor_of_epoch();
  ViewState& at = state(statement.view);
  if (!at.mine(statement.act)) {
    // It binds from now on, whatever ends the quarantine.
    const VoteRecord record{vote, Hash256{}};
    at.mine(statement.act) = OwnVote{record, false, statement.act == Act::kNotarize};
    save(make_record(record));
    resend_own_vote_when_complete();
    after_sync([this, epoch = epoch_, view = statement.view, act = statement.act] {
      if (epoch != epoch_ || !views_.contains(view)) return;
      auto& mine = views_.at(view).mine(act);
      if (mine->needs_body) {
        mine->durable = true;
      } else {
        vote_became_durable(view, act);
      }
    });
  }
  if (above_floor) {
    enter_quarantine("a peer holds a vote of this key in view " + std::to_string(statement.view.value) +
                     " that this node did not make");
  }
  return true;
}

void Engine::Core::query_if_due() {
  if (!quarantine_ || !self_ || now_ms_ < exchange_.ask_at_ms) return;
  exchange_.ask_at_ms = now_ms_ + 4 * config_.timing.rebroadcast_ms;
  if (exchange_.answered || set_.size() == 1) return;
  // The sealing block that somebody held may have lost since: a new exchange, with a new nonce, stands on its own.
  if (exchange_.must_wait && now_ms_ >= exchange_.began_ms + config_.timing.cap_ms) exchange_ = Exchange{};
  if (exchange_.must_wait) return;
  if (!exchange_.nonce) {
    exchange_.nonce = driver_.fresh_nonce();
    exchange_.began_ms = now_ms_;
  }
  exchange_.ask_at_ms = now_ms_ + 4 * config_.timing.rebroadcast_ms;
  driver_.broadcast(QuarantineQuery{epoch_, *exchange_.nonce});
}

void Engine::Core::receive(const InstitutionId& from, const QuarantineQuery& query) {
  heard(from, query.epoch, View{0}, std::nullopt);
  if (query.epoch < epoch_) help(from);
  if (!self_ || quarantine_ || !set_.index_of(from) || !may_answer(from, kSignedAnswerCostBytes)) return;
  QuarantineAnswer answer{.epoch = epoch_, .nonce = query.nonce, .responder = *self_};
  for (const auto& [view, at] : views_) {
    for (const auto& held : {at.nullification, at.notarization, at.finalization}) {
      if (held) answer.highest = *held;
    }
  }
  show_sealing(answer);
  if (!answer.highest && highest_finalization_) answer.highest = *highest_finalization_;
  if (!answer.highest && base_view_ > View{0}) return;          // cannot prove how far it is
  if (base_seals() && !answer.holds_notarized_sealing) return;  // cannot show that the epoch is over; soon it can
  if (const auto asker = set_.index_of(from); asker && query.epoch == epoch_) {
    for (const auto& [view, at] : views_) {
      for (const auto& slots : at.votes) {
        if (slots[*asker].vote && answer.votes.size() < kMaxShownVotes) answer.votes.push_back(*slots[*asker].vote);
      }
    }
  }
  answer.signature = driver_.sign(signing_digest(config_.chain, answer));
  driver_.send(from, answer);
}

// A certified sealing block of this epoch, or a filler on it, with its header.
void Engine::Core::show_sealing(QuarantineAnswer& answer) const {
  for (const auto& [view, at] : views_) {
    const Certificate* held = at.block_certificate();
    const BlockEntry* known = held ? entry(held->statement.block) : nullptr;
    if (!known || !(known->block->facts.sealing || known->block->facts.filler)) continue;
    answer.holds_notarized_sealing = true;
    answer.sealing_certificate = *held;
    answer.sealing_header = known->block->proposal.header;
    return;
  }
}

// Whether the answer's flag is more than a word. A sealing block that another one left behind lost for good, and who
// keeps its notarization may show it as long as the epoch lasts.
bool Engine::Core::shows_sealing(const QuarantineAnswer& answer) {
  if (!answer.holds_notarized_sealing || !answer.sealing_certificate) return false;
  const Certificate& shown = *answer.sealing_certificate;
  if (shown.statement.view <= base_view_ && !base_seals()) return false;
  const HeaderFacts facts = driver_.read_header(*answer.sealing_header);
  const bool seals = facts.well_formed && facts.epoch == epoch_ && (facts.sealing || facts.filler);
  if (!seals || shown.statement.act == Act::kNullify || shown.statement.epoch != epoch_) return false;
  return shown.statement.block == facts.id && verify(shown);
}

// Each validator answers once in an exchange. What it claims without showing it counts as not said.
void Engine::Core::receive(const InstitutionId& from, const QuarantineAnswer& answer) {
  heard(from, answer.epoch, View{0}, std::nullopt);
  if (answer.responder >= set_.size() || set_.at(answer.responder).id != from) return;
  if (!quarantine_ || !self_ || answer.responder == *self_ || answer.nonce != exchange_.nonce) return;
  if (answer.epoch != epoch_) return;  // how this epoch ended comes, proven, with it (help) and by catch-up
  if ((exchange_.spoken >> answer.responder & 1) != 0 || !trusted(from)) return;
  if (!driver_.verify(set_.at(answer.responder).key, signing_digest(config_.chain, answer), answer.signature)) {
    return distrust(from);
  }
  exchange_.spoken |= std::uint32_t{1} << answer.responder;
  if (shows_sealing(answer)) {
    exchange_.must_wait = true;
    return;
  }
  View highest;
  if (answer.highest) {
    if (answer.highest->statement.epoch != epoch_ || !verify(*answer.highest)) return distrust(from);
    highest = answer.highest->statement.view;
    if (!exchange_.highest || highest > exchange_.highest->statement.view) {
      exchange_.highest = std::make_shared<const Certificate>(*answer.highest);
    }
    if (highest > finalized_view()) adopt(std::make_shared<const Certificate>(*answer.highest));
  }
  for (const auto& vote : answer.votes) {
    if (vote.voter != *self_ || vote.statement.epoch != epoch_) continue;
    if (!shown_own_vote(vote)) return distrust(from);
  }
  exchange_.answers[answer.responder] = highest;
  leave_quarantine_if_answered();
}

void Engine::Core::leave_quarantine_if_answered() {
  if (known_sealing_) exchange_.must_wait = true;  // the epoch is over, proven
  if (exchange_.must_wait || exchange_.answered || exchange_.answers.size() < 2 * set_.max_faulty() + 1) return;
  // The certificate itself is in the same group, so that the floor's reason survives with it.
  View highest = std::max(finalized_view(), base_view_);
  if (exchange_.highest) {
    highest = std::max(highest, exchange_.highest->statement.view);
    save(make_record(*exchange_.highest));
  }
  const FloorRecord floor{epoch_, highest + kReach, false};
  save(make_record(floor));
  exchange_.answered = true;
  after_sync([this, floor] {
    floor_ = floor;
    quarantine_ = false;
    exchange_ = Exchange{};
    driver_.quarantine(false);
    driver_.notice("quarantine ended: votes from view " + std::to_string(floor.view.value + 1) + " of epoch " +
                   std::to_string(floor.epoch.value) + " on");
  });
}

void Engine::Core::resume_voting() {
  const FloorRecord lifted{epoch_, View{0}, true};
  save(make_record(lifted));
  after_sync([this, lifted] {
    floor_ = lifted;
    quarantine_ = false;
    exchange_ = Exchange{};
    driver_.quarantine(false);
    driver_.notice(
        "votes resumed by command: another copy of this key, if there is one, can now make it contradict itself");
  });
  advance();
}

}  // namespace testamur::consensus
