// What the members of an adversary share. Invariants: everything kept is bounded by the constants
// below, so that a run of half an hour costs no more memory than one of ten seconds; nothing here
// draws chance but from its own Random, so that the honest nodes' chances do not depend on the
// strategy.
#include "tests/sim/adversary.h"

#include <algorithm>

#include "consensus/values/codec.h"
#include "node/chain/peers/catch_up.h"

namespace testamur::sim {

using consensus::Act;

namespace {

constexpr std::size_t kKeptProposals = 256;
constexpr std::size_t kKeptStatements = 1024;
constexpr std::size_t kKeptMessages = 256;
constexpr std::size_t kKeptOld = 512;
constexpr std::uint64_t kTickUs = 20'000;

NodeSettings not_honest(NodeSettings settings) {
  settings.honest = false;
  settings.counts = false;
  return settings;
}

}  // namespace

ColludingNode::ColludingNode(NodeSettings settings, Timeline& timeline, Network& network,
                             Checker& checker, Random random, Adversary& adversary)
    : SimNode(not_honest(std::move(settings)), timeline, network, checker, random),
      adversary_(adversary) {
  adversary_.join(*this);
}

void ColludingNode::say_to_all(const consensus::Message& message) {
  const auto linked = this->linked();
  for (const std::size_t to : linked) transmit(to, message);
}

void ColludingNode::say_to_honest(const consensus::Message& message) {
  for (const std::size_t to : adversary_.honest()) transmit(to, message);
}

void ColludingNode::say_later(std::uint64_t delay_us, std::size_t to,
                              const consensus::Message& message) {
  later(delay_us, [this, to, message] { transmit(to, message); });
}

void ColludingNode::say_frame(std::size_t to, const node::net::Frame& frame) {
  if (linked().contains(to)) network().send({number(), to, node::net::encode(frame)});
}

void ColludingNode::answer_later(std::uint64_t delay_us, std::size_t to, Height height) {
  later(delay_us, [this, to, height] { say_frame(to, node::serve_blocks(*state(), {height, 1})); });
}

// Votes that would help an honest block along, and the certificates that they would be needed for.
bool ColludingNode::withholds(const consensus::Message& message) const {
  if (adversary_.strategy().decides_votes || adversary_.votes() == Votes::kAll) return false;
  const auto* vote = std::get_if<consensus::Vote>(&message);
  if (vote == nullptr) {
    return std::holds_alternative<consensus::Certificate>(message) ||
           std::holds_alternative<consensus::SealingFinality>(message);
  }
  if (adversary_.votes() == Votes::kNone || vote->statement.act != Act::kNotarize) return true;
  const auto* proposal = adversary_.proposal(vote->statement.block);
  return proposal == nullptr || !adversary_.is_ours(*proposal);
}

void ColludingNode::broadcast(const consensus::Message& message) {
  adversary_.learn(*this, message);
  if (adversary_.strategy().silent || withholds(message)) return;
  if (!adversary_.strategy().broadcast) return say_to_all(message);
  adversary_.strategy().broadcast(*this, message);
}

void ColludingNode::send(const InstitutionId& to, const consensus::Message& message) {
  if (adversary_.strategy().silent || withholds(message)) return;
  if (!adversary_.strategy().send) return SimNode::send(to, message);
  for (std::size_t number = 0; number < settings().institutions->size(); ++number) {
    if (settings().institutions->at(number).id == to)
      adversary_.strategy().send(*this, number, message);
  }
}

void ColludingNode::receive(const Packet& packet) {
  if (!is_up() || !linked().contains(packet.from)) return;
  if (const auto message = message_in(packet)) {
    adversary_.learn(*this, *message);
    const auto& hear = adversary_.strategy().hear;
    if (hear && !adversary_.is_member(packet.from) && !hear(*this, packet.from, *message)) return;
  }
  SimNode::receive(packet);
}

bool ColludingNode::frame_leaves(std::size_t to, const node::net::EncodedFrame& frame) {
  const auto& strategy = adversary_.strategy();
  if (strategy.silent) return false;
  const bool gives_all = strategy.decides_votes || adversary_.votes() == Votes::kAll;
  if (!strategy.frame && gives_all) return true;
  const auto decoded = node::net::decode_wire(ByteView(*frame).subspan(4));
  if (!decoded.ok() || std::holds_alternative<node::net::ConsensusMessage>(*decoded)) return true;
  if (strategy.frame) return strategy.frame(*this, to, *decoded);
  return !std::holds_alternative<node::net::BlockResponse>(*decoded);  // it proves what is final
}

std::shared_ptr<const Bytes> junk_body(ColludingNode& self, std::size_t transactions) {
  Encoder body;
  for (std::size_t i = 0; i < transactions; ++i) {
    body.u32(32);
    for (int k = 0; k < 4; ++k) body.u64(self.random().next());
  }
  return std::make_shared<const Bytes>(to_bytes(body.bytes()));
}

std::optional<ledger::Header> emptied(ColludingNode& self, const consensus::Proposal& proposal) {
  auto header = ledger::decode_header(*proposal.header).value();
  const consensus::Proposal* parent = self.adversary().proposal(header.parent);
  const auto before = parent ? ledger::decode_header(*parent->header).value() : self.head();
  if (header.seals_epoch() || ledger::block_id(before) != header.parent) return std::nullopt;
  header.payload_digest = ledger::payload_digest({});
  header.roots = before.roots;
  header.parameters = before.parameters;
  return header;
}

std::optional<std::uint8_t> Seats::index_of(std::size_t number) const {
  const auto found = std::find(numbers.begin(), numbers.end(), number);
  if (found == numbers.end()) return std::nullopt;
  return static_cast<std::uint8_t>(found - numbers.begin());
}

Adversary::Adversary(Institutions& institutions, Timeline& timeline, Random random,
                     Strategy strategy, std::set<std::size_t> members)
    : institutions_(institutions),
      timeline_(timeline),
      random_(random),
      strategy_(std::move(strategy)),
      numbers_(std::move(members)) {
  for (std::size_t i = 0; i < institutions_.size(); ++i) {
    if (!is_member(i)) honest_.push_back(i);
  }
  // Only validators of the first set can be needed for a quorum.
  for (const std::size_t number : honest_) {
    if (number < institutions_.validators()) victims_.push_back(number);
  }
  while (victims_.size() > std::max<std::size_t>(1, numbers_.size())) {
    victims_.erase(victims_.begin() + static_cast<std::ptrdiff_t>(random_.below(victims_.size())));
  }
  timeline_.after(kTickUs, [this] { tick(); });
}

ColludingNode* Adversary::member(std::size_t number) const {
  const auto found = members_.find(number);
  return found == members_.end() ? nullptr : found->second;
}

bool Adversary::is_victim(std::size_t number) const {
  return std::find(victims_.begin(), victims_.end(), number) != victims_.end();
}

const Seats& Adversary::seats(const ColludingNode& through) {
  const Epoch epoch = through.engine_epoch();
  if (!seats_.numbers.empty() && seats_.epoch == epoch) return seats_;
  seats_ = Seats{epoch, {}};
  for (const auto& peer : through.status().peers) {
    for (std::size_t number = 0; number < institutions_.size(); ++number) {
      if (institutions_.at(number).id == peer.id) seats_.numbers.push_back(number);
    }
  }
  return seats_;
}

std::pair<View, ColludingNode*> Adversary::next_led(const ColludingNode& through, View view) {
  const auto& seats = this->seats(through);
  for (std::size_t i = 1; i <= seats.numbers.size(); ++i) {
    ColludingNode* leads = member(seats.leader(view + i));
    if (leads != nullptr && leads->is_up()) return {view + i, leads};
  }
  return {view, nullptr};
}

consensus::Proposal Adversary::signed_proposal(const ColludingNode& leader,
                                               consensus::Proposal proposal) const {
  const BlockId id = node::header_facts(*proposal.header).id;
  proposal.signature = leader.sign(consensus::signing_digest(
      institutions_.genesis().chain, leader.set_digest(),
      {Act::kPropose, proposal.epoch, proposal.view, proposal.parent_view, id}));
  return proposal;
}

consensus::Proposal Adversary::signed_proposal(const ColludingNode& leader,
                                               consensus::Proposal proposal,
                                               const ledger::Header& header) const {
  proposal.header = std::make_shared<const Bytes>(ledger::encode(header));
  return signed_proposal(leader, std::move(proposal));
}

consensus::Vote Adversary::vote_of(ColludingNode& member, const consensus::Statement& statement) {
  return member.signed_vote(statement, seats(member).index_of(member.number()).value_or(0));
}

void Adversary::learn(ColludingNode& member, const consensus::Message& message) {
  if (const auto* proposal = std::get_if<consensus::Proposal>(&message)) {
    const BlockId id = node::header_facts(*proposal->header).id;
    if (proposals_.emplace(id, *proposal).second) proposal_order_.push_back(id);
    if (proposal_order_.size() > kKeptProposals) {
      proposals_.erase(proposal_order_.front());
      proposal_order_.pop_front();
    }
  }
  if (const auto* vote = std::get_if<consensus::Vote>(&message)) {
    heard_votes_[vote->statement][vote->voter] = vote->signature;
    if (heard_votes_.size() > kKeptStatements) heard_votes_.clear();
  }
  if (const auto* certificate = std::get_if<consensus::Certificate>(&message)) {
    std::size_t next = 0;
    for (std::uint8_t i = 0; i < 32 && next < certificate->signatures.size(); ++i) {
      if ((certificate->signers >> i & 1) != 0)
        heard_votes_[certificate->statement][i] = certificate->signatures[next++];
    }
  }
  heard_.push_back(message);
  if (heard_.size() > kKeptMessages) heard_.pop_front();
  if (++learned_ % 37 == 0) old_.push_back(message);
  if (old_.size() > kKeptOld) old_.pop_front();
  (void)member;
}

bool Adversary::is_ours(const consensus::Proposal& proposal) const {
  const auto proposer = node::header_facts(*proposal.header).proposer;
  return std::any_of(numbers_.begin(), numbers_.end(),
                     [&](std::size_t number) { return institutions_.at(number).id == proposer; });
}

const consensus::Proposal* Adversary::proposal(const BlockId& block) const {
  const auto found = proposals_.find(block);
  return found == proposals_.end() ? nullptr : &found->second;
}

std::optional<consensus::Certificate> Adversary::certificate(
    ColludingNode& through, const consensus::Statement& statement) {
  const auto& seats = this->seats(through);
  if (statement.epoch != seats.epoch) return std::nullopt;
  auto signatures = heard_votes_[statement];
  for (const auto& [number, member] : members_) {
    const auto index = seats.index_of(number);
    if (index && member->is_up())
      signatures[*index] = member->signed_vote(statement, *index).signature;
  }
  const std::size_t quorum = seats.numbers.size() - (seats.numbers.size() - 1) / 3;
  if (signatures.size() < quorum) return std::nullopt;
  consensus::Certificate certificate{statement, 0, {}};
  for (const auto& [index, signature] : signatures) {
    if (certificate.signatures.size() == quorum) break;
    certificate.signers |= std::uint32_t{1} << index;
    certificate.signatures.push_back(signature);
  }
  return certificate;
}

const consensus::Message* Adversary::something_old(Random& random) const {
  const auto& from = random.chance(500) || old_.empty() ? heard_ : old_;
  return from.empty() ? nullptr : &from[random.below(from.size())];
}

void Adversary::tick() {
  for (const auto& [number, member] : members_) {
    if (!member->is_up() || strategy_.silent) continue;
    if (strategy_.tick) strategy_.tick(*member);
    // What the adversary signs with its key its own engine takes for a copy's: it is told to go on.
    if (member->in_quarantine()) member->resume_voting();
  }
  timeline_.after(kTickUs, [this] { tick(); });
}

}  // namespace testamur::sim
