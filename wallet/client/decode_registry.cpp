// Institutions, keys, successions and statements, and what a node decides from them. From these the
// wallet decides by its own policy (wallet/cli/flow/local_view.h), where a limit that was lost on
// the way would widen what is trusted: so the messages carry what shows a loss (a count beside a
// list, the presence of a number), and what was lost is not known.
#include <algorithm>

#include "wallet/client/decode.h"
#include "wallet/client/decode_parts.h"

namespace testamur::wallet {

using namespace parts;

namespace {

namespace tx = ledger::tx;

std::optional<tx::InstitutionClass> class_from(v1::InstitutionClass value) {
  switch (value) {
    case v1::INSTITUTION_CLASS_LISTED: return tx::InstitutionClass::kListed;
    case v1::INSTITUTION_CLASS_ISSUER: return tx::InstitutionClass::kIssuer;
    case v1::INSTITUTION_CLASS_ACCREDITOR: return tx::InstitutionClass::kAccreditor;
    case v1::INSTITUTION_CLASS_VALIDATOR: return tx::InstitutionClass::kValidator;
    default: return std::nullopt;
  }
}

std::optional<trust::Standing> standing_from(v1::InstitutionStanding value) {
  switch (value) {
    case v1::INSTITUTION_STANDING_GOOD: return trust::Standing::kGood;
    case v1::INSTITUTION_STANDING_SUSPENDED: return trust::Standing::kSuspended;
    case v1::INSTITUTION_STANDING_CLOSED: return trust::Standing::kClosed;
    case v1::INSTITUTION_STANDING_LEFT: return trust::Standing::kLeft;
    default: return std::nullopt;
  }
}

std::optional<trust::Kind> kind_from(v1::StatementKind value) {
  switch (value) {
    case v1::STATEMENT_KIND_TRUST: return trust::Kind::kTrust;
    case v1::STATEMENT_KIND_ACCREDIT: return trust::Kind::kAccredit;
    case v1::STATEMENT_KIND_DISTRUST: return trust::Kind::kDistrust;
    case v1::STATEMENT_KIND_END: return trust::Kind::kEnd;
    case v1::STATEMENT_KIND_VOID: return trust::Kind::kVoid;
    default: return std::nullopt;
  }
}

std::optional<trust::Scheme> scheme_from(v1::QualityAssuranceScheme value) {
  const auto number = static_cast<unsigned>(value);
  return number < trust::kSchemeCount ? std::optional(static_cast<trust::Scheme>(number))
                                      : std::nullopt;
}

KeyState state_from(const v1::KeyView& view, const KeyRecord& record) {
  if (!record.fate_known) return KeyState::kUnknown;
  switch (view.state()) {
    case v1::KEY_STATE_ACTIVE: return KeyState::kActive;
    case v1::KEY_STATE_RETIRED: return KeyState::kRetired;
    case v1::KEY_STATE_COMPROMISED: return KeyState::kCompromised;
    default: return KeyState::kUnknown;
  }
}

KeyAnswer key_from(const v1::KeyView& view) {
  KeyAnswer key;
  key.record = decode(view);
  key.state = state_from(view, key.record);
  key.retired = anchor_from(view.has_retired(), view.retired());
  // A node from before protocol version 4 knows thefts of retirements alone.
  if (key.state == KeyState::kCompromised)
    key.stolen = view.has_stolen() ? anchor_from(true, view.stolen()) : key.retired;
  return key;
}

tx::InstitutionFacts facts_from(const v1::InstitutionFacts& view) {
  tx::InstitutionFacts facts;
  for (const auto& name : view.legal_names())
    facts.legal_names.push_back({name.language(), name.text()});
  facts.country = view.country();
  facts.domain = view.domain();
  facts.ror = view.ror();
  facts.eter = view.eter();
  facts.lei = view.lei();
  facts.deqar = view.deqar();
  facts.parent = id_or_zero<InstitutionId>(view.parent());
  return facts;
}

// Of an institution's record or a version of it: the parent stands in it twice.
template <class View>
bool knows_parent(const View& view) {
  const auto& parent = view.facts().parent();
  return view.has_facts() && view.has_parent_id() && view.parent_id() == parent &&
         (parent.empty() || id_of<InstitutionId>(parent));
}

VersionAnswer version_from(const v1::InstitutionVersion& view) {
  VersionAnswer version;
  version.institution_class = class_from(view.institution_class());
  version.standing = standing_from(view.standing());
  version.facts = facts_from(view.facts());
  version.parent_known = knows_parent(view);
  version.from_height = Height{view.from_height()};
  version.from_time_ms = view.from_time_ms();
  if (view.has_retroactive()) version.retroactive = view.retroactive();
  return version;
}

// The parts of a scope. Each is left absent where its list is empty, and false where a word of it
// is not understood.
bool read_fields(const v1::ScopeView& view, std::optional<trust::FieldMask>& fields) {
  for (const auto& code : view.fields()) {
    const auto mask = trust::parse_own_field(code);
    if (!mask.ok()) return false;
    fields = fields.value_or(trust::FieldMask{}) | *mask;
  }
  return true;
}

bool read_levels(const v1::ScopeView& view, std::optional<std::uint8_t>& levels) {
  for (const auto level : view.levels()) {
    if (level == 0 || level > trust::kMaxLevel) return false;
    levels = static_cast<std::uint8_t>(levels.value_or(0) | 1U << (level - 1));
  }
  return true;
}

// Award types and purposes: a bit for each name.
template <class Value, class Mask>
bool read_names(const google::protobuf::RepeatedPtrField<std::string>& names,
                Result<Value> (*parse)(std::string_view), std::optional<Mask>& mask) {
  for (const auto& name : names) {
    const auto value = parse(name);
    if (!value.ok()) return false;
    mask = static_cast<Mask>(mask.value_or(0) | 1U << unsigned(*value));
  }
  return true;
}

bool read_achievements(const v1::ScopeView& view,
                       std::optional<std::vector<trust::AchievementName>>& achievements) {
  for (const auto& name : view.achievements()) {
    const auto institution = id_of<InstitutionId>(name.institution_id());
    if (!institution) return false;
    if (!achievements) achievements.emplace();
    achievements->push_back({*institution, name.number()});
  }
  return true;
}

// A list that was lost on the way shows in the number of all entries.
bool is_whole(const v1::ScopeView& view) {
  const auto entries = view.fields_size() + view.levels_size() + view.award_types_size() +
                       view.purposes_size() + view.achievements_size();
  return view.has_entries() && view.entries() == static_cast<std::uint32_t>(entries);
}

// Nothing where a word is not understood or a list was lost: a scope without a limit that it has is
// another scope.
std::optional<trust::Scope> scope_from(bool present, const v1::ScopeView& view) {
  if (!present || !is_whole(view)) return std::nullopt;

  trust::Scope scope;
  const bool is_understood =
      read_fields(view, scope.fields) && read_levels(view, scope.levels) &&
      read_names(view.award_types(), trust::parse_award_type, scope.award_types) &&
      read_names(view.purposes(), trust::parse_purpose, scope.purposes) &&
      read_achievements(view, scope.achievements);
  return is_understood ? std::optional(std::move(scope)) : std::nullopt;
}

std::vector<PartyName> parties_from(
    const google::protobuf::RepeatedPtrField<v1::InstitutionName>& list) {
  std::vector<PartyName> parties;
  for (const auto& name : list) parties.push_back(party_from(name));
  return parties;
}

DecidedPoint point_from(v1::DecisionPoint point) {
  switch (point) {
    case v1::DECISION_POINT_AT_ANCHOR: return DecidedPoint::kAtAnchor;
    case v1::DECISION_POINT_TODAY: return DecidedPoint::kToday;
    case v1::DECISION_POINT_AT_CLAIM: return DecidedPoint::kAtClaim;
    case v1::DECISION_POINT_AT_TIME: return DecidedPoint::kAtTime;
    default: return DecidedPoint::kUnknown;
  }
}

DecisionAnswer decision_from(const v1::Decision& view) {
  DecisionAnswer decision;
  decision.point = point_from(view.point());
  decision.outcome = outcome_from(view.outcome());
  // A rule that failed and a yes contradict each other.
  const bool accepts = decision.outcome == Acceptance::kAccept;
  if (accepts && !view.failed_rule().empty()) decision.outcome = Acceptance::kUnknown;
  decision.viewpoint = party_from(view.viewpoint());
  decision.issuer = party_from(view.issuer());
  decision.at_time_ms = view.at_time_ms();
  decision.as_of_height = Height{view.as_of_height()};
  decision.amount = view.amount();
  decision.required_amount = view.required_amount();
  decision.independent_paths = view.independent_paths();
  decision.accredited_amount = view.accredited_amount();
  decision.explanation = view.explanation();
  decision.policy_digest = to_hex(as_bytes(view.policy_digest()));
  for (const auto& path : view.paths()) {
    PathAnswer& added = decision.paths.emplace_back();
    added.amount = path.amount();
    for (const auto& hop : path.hops())
      added.hops.push_back({party_from(hop.truster()), party_from(hop.subject()), hop.capacity()});
  }
  decision.remedies.assign(view.remedies().begin(), view.remedies().end());
  return decision;
}

// Of a decision alone and of one with its paths.
template <class Answer>
DecisionAnswer decided_by(const Answer& answer) {
  auto decision = decision_from(answer.decision());
  decision.as_of = as_of_from(answer.has_as_of(), answer.as_of());
  decision.shown = Shown(answer);
  return decision;
}

}  // namespace

InstitutionAnswer decode(const v1::InstitutionView& view) {
  InstitutionAnswer institution;
  institution.name = party_from(view.name());
  institution.institution_class = class_from(view.institution_class());
  institution.standing = standing_from(view.standing());
  institution.facts = facts_from(view.facts());
  institution.parent_known = knows_parent(view);
  institution.root_threshold = view.root_threshold();
  institution.registered = anchor_from(view.has_registered(), view.registered());
  if (view.has_sponsor()) institution.sponsor = party_from(view.sponsor());
  for (const auto& policy : view.policies())
    institution.policies.push_back({to_hex(as_bytes(policy.digest())), policy.url()});

  for (const auto& key : view.keys()) institution.keys.push_back(key_from(key));
  institution.keys_whole = view.has_key_count() && view.key_count() == institution.keys.size();
  for (const auto& version : view.history()) institution.history.push_back(version_from(version));
  institution.history_whole =
      view.has_version_count() && view.version_count() == institution.history.size();
  for (const auto& succession : view.successions())
    institution.successions.push_back(decode(succession));
  return institution;
}

InstitutionAnswer decode(const v1::GetInstitutionResponse& answer) {
  auto institution = decode(answer.institution());
  institution.as_of = as_of_from(answer.has_as_of(), answer.as_of());
  institution.shown = Shown(answer);
  return institution;
}

InstitutionsAnswer decode(const v1::ListInstitutionsResponse& answer) {
  InstitutionsAnswer list;
  for (const auto& view : answer.institutions()) list.institutions.push_back(decode(view));
  list.as_of = as_of_from(answer.has_as_of(), answer.as_of());
  list.shown = Shown(answer);
  return list;
}

OwnedKeyAnswer decode(const v1::GetKeyResponse& answer) {
  return {key_from(answer.key()), party_from(answer.institution()), Shown(answer)};
}

SuccessionAnswer decode(const v1::SuccessionView& view) {
  SuccessionAnswer succession;
  succession.kind = word(view.kind(), *v1::SuccessionKind_descriptor());
  succession.predecessors = parties_from(view.predecessors());
  succession.successors = parties_from(view.successors());
  if (view.has_heir()) succession.heir = party_from(view.heir());

  // A party that was lost on the way would be one to whom nothing passes on (decision 1165).
  const auto named =
      succession.predecessors.size() + succession.successors.size() + (view.has_heir() ? 1 : 0);
  const auto all_named = [](const std::vector<PartyName>& parties) {
    return std::ranges::all_of(parties, &PartyName::is_named);
  };
  succession.parties_known =
      view.has_party_count() && view.party_count() == named && all_named(succession.predecessors) &&
      all_named(succession.successors) && (!succession.heir || succession.heir->is_named());

  if (view.has_closes()) succession.closes = view.closes();
  succession.effective = view.effective();
  succession.anchor = anchor_from(view.has_anchor(), view.anchor());
  return succession;
}

SuccessionsAnswer decode(const v1::ListSuccessionsResponse& answer) {
  SuccessionsAnswer list;
  for (const auto& view : answer.successions()) list.successions.push_back(decode(view));
  list.shown = Shown(answer);
  return list;
}

StatementAnswer decode(const v1::StatementView& view) {
  StatementAnswer statement;
  statement.id = id_or_zero<trust::StatementId>(view.id());
  statement.truster = party_from(view.truster());
  statement.subject = party_from(view.subject());
  statement.kind = kind_from(view.kind());
  statement.amount =
      small_number<std::uint8_t>(view.has_amount(), view.amount(), trust::kFullAmount);
  statement.depth = small_number<std::uint8_t>(view.has_depth(), view.depth(), trust::kMaxDepth);
  statement.scope = scope_from(view.has_scope(), view.scope());
  if (view.has_valid_from_ms()) statement.valid_from_ms = view.valid_from_ms();
  if (view.has_valid_until_ms()) statement.valid_until_ms = view.valid_until_ms();
  statement.slot = small_number<std::uint16_t>(view.has_slot(), view.slot(), 0xffff);
  statement.scheme = scheme_from(view.scheme());
  // An accreditation, and nothing else, has a scheme.
  if ((statement.kind == trust::Kind::kAccredit) == (statement.scheme == trust::Scheme::kNone))
    statement.scheme.reset();

  statement.names_whole =
      view.has_names_count() && view.names_count() == static_cast<std::uint32_t>(view.names_size());
  for (const auto& bytes : view.names()) {
    const auto id = id_of<trust::StatementId>(bytes);
    if (id) statement.names.push_back(*id);
    statement.names_whole = statement.names_whole && id.has_value();
  }
  statement.anchor = anchor_from(view.has_anchor(), view.anchor());
  statement.key = id_of<KeyId>(view.key_id());
  statement.evidence_digest = id_or_zero<Hash256>(view.evidence_digest());
  statement.report_url = view.report_url();
  statement.in_force = view.in_force();
  return statement;
}

std::string StatementAnswer::unknown_part() const {
  if (id.is_zero()) return "its id";
  if (!truster.is_named() || !subject.is_named()) return "who says it of whom";
  if (!kind) return "its kind";
  if (!slot) return "its slot";
  if (!amount) return "its amount";
  if (!depth) return "its depth";
  if (!scope) return "its scope";
  if (!valid_from_ms || !valid_until_ms) return "its time";
  if (!scheme) return "its scheme of quality assurance";
  if (!names_whole) return "which statements it names";
  if (!anchor) return "its place on the ledger";
  if (!key) return "the key that signed it";
  return {};
}

StatementsAnswer decode(const v1::ListStatementsResponse& answer) {
  StatementsAnswer list;
  for (const auto& view : answer.statements()) list.statements.push_back(decode(view));
  list.as_of = as_of_from(answer.has_as_of(), answer.as_of());
  list.shown = Shown(answer);
  return list;
}

DecisionAnswer decode(const v1::DecideResponse& answer) { return decided_by(answer); }
DecisionAnswer decode(const v1::PathsResponse& answer) { return decided_by(answer); }

}  // namespace testamur::wallet
