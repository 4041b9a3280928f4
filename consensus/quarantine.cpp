// A claim in an answer that is not shown counts as not said, so that f liars can neither end a
// quarantine early nor keep it up: certificates certify themselves, a sealing block is shown with
// its header, and each validator has one answer.
#include "consensus/quarantine.h"

#include <algorithm>
#include <utility>

#include "consensus/status.h"
#include "consensus/values/finality.h"

namespace testamur::consensus {
namespace {

// A key seen by any answerer at certificate view C can have voted in C + 1 and in C + 2, never
// beyond (docs/consensus.md).
constexpr std::uint64_t kReach = 2;

}  // namespace

Quarantine::Quarantine(const EngineContext& context, VoteBook& votes, const BlockTree& blocks,
                       PeerProgress& peers, DurabilityQueue& durability)
    : context_(context), votes_(votes), blocks_(blocks), peers_(peers), durability_(durability) {}

// A floor of the epoch before reaches into this one: the lost votes may have been its first.
View Quarantine::floor() const {
  if (!floor_ || floor_->by_command) return View{0};
  const Epoch epoch = context_.committee.epoch();
  if (floor_->epoch == epoch) return floor_->view;
  return floor_->epoch.next() == epoch ? View{kReach} : View{0};
}

// Whoever votes in the next epoch knows its sealing block final, in the block's view or a later
// one. By the same counting as for the floor (docs/consensus.md) some honest answerer then held a
// certificate of the view before, at least: a sealing block above the floor was final nowhere when
// the votes were lost. Without this two validators, restored one after the other as is right, would
// close the first views of the next epoch to the others, months later and for good (decision 0101).
void Quarantine::begin_epoch(View sealed_in) {
  exchange_ = QuarantineExchange{};
  const Epoch epoch = context_.committee.epoch();
  const bool is_of_last = floor_ && !floor_->by_command && floor_->epoch.next() == epoch;
  if (active_ || !is_of_last || sealed_in <= floor_->view) return;
  floor_ = FloorRecord{epoch, View{0}, false};
  durability_.save(make_record(*floor_));
}

bool Quarantine::voting() const {
  return context_.committee.self().has_value() && !active_ && !context_.prefix.ends_epoch();
}

bool Quarantine::may_vote(View view) const {
  return voting() && view > votes_.finalized_view() && view > floor();
}

void Quarantine::restore(const std::optional<FloorRecord>& floor, bool active) {
  floor_ = floor;
  active_ = active;
}

void Quarantine::announce_restored() { context_.driver.quarantine(true); }

void Quarantine::enter(const std::string& why) {
  if (active_) return;
  active_ = true;
  exchange_ = QuarantineExchange{};
  exchange_.ask_at_ms = context_.now_ms();

  // A restart must find it: the votes that it protects against stay unknown.
  durability_.save(make_quarantine_record(context_.committee.epoch()));
  durability_.request_sync();
  context_.driver.quarantine(true);
  context_.driver.notice("quarantine: " + why +
                         "; observing without votes until a quorum of the others has answered");
}

void Quarantine::append_live_records(std::vector<Record>& records) const {
  if (floor_) records.push_back(make_record(*floor_));
  if (active_) records.push_back(make_quarantine_record(context_.committee.epoch()));
}

void Quarantine::check_own_signature(const Certificate& certificate) {
  const auto& statement = certificate.statement;
  const auto& self = context_.committee.self();
  if (!self || (certificate.signers >> *self & 1) == 0 ||
      statement.epoch != context_.committee.epoch())
    return;

  // Below these views nothing that was said can contradict what will be.
  if (statement.view <= votes_.finalized_view() || statement.view <= floor()) return;

  const OwnVote* mine = votes_.own(statement.view, statement.act);
  if (mine && mine->record.vote.statement == statement) return;
  enter("a certificate of view " + std::to_string(statement.view.value) +
        " holds a vote of this key that this node did not make");
}

void Quarantine::query_if_due() {
  const std::uint64_t now_ms = context_.now_ms();
  if (!active_ || !context_.committee.self() || now_ms < exchange_.ask_at_ms) return;
  const std::uint64_t again_ms = now_ms + 4 * context_.timing().rebroadcast_ms;
  exchange_.ask_at_ms = again_ms;
  if (exchange_.answered || context_.committee.size() == 1) return;

  // The sealing block that somebody held may have lost since: a new exchange, with a new nonce,
  // stands on its own.
  if (exchange_.must_wait && now_ms >= exchange_.began_ms + context_.timing().cap_ms)
    exchange_ = QuarantineExchange{};
  if (exchange_.must_wait) return;

  if (!exchange_.nonce) {
    exchange_.nonce = context_.driver.fresh_nonce();
    exchange_.began_ms = now_ms;
  }
  exchange_.ask_at_ms = again_ms;
  context_.driver.broadcast(QuarantineQuery{context_.committee.epoch(), *exchange_.nonce});
}

void Quarantine::answer(const InstitutionId& from, const QuarantineQuery& query) {
  const auto& self = context_.committee.self();
  const auto asker = context_.committee.index_of(from);
  if (!self || active_ || !asker || !peers_.may_answer(from, kSignedAnswerCostBytes)) return;

  const Epoch epoch = context_.committee.epoch();
  QuarantineAnswer answer{.epoch = epoch, .nonce = query.nonce, .responder = *self};
  for (const auto& [view, votes] : votes_.views()) {
    for (const auto& certificate : {votes.nullification, votes.notarization, votes.finalization}) {
      if (certificate) answer.highest = *certificate;
    }
  }
  show_sealing(answer);
  if (!answer.highest && votes_.highest_finalization())
    answer.highest = *votes_.highest_finalization();

  // Silence, where it cannot prove how far it is, or that the epoch is over; soon it can.
  if (!answer.highest && context_.prefix.base_view() > View{0}) return;
  if (context_.prefix.ends_epoch() && !answer.holds_notarized_sealing) return;

  if (query.epoch == epoch) show_votes_of(*asker, answer);
  answer.signature = context_.driver.sign(signing_digest(context_.config.chain, answer));
  context_.driver.send(from, answer);
}

// A certified sealing block of this epoch, or a filler on it, with its header.
void Quarantine::show_sealing(QuarantineAnswer& answer) const {
  for (const auto& [view, votes] : votes_.views()) {
    const Certificate* certificate = votes.block_certificate();
    const BlockEntry* known = certificate ? blocks_.find(certificate->statement.block) : nullptr;
    if (!known || !(known->block->facts.sealing || known->block->facts.filler)) continue;

    answer.holds_notarized_sealing = true;
    answer.sealing_certificate = *certificate;
    answer.sealing_header = known->block->proposal.header;
    return;
  }
}

// They certify themselves, and bind the asker from then on.
void Quarantine::show_votes_of(std::uint8_t asker, QuarantineAnswer& answer) const {
  for (const auto& [view, votes] : votes_.views()) {
    for (const auto& slots : votes.votes) {
      const auto& vote = slots[asker].vote;
      if (vote && answer.votes.size() < kMaxShownVotes) answer.votes.push_back(*vote);
    }
  }
}

// Whether the answer's flag is more than a word. A sealing block that another one left behind lost
// for good, and who keeps its notarization may show it as long as the epoch lasts.
bool Quarantine::shows_sealing(const QuarantineAnswer& answer) const {
  if (!answer.holds_notarized_sealing || !answer.sealing_certificate) return false;
  const Certificate& shown = *answer.sealing_certificate;
  if (shown.statement.view <= context_.prefix.base_view() && !context_.prefix.ends_epoch())
    return false;

  const Epoch epoch = context_.committee.epoch();
  const HeaderFacts facts = context_.driver.read_header(*answer.sealing_header);
  const bool seals = facts.well_formed && facts.epoch == epoch && (facts.sealing || facts.filler);
  if (!seals || shown.statement.act == Act::kNullify || shown.statement.epoch != epoch)
    return false;
  return shown.statement.block == facts.id && votes_.verify(shown);
}

bool Quarantine::expects(const InstitutionId& from, const QuarantineAnswer& answer) const {
  const auto& committee = context_.committee;
  if (answer.responder >= committee.size() || committee.id_of(answer.responder) != from)
    return false;
  if (!active_ || !committee.self() || committee.is_self(answer.responder)) return false;
  if (answer.nonce != exchange_.nonce) return false;

  // How this epoch ended comes, proven, with an answer to a later one, and by catch-up.
  if (answer.epoch != committee.epoch()) return false;
  return (exchange_.spoken >> answer.responder & 1) == 0 && peers_.trusted(from);
}

std::optional<View> Quarantine::check(const InstitutionId& from, const QuarantineAnswer& answer) {
  if (!expects(from, answer)) return std::nullopt;
  const auto paid = [&]() -> std::optional<View> {
    peers_.pause_for_false_signature(from);
    return std::nullopt;
  };
  const Hash256 digest = signing_digest(context_.config.chain, answer);
  if (!context_.committee.verify(answer.responder, digest, answer.signature)) return paid();
  exchange_.spoken |= std::uint32_t{1} << answer.responder;

  // The lost votes may lie in the next epoch: this exchange cannot end the quarantine.
  if (shows_sealing(answer)) {
    exchange_.must_wait = true;
    return std::nullopt;
  }

  if (!answer.highest) return View{0};
  if (answer.highest->statement.epoch != context_.committee.epoch() ||
      !votes_.verify(*answer.highest))
    return paid();
  const View highest = answer.highest->statement.view;
  if (!exchange_.highest || highest > exchange_.highest->statement.view) {
    exchange_.highest = std::make_shared<const Certificate>(*answer.highest);
  }
  if (highest > votes_.finalized_view())
    votes_.adopt(std::make_shared<const Certificate>(*answer.highest));
  return highest;
}

void Quarantine::count(const QuarantineAnswer& answer, View highest) {
  exchange_.answers[answer.responder] = highest;
  leave_if_answered();
}

void Quarantine::leave_if_answered() {
  if (context_.prefix.proven_end()) exchange_.must_wait = true;  // the epoch is over, proven
  const std::size_t needed = 2 * context_.committee.set().max_faulty() + 1;
  if (exchange_.must_wait || exchange_.answered || exchange_.answers.size() < needed) return;

  // The certificate itself is in the same group, so that the floor's reason survives with it.
  View highest = std::max(votes_.finalized_view(), context_.prefix.base_view());
  if (exchange_.highest) {
    highest = std::max(highest, exchange_.highest->statement.view);
    durability_.save(make_record(*exchange_.highest));
  }

  const FloorRecord floor{context_.committee.epoch(), highest + kReach, false};
  exchange_.answered = true;
  // The view that its certificates have brought this node to, as far as they are counted by now.
  const View view = std::max(votes_.highest_certified(), context_.prefix.base_view()).next();
  leave(floor,
        "quarantine ended, in epoch " + std::to_string(floor.epoch.value) + ": " +
            (view > floor.view ? "this node votes again" : below_floor_text(floor.view, view)));
}

// A key that comes later may have voted elsewhere: what was lifted without it is not lifted for it.
void Quarantine::lift_by_command() {
  if (!context_.committee.self()) return;
  leave({context_.committee.epoch(), View{0}, true},
        "votes resumed by command: another copy of this key, if there is one, can now make it "
        "contradict itself");
}

// The first vote leaves only after the floor is durable: a restart would otherwise know neither.
void Quarantine::leave(const FloorRecord& floor, const std::string& notice) {
  durability_.save(make_record(floor));
  durability_.after_sync([this, floor, notice] {
    floor_ = floor;
    active_ = false;
    exchange_ = QuarantineExchange{};
    context_.driver.quarantine(false);
    context_.driver.notice(notice);
  });
}

std::uint64_t Quarantine::next_deadline_ms() const {
  return active_ && context_.committee.self() ? exchange_.ask_at_ms : kNever;
}

}  // namespace testamur::consensus
