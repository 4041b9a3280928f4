// What is missing is asked for. A block is *certain* when a certificate or an own vote names it or
// a descendant: nobody can have invented it, so it is asked of everybody until it is there.
// Everything else is wanted only while it may be voted for, and only of those who claim to hold it.
#include "consensus/fetcher.h"

#include <algorithm>

namespace testamur::consensus {

Fetcher::Fetcher(const EngineContext& context, const VoteBook& votes, BlockTree& blocks,
                 PeerProgress& peers, const Pacemaker& pacemaker)
    : context_(context), votes_(votes), blocks_(blocks), peers_(peers), pacemaker_(pacemaker) {
  begin_epoch();
}

void Fetcher::begin_epoch() {
  missing_.clear();
  failures_.assign(context_.committee.size(), 0);
  std::erase_if(budgets_,
                [&](const auto& entry) { return !context_.committee.index_of(entry.first); });
  gap_since_ms_.reset();
}

void Fetcher::note_delivered(const InstitutionId& by) {
  if (const auto index = context_.committee.index_of(by)) failures_[*index] = 0;
}

void Fetcher::note_false_copy(const BlockId& block, View view, const InstitutionId& sender) {
  missing_.false_copy(block, view, context_.committee.bit_of(sender), context_.now_ms());
}

// Blocks named by certificates or by an own vote, and below them; of others only what could be
// voted for now. The parent of a block that nobody certified may be invented: its certificates are
// asked for, by view, before it is.
void Fetcher::update() {
  missing_.begin_round();
  want_certain();
  want_for_current_view();
  missing_.end_round();
}

void Fetcher::ask_if_due() {
  ask_for_blocks();
  ask_for_certificates();
  ask_for_catch_up();
}

void Fetcher::want(const BlockId& block, View view, bool certain, ValidatorBits holders,
                   std::uint64_t ask_at_ms) {
  if (block == context_.prefix.base().id || blocks_.find(block)) return;
  missing_.need(block, view, certain, holders, ask_at_ms);
}

void Fetcher::want_certain() {
  // The proposal may be on its way. Its leader, if it were honest, would have sent it before the
  // votes came.
  const std::uint64_t soon_ms = context_.now_ms() + context_.timing().fetch_ms;
  for (const auto& [view, votes] : votes_.views()) {
    const auto& mine = votes.own[slot_of(Act::kNotarize)];
    if (mine && mine->awaiting_body)
      want(mine->record.vote.statement.block, view, true, 0, soon_ms);

    const Certificate* certificate = votes.block_certificate();
    if (!certificate) continue;
    const BlockId& block = certificate->statement.block;
    blocks_.mark_certain(block);
    const ValidatorBits voters = votes.notarization ? votes.notarization->signers : 0;
    want(block, view, true, voters & ~(ValidatorBits{1} << context_.committee.leader(view)),
         soon_ms);
  }

  // Parent links of headers lead down from there; a parent that is missing now is not on its way.
  for (const auto& [id, copy] : blocks_.blocks()) {
    const auto& block = *copy.block;
    if (!copy.certain || blocks_.facts_of(block.facts.parent)) continue;

    // Final, or lost to what is final, and kept until that is durable: its parent may be committed
    // and gone.
    if (block.facts.view <= context_.prefix.base_view()) continue;
    want(block.facts.parent, block.proposal.parent_view, true, 0, context_.now_ms());
  }

  if (const auto& end = context_.prefix.proven_end())
    want(end->facts.id, end->facts.view, true, 0, soon_ms);
}

void Fetcher::want_for_current_view() {
  const View view = pacemaker_.view();
  if (blocks_.proposed(view)) return;
  const std::uint64_t soon_ms = context_.now_ms() + context_.timing().fetch_ms;

  // The leader has signed a block of which only a false copy came.
  const ViewProposal* shown = blocks_.find_proposal(view);
  if (shown && shown->signed_first && !shown->leader_invalid) {
    want(shown->signed_first->statement.block, view, false, 0, soon_ms);
  }

  // A vote may name an invention: the block is asked of its voter alone.
  const ViewVotes* votes = votes_.find(view);
  if (!votes) return;
  const auto& slots = votes->slots(Act::kNotarize);
  for (std::size_t i = 0; i < slots.size(); ++i) {
    const bool other = slots[i].vote && !context_.committee.is_self(i);
    if (other) want(slots[i].vote->statement.block, view, false, ValidatorBits{1} << i, soon_ms);
  }
}

// What the others grant this node depends on its seat, in their eyes: once the epoch is proven to
// be over, perhaps on another one.
QuestionRate Fetcher::question_rate() const {
  const bool seated =
      context_.committee.index_of(context_.config.self) && !context_.prefix.proven_end();
  return (seated ? kMemberQuestions : kOtherQuestions).part(kAskedPart);
}

// A refused question would count against this node, and bring nothing.
bool Fetcher::may_ask(std::size_t validator, std::uint64_t cost) {
  const QuestionRate rate = question_rate();
  const auto& id = context_.committee.id_of(validator);
  return budgets_.try_emplace(id, rate, context_.now_ms())
      .first->second.take(rate, cost, context_.now_ms());
}

void Fetcher::ask_for_blocks() {
  ValidatorBits askable = 0;
  for (std::size_t i = 0; i < context_.committee.size(); ++i) {
    if (!context_.committee.is_self(i) && !peers_.is_silent(i)) askable |= ValidatorBits{1} << i;
  }
  missing_.ask_due(context_.now_ms(), context_.timing().fetch_ms, askable, failures_,
                   [this](const BlockId& block, View view, std::size_t validator) {
                     if (!may_ask(validator, kBlockQuestion)) return false;
                     context_.driver.send(context_.committee.id_of(validator),
                                          BlockRequest{context_.committee.epoch(), view, block});
                     return true;
                   });
}

// The views whose certificates a proposal of the current view needs: its parent's, and
// nullifications of all between.
std::optional<Fetcher::ViewRange> Fetcher::missing_to_judge(const Block& proposal) const {
  const View base_view = context_.prefix.base_view();
  const View view = pacemaker_.view();
  const BlockId& parent = proposal.facts.parent;
  std::optional<View> parent_view = votes_.certified_view_of(parent);
  const HeaderFacts* facts = blocks_.facts_of(parent);
  if (!parent_view && facts) parent_view = blocks_.parent_view_in(*facts);

  std::optional<ViewRange> missing;
  const auto add = [&](View lacking) { missing = {missing ? missing->first : lacking, lacking}; };

  // Where nobody has proven which view is the parent's, what the proposal says of it is a hint.
  const View said = proposal.proposal.parent_view;
  if (!parent_view && said > base_view && said < view) add(said);

  const bool above_base =
      parent_view && parent != context_.prefix.base().id && *parent_view > base_view;
  if (above_base && !votes_.certifies(*parent_view, parent)) add(*parent_view);

  const View below = parent_view.value_or(std::max(base_view, std::min(said, view)));
  for (View between = below.next(); between < view; between = between.next()) {
    if (!votes_.is_nullified(between)) add(between);
  }
  return missing;
}

// The same for a block that this node would propose: down to the highest certified block below.
std::optional<Fetcher::ViewRange> Fetcher::missing_to_propose() const {
  std::optional<ViewRange> missing;
  for (View view = pacemaker_.view() - 1; view > context_.prefix.base_view(); view = view - 1) {
    if (votes_.block_certificate(view)) break;
    if (!votes_.is_nullified(view)) missing = {view, missing ? missing->last : view};
  }
  return missing;
}

// Without some certificate the proposal of the current view, or an own one, cannot be judged.
std::optional<Fetcher::ViewRange> Fetcher::missing_certificates() const {
  if (const Block* proposal = blocks_.proposed(pacemaker_.view()))
    return missing_to_judge(*proposal);
  if (!context_.committee.leads(pacemaker_.view()) || !pacemaker_.pending()) return std::nullopt;
  return missing_to_propose();
}

void Fetcher::ask_for_certificates() {
  if (context_.now_ms() < certificates_asked_ms_ + context_.timing().fetch_ms) return;
  const auto missing = missing_certificates();
  if (!missing) return;
  certificates_asked_ms_ = context_.now_ms();

  // One of them, in turns from the leader on: whoever holds the certificates answers with all.
  const auto& committee = context_.committee;
  for (std::size_t tries = 0; tries < committee.size(); ++tries) {
    const std::size_t next =
        (committee.leader(pacemaker_.view()) + next_peer_++) % committee.size();
    if (committee.is_self(next) || peers_.is_silent(next) || !may_ask(next, kOtherQuestion))
      continue;
    context_.driver.send(committee.id_of(next),
                         CertificateRequest{committee.epoch(), missing->first, missing->last});
    return;
  }
}

std::uint64_t Fetcher::gap_is_old_ms() const {
  return *gap_since_ms_ + 2 * context_.timing().fetch_ms;
}

// A gap below a known finalization, or peers that claim to be further, for longer than fetching
// single blocks takes.
void Fetcher::ask_for_catch_up() {
  const bool proven = votes_.finality_is_ahead();
  if (!proven && !peers_.somebody_claims_more()) {
    gap_since_ms_.reset();
    return;
  }

  const std::uint64_t now_ms = context_.now_ms();
  if (!gap_since_ms_) gap_since_ms_ = now_ms;
  if (now_ms < gap_is_old_ms() || now_ms < catch_up_at_ms_) return;

  // A claim is worth less haste than a proof, and only one round.
  catch_up_at_ms_ = now_ms + (proven ? 2 : 10) * context_.timing().fetch_ms;
  if (!proven) peers_.count_ask_for_claims();
  context_.driver.catch_up(proven ? votes_.highest_finalization() : nullptr);
}

std::uint64_t Fetcher::next_deadline_ms() const {
  std::uint64_t at_ms = missing_.wake_at_ms(kNever);
  if (gap_since_ms_) at_ms = std::min(at_ms, std::max(gap_is_old_ms(), catch_up_at_ms_));
  if (missing_certificates())
    at_ms = std::min(at_ms, certificates_asked_ms_ + context_.timing().fetch_ms);
  return at_ms;
}

}  // namespace testamur::consensus
