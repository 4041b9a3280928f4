// The messages of governance: proposals with their actions, votes, ready declarations, evidence.

#include <algorithm>
#include <set>

#include "common/check.h"
#include "ledger/proofs/checkpoint.h"
#include "ledger/tx/consensus_statement.h"
#include "ledger/tx/wire/messages.h"

namespace testamur::ledger::tx::wire {

namespace {

using Failure = std::optional<Rejection>;

constexpr std::size_t kSoftwareVersionLimitBytes = 64;

Failure read_institution_id(const std::string& bytes, InstitutionId& id) {
  FormCheck check;
  check.length("institution", bytes.size(), InstitutionId::kSize, Presence::kRequired);
  id = fixed_from<InstitutionId>(bytes);
  return check.result();
}

Failure read(const v1::Admission& message, AdmissionContent& content) {
  if (auto failure = read_institution_id(message.institution(), content.institution))
    return failure;
  content.institution_class = static_cast<InstitutionClass>(message.institution_class());
  content.retroactive = message.retroactive();
  FormCheck check;
  check.number("institution_class", static_cast<std::uint64_t>(message.institution_class()), 2, 4)
      .require(!content.retroactive || content.institution_class != InstitutionClass::kAccreditor,
               RejectionCode::kFieldConflict, "retroactive",
               "only the loss of the accreditor role is");
  return check.result();
}

Failure read(const v1::ValidatorSeat& message, Seat& seat) {
  if (auto failure = read_institution_id(message.institution(), seat.institution)) return failure;
  FormCheck check;
  check
      .length("consensus_key_id", message.consensus_key_id().size(), KeyId::kSize,
              Presence::kRequired)
      .length("ready_id", message.ready_id().size(), TransactionId::kSize, Presence::kOptional);
  seat.consensus_key = fixed_from<KeyId>(message.consensus_key_id());
  seat.ready = fixed_from<TransactionId>(message.ready_id());
  return check.result();
}

Failure read(const v1::ValidatorSetChange& message, SetChangeContent& content) {
  FormCheck check;
  check.number("validators", static_cast<std::uint64_t>(message.validators_size()), 1,
               CertifyingSet::kMaxSize);
  if (check.failed()) return check.result();

  // A key that sat twice would vote for two.
  std::set<KeyId> keys;
  for (int i = 0; i < message.validators_size(); ++i) {
    const auto path = FormCheck::element("validators", static_cast<std::size_t>(i));
    Seat seat;
    if (auto failure = read(message.validators(i), seat)) return prefixed(path, std::move(failure));
    check
        .require(content.seats.empty() || content.seats.back().institution < seat.institution,
                 RejectionCode::kNotSorted, path + ".institution",
                 "seats ascend by institution, each once")
        .require(keys.insert(seat.consensus_key).second, RejectionCode::kFieldConflict,
                 path + ".consensus_key_id", "a key has one seat");
    if (check.failed()) return check.result();
    content.seats.push_back(seat);
  }
  return std::nullopt;
}

Failure read(const v1::ParameterChange& message, ParameterChangeContent& content) {
  FormCheck check;
  check.number("parameters", static_cast<std::uint64_t>(message.parameters_size()), 1,
               kParameterCount);

  // Bounds belong to a parameter's form: they are the same on every ledger.
  Parameters within_bounds;
  for (int i = 0; i < message.parameters_size() && !check.failed(); ++i) {
    const auto& parameter = message.parameters(i);
    const auto path = FormCheck::element("parameters", static_cast<std::size_t>(i));
    check.number(path + ".id", parameter.id(), 1, kParameterCount);
    if (check.failed()) break;

    const ParameterValue value{static_cast<Parameter>(parameter.id()), parameter.value()};
    const auto set = within_bounds.set(value.id, value.value);
    check
        .require(content.values.empty() || content.values.back().id < value.id,
                 RejectionCode::kNotSorted, path + ".id", "parameters ascend by id, each once")
        .require(set.ok(), RejectionCode::kFieldRange, path + ".value",
                 set.ok() ? std::string{} : set.message());
    content.values.push_back(value);
  }
  return check.result();
}

Failure read(const v1::ProtocolActivation& message, ProtocolActivationContent& content) {
  FormCheck check;
  check.number("protocol_version", message.protocol_version(), 2, 0xFFFF)
      .require(message.height() != 0, RejectionCode::kFieldMissing, "height");
  content.version = static_cast<std::uint16_t>(message.protocol_version());
  content.height = Height{message.height()};
  return check.result();
}

Failure read(const v1::RootReplacement& message, RootReplacementContent& content) {
  if (auto failure = read_institution_id(message.institution(), content.institution))
    return failure;

  KeyPurpose purpose{};
  if (auto failure = wire::read(message.key(), purpose, content.key))
    return prefixed("key", std::move(failure));

  FormCheck check;
  check
      .require(purpose == KeyPurpose::kRoot, RejectionCode::kKeyPurposeForm, "key.purpose",
               "a root key is replaced")
      .length("possession_proof", message.possession_proof().size(), Signature::kSize,
              Presence::kRequired);

  content.possession = fixed_from<Signature>(message.possession_proof());
  return check.result();
}

Failure read(const v1::InstitutionSuspend& message, SuspensionContent& content) {
  content.lift = message.lift();
  return read_institution_id(message.institution(), content.institution);
}

template <class Content, class Message>
Failure read_action(std::string_view name, const Message& message, ProposedAction& action) {
  Content content;
  if (auto failure = read(message, content)) return prefixed(name, std::move(failure));
  action = std::move(content);
  return std::nullopt;
}

Failure read_action(const v1::GovernancePropose& message, ProposedAction& action) {
  using Propose = v1::GovernancePropose;
  switch (message.action_case()) {
    case Propose::kAdmission:
      return read_action<AdmissionContent>("admission", message.admission(), action);
    case Propose::kValidatorSet:
      return read_action<SetChangeContent>("validator_set", message.validator_set(), action);
    case Propose::kParameters:
      return read_action<ParameterChangeContent>("parameters", message.parameters(), action);
    case Propose::kProtocol:
      return read_action<ProtocolActivationContent>("protocol", message.protocol(), action);
    case Propose::kRootReplacement:
      return read_action<RootReplacementContent>("root_replacement", message.root_replacement(),
                                                 action);
    case Propose::kSuspension:
      return read_action<SuspensionContent>("suspension", message.suspension(), action);
    case Propose::ACTION_NOT_SET: break;
    case Propose::kSuccessionMerge:
    case Propose::kSuccessionSplit:
    case Propose::kSuccessionRename:
    case Propose::kSuccessionCustody: {
      SuccessionContent content;
      if (auto failure = read_succession(message, content))
        return prefixed("succession", std::move(failure));
      action = std::move(content);
      return std::nullopt;
    }
  }
  return Rejection{RejectionCode::kFieldMissing, "action", "a proposal says what shall happen", {}};
}

void write(const AdmissionContent& content, v1::GovernancePropose& message) {
  auto& admission = *message.mutable_admission();
  admission.set_institution(to_string(content.institution.view()));
  admission.set_institution_class(static_cast<v1::InstitutionClass>(content.institution_class));
  admission.set_retroactive(content.retroactive);
}

void write(const SetChangeContent& content, v1::GovernancePropose& message) {
  auto& change = *message.mutable_validator_set();
  for (const auto& seat : content.seats) {
    auto& entry = *change.add_validators();
    entry.set_institution(to_string(seat.institution.view()));
    entry.set_consensus_key_id(to_string(seat.consensus_key.view()));
    if (!seat.ready.is_zero()) entry.set_ready_id(to_string(seat.ready.view()));
  }
}

void write(const ParameterChangeContent& content, v1::GovernancePropose& message) {
  auto& change = *message.mutable_parameters();
  for (const auto& value : content.values) {
    auto& entry = *change.add_parameters();
    entry.set_id(static_cast<std::uint32_t>(value.id));
    entry.set_value(value.value);
  }
}

void write(const ProtocolActivationContent& content, v1::GovernancePropose& message) {
  message.mutable_protocol()->set_protocol_version(content.version);
  message.mutable_protocol()->set_height(content.height.value);
}

void write(const RootReplacementContent& content, v1::GovernancePropose& message) {
  auto& replacement = *message.mutable_root_replacement();
  replacement.set_institution(to_string(content.institution.view()));
  wire::write(KeyPurpose::kRoot, content.key, *replacement.mutable_key());
  replacement.set_possession_proof(to_string(content.possession.view()));
}

void write(const SuspensionContent& content, v1::GovernancePropose& message) {
  message.mutable_suspension()->set_institution(to_string(content.institution.view()));
  message.mutable_suspension()->set_lift(content.lift);
}

void write(const SuccessionContent& content, v1::GovernancePropose& message) {
  write_succession(content, message);
}

}  // namespace

Failure read(const v1::GovernancePropose& message, ProposalContent& content) {
  content.voting_ends_ms = message.voting_ends_ms();
  content.effective_ms = message.effective_ms();
  if (content.voting_ends_ms == 0)
    return Rejection{RejectionCode::kFieldMissing, "voting_ends_ms", "", {}};
  return read_action(message, content.action);
}

void write(const ProposalContent& content, v1::GovernancePropose& message) {
  message.set_voting_ends_ms(content.voting_ends_ms);
  message.set_effective_ms(content.effective_ms);
  std::visit([&](const auto& action) { write(action, message); }, content.action);
}

Failure read(const v1::GovernanceVote& message, VoteContent& content) {
  FormCheck check;
  check
      .length("proposal_id", message.proposal_id().size(), TransactionId::kSize,
              Presence::kRequired)
      .require(!(message.approve() && message.veto()), RejectionCode::kFieldConflict, "veto",
               "a veto approves of nothing");
  content = {fixed_from<TransactionId>(message.proposal_id()), message.approve(), message.veto()};
  return check.result();
}

void write(const VoteContent& content, v1::GovernanceVote& message) {
  message.set_proposal_id(to_string(content.proposal.view()));
  message.set_approve(content.approve);
  message.set_veto(content.veto);
}

Failure read(const v1::Ready& message, ReadyContent& content) {
  FormCheck check;
  check
      .length("consensus_key_id", message.consensus_key_id().size(), KeyId::kSize,
              Presence::kRequired)
      .text("software_version", message.software_version(), kSoftwareVersionLimitBytes,
            Presence::kRequired)
      .number("protocol_version", message.protocol_version(), 1, 0xFFFF)
      .length("checkpoint_id", message.checkpoint_id().size(), BlockId::kSize, Presence::kRequired);
  content = {fixed_from<KeyId>(message.consensus_key_id()), message.software_version(),
             static_cast<std::uint16_t>(message.protocol_version()),
             Height{message.checkpoint_height()}, fixed_from<BlockId>(message.checkpoint_id())};
  return check.result();
}

void write(const ReadyContent& content, v1::Ready& message) {
  message.set_consensus_key_id(to_string(content.consensus_key.view()));
  message.set_software_version(content.software_version);
  message.set_protocol_version(content.protocol_version);
  message.set_checkpoint_height(content.checkpoint_height.value);
  message.set_checkpoint_id(to_string(content.checkpoint.view()));
}

Failure read(const v1::Evidence& message, EvidenceContent& content) {
  if (auto failure = read_institution_id(message.institution(), content.institution))
    return failure;
  content.first = to_bytes(as_bytes(message.first()));
  content.second = to_bytes(as_bytes(message.second()));

  // Whether the accused signed them, the state decides; that they contradict each other, they say.
  const auto first = decode_signed_statement(content.first);
  const auto second = decode_signed_statement(content.second);
  FormCheck check;
  check
      .require(first.has_value(), RejectionCode::kFieldLength, "first",
               "a statement and its signature")
      .require(second.has_value(), RejectionCode::kFieldLength, "second",
               "a statement and its signature")
      .require(content.first < content.second, RejectionCode::kNotSorted, "second",
               "the statements ascend as bytes");
  if (check.failed()) return check.result();
  check.require(contradict(*first, *second), RejectionCode::kNoContradiction, "second");
  return check.result();
}

void write(const EvidenceContent& content, v1::Evidence& message) {
  message.set_first(to_string(content.first));
  message.set_second(to_string(content.second));
  message.set_institution(to_string(content.institution.view()));
}

}  // namespace testamur::ledger::tx::wire
