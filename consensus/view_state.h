// The pieces of which the engine's state is made. Private to consensus/. Values.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <vector>

#include "consensus/codec.h"
#include "consensus/driver.h"
#include "consensus/peer_credit.h"
#include "consensus/types.h"

namespace testamur::consensus {

// A validator's vote of one kind in one view. Its signature is checked when a quorum needs it.
struct VoteSlot {
  std::optional<Vote> vote;
  bool verified = false;
  bool was_false = false;  // its voter sent a false signature: looked at again only after the pause that this cost
};

// A vote of this node. It exists from the moment of signing (and binds from then on), is sent and counted once durable.
struct OwnVote {
  VoteRecord record;
  bool durable = false;
  bool needs_body = false;  // restored without its block: binds, but is not sent until the body is there
};

// Index of the three certifiable acts in arrays.
constexpr std::size_t slot_of(Act act) {
  return static_cast<std::size_t>(act) - static_cast<std::size_t>(Act::kNotarize);
}

// What the leader of a view signed first, for evidence: it outlives the block's copy.
struct SignedProposal {
  Statement statement;
  Signature signature;
};

struct ViewState {
  std::optional<SignedProposal> signed_first;
  BlockPtr proposal;                           // the copy that is held of the first block under the leader's signature
  bool leader_invalid = false;                 // the leader signed what is invalid, whatever copy of it
  std::array<std::vector<VoteSlot>, 3> votes;  // by act, then by validator
  std::array<std::optional<OwnVote>, 3> own;   // by act
  CertificatePtr notarization;
  CertificatePtr nullification;
  CertificatePtr finalization;

  std::vector<VoteSlot>& slots(Act act) { return votes[slot_of(act)]; }
  const std::vector<VoteSlot>& slots(Act act) const { return votes[slot_of(act)]; }
  std::optional<OwnVote>& mine(Act act) { return own[slot_of(act)]; }
  const std::optional<OwnVote>& mine(Act act) const { return own[slot_of(act)]; }
  CertificatePtr& certificate(Act act) {
    return act == Act::kNotarize ? notarization : act == Act::kNullify ? nullification : finalization;
  }
  const CertificatePtr& certificate(Act act) const {
    return act == Act::kNotarize ? notarization : act == Act::kNullify ? nullification : finalization;
  }
  // The block that is certified here (by notarization or finalization).
  const Certificate* block_certificate() const { return finalization ? finalization.get() : notarization.get(); }
};

// kWaiting: valid, but a voting rule asks to wait. kFinal: final without having been validated here; commit executes
// it.
enum class Validity : std::uint8_t { kUnknown, kAsked, kValid, kInvalid, kWaiting, kFinal };

// One copy of a block. What is not in the block id (body, signature, the proposal's parent view) is this copy's alone.
struct BlockEntry {
  BlockPtr block;
  InstitutionId from;         // who brought this copy, and pays if its body is false
  bool body_checked = false;  // the body hashes to the header's payload digest
  bool certain = false;       // a certificate or an own vote names the block or a descendant
  Validity validity = Validity::kUnknown;
  std::uint64_t retry_at_ms = 0;  // kWaiting
  bool retry_on_finality = false;
  bool saved = false;  // handed to the journal
};

struct Building {
  std::uint64_t last_id = 0;
  std::optional<std::uint64_t> id;  // of the request under way
  View parent_view;
  std::uint64_t retry_at_ms = 0;  // a build failed: not before
  bool came_empty = false;        // the last build in this view carried nothing
};

// Where another node stands, as far as it has shown.
struct PeerView {
  std::optional<std::uint64_t> heard_ms;
  Epoch epoch;
  View view;
  View finalized_view;
  std::uint64_t helped_ms = 0;
  PeerCredit credit;
  Height claimed_height;        // of its last final block, as it says, unproven
  unsigned fruitless_asks = 0;  // catch-up was tried on the strength of claims, and brought nothing
  std::uint64_t claims_void_until_ms = 0;
};

// An effect that waits until a group is durable.
struct Held {
  std::uint64_t sequence = 0;
  std::function<void()> effect;
};

// What the journal gave back, until start().
struct Restored {
  bool any = false;
  std::map<BlockId, BlockPtr> blocks;
  std::vector<Certificate> certificates;
  std::vector<VoteRecord> votes;
  std::vector<FinalityRecord> finality;
  std::map<Epoch, View> named;  // the highest view named, by epoch
  std::optional<FloorRecord> floor;
  bool quarantine = false;
};

// The exchange that ends quarantine.
struct Exchange {
  std::optional<Hash256> nonce;
  std::uint64_t ask_at_ms = 0;
  std::map<std::uint8_t, View> answers;  // responder -> view of its highest certificate
  CertificatePtr highest;
  bool must_wait =
      false;  // a sealing block may be final already: not in this epoch, unless a later exchange says otherwise
  std::uint32_t spoken = 0;  // bit i: an answer of validator i was checked, whatever it said
  bool answered = false;     // enough answers: the floor is being written
  std::uint64_t began_ms = 0;
};

}  // namespace testamur::consensus
