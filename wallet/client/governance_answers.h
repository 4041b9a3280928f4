// What the validators decide together, as nodes answer it. Rules as in answers.h. Pure values; any
// thread.
#pragma once

#include "ledger/tx/content.h"
#include "wallet/client/answers.h"

namespace testamur::wallet {

struct ReadyAnswer {
  TransactionId id;  // zero: not known
  PartyName institution;
  std::optional<KeyId> consensus_key;
  std::string software_version;
  std::uint32_t protocol_version = 0;
  std::uint64_t lapses_ms = 0;
  bool lapsed = true;  // also where it is not known whether it has
};
struct ReadyListAnswer {
  std::vector<ReadyAnswer> ready;
  Shown shown;
};

struct SeatAnswer {
  PartyName institution;
  std::optional<KeyId> consensus_key;
  std::optional<ReadyAnswer> ready;  // the newest one
};
struct ValidatorsAnswer {
  std::uint64_t epoch = 0;
  std::vector<SeatAnswer> seats;
  std::uint32_t protocol_in_force = 0;
  std::uint32_t protocol_activating = 0;  // 0: none
  Height activation_height;
  Shown shown;
};

enum class ProposalState : std::uint8_t {
  kUnknown,
  kVoting,
  kPassed,
  kDone,
  kLapsed,
  kVoid,
  kVetoed
};
struct VoteAnswer {
  PartyName validator;
  bool approve = false;
  bool counts = false;  // its institution is a validator now
  std::uint64_t time_ms = 0;
};
struct ProposalAnswer {
  TransactionId id;  // zero: not known
  PartyName proposer;
  // By the word of the node; nothing where this program cannot read what it shows.
  std::optional<ledger::tx::ProposalContent> content;
  ProposalState state = ProposalState::kUnknown;
  std::string reason;  // of a void one
  std::vector<VoteAnswer> votes;
  std::uint32_t approvals = 0;
  std::uint32_t approvals_needed = 0;  // 0: not known
  std::uint64_t proposed_ms = 0;
  Height ended_height;
  std::uint64_t ended_ms = 0;
  // Once passed: it takes effect with the first block at or after this time. 0: not known.
  std::uint64_t due_ms = 0;
  Shown shown;
};
struct ProposalsAnswer {
  std::vector<ProposalAnswer> proposals;
  Shown shown;
};

struct EvidenceAnswer {
  PartyName validator;
  std::uint64_t epoch = 0, view = 0;
  std::string contradiction;
  std::uint64_t seen_ms = 0;
  std::optional<std::uint64_t> anchored_ms;  // nothing while nobody has committed it
};
struct EvidenceListAnswer {
  std::vector<EvidenceAnswer> evidence;
  Shown shown;
};

}  // namespace testamur::wallet
