// The verdict as text and as JSON.
#include "wallet/keystore/strict_json.h"
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
    case InstitutionStanding::kGood: return "in good standing";
    case InstitutionStanding::kSuspended: return "suspended";
    case InstitutionStanding::kClosed: return "closed";
  }
  return "unknown";
}

std::string_view outcome_text(Acceptance outcome) {
  switch (outcome) {
    case Acceptance::kAccept: return "accept";
    case Acceptance::kRefuse: return "refuse";
    case Acceptance::kBlocked: return "blocked";
  }
  return "unknown";
}

std::string_view status_text(LedgerStatus status) {
  switch (status) {
    case LedgerStatus::kValid: return "valid";
    case LedgerStatus::kRevoked: return "revoked";
    case LedgerStatus::kSuspended: return "suspended";
    case LedgerStatus::kSuperseded: return "superseded";
  }
  return "unknown";
}

std::string issuer_text(const IssuerRecord& issuer) {
  std::string text = "  issuer       " + issuer.name_then;
  if (issuer.name_now != issuer.name_then) text += " (now: " + issuer.name_now + ")";
  if (!issuer.country.empty()) text += ", " + issuer.country;
  return text + ", " + std::string(standing_text(issuer.standing)) + "\n";
}

std::string decision_text(const DecisionRecord& decision) {
  std::string text =
      "    " + decision.point + ": " + std::string(outcome_text(decision.outcome)) +
      (decision.own_policy ? " by your own policy" : " by the policy of " + decision.viewpoint + ", not yours") +
      (decision.governs ? ", which lets this decide" : "") + "\n";
  for (const auto& path : decision.paths) text += "      via " + path + "\n";
  return text;
}

std::string bodies_text(const AcceptanceRecord& acceptance) {
  if (acceptance.bodies.empty()) return {};
  std::string text = "  joint award: " + acceptance.joint + " of its awarding bodies must be accepted\n";
  for (const auto& body : acceptance.bodies) {
    text += "    " + body.name + ": " + std::string(outcome_text(body.outcome)) +
            (body.failed_rule.empty() ? "" : " (rule " + body.failed_rule + ")") + "\n";
  }
  return text;
}

Json acceptance_json(const AcceptanceRecord& acceptance) {
  Json bodies = Json::array();
  for (const auto& body : acceptance.bodies) {
    bodies.push_back({{"name", body.name}, {"outcome", outcome_text(body.outcome)}, {"failed_rule", body.failed_rule}});
  }
  return Json{{"outcome", outcome_text(acceptance.outcome)},
              {"failed_rule", acceptance.failed_rule},
              {"explanation", acceptance.explanation},
              {"governs", acceptance.governs},
              {"claim_governs", acceptance.claim_governs},
              {"viewpoint", acceptance.viewpoint},
              {"own_policy", acceptance.own_policy},
              {"policy_digest", acceptance.policy_digest},
              {"joint", acceptance.joint},
              {"bodies", bodies}};
}

std::string elements_text(const std::vector<Element>& elements) {
  std::string text = "  elements of the award\n";
  for (const auto& element : elements) {
    text += "    " + padded(element.name, 32);
    text += element.value.empty() ? "[" + std::string(element.source) + "]" : element.value;
    text += "\n";
  }
  return text;
}

Json findings_json(const Verdict& verdict) {
  Json list = Json::array();
  for (const auto& finding : verdict.findings)
    list.push_back({{"topic", to_text(finding.topic)}, {"answer", to_text(finding.answer)}, {"text", finding.text}});
  return list;
}

Json slots_json(const std::vector<SlotRecord>& slots) {
  Json list = Json::array();
  for (const auto& slot : slots) {
    list.push_back({{"issuer", to_text(slot.issuer)},
                    {"issuer_name", slot.issuer_name},
                    {"index", slot.index.value},
                    {"achievement", to_text(slot.achievement)},
                    {"anchor_height", slot.anchor_height.value},
                    {"anchor_time_ms", slot.anchor_time_ms},
                    {"status", status_text(slot.status)},
                    {"since_ms", slot.since_ms},
                    {"reason", slot.reason},
                    {"log_index", slot.log_index}});
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
  return Json{{"id", to_text(issuer.id)},    {"name_then", issuer.name_then},
              {"name_now", issuer.name_now}, {"country", issuer.country},
              {"domain", issuer.domain},     {"standing", standing_text(issuer.standing)}};
}

Json credential_json(const CredentialView& credential) {
  Json claims = Json::object();
  for (const auto& [id, value] : credential.disclosed)
    claims[std::string(kind_of(id).name)] = std::visit([](const auto& held) { return Json(held); }, value);
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
  for (const auto& element : elements)
    list.push_back({{"name", element.name}, {"value", element.value}, {"source", element.source}});
  return list;
}

// A hash that is found is never called valid.
std::string verdict_word(const Verdict& verdict) {
  if (verdict_code(verdict) == VerdictCode::kAllWell && !verdict.contents_checked) return "found";
  return overall(verdict) == Answer::kNotValid ? "not_valid" : std::string(to_text(overall(verdict)));
}

bool holder_checked(const Verdict& verdict) {
  const Finding* holder = find(verdict, Topic::kHolder);
  return holder != nullptr && holder->answer == Answer::kValid;
}

}  // namespace

std::string to_text(const Verdict& verdict) {
  std::string text = headline(verdict) + "\n";
  if (verdict.credential) text += "  reference    " + to_text(verdict.credential->head.reference) + "\n";
  text += "  commitment   " + verdict.commitment.hex() + "\n";
  if (verdict.facts.issuer) text += issuer_text(*verdict.facts.issuer);
  for (const auto& finding : verdict.findings) {
    text += "  " + padded(to_text(finding.topic), kTopicWidth) + " " + padded(to_text(finding.answer), 10) +
            finding.text + "\n";
  }
  if (verdict.facts.decisions && !verdict.facts.decisions->empty()) {
    text += "  decisions\n";
    for (const auto& decision : *verdict.facts.decisions) text += decision_text(decision);
  }
  if (verdict.facts.acceptance) text += bodies_text(*verdict.facts.acceptance);
  if (!verdict.elements.empty()) text += elements_text(verdict.elements);
  if (verdict.facts.as_of) {
    text += "  as of height " + std::to_string(verdict.facts.as_of->height.value) + ", " +
            format_time_ms(verdict.facts.as_of->time_ms) + " UTC, " +
            (verdict.facts.source == Source::kProven ? "proven" : "by the word of " + verdict.facts.answered_by) + "\n";
  }
  return text;
}

std::string to_json(const Verdict& verdict) {
  Json json{{"verdict", verdict_word(verdict)},
            {"exit_code", static_cast<int>(verdict_code(verdict))},
            {"headline", headline(verdict)},
            {"commitment", verdict.commitment.hex()},
            {"findings", findings_json(verdict)},
            {"status", verdict.status ? Json(to_text(*verdict.status)) : Json("unknown")},
            {"contents_checked", verdict.contents_checked},
            {"holder_checked", holder_checked(verdict)},
            {"elements", elements_json(verdict.elements)},
            {"verified_at_ms", verdict.verified_at_ms},
            {"source", verdict.facts.source == Source::kProven ? "proven" : "node"},
            {"answered_by", verdict.facts.answered_by}};
  if (verdict.credential) json["credential"] = credential_json(*verdict.credential);
  if (verdict.facts.issuer) json["issuer"] = issuer_json(*verdict.facts.issuer);
  if (verdict.facts.slots) json["slots"] = slots_json(*verdict.facts.slots);
  if (verdict.facts.decisions) json["decisions"] = decisions_json(*verdict.facts.decisions);
  if (verdict.facts.acceptance) json["acceptance"] = acceptance_json(*verdict.facts.acceptance);
  if (verdict.facts.as_of)
    json["as_of"] = {{"height", verdict.facts.as_of->height.value}, {"time_ms", verdict.facts.as_of->time_ms}};
  if (verdict.grant_ends_at_s) json["grant_ends_at_s"] = *verdict.grant_ends_at_s;
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace testamur::wallet
