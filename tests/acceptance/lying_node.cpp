// What a lying validator broadcasts in place of the truth: the linker sends every call of
// Chain::Core::broadcast here.
//
// As leader it gives one validator a junk body, tells another a false view of the parent, and shows
// its block to nobody else than it must; it votes for its own blocks only and keeps its
// certificates; every proposal is followed by bogus ones of the views in which it leads next, with
// invented parents. Its node is otherwise a node.
#include <cstdint>

#include "consensus/values/types.h"
#include "node/chain/block_processor.h"
#include "node/chain/chain_core.h"

namespace testamur::node {
namespace {

using consensus::Act;
using consensus::Message;
using consensus::Proposal;

Proposal signed_again(Chain::Core& self, Proposal proposal, const Hash256& set_digest) {
  const auto header = ledger::decode_header(*proposal.header).value();
  const consensus::Statement statement{Act::kPropose, proposal.epoch, proposal.view,
                                       proposal.parent_view, header_facts(*proposal.header).id};
  proposal.signature = self.sign(consensus::signing_digest(header.chain, set_digest, statement));
  return proposal;
}

// Of the view in which this validator leads next, on a parent that is nowhere.
Proposal invented(Chain::Core& self, const Proposal& like, std::uint64_t validators) {
  auto header = ledger::decode_header(*like.header).value();
  header.parent.bytes[like.view.value % 32] ^= 0xff;
  header.view = header.view + validators;
  Proposal bogus = like;
  bogus.view = header.view;
  bogus.parent_view = View{header.view.value - 1};
  bogus.header = std::make_shared<const Bytes>(ledger::encode(header));
  return signed_again(self, std::move(bogus), header.validator_set);
}

void lie(Chain::Core& self, const Proposal& proposal) {
  const auto header = ledger::decode_header(*proposal.header).value();
  const auto peers = self.status().engine.peers;

  auto junk = proposal;
  junk.body = std::make_shared<const Bytes>(Bytes(1000, 0));
  auto elsewhere = proposal;
  elsewhere.parent_view = View{proposal.parent_view.value > 0 ? proposal.parent_view.value - 1 : 0};
  elsewhere = signed_again(self, std::move(elsewhere), header.validator_set);

  // The first of the others has the junk, the second the false view.
  std::size_t turn = 0;
  for (const auto& peer : peers) {
    if (peer.self) continue;
    const Message copy = turn == 0   ? Message(junk)
                         : turn == 1 ? Message(elsewhere)
                                     : Message(proposal);
    self.send(peer.id, copy);
    self.send(peer.id, Message(invented(self, proposal, peers.size())));
    ++turn;
  }
}

}  // namespace
}  // namespace testamur::node

using LyingCore = testamur::node::Chain::Core;
using LyingMessage = testamur::consensus::Message;

#define TM_BROADCAST(prefix) \
  prefix##_ZN8testamur4node5Chain4Core9broadcastERKSt7variantIJNS_9consensus8ProposalENS4_4VoteENS4_11CertificateENS4_18CertificateRequestENS4_12BlockRequestENS4_8PresenceENS4_15QuarantineQueryENS4_16QuarantineAnswerENS4_15SealingFinalityEEE

extern "C" {
void TM_BROADCAST(__real_)(LyingCore* self, const LyingMessage& message);
void TM_BROADCAST(__wrap_)(LyingCore* self, const LyingMessage& message);

void TM_BROADCAST(__wrap_)(LyingCore* self, const LyingMessage& message) {
  using testamur::consensus::Act;
  if (const auto* proposal = std::get_if<testamur::consensus::Proposal>(&message)) {
    return testamur::node::lie(*self, *proposal);
  }
  const auto* vote = std::get_if<testamur::consensus::Vote>(&message);
  if (vote != nullptr && vote->statement.act == Act::kFinalize) return;
  if (std::holds_alternative<testamur::consensus::Certificate>(message)) return;
  TM_BROADCAST(__real_)(self, message);
}
}
