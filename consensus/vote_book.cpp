// How signatures become certificates. Between the functions holds: a slot marked verified holds a
// vote whose signature was checked; a certificate in a view was verified, and is on its way to the
// journal; highest_certified_ is the highest view with any certificate. Signatures are checked when
// a quorum needs them, never twice.
#include "consensus/vote_book.h"

#include <algorithm>
#include <string>
#include <utility>

#include "common/check.h"
#include "consensus/values/finality.h"

namespace testamur::consensus {
namespace {

constexpr Act kVotingActs[] = {Act::kNotarize, Act::kNullify, Act::kFinalize};

}  // namespace

VoteBook::VoteBook(const EngineContext& context, DurabilityQueue& durability, PeerProgress& peers,
                   EvidenceLog& evidence, CertificatePtr finalization)
    : context_(context),
      durability_(durability),
      peers_(peers),
      evidence_(evidence),
      highest_certified_(context.prefix.base_view()),
      highest_notarized_(context.prefix.base_view()),
      highest_finalization_(std::move(finalization)) {}

void VoteBook::begin_epoch() {
  views_.clear();
  highest_certified_ = highest_notarized_ = context_.prefix.base_view();
  highest_finalization_.reset();
}

ViewVotes& VoteBook::at(View view) {
  ViewVotes& found = views_[view];
  if (found.votes[0].empty()) {
    for (auto& slots : found.votes) slots.resize(context_.committee.size());
  }
  return found;
}

const ViewVotes* VoteBook::find(View view) const {
  const auto found = views_.find(view);
  return found == views_.end() ? nullptr : &found->second;
}

View VoteBook::finalized_view() const {
  return highest_finalization_ ? highest_finalization_->statement.view
                               : context_.prefix.base_view();
}

const Certificate* VoteBook::block_certificate(View view) const {
  const ViewVotes* votes = find(view);
  return votes ? votes->block_certificate() : nullptr;
}

bool VoteBook::certifies(View view, const BlockId& block) const {
  const Certificate* certificate = block_certificate(view);
  return certificate && certificate->statement.block == block;
}

bool VoteBook::is_nullified(View view) const {
  const ViewVotes* votes = find(view);
  return votes && votes->nullification;
}

std::optional<View> VoteBook::certified_view_of(const BlockId& block) const {
  for (const auto& [view, votes] : views_) {
    if (view > highest_certified_) break;
    const Certificate* certificate = votes.block_certificate();
    if (certificate && certificate->statement.block == block) return view;
  }
  return std::nullopt;
}

bool VoteBook::has_voted(View view, Act act, std::size_t validator) const {
  const ViewVotes* votes = find(view);
  return votes && votes->slots(act)[validator].vote.has_value();
}

std::size_t VoteBook::other_nullifiers(View view) const {
  const ViewVotes* votes = find(view);
  if (!votes) return 0;
  std::size_t others = 0;
  const auto& slots = votes->slots(Act::kNullify);
  for (std::size_t i = 0; i < slots.size(); ++i) {
    if (slots[i].vote && !context_.committee.is_self(i)) ++others;
  }
  return others;
}

void VoteBook::add(const Vote& vote) {
  const auto& statement = vote.statement;
  ViewVotes& votes = at(statement.view);
  VoteSlot& slot = votes.slots(statement.act)[vote.voter];
  if (slot.vote && slot.vote->statement == statement) return;

  // A voter whose vote was false here gets another look only after it has paid.
  if (slot.was_false && !peers_.trusted(context_.committee.id_of(vote.voter))) return;

  report_contradictions(votes, vote);

  // The first one counts; a contradicting report may just have freed the slot of a false one.
  if (slot.vote) return;
  slot.vote = vote;
  tally(statement.view, statement.act);
}

// Both signatures are checked before anybody is accused; a false one costs its slot instead.
void VoteBook::report_contradictions(ViewVotes& votes, const Vote& vote) {
  const InstitutionId& voter = context_.committee.id_of(vote.voter);
  for (const Act act : kVotingActs) {
    VoteSlot& slot = votes.slots(act)[vote.voter];
    if (!slot.vote || !contradict(slot.vote->statement, vote.statement)) continue;

    // One report a view is enough, and checking for more would be work that the liar chooses.
    if (evidence_.has_reported(vote.statement.view, vote.voter) || !peers_.trusted(voter)) return;

    if (!context_.committee.verify(vote)) return peers_.pause_for_false_signature(voter);
    if (!slot.verified && !(slot.verified = context_.committee.verify(*slot.vote))) {
      slot.vote.reset();
      context_.driver.false_signature(voter);
      continue;
    }
    evidence_.report(vote.voter, {slot.vote->statement, slot.vote->signature},
                     {vote.statement, vote.signature});
  }
}

void VoteBook::tally(View view, Act act) {
  ViewVotes& votes = at(view);
  if (votes.certificate(act)) return;

  auto& slots = votes.slots(act);
  for (const auto& candidate : slots) {
    if (!candidate.vote) continue;
    const Statement statement = candidate.vote->statement;
    const auto agreeing = std::count_if(slots.begin(), slots.end(), [&](const VoteSlot& slot) {
      return slot.vote && slot.vote->statement == statement;
    });
    if (static_cast<std::size_t>(agreeing) < context_.committee.set().quorum()) continue;

    // Two statements cannot both have a quorum: where signatures were false, more votes must come.
    if (const auto certificate = certify(slots, statement)) adopt(certificate);
    return;
  }
}

void VoteBook::tally_all() {
  std::vector<View> views;
  for (const auto& [view, votes] : views_) views.push_back(view);
  for (const View view : views) {
    for (const Act act : kVotingActs) tally(view, act);
  }
}

// Signatures are checked only now; a false one frees its slot, and its voter, whose link brought
// it, pays.
CertificatePtr VoteBook::certify(std::vector<VoteSlot>& slots, const Statement& statement) {
  const std::size_t quorum = context_.committee.set().quorum();
  auto certificate = std::make_shared<Certificate>();
  certificate->statement = statement;
  for (std::size_t i = 0; i < slots.size() && certificate->signatures.size() < quorum; ++i) {
    VoteSlot& slot = slots[i];
    if (!slot.vote || slot.vote->statement != statement) continue;

    if (!slot.verified && !(slot.verified = context_.committee.verify(*slot.vote))) {
      const InstitutionId& voter = context_.committee.id_of(i);
      slot.vote.reset();
      slot.was_false =
          !peers_.trusted(voter);  // one more chance; then not before the pause is over
      peers_.pause_for_false_signature(voter);
      continue;
    }
    certificate->signers |= std::uint32_t{1} << i;
    certificate->signatures.push_back(slot.vote->signature);
  }
  return certificate->signatures.size() == quorum ? certificate : nullptr;
}

bool VoteBook::verify(const Certificate& certificate) const {
  const auto& statement = certificate.statement;
  const ViewVotes* known = find(statement.view);
  const Hash256 digest = context_.committee.digest_of(statement);
  if (!check_form(context_.committee.set(), certificate).ok()) return false;

  std::size_t next = 0;
  for (std::size_t i = 0; i < context_.committee.size(); ++i) {
    if ((certificate.signers >> i & 1) == 0) continue;
    const Signature& signature = certificate.signatures[next++];
    if (known) {
      const VoteSlot& slot = known->slots(statement.act)[i];
      if (slot.verified && slot.vote->statement == statement && slot.vote->signature == signature)
        continue;
    }
    if (!context_.committee.verify(i, digest, signature)) return false;
  }
  return true;
}

// Every certificate is journaled with the next group, so that the reasons for this node's votes,
// and the certificates that a later proposal rests on, survive.
void VoteBook::adopt(const CertificatePtr& certificate) {
  const Statement statement = certificate->statement;
  ViewVotes& votes = at(statement.view);
  if (votes.certificate(statement.act)) return;

  // Quorums share an honest validator: only more than f faulty ones can certify two blocks in one
  // view.
  const Certificate* other = votes.block_certificate();
  if (statement.act != Act::kNullify && other && other->statement.block != statement.block) {
    return context_.driver.notice("two blocks are certified in view " +
                                  std::to_string(statement.view.value) +
                                  ": more validators than tolerated are faulty");
  }

  votes.certificate(statement.act) = certificate;
  highest_certified_ = std::max(highest_certified_, statement.view);
  if (statement.act == Act::kNullify) {
    ++nullified_views_;
  } else {
    highest_notarized_ = std::max(highest_notarized_, statement.view);
  }
  if (statement.act == Act::kFinalize && statement.view > finalized_view())
    highest_finalization_ = certificate;
  durability_.save(make_record(*certificate));
}

const OwnVote* VoteBook::own(View view, Act act) const {
  const ViewVotes* votes = find(view);
  if (!votes) return nullptr;
  const auto& mine = votes->own[slot_of(act)];
  return mine ? &*mine : nullptr;
}

OwnVote& VoteBook::own_vote(View view, Act act) {
  auto& mine = at(view).own[slot_of(act)];
  TM_CHECK(mine.has_value(), "no own vote in view", view.value);
  return *mine;
}

bool VoteBook::own_vote_awaits(const BlockId& block) const {
  return std::any_of(views_.begin(), views_.end(), [&](const auto& entry) {
    const auto& mine = entry.second.own[slot_of(Act::kNotarize)];
    return mine && mine->awaiting_body && mine->record.vote.statement.block == block;
  });
}

void VoteBook::bind(const VoteRecord& record, bool durable, bool awaiting_body) {
  const auto& statement = record.vote.statement;
  at(statement.view).own[slot_of(statement.act)] = OwnVote{record, durable, awaiting_body};
}

void VoteBook::note_body(View view) { own_vote(view, Act::kNotarize).awaiting_body = false; }

void VoteBook::note_durable(View view, Act act) { own_vote(view, act).durable = true; }

void VoteBook::count_own(View view, Act act) {
  VoteSlot& slot = at(view).slots(act)[*context_.committee.self()];
  slot.vote = own_vote(view, act).record.vote;
  slot.verified = true;
}

std::size_t VoteBook::vote_count() const {
  std::size_t count = 0;
  for (const auto& [view, votes] : views_) {
    for (const auto& slots : votes.votes) {
      count += static_cast<std::size_t>(std::count_if(
          slots.begin(), slots.end(), [](const VoteSlot& slot) { return slot.vote.has_value(); }));
    }
  }
  return count;
}

}  // namespace testamur::consensus
