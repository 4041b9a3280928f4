// Whether the state allows what a proposal proposes, and doing it: one pair of functions an action.
// A rule that stands against an action when it is due makes the proposal void, so its code is part
// of the ledger.

#include <algorithm>

#include "common/check.h"
#include "ledger/protocol.h"
#include "ledger/tx/form_check.h"
#include "ledger/tx/records/governance.h"
#include "ledger/tx/records/institutions.h"
#include "ledger/tx/records/record.h"
#include "ledger/tx/rules/proposals.h"
#include "ledger/tx/rules/rules.h"
#include "ledger/validators.h"

namespace testamur::ledger::tx::rules {

namespace {

using Failure = std::optional<Rejection>;

Rejection refuse(RejectionCode code, std::string field, std::string detail = {}) {
  return {code, std::move(field), std::move(detail), {}};
}

Failure unknown_institution(const InstitutionId& id) {
  return refuse(RejectionCode::kUnknownInstitution, "institution", to_text(id));
}

// ---- admission

Failure check(const StateView& view, const AdmissionContent& content, Moment) {
  const auto* institution = view.institution(content.institution);
  if (institution == nullptr) return unknown_institution(content.institution);
  if (institution->institution_class == InstitutionClass::kListed) {
    return refuse(RejectionCode::kListedInstitution, "institution", to_text(content.institution));
  }
  if (institution->institution_class == content.institution_class) {
    return refuse(RejectionCode::kClassUnchanged, "institution_class");
  }

  // There is nothing to take back of a role that was never held.
  if (content.retroactive && institution->institution_class != InstitutionClass::kAccreditor) {
    return refuse(RejectionCode::kFieldConflict, "retroactive", "the institution is no accreditor");
  }
  if (content.institution_class != InstitutionClass::kIssuer &&
      institution->standing != Standing::kGood) {
    return refuse(RejectionCode::kStandingNotGood, "institution", to_text(content.institution));
  }

  // Its seat rests on the class: the set changes first.
  if (seat_of(view.state, content.institution)) {
    return refuse(RejectionCode::kSeated, "institution", to_text(content.institution));
  }
  return std::nullopt;
}

void apply(StateWriter& writer, const AdmissionContent& content) {
  auto record = read_institution(writer.state(), content.institution);
  record->institution_class = content.institution_class;
  record->retroactive = content.retroactive;
  writer.put_institution(std::move(*record));
}

// ---- the validator set

Failure check_incoming(const StateView& view, const Seat& seat) {
  const std::string field = "ready_id";
  if (seat.ready.is_zero())
    return refuse(RejectionCode::kReadyNeeded, field, to_text(seat.consensus_key));

  // A seat for a node that is not there would cost the set a vote in every view.
  const auto ready = read_ready(view.state, seat.ready);
  if (!ready || ready->content.consensus_key != seat.consensus_key) {
    return refuse(RejectionCode::kReadyNeeded, field, to_text(seat.consensus_key));
  }
  if (!is_live(*ready, view.time_ms, view.limit(Parameter::kReadyLifetimeMs))) {
    return refuse(RejectionCode::kReadyLapsed, field, to_text(seat.ready));
  }

  const auto version = newest_protocol_record(view.state).version;
  if (ready->content.protocol_version < version) {
    return refuse(RejectionCode::kReadyProtocol, field,
                  "it knows version " + std::to_string(ready->content.protocol_version) +
                      ", the ledger is at " + std::to_string(version));
  }
  return std::nullopt;
}

Failure check_seat(const StateView& view, const CertifyingSet& current, const Seat& seat) {
  const auto* institution = view.institution(seat.institution);
  if (institution == nullptr) return unknown_institution(seat.institution);
  if (institution->institution_class != InstitutionClass::kValidator ||
      institution->standing != Standing::kGood) {
    return refuse(RejectionCode::kSeatClass, "institution", to_text(seat.institution));
  }

  const auto* key = view.key(seat.consensus_key);
  if (key == nullptr || key->institution != seat.institution ||
      key->purpose != KeyPurpose::kConsensus || key->retired) {
    return refuse(RejectionCode::kSeatKey, "consensus_key_id", to_text(seat.consensus_key));
  }

  // Whoever sits already has shown it by voting.
  const bool keeps =
      std::ranges::any_of(current.members(), [&](const CertifyingSet::Member& member) {
        return consensus_key_id(member) == seat.consensus_key;
      });
  return keeps ? std::nullopt : check_incoming(view, seat);
}

bool same_seats(const CertifyingSet& current, const SetChangeContent& content) {
  return std::ranges::equal(current.members(), content.seats, {}, consensus_key_id,
                            &Seat::consensus_key);
}

Failure check(const StateView& view, const SetChangeContent& content, Moment) {
  const auto current = read_validators(view.state);
  for (std::size_t i = 0; i < content.seats.size(); ++i) {
    if (auto failure = check_seat(view, current, content.seats[i])) {
      return prefixed(FormCheck::element("validators", i), std::move(failure));
    }
  }
  if (same_seats(current, content)) return refuse(RejectionCode::kSetUnchanged, "validators");
  return std::nullopt;
}

// The set, and the end of the keys that have no seat in it any more: such a key never comes back.
void put_set(StateWriter& writer, std::vector<CertifyingSet::Member> members) {
  const auto before = read_validators(writer.state());
  auto after = CertifyingSet::make(std::move(members));
  TM_CHECK(after.ok(), "a checked change gives no validator set:", after.message());
  writer.put_record(Privilege::kValidators, RegistryKind::kValidators, registry_id_of_validators(),
                    after->encode());
  for (const auto& member : before.members()) {
    const auto stays = std::ranges::find(after->members(), member.key, &CertifyingSet::Member::key);
    if (stays != after->members().end()) continue;
    const auto key = read_key(writer.state(), consensus_key_id(member));
    TM_CHECK(key, "a seat names a key that is not registered:", member.institution.hex());
    if (!key->retired) writer.retire_key(key->added, 0);
  }
}

void apply(StateWriter& writer, const SetChangeContent& content) {
  std::vector<CertifyingSet::Member> members;
  for (const auto& seat : content.seats) {
    const auto key = read_key(writer.state(), seat.consensus_key);
    members.push_back(
        {seat.institution, decltype(CertifyingSet::Member::key)::prefix_of(key->added.key.bytes)});
  }
  put_set(writer, std::move(members));
}

// ---- parameters

Failure check(const StateView& view, const ParameterChangeContent& content, Moment) {
  // A build that does not know the parameter would execute the change to another digest.
  const auto in_force = protocol_version_at(view.state, view.height);
  for (const auto& value : content.values) {
    const auto& row = row_of(value.id);
    if (row.since > in_force) {
      return refuse(RejectionCode::kLaterProtocol, "parameters", std::string(row.name));
    }
  }

  const auto current = read_parameters(view.state);
  const bool changes = std::ranges::any_of(content.values, [&](const ParameterValue& value) {
    return current[value.id] != value.value;
  });
  if (!changes) return refuse(RejectionCode::kParametersUnchanged, "parameters");
  return std::nullopt;
}

void apply(StateWriter& writer, const ParameterChangeContent& content) {
  auto parameters = read_parameters(writer.state());
  for (const auto& value : content.values) {
    const auto set = parameters.set(value.id, value.value);
    TM_CHECK(set.ok(), "a checked parameter is out of bounds:", set.message());
  }
  writer.put_record(Privilege::kParameters, RegistryKind::kParameters, registry_id_of_parameters(),
                    encode(parameters));
}

// ---- protocol version

std::size_t ready_validators(const StateView& view, const CertifyingSet& set,
                             std::uint16_t version) {
  return static_cast<std::size_t>(
      std::ranges::count_if(set.members(), [&](const CertifyingSet::Member& member) {
        const auto ready = latest_ready(view.state, consensus_key_id(member));
        return ready && ready->content.protocol_version >= version &&
               is_live(*ready, view.time_ms, view.limit(Parameter::kReadyLifetimeMs));
      }));
}

Failure check(const StateView& view, const ProtocolActivationContent& content, Moment moment) {
  const auto newest = newest_protocol_record(view.state);
  if (content.version <= newest.version) {
    return refuse(RejectionCode::kProtocolNotNewer, "protocol_version",
                  "version " + std::to_string(newest.version) + " is activated already");
  }
  if (content.height <= std::max(view.height, newest.from)) {
    return refuse(RejectionCode::kProtocolNotNewer, "height",
                  "it is not above " + std::to_string(view.height.value));
  }

  // Nodes are upgraded between the vote and the day: only then must a quorum know the version.
  if (moment == Moment::kProposed) return std::nullopt;
  const auto set = read_validators(view.state);
  const auto ready = ready_validators(view, set, content.version);
  if (ready >= set.quorum()) return std::nullopt;
  return refuse(RejectionCode::kNotReady, "protocol_version",
                std::to_string(ready) + " of the needed " + std::to_string(set.quorum()));
}

void apply(StateWriter& writer, const ProtocolActivationContent& content) {
  writer.put_record(Privilege::kProtocol, RegistryKind::kProtocol, registry_id_of_protocol(),
                    encode(ProtocolRecord{content.version, content.height}));
}

// ---- root replacement

Failure check(const StateView& view, const RootReplacementContent& content, Moment) {
  const auto* institution = view.institution(content.institution);
  if (institution == nullptr) return unknown_institution(content.institution);
  if (institution->institution_class == InstitutionClass::kListed) {
    return refuse(RejectionCode::kListedInstitution, "institution", to_text(content.institution));
  }

  const auto id = key_id(KeyPurpose::kRoot, content.key);
  if (view.key(id) != nullptr) return refuse(RejectionCode::kKeyExists, "key", to_text(id));

  // Somebody must hold the new root, or the vote would leave the institution without any.
  const auto message =
      possession_message(view.chain, content.institution, KeyPurpose::kRoot, content.key);
  if (!verify(content.key, message.view(), content.possession)) {
    return refuse(RejectionCode::kPossession, "possession_proof", to_text(id));
  }
  return std::nullopt;
}

void apply(StateWriter& writer, const RootReplacementContent& content) {
  for (const auto& id : keys_of(writer.state(), content.institution)) {
    const auto key = read_key(writer.state(), id);
    if (key->added.purpose == KeyPurpose::kRoot && !key->retired) writer.retire_key(key->added, 0);
  }

  writer.add_key(content.institution, KeyPurpose::kRoot, content.key);

  // There is one root now: an old threshold above one could never be reached.
  auto record = read_institution(writer.state(), content.institution);
  record->root_threshold = 1;
  record->retroactive = false;
  writer.put_institution(std::move(*record));
}

// ---- suspension

Failure check(const StateView& view, const SuspensionContent& content, Moment) {
  const auto* institution = view.institution(content.institution);
  if (institution == nullptr) return unknown_institution(content.institution);
  if (institution->standing != (content.lift ? Standing::kSuspended : Standing::kGood)) {
    return refuse(RejectionCode::kStandingUnchanged, "institution", to_text(content.institution));
  }

  // A set without members could certify nothing, not even the lift.
  if (!content.lift && seat_of(view.state, content.institution) &&
      read_validators(view.state).size() == 1) {
    return refuse(RejectionCode::kLastValidator, "institution", to_text(content.institution));
  }
  return std::nullopt;
}

void apply(StateWriter& writer, const SuspensionContent& content) {
  auto record = read_institution(writer.state(), content.institution);
  record->standing = content.lift ? Standing::kGood : Standing::kSuspended;
  record->retroactive = false;
  writer.put_institution(std::move(*record));

  // Who is suspended leaves the set; a seat does not come back with good standing.
  if (content.lift || !seat_of(writer.state(), content.institution)) return;
  auto members = read_validators(writer.state()).members();
  std::erase_if(members, [&](const CertifyingSet::Member& m) {
    return m.institution == content.institution;
  });
  put_set(writer, std::move(members));
}

// ---- succession

Failure check(const StateView& view, const SuccessionContent& content, Moment) {
  return check_voted(view, content);
}

void apply(StateWriter& writer, const SuccessionContent& content) {
  writer.put_succession(content);
}

}  // namespace

std::optional<Rejection> check_action(const StateView& view, const ProposedAction& action,
                                      Moment moment) {
  auto failure =
      std::visit([&](const auto& content) { return check(view, content, moment); }, action);
  return prefixed("governance_propose." + std::string(action_name(action)), std::move(failure));
}

bool changes_set(const StateReader& state, const ProposedAction& action) {
  if (std::holds_alternative<SetChangeContent>(action)) return true;
  const auto* suspension = std::get_if<SuspensionContent>(&action);
  return suspension != nullptr && !suspension->lift && seat_of(state, suspension->institution);
}

Privilege privileges_of(const ProposedAction& action) {
  static constexpr std::array<Privilege, std::variant_size_v<ProposedAction>> kByAction = {
      Privilege::kInstitutions,
      Privilege::kValidators | Privilege::kKeys,
      Privilege::kParameters,
      Privilege::kProtocol,
      Privilege::kInstitutions | Privilege::kKeys,
      Privilege::kInstitutions | Privilege::kValidators | Privilege::kKeys,
      Privilege::kInstitutions | Privilege::kSuccessions,
  };
  return kByAction[action.index()];
}

void apply_action(StateWriter& writer, const ProposedAction& action) {
  std::visit([&](const auto& content) { apply(writer, content); }, action);
}

}  // namespace testamur::ledger::tx::rules
