// What a proposal may do, as plain values. Their order is part of stored formats
// (docs/formats/kinds.md); their rules stand in rules/proposal_actions.cpp. Pure values; any
// thread.
#pragma once

#include <cstdint>
#include <string_view>
#include <variant>
#include <vector>

#include "common/bytes.h"
#include "common/ids.h"
#include "common/keys.h"
#include "ledger/parameters.h"
#include "ledger/tx/facts.h"

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

// A succession by vote stands for the roots of the predecessors (rules/successions.cpp).
using ProposedAction = std::variant<AdmissionContent, SetChangeContent, ParameterChangeContent,
                                    ProtocolActivationContent, RootReplacementContent,
                                    SuspensionContent, SuccessionContent>;
// "admission", "validator_set", "parameters", "protocol", "root_replacement", "suspension",
// "succession".
std::string_view action_name(const ProposedAction& action);

}  // namespace testamur::ledger::tx
