// Whether this node may vote: a member that may have voted without remembering it observes until a
// quorum of others has told it how far its votes can reach.
//
// Owns the quarantine, the exchange of questions and answers that ends it, and the floor that it
// leaves: no vote and no proposal at or below that view. Both are journaled before they count.
// docs/consensus.md, "Quarantine", says why the floor is where it is. Private to consensus/. One
// thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "consensus/block_tree.h"
#include "consensus/durability_queue.h"
#include "consensus/engine_context.h"
#include "consensus/peer_progress.h"
#include "consensus/values/codec.h"
#include "consensus/values/message.h"
#include "consensus/vote_book.h"

namespace testamur::consensus {

class Quarantine {
 public:
  // All are borrowed. Certificates that answers bring go into `votes`; what an answer costs is
  // charged to `peers`.
  Quarantine(const EngineContext& context, VoteBook& votes, const BlockTree& blocks,
             PeerProgress& peers, DurabilityQueue& durability);

  // --- what this node may sign
  bool active() const { return active_; }
  // No vote and no proposal at or below this view of the current epoch.
  View floor() const;
  // A member, not in quarantine, in an epoch that is not over.
  bool voting() const;
  // Above the last finalized view and above the floor.
  bool may_vote(View view) const;

  // --- entering and leaving
  // At start, before enter: what the journal says.
  void restore(const std::optional<FloorRecord>& floor, bool active);
  void announce_restored();
  void enter(const std::string& why);
  // Enters when the certificate counts this node's signature under something that it does not
  // remember saying.
  void check_own_signature(const Certificate& certificate);
  // The operator's command: ends quarantine and floor once that is durable. Nothing happens where
  // no key of this node sits in the set: there is no vote to resume.
  void lift_by_command();
  // What a fresh journal segment must repeat.
  void append_live_records(std::vector<Record>& records) const;
  // An exchange is about one epoch, and a floor about it and the first views of the next one,
  // unless the block that ended it, of view `sealed_in`, came after everything that the lost votes
  // knew.
  void begin_epoch(View sealed_in);

  // --- the exchange
  void query_if_due();
  // For another node in quarantine, as far as this one can prove what it says.
  void answer(const InstitutionId& from, const QuarantineQuery& query);
  // Checks an answer to this node's own question. The view of its highest certificate, when it
  // counts; its votes were not looked at yet. Each validator answers once in an exchange.
  std::optional<View> check(const InstitutionId& from, const QuarantineAnswer& answer);
  // Counts an answer that was checked; leaves quarantine with the last one needed.
  void count(const QuarantineAnswer& answer, View highest);
  std::size_t answers() const { return exchange_.answers.size(); }

  std::uint64_t next_deadline_ms() const;

 private:
  struct QuarantineExchange {
    std::optional<Hash256> nonce;
    std::uint64_t ask_at_ms = 0;
    std::map<std::uint8_t, View> answers;  // responder -> view of its highest certificate
    CertificatePtr highest;
    // A sealing block may be final already: not in this epoch, unless a later exchange says
    // otherwise.
    bool must_wait = false;
    std::uint32_t spoken = 0;  // bit i: an answer of validator i was checked, whatever it said
    bool answered = false;     // enough answers: the floor is being written
    std::uint64_t began_ms = 0;
  };
  bool expects(const InstitutionId& from, const QuarantineAnswer& answer) const;
  bool shows_sealing(const QuarantineAnswer& answer) const;
  void show_sealing(QuarantineAnswer& answer) const;
  void show_votes_of(std::uint8_t asker, QuarantineAnswer& answer) const;
  void leave_if_answered();
  void leave(const FloorRecord& floor, const std::string& notice);

  const EngineContext& context_;
  VoteBook& votes_;
  const BlockTree& blocks_;
  PeerProgress& peers_;
  DurabilityQueue& durability_;
  bool active_ = false;
  std::optional<FloorRecord> floor_;
  QuarantineExchange exchange_;
};

}  // namespace testamur::consensus
