// Votes and certificates of the open views.
//
// Owns, for each view above the last final one: the votes of every validator, this node's own, and
// the three kinds of certificate; and the highest views certified and notarized and the highest
// finalization of the epoch. A vote costs no signature check until a quorum needs it; a certificate
// is adopted only after it was verified, and is journaled with the next group. What a vote is cast
// *for* is the core's to decide (votes.cpp). Private to consensus/. One thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "consensus/durability_queue.h"
#include "consensus/engine_context.h"
#include "consensus/evidence_log.h"
#include "consensus/peer_progress.h"
#include "consensus/values/codec.h"

namespace testamur::consensus {

// A validator's vote of one kind in one view. Its signature is checked when a quorum needs it.
struct VoteSlot {
  std::optional<Vote> vote;
  bool verified = false;
  bool was_false = false;  // its voter sent a false signature: looked at again only after the pause
                           // that this cost
};

// A vote of this node. It exists from the moment of signing (and binds from then on), is sent and
// counted once durable.
struct OwnVote {
  VoteRecord record;
  bool durable = false;
  bool awaiting_body =
      false;  // restored without its block: binds, but is not sent until the body is there
};

// Index of the three certifiable acts in arrays.
constexpr std::size_t slot_of(Act act) {
  return static_cast<std::size_t>(act) - static_cast<std::size_t>(Act::kNotarize);
}

struct ViewVotes {
  std::array<std::vector<VoteSlot>, 3> votes;  // by act, then by validator
  std::array<std::optional<OwnVote>, 3> own;   // by act
  CertificatePtr notarization;
  CertificatePtr nullification;
  CertificatePtr finalization;

  std::vector<VoteSlot>& slots(Act act) { return votes[slot_of(act)]; }
  const std::vector<VoteSlot>& slots(Act act) const { return votes[slot_of(act)]; }
  CertificatePtr& certificate(Act act) {
    return act == Act::kNotarize  ? notarization
           : act == Act::kNullify ? nullification
                                  : finalization;
  }
  const CertificatePtr& certificate(Act act) const {
    return act == Act::kNotarize  ? notarization
           : act == Act::kNullify ? nullification
                                  : finalization;
  }
  // The block that is certified here (by notarization or finalization).
  const Certificate* block_certificate() const {
    return finalization ? finalization.get() : notarization.get();
  }
};

class VoteBook {
 public:
  // All are borrowed. `finalization`: one of this epoch that the store holds, if any.
  VoteBook(const EngineContext& context, DurabilityQueue& durability, PeerProgress& peers,
           EvidenceLog& evidence, CertificatePtr finalization);
  // After the prefix's: nothing of the epoch before is kept.
  void begin_epoch();
  // Views at or below a committed one are over.
  void forget_through(View view) { views_.erase(views_.begin(), views_.upper_bound(view)); }

  // --- what is known
  const std::map<View, ViewVotes>& views() const { return views_; }
  const ViewVotes* find(View view) const;
  View highest_certified() const { return highest_certified_; }
  View highest_notarized() const { return highest_notarized_; }
  const CertificatePtr& highest_finalization() const { return highest_finalization_; }
  // Of the highest finalization, or of the base: a vote is given, and counts, only above it.
  View finalized_view() const;
  // A finalization is known of which blocks are missing here.
  bool finality_is_ahead() const { return finalized_view() > context_.prefix.base_view(); }

  const Certificate* block_certificate(View view) const;
  bool certifies(View view, const BlockId& block) const;
  bool is_nullified(View view) const;
  std::optional<View> certified_view_of(const BlockId& block) const;
  bool has_voted(View view, Act act, std::size_t validator) const;
  std::size_t other_nullifiers(
      View view) const;  // how many validators but this node have nullified the view

  // --- others' votes and certificates
  // Counts a vote of its voter's own link, of this epoch and above the finalized view. The first of
  // each kind counts.
  void add(const Vote& vote);
  // A signature that was already verified as a vote is not verified again.
  bool verify(const Certificate& certificate) const;
  // Takes a verified certificate.
  void adopt(const CertificatePtr& certificate);
  // Forms a certificate from the first quorum of equal statements, if there is one.
  void tally(View view, Act act);
  void tally_all();
  // At start: the finalization that the journal holds of the last block of the store or above.
  void restore_finalization(const CertificatePtr& certificate) {
    highest_finalization_ = certificate;
  }

  // --- this node's votes
  const OwnVote* own(View view, Act act) const;
  // A restored or shown notarize vote of this node waits for this block.
  bool own_vote_awaits(const BlockId& block) const;
  // From now on this node has said so, whatever happens. Precondition: it has said nothing else of
  // this kind there, unless the journal says it again.
  void bind(const VoteRecord& record, bool durable, bool awaiting_body);
  void note_body(View view);              // the block of the own notarize vote is there
  void note_durable(View view, Act act);  // precondition: there is such a vote
  void count_own(View view, Act act);     // precondition: there is such a vote, and it is durable

  std::size_t vote_count() const;
  std::uint64_t nullified_views() const { return nullified_views_; }  // since start

 private:
  ViewVotes& at(View view);
  OwnVote& own_vote(View view, Act act);
  void report_contradictions(ViewVotes& votes, const Vote& vote);
  // The signatures of those who agree on `statement`, as many as a quorum; null: some were false.
  CertificatePtr certify(std::vector<VoteSlot>& slots, const Statement& statement);

  const EngineContext& context_;
  DurabilityQueue& durability_;
  PeerProgress& peers_;
  EvidenceLog& evidence_;
  std::map<View, ViewVotes> views_;  // above the base
  View highest_certified_;           // of any certificate in this epoch
  View highest_notarized_;
  CertificatePtr highest_finalization_;
  std::uint64_t nullified_views_ = 0;
};

}  // namespace testamur::consensus
