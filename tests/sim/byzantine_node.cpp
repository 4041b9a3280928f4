#include "tests/sim/byzantine_node.h"

namespace testamur::sim {

using consensus::Act;

void sign_again(const SimNode& liar, consensus::Proposal& proposal, const ledger::Header& header) {
  proposal.header = std::make_shared<const Bytes>(ledger::encode(header));
  const BlockId id = ledger::block_id(header);
  proposal.signature = liar.sign(consensus::signing_digest(
      liar.settings().institutions->genesis().chain, liar.set_digest(),
      {Act::kPropose, proposal.epoch, proposal.view, proposal.parent_view, id}));
}

consensus::Proposal later_twin(const SimNode& liar, const consensus::Proposal& proposal) {
  auto header = ledger::decode_header(*proposal.header).value();
  header.time_ms += 1;
  consensus::Proposal twin = proposal;
  sign_again(liar, twin, header);
  return twin;
}

void ByzantineNode::remember(const consensus::Message& message) {
  old_.push_back(message);
  if (old_.size() > 64) old_.pop_front();
}

// An empty block on the last final one, as if what was certified since did not exist.
consensus::Proposal ByzantineNode::on_last_final(const consensus::Proposal& proposal) const {
  const auto& last = head();
  auto header = ledger::decode_header(*proposal.header).value();
  header.height = last.height.next();
  header.parent = ledger::block_id(last);
  header.payload_digest = ledger::payload_digest({});
  header.roots = last.roots;
  header.parameters = last.parameters;
  header.next_validator_set = {};
  header.filler = false;
  consensus::Proposal other = proposal;
  other.body = std::make_shared<const Bytes>();
  other.parent_view = last.view;
  sign_again(*this, other, header);
  return other;
}

consensus::Proposal ByzantineNode::twin_of(const consensus::Proposal& proposal) {
  const auto& last = head();
  const auto parent = ledger::decode_header(*proposal.header).value().parent;
  const bool older =
      last.epoch == proposal.epoch && !last.seals_epoch() && parent != ledger::block_id(last);
  auto twin = older && random().chance(500) ? on_last_final(proposal) : later_twin(*this, proposal);
  twins_[twin.view] = node::header_facts(*twin.header).id;
  twin_parents_[twin.view] = twin.parent_view;
  checker_.marks().hit("a liar proposes twice");
  return twin;
}

void ByzantineNode::send_contradicting(std::size_t to, const consensus::Vote& vote) {
  if (!random().chance(300)) transmit(to, vote);
  consensus::Statement other = vote.statement;
  if (other.act == Act::kNotarize && twins_.contains(other.view)) {
    other.block = twins_.at(other.view);
    other.parent_view = twin_parents_.at(other.view);
    if (random().chance(500)) transmit(to, signed_vote(other, vote.voter));
  }
  if (random().chance(300)) {
    transmit(to,
             signed_vote({Act::kNullify, other.epoch, other.view, View{0}, BlockId{}}, vote.voter));
  }
  if (random().chance(300) && other.act != Act::kNullify) {
    other.act = Act::kFinalize;
    transmit(to, signed_vote(other, vote.voter));
  }
}

// The same signatures under another view, block or act.
void ByzantineNode::forge(std::size_t to, consensus::Certificate certificate) {
  checker_.marks().hit("a liar forges a certificate");
  switch (random().below(3)) {
    case 0: certificate.statement.view = certificate.statement.view + random().between(1, 3); break;
    case 1: certificate.statement.act = Act::kFinalize; break;
    default: certificate.statement.block.bytes[3] ^= 1; break;
  }
  transmit(to, certificate);
}

void ByzantineNode::annoy(std::size_t to) {
  if (random().chance(50) && !old_.empty()) {
    checker_.marks().hit("a liar repeats something old");
    transmit(to, old_[random().below(old_.size())]);
  }
  if (random().chance(20)) {
    checker_.marks().hit("a liar sends garbage");
    Bytes garbage(random().below(400));
    for (auto& byte : garbage) byte = static_cast<std::uint8_t>(random().next());
    if (!garbage.empty()) garbage[0] = static_cast<std::uint8_t>(random().between(1, 9));
    transmit_bytes(to, std::move(garbage));
  }
}

void ByzantineNode::broadcast(const consensus::Message& message) {
  remember(message);
  const auto* proposal = std::get_if<consensus::Proposal>(&message);
  const auto* vote = std::get_if<consensus::Vote>(&message);
  const auto* certificate = std::get_if<consensus::Certificate>(&message);
  std::optional<consensus::Proposal> twin;
  if (proposal && random().chance(700)) twin = twin_of(*proposal);
  for (std::size_t to = 0; to < settings().institutions->size(); ++to) {
    if (to == number()) continue;
    if (vote) {
      send_contradicting(to, *vote);
    } else if (twin && random().chance(500)) {
      transmit(to, *twin);
      if (random().chance(200)) transmit(to, message);
    } else if (!random().chance(100)) {
      transmit(to, message);
    }
    if (certificate && random().chance(100)) forge(to, *certificate);
    annoy(to);
  }
}

void ByzantineNode::send(const InstitutionId& to, const consensus::Message& message) {
  remember(message);
  if (!random().chance(200)) SimNode::send(to, message);
}

}  // namespace testamur::sim
