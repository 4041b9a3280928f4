#include "tests/sim/byzantine_node.h"

#include "tests/sim/toy_ledger.h"

namespace testamur::sim {

using consensus::Act;

void ByzantineNode::remember(const consensus::Message& message) {
  old_.push_back(message);
  if (old_.size() > 64) old_.pop_front();
}

consensus::Vote ByzantineNode::signed_vote(consensus::Statement statement, std::uint8_t voter) {
  const auto tip = application().tip();
  return {statement, voter,
          sign(consensus::signing_digest(settings().engine.chain, tip.validators.digest(), statement))};
}

// The same block a millisecond later, as valid as the first; or a block on the last final one, as if what was certified
// since did not exist.
consensus::Proposal ByzantineNode::twin_of(const consensus::Proposal& proposal) {
  auto header = *decode_toy_header(*proposal.header);
  header.time_ms += 1;
  consensus::Proposal twin = proposal;
  const auto tip = application().tip();
  if (tip.epoch == tip.block.epoch && tip.block.id != header.parent && random().chance(500)) {
    const consensus::BuildRequest request{
        .id = 0, .epoch = header.epoch, .view = header.view, .parent_view = tip.block.view, .parent = tip.block.id};
    const auto built = application().build(request, header.proposer, header.time_ms);
    header = *decode_toy_header(*built.header);
    twin.body = built.body;
    twin.parent_view = tip.block.view;
  }
  twin.header = std::make_shared<const Bytes>(encode(header));
  const BlockId id = application().read_header(*twin.header).id;
  twin.signature = sign(consensus::signing_digest(settings().engine.chain, tip.validators.digest(),
                                                  {Act::kPropose, twin.epoch, twin.view, twin.parent_view, id}));
  twins_[twin.view] = id;
  twin_parents_[twin.view] = twin.parent_view;
  return twin;
}

void ByzantineNode::lie(std::size_t to, const consensus::Vote& vote) {
  if (!random().chance(300)) transmit(to, vote);
  consensus::Statement other = vote.statement;
  if (other.act == Act::kNotarize && twins_.contains(other.view)) {
    other.block = twins_.at(other.view);
    other.parent_view = twin_parents_.at(other.view);
    if (random().chance(500)) transmit(to, signed_vote(other, vote.voter));
  }
  if (random().chance(300)) {
    transmit(to, signed_vote({Act::kNullify, other.epoch, other.view, View{0}, BlockId{}}, vote.voter));
  }
  if (random().chance(300) && other.act != Act::kNullify) {
    other.act = Act::kFinalize;
    transmit(to, signed_vote(other, vote.voter));
  }
}

void ByzantineNode::broadcast(const consensus::Message& message) {
  remember(message);
  const auto* proposal = std::get_if<consensus::Proposal>(&message);
  const auto* vote = std::get_if<consensus::Vote>(&message);
  std::optional<consensus::Proposal> twin;
  if (proposal && random().chance(700)) twin = twin_of(*proposal);
  for (std::size_t to = 0; to < settings().everybody.size(); ++to) {
    if (to == number()) continue;
    if (vote) {
      lie(to, *vote);
    } else if (twin && random().chance(500)) {
      transmit(to, *twin);
      if (random().chance(200)) transmit(to, message);
    } else if (!random().chance(100)) {
      transmit(to, message);
    }
    if (random().chance(50)) transmit(to, old_[random().below(old_.size())]);
  }
}

void ByzantineNode::send(const InstitutionId& to, const consensus::Message& message) {
  remember(message);
  if (!random().chance(200)) SimNode::send(to, message);
}

}  // namespace testamur::sim
