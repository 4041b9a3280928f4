// Where the other nodes stand, as far as they have shown, and what each of them may still cost this
// node.
//
// Owns one PeerView for each validator of the epoch, and for each other institution that was heard
// of (at most kMaxOtherPeers). What is claimed without proof moves nobody for longer than one round
// of asking. Private to consensus/. One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "consensus/engine_context.h"
#include "consensus/peer_credit.h"
#include "consensus/values/message.h"

namespace testamur::consensus {

struct PeerView {
  std::optional<std::uint64_t> heard_ms;
  Epoch epoch;
  View view;
  View finalized_view;
  std::uint64_t helped_ms = 0;
  PeerCredit credit;
  bool signed_invalid = false;  // its pause is for an invalid block of its own
  Height claimed_height;        // of its last final block, as it says, unproven
  unsigned fruitless_asks = 0;  // catch-up was tried on the strength of claims, and brought nothing
  std::uint64_t claims_void_until_ms = 0;
};

class PeerProgress {
 public:
  explicit PeerProgress(const EngineContext& context);

  // Positions of the epoch before are forgotten, and nobody is in this one before it has shown it;
  // silence counts from now.
  void begin_epoch();
  void listen_from_now();

  // A message of `from` shows that it is in this epoch and has reached this view.
  void note(const InstitutionId& from, Epoch epoch, View view);
  // What a peer says of itself is exact: it may have fallen back.
  void note(const InstitutionId& from, const Presence& presence);

  const PeerView& at(std::size_t validator) const { return validators_[validator]; }
  bool has_reached(std::size_t validator, View view) const;  // of this epoch
  // Not heard of for longer than the skip time. This node itself is never silent.
  bool is_silent(std::size_t validator) const;
  std::size_t audible() const;  // how many validators are not silent, this node included
  // When `validator` is silent if nothing more is heard of it.
  std::uint64_t silent_from_ms(std::size_t validator) const;

  // Signatures cost time: of votes, certificates and proposals only validators' are checked, and
  // after a false one a pause is made with its sender.
  bool trusted(const InstitutionId& from) const;
  bool in_credit(const InstitutionId& from)
      const;  // no pause is made with it, whether it is a validator or not
  void pause(const InstitutionId& from);
  void pause_for_false_signature(const InstitutionId& from);  // and the driver is told
  // A block that this validator signed is invalid, whoever brought it: judging it cost up to the
  // execution of a whole block. Its next ones are not judged during the pause, and its views are
  // given up at once.
  void pause_for_invalid_block(std::size_t validator);
  bool is_paused_for_invalid_block(std::size_t validator) const;
  // Answers cost their asker: it may cause so many bytes a second, and more only after a while.
  // Charged when allowed.
  bool may_answer(const InstitutionId& to, std::uint64_t bytes);

  // Whether a peer that is behind may be brought forward now: at a bounded rate, and not when it is
  // in a later epoch than this node. Counts as done.
  bool may_help(const InstitutionId& to);
  Epoch epoch_of(const InstitutionId& id);

  // Somebody claims, without proof, a final block above this node's, and is still believed.
  bool somebody_claims_more() const;
  // One round of catch-up on the strength of claims alone was begun: after one for each validator a
  // claim is void for a while.
  void count_ask_for_claims();
  void forget_fruitless_asks();  // catch-up brought blocks

  std::size_t size() const { return validators_.size() + others_.size(); }

 private:
  PeerView& peer(const InstitutionId& id);
  bool claims_more(const PeerView& peer) const;

  const EngineContext& context_;
  std::vector<PeerView> validators_;  // by index
  std::map<InstitutionId, PeerView> others_;
  std::uint64_t listening_since_ms_ = 0;  // silence counts from here
};

}  // namespace testamur::consensus
