// The verdict as text and as JSON. Whatever somebody else wrote stands in one line of ours
// (one_line()): a name with a line end in it could otherwise forge a finding. The JSON has the
// texts as they are, since its strings are quoted.
#include "common/visible.h"
#include "wallet/verify/elements.h"
#include "wallet/verify/verdict.h"

namespace testamur::wallet {
namespace {

constexpr std::size_t kTopicWidth = 12;

std::string padded(std::string_view text, std::size_t width) {
  std::string out{text};
  if (out.size() < width) out.append(width - out.size(), ' ');
  return out;
}

std::string_view standing_text(InstitutionStanding standing) {
  switch (standing) {
    case InstitutionStanding::kUnknown: return "of unknown standing";
    case InstitutionStanding::kGood: return "in good standing";
    case InstitutionStanding::kSuspended: return "suspended";
    case InstitutionStanding::kClosed: return "closed";
  }
  return "unknown";
}

std::string_view outcome_text(Acceptance outcome) {
  switch (outcome) {
    case Acceptance::kUnknown: return "unknown";
    case Acceptance::kAccept: return "accept";
    case Acceptance::kRefuse: return "refuse";
    case Acceptance::kBlocked: return "blocked";
  }
  return "unknown";
}

std::string_view status_text(LedgerStatus status) {
  switch (status) {
    case LedgerStatus::kUnknown: return "unknown";
    case LedgerStatus::kValid: return "valid";
    case LedgerStatus::kRevoked: return "revoked";
    case LedgerStatus::kSuspended: return "suspended";
    case LedgerStatus::kSuperseded: return "superseded";
  }
  return "unknown";
}

std::string issuer_text(const IssuerRecord& issuer, const RegistryFacts& facts) {
  std::string text = "  issuer       " + apart(issuer.name_then);
  if (issuer.name_now != issuer.name_then) text += " (now: " + apart(issuer.name_now) + ")";
  if (!issuer.country.empty()) text += ", " + one_line(issuer.country);
  return text + ", " + std::string(standing_text(issuer.standing)) + " (" +
         one_line(rests_on(facts, issuer.basis)) + ")\n";
}

// By hash alone; a credential says more of itself (elements).
std::string achievement_text(const RegistryFacts& facts) {
  if (!facts.achievement || facts.achievement->titles.empty()) return {};
  const auto& record = *facts.achievement;
  return "  awards       " + apart(record.titles.front().text) + ", " +
         to_display(kind_of(ClaimId::kEctsHundredths),
                    ClaimValue{std::uint64_t{record.ects_hundredths}}) +
         " ECTS, EQF " + std::to_string(record.eqf_level) + " (" +
         one_line(rests_on(facts, record.basis)) + ")\n";
}

std::string decision_text(const DecisionRecord& decision) {
  if (decision.outcome == Acceptance::kUnknown && !decision.explanation.empty())
    return "    " + decision.point + ": undecided (" + one_line(decision.explanation) + ")" +
           (decision.governs ? ", which lets this decide" : "") + "\n";
  std::string text = "    " + decision.point + ": " + std::string(outcome_text(decision.outcome)) +
                     (decision.own_policy ? " by your own policy"
                                          : " as " + apart(decision.viewpoint) + " sees it") +
                     (decision.governs ? ", which lets this decide" : "") + "\n";
  for (const auto& path : decision.paths) text += "      via " + one_line(path) + "\n";
  return text;
}

// What a rule of a policy is about, for people; its own name is for programs.
std::string rule_words(const std::string& rule) {
  constexpr std::pair<std::string_view, std::string_view> kWords[] = {
      {"unknown", "not on the ledger at that time"},
      {"future", "the time asked about lies after the newest block"},
      {"block", "somebody whose distrust counts distrusts it"},
      {"claim", "the claimed date of award does not fit the anchor"},
      {"amount", "too little recognition"},
      {"paths", "too few independent paths"},
      {"accreditation", "lacks an accreditation that the policy asks for"},
      {"assessor", "who teaches and who assesses are not separate"},
      {"too_large", "too many recognitions to search: no answer"}};
  for (const auto& [name, words] : kWords)
    if (rule == name) return std::string(words);
  return "rule " + one_line(rule);
}

std::string bodies_text(const AcceptanceRecord& acceptance) {
  if (acceptance.bodies.empty()) return {};
  std::string text =
      "  joint award: " + one_line(acceptance.joint) + " of its awarding bodies must be accepted\n";
  for (const auto& body : acceptance.bodies) {
    text += "    " + apart(body.name) + ": " + std::string(outcome_text(body.outcome)) +
            (body.failed_rule.empty() ? "" : " (" + rule_words(body.failed_rule) + ")") + "\n";
  }
  return text;
}

Json acceptance_json(const AcceptanceRecord& acceptance) {
  Json bodies = Json::array();
  for (const auto& body : acceptance.bodies) {
    bodies.push_back({{"name", body.name},
                      {"outcome", outcome_text(body.outcome)},
                      {"failed_rule", body.failed_rule}});
  }

  Json as_of;
  if (acceptance.as_of)
    as_of = {{"height", acceptance.as_of->height.value}, {"time_ms", acceptance.as_of->time_ms}};

  return Json{{"outcome", outcome_text(acceptance.outcome)},
              {"failed_rule", acceptance.failed_rule},
              {"explanation", acceptance.explanation},
              {"governs", acceptance.governs},
              {"claim_governs", acceptance.claim_governs},
              {"viewpoint", acceptance.viewpoint},
              {"own_policy", acceptance.own_policy},
              {"policy_of", to_text(acceptance.policy_of)},
              {"policy_owner", acceptance.policy_owner},
              {"policy_digest", acceptance.policy_digest},
              {"joint", acceptance.joint},
              {"by_word_of", acceptance.by_word_of},
              {"as_of", std::move(as_of)},
              {"bodies", bodies}};
}

// Whether an issuer is recognised and whether all is shown are no questions of validity.
std::string_view answer_text(const Finding& finding) {
  const bool beside = finding.topic == Topic::kAcceptance || finding.topic == Topic::kAnswer;
  if (!beside) return to_text(finding.answer);
  switch (finding.answer) {
    case Answer::kValid: return "yes";
    case Answer::kNotValid: return "no";
    case Answer::kUnknown: break;
  }
  return "unknown";
}

std::string elements_text(const std::vector<Element>& elements) {
  std::string text = "  elements of the award\n";
  for (const auto& element : elements) {
    text += "    " + padded(element.name, 32);
    text += element.value.empty() ? "[" + std::string(element.source) + "]"
                                  : apart(element.value) + "  [" + one_line(element.rests_on) + "]";
    text += "\n";
  }
  return text;
}

Json findings_json(const Verdict& verdict) {
  Json list = Json::array();
  for (const auto& finding : verdict.findings)
    list.push_back({{"topic", to_text(finding.topic)},
                    {"answer", to_text(finding.answer)},
                    {"text", finding.text}});
  return list;
}

Json slots_json(const std::vector<SlotRecord>& slots) {
  Json list = Json::array();
  for (const auto& slot : slots) {
    list.push_back(
        {{"issuer", to_text(slot.issuer)},
         {"index", slot.index.value},
         {"achievement", to_text(slot.achievement)},
         {"anchor_height", slot.anchor_height.value},
         {"anchor_time_ms", slot.anchor_time_ms},
         {"status", status_text(slot.status)},
         {"proven", slot.basis == Basis::kProven},
         {"said_of_the_change",
          {{"since_ms", slot.since_ms}, {"reason", slot.reason}, {"log_index", slot.log_index}}}});
  }
  return list;
}

Json decisions_json(const std::vector<DecisionRecord>& decisions) {
  Json list = Json::array();
  for (const auto& decision : decisions) {
    list.push_back({{"point", decision.point},
                    {"outcome", outcome_text(decision.outcome)},
                    {"governs", decision.governs},
                    {"viewpoint", decision.viewpoint},
                    {"own_policy", decision.own_policy},
                    {"policy_digest", decision.policy_digest},
                    {"explanation", decision.explanation},
                    {"failed_rule", decision.failed_rule},
                    {"paths", decision.paths}});
  }
  return list;
}

Json issuer_json(const IssuerRecord& issuer) {
  return Json{{"id", to_text(issuer.id)},
              {"name_then", issuer.name_then},
              {"name_now", issuer.name_now},
              {"country", issuer.country},
              {"domain", issuer.domain},
              {"standing", standing_text(issuer.standing)},
              {"proven", issuer.basis == Basis::kProven}};
}

Json credential_json(const CredentialView& credential) {
  Json claims = Json::object();
  for (const auto& [id, value] : credential.disclosed)
    claims[std::string(kind_of(id).name)] =
        std::visit([](const auto& held) { return Json(held); }, value);

  Json json{{"reference", to_text(credential.head.reference)},
            {"achievement", to_text(credential.head.achievement)},
            {"kid", to_text(credential.head.issuer_key)},
            {"iss_domain", credential.head.issuer_domain},
            {"issued_at_s", credential.head.issued_at_s},
            {"holder_key", credential.head.holder_made ? "holder-made" : "issuer-made"},
            {"claims", std::move(claims)},
            {"withheld_or_decoys", credential.withheld}};

  if (credential.head.expires_at_s) json["expires_at_s"] = *credential.head.expires_at_s;
  return json;
}

Json elements_json(const std::vector<Element>& elements) {
  Json list = Json::array();
  for (const auto& element : elements) {
    list.push_back({{"name", element.name},
                    {"value", element.value},
                    {"source", element.source},
                    {"rests_on", element.rests_on}});
  }
  return list;
}

// A hash that is found is never called valid. Of the credential alone: who accepts its issuer is
// another question.
std::string_view verdict_word(const Verdict& verdict) {
  switch (standing(verdict)) {
    case Standing::kGenuine: return "valid";
    case Standing::kFound: return "found";
    case Standing::kCannotTell: return "unknown";
    default: return "not_valid";
  }
}

// One word about the issuer, for programs.
std::string_view recognition_word(const Verdict& verdict) {
  const Finding* finding = find(verdict, Topic::kAcceptance);
  if (finding == nullptr || finding->code_if_unknown == VerdictCode::kAllWell) return "not_asked";
  switch (finding->answer) {
    case Answer::kValid: return "accepted";
    case Answer::kNotValid: return "not_accepted";
    case Answer::kUnknown: break;
  }
  return "unknown";
}

// The headline in one word, for programs: a good one only where all is well, so that whoever reads
// this member alone is told of whatever else the exit code says.
std::string_view answer_word(const Verdict& verdict) {
  const auto what = standing(verdict);
  if (what != Standing::kGenuine && what != Standing::kFound) return to_text(what);
  switch (verdict_code(verdict)) {
    case VerdictCode::kAllWell: return to_text(what);
    case VerdictCode::kHolderUnchecked: return "holder_not_checked";
    case VerdictCode::kNotAccepted: return "issuer_not_accepted";
    case VerdictCode::kIncomplete: return "not_all_shown";
    default: return "cannot_tell";
  }
}

// Whether it still matters who accepts the issuer: under "revoked" or "forged" nothing more says
// "accept".
bool may_count(const Verdict& verdict) {
  switch (standing(verdict)) {
    case Standing::kGenuine:
    case Standing::kFound:
    case Standing::kCannotTell: return true;
    default: return false;
  }
}

bool is_valid(const Verdict& verdict, Topic topic) {
  const Finding* finding = find(verdict, topic);
  return finding != nullptr && finding->answer == Answer::kValid;
}

// What the verdict is about, and who issued it.
std::string subject_text(const Verdict& verdict) {
  std::string text;
  if (verdict.credential)
    text += "  reference    " + to_text(verdict.credential->head.reference) + "\n";
  if (!verdict.commitment.is_zero()) text += "  commitment   " + verdict.commitment.hex() + "\n";
  if (verdict.facts.issuer) text += issuer_text(*verdict.facts.issuer, verdict.facts);
  if (!verdict.credential) text += achievement_text(verdict.facts);

  if (verdict.facts.others_list > 0) {
    text += "  " + std::to_string(verdict.facts.others_list) +
            " more of other issuers, which say nothing of this one\n";
  }
  return text;
}

std::string findings_text(const std::vector<Finding>& findings) {
  std::string text;
  for (const auto& finding : findings) {
    text += "  " + padded(to_text(finding.topic), kTopicWidth) + " " +
            padded(answer_text(finding), 10) + one_line(finding.text) + "\n";
  }
  return text;
}

std::string decisions_text(const std::vector<DecisionRecord>& decisions) {
  if (decisions.empty()) return {};
  std::string text = "  decisions about the issuer\n";
  for (const auto& decision : decisions) text += decision_text(decision);
  return text;
}

std::string block_text(const RegistryFacts& facts) {
  if (!facts.as_of) return {};
  return "  as of height " + std::to_string(facts.as_of->height.value) + ", " +
         format_time_ms(facts.as_of->time_ms) + " UTC, " +
         one_line(rests_on(facts, facts.as_of->basis)) + "\n";
}

bool is_proven(const RegistryFacts& facts) {
  return facts.as_of && facts.as_of->basis == Basis::kProven;
}

// What was not asked or not found is absent, never empty: an empty list of slots would say that the
// ledger has none.
void add_found(Json& json, const Verdict& verdict) {
  const RegistryFacts& facts = verdict.facts;
  if (verdict.credential) json["credential"] = credential_json(*verdict.credential);
  if (facts.issuer) json["issuer"] = issuer_json(*facts.issuer);
  if (facts.slots) json["slots"] = slots_json(*facts.slots);
  if (facts.decisions) json["decisions"] = decisions_json(*facts.decisions);
  if (facts.acceptance) json["acceptance"] = acceptance_json(*facts.acceptance);
}

}  // namespace

std::string to_text(const Verdict& verdict) {
  std::string text = one_line(headline(verdict)) + "\n";

  // Under "revoked" or "forged" no word about recognition stands: people would read the good one.
  if (const auto second = recognition(verdict); !second.empty() && may_count(verdict))
    text += "recognition: " + one_line(second) + "\n";

  text += subject_text(verdict);
  text += findings_text(verdict.findings);
  if (verdict.facts.decisions && may_count(verdict))
    text += decisions_text(*verdict.facts.decisions);
  if (verdict.facts.acceptance) text += bodies_text(*verdict.facts.acceptance);
  if (!verdict.elements.empty()) text += elements_text(verdict.elements);
  return text + block_text(verdict.facts);
}

Json as_json(const Verdict& verdict) {
  Json json{{"verdict", verdict_word(verdict)},
            {"standing", to_text(standing(verdict))},
            {"answer", answer_word(verdict)},
            {"exit_code", static_cast<int>(verdict_code(verdict))},
            {"headline", headline(verdict)},
            {"recognition", recognition_word(verdict)},
            {"recognition_text", recognition(verdict)},
            {"commitment", verdict.commitment.is_zero() ? Json() : Json(verdict.commitment.hex())},
            {"findings", findings_json(verdict)},
            {"status", verdict.status ? Json(to_text(*verdict.status)) : Json("unknown")},
            {"contents_checked", is_valid(verdict, Topic::kContents)},
            {"holder_checked", is_valid(verdict, Topic::kHolder)},
            {"not_checked", not_checked(verdict)},
            {"doubt_of_key", verdict.doubt_of_key},
            {"elements", elements_json(verdict.elements)},
            {"verified_at_ms", verdict.verified_at_ms},
            {"source", is_proven(verdict.facts) ? "proven" : "node"},
            {"answered_by", verdict.facts.answered_by}};

  add_found(json, verdict);
  const auto& acceptance = verdict.facts.acceptance;
  json["recognition_is_own_word"] = is_own_word(verdict);
  json["seen_from_viewpoint"] = acceptance && is_seen_from_viewpoint(*acceptance);
  if (verdict.facts.as_of)
    json["as_of"] = {{"height", verdict.facts.as_of->height.value},
                     {"time_ms", verdict.facts.as_of->time_ms}};

  json["status_is_old"] = is_status_old(verdict);
  if (verdict.facts.as_of && verdict.facts.as_of->height < verdict.facts.newest_known)
    json["later_block"] = verdict.facts.newest_known.value;

  if (verdict.grant_ends_at_s) json["grant_ends_at_s"] = *verdict.grant_ends_at_s;
  if (verdict.grant_over_s) json["grant_over_s"] = *verdict.grant_over_s;
  return json;
}

std::string to_json(const Verdict& verdict) {
  return as_json(verdict).dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace testamur::wallet
