// What the transactions of governance say, as plain values: proposals and their actions, votes,
// ready, evidence.
//
// Orders and numbers are part of stored formats (docs/formats/kinds.md). Pure values; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "common/bytes.h"
#include "common/ids.h"
#include "common/keys.h"
#include "ledger/parameters.h"
#include "ledger/tx/facts.h"
#include "ledger/tx/rejection.h"

namespace testamur::ledger::tx {

// Gives a member another class: raises it to accreditor or validator, or takes what it had.
struct AdmissionContent {
  InstitutionId institution;
  InstitutionClass institution_class =
      InstitutionClass::kAccreditor;  // issuer, accreditor or validator
  // Of an accreditor that loses the role: what it accredited before does not count either.
  bool retroactive = false;
  auto operator<=>(const AdmissionContent&) const = default;
};

struct Seat {
  InstitutionId institution;
  KeyId consensus_key;
  TransactionId ready;  // of that key; zero: this key sits in the set already
  auto operator<=>(const Seat&) const = default;
};
// The whole next set, ascending by institution, 1 to 31 seats.
struct SetChangeContent {
  std::vector<Seat> seats;
  auto operator<=>(const SetChangeContent&) const = default;
};

struct ParameterValue {
  Parameter id{};
  std::uint64_t value = 0;
  auto operator<=>(const ParameterValue&) const = default;
};
struct ParameterChangeContent {
  std::vector<ParameterValue> values;  // ascending by id; the others stay
  auto operator<=>(const ParameterChangeContent&) const = default;
};

// The blocks from `height` on are executed by protocol `version`.
struct ProtocolActivationContent {
  std::uint16_t version = 0;
  Height height;
  auto operator<=>(const ProtocolActivationContent&) const = default;
};

// The institution's root keys retire, `key` becomes its only one (threshold 1).
struct RootReplacementContent {
  InstitutionId institution;
  PublicKey key;
  Signature possession;  // over possession_message(chain, institution, root, key)
  auto operator<=>(const RootReplacementContent&) const = default;
};

struct SuspensionContent {
  InstitutionId institution;
  bool lift = false;
  auto operator<=>(const SuspensionContent&) const = default;
};

// A succession by vote stands for the roots of the predecessors (ledger/tx/succession_rules.h).
using ProposedAction = std::variant<AdmissionContent, SetChangeContent, ParameterChangeContent,
                                    ProtocolActivationContent, RootReplacementContent,
                                    SuspensionContent, SuccessionContent>;
// "admission", "validator_set", "parameters", "protocol", "root_replacement", "suspension",
// "succession".
std::string_view action_name(const ProposedAction& action);

struct ProposalContent {
  std::uint64_t voting_ends_ms = 0;  // votes count in blocks before this time
  std::uint64_t effective_ms =
      0;  // takes effect in the first block at or after this, once passed; 0: once passed
  ProposedAction action;
  auto operator<=>(const ProposalContent&) const = default;
};

struct VoteContent {
  TransactionId proposal;
  bool approve = false;
  bool veto = false;  // by the old root of a root replacement
};

// A consensus key says that it is about to be used: its node follows the ledger.
struct ReadyContent {
  KeyId consensus_key;
  std::string software_version;
  std::uint16_t protocol_version = 1;  // the newest that the software knows
  Height checkpoint_height;            // of a recent block that it knows to be final
  BlockId checkpoint;
};

// Two contradicting statements of one consensus key (docs/formats/consensus.md), each with its
// signature.
struct EvidenceContent {
  InstitutionId institution;  // the accused
  Bytes first, second;        // statement || signature, ascending as bytes
};

}  // namespace testamur::ledger::tx
