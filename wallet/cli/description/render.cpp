// Every text of a node goes through one_line() before it stands within a line of ours, and what an
// answer left open is called unknown, never shown as the good value (decisions 1140 and 1141).
#include "wallet/cli/description/render.h"

#include <cstdio>
#include <ctime>
#include <sstream>

#include "common/visible.h"
#include "wallet/cli/dates.h"
#include "wallet/cli/terminal.h"

namespace testamur::wallet {
namespace {

std::string number(std::uint64_t value) { return std::to_string(value); }

// A word of the node within a line of ours.
std::string word_or_unknown(const std::string& word) {
  return word.empty() ? "unknown" : one_line(word);
}

std::string best_title(const AchievementRecord& record) {
  for (const auto& title : record.titles) {
    if (title.language == "en") return one_line(title.text);
  }
  return record.titles.empty() ? "(untitled)" : one_line(record.titles.front().text);
}

std::string ects_text(std::uint64_t hundredths) {
  char text[32];
  std::snprintf(text, sizeof text, hundredths % 100 == 0 ? "%llu ECTS" : "%llu.%02llu ECTS",
                static_cast<unsigned long long>(hundredths / 100),
                static_cast<unsigned long long>(hundredths % 100));
  return text;
}

std::string path_text(const PathAnswer& path) {
  std::string text;
  for (const auto& hop : path.hops) {
    if (text.empty()) text = party_text(hop.truster);
    text += " -" + number(hop.capacity) + "-> " + party_text(hop.subject);
  }
  return text + "  carries " + number(path.amount);
}

std::string parties_text(const std::vector<PartyName>& parties) {
  std::string text;
  for (const auto& party : parties) text += (text.empty() ? "" : ", ") + party_text(party);
  return text;
}

// merge of A, B into C, heir C, on a date
std::string succession_text(const SuccessionAnswer& succession) {
  std::string text = word_or_unknown(succession.kind) + " of " +
                     parties_text(succession.predecessors) + " into " +
                     parties_text(succession.successors);
  if (succession.heir) text += ", heir " + party_text(*succession.heir);
  if (!succession.parties_known) text += " (and perhaps others)";
  if (!succession.closes) text += ", which may close or go on";
  if (succession.closes == false) text += ", which goes on";
  text += ", " + time_text(succession.anchor ? succession.anchor->time_ms : 0);
  return (succession.effective ? "succession " : "agreed to the ") + text;
}

// Numbers only of a rule that had a say: one's own award needs nobody's statement.
std::string rests_on(const DecisionAnswer& decision) {
  const bool own = decision.outcome == Acceptance::kAccept && decision.issuer.is_named() &&
                   decision.issuer.id == decision.viewpoint.id;
  if (own) return "it is its own award";
  return "amount " + number(decision.amount) + " of " + number(decision.required_amount) + ", " +
         number(decision.independent_paths) +
         (decision.independent_paths == 1 ? " independent path" : " independent paths");
}

std::string policy_line(const StatusAnswer& status) {
  const auto& digest = status.policy_digest;
  const auto& published = status.published_policy_digest;
  if (digest.empty()) return {};
  const std::string text = "  policy      " + digest.substr(0, 16) + "\u2026, ";
  if (published.empty()) return text + "none is published\n";
  if (digest == published)
    return text + "published on " + date_text(status.policy_published_ms) + "\n";
  return text +
         toned(Tone::kDoubt, "not the published one (" + published.substr(0, 16) + "\u2026)") +
         "\n";
}

}  // namespace

std::string counted(std::size_t number, const std::string& one) {
  return std::to_string(number) + " " + one + (number == 1 ? "" : "s");
}

std::string time_text(std::uint64_t time_ms) {
  if (time_ms == 0) return "-";
  const std::time_t seconds = static_cast<std::time_t>(time_ms / 1000);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  char text[40];
  std::strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S UTC", &parts);
  return text;
}

std::string date_text(std::uint64_t time_ms) { return time_text(time_ms).substr(0, 10); }

std::string party_text(const PartyName& name) {
  std::string text = one_line(name.name_now);
  if (text.empty()) text = name.is_named() ? to_text(name.id) : "(nobody)";
  const std::string then = one_line(name.name_then);
  if (!then.empty() && then != text) text += " (then: " + then + ")";
  return text;
}

std::string as_of_text(const std::optional<AsOf>& as_of) {
  if (!as_of) return "as of an unknown block";
  return "as of block " + number(as_of->height.value) + ", " + time_text(as_of->time_ms);
}

std::string class_text(const std::optional<ledger::tx::InstitutionClass>& institution_class) {
  using ledger::tx::InstitutionClass;
  if (!institution_class) return "of unknown class";
  switch (*institution_class) {
    case InstitutionClass::kListed: return "listed";
    case InstitutionClass::kIssuer: return "issuer";
    case InstitutionClass::kAccreditor: return "accreditor";
    case InstitutionClass::kValidator: return "validator";
  }
  return "of unknown class";
}

std::string standing_text(const std::optional<trust::Standing>& standing) {
  if (!standing) return "of unknown standing";
  switch (*standing) {
    case trust::Standing::kGood: return "good";
    case trust::Standing::kSuspended: return "suspended";
    case trust::Standing::kClosed: return "closed";
    case trust::Standing::kLeft: return "left";
  }
  return "of unknown standing";
}

std::string key_state_text(KeyState state) {
  switch (state) {
    case KeyState::kActive: return "active";
    case KeyState::kRetired: return "retired";
    case KeyState::kCompromised: return "compromised";
    case KeyState::kUnknown: break;
  }
  return "in an unknown state";
}

std::string key_purpose_text(const std::optional<KeyPurpose>& purpose) {
  return purpose ? std::string(to_text(*purpose)) : "of unknown purpose";
}

std::string decision_text(const DecisionAnswer& decision, const std::string& indent,
                          bool with_paths) {
  std::string when = "at " + date_text(decision.at_time_ms);
  if (decision.point == DecidedPoint::kAtAnchor) when = "when it was anchored";
  if (decision.point == DecidedPoint::kToday) when = "today";
  std::string says = "gives no answer that can be judged about";
  if (decision.outcome == Acceptance::kAccept) says = "accepts";
  if (decision.outcome == Acceptance::kBlocked) says = "blocks";
  if (decision.outcome == Acceptance::kRefuse) says = "does not accept";
  std::string text =
      indent + party_text(decision.viewpoint) + " " +
      toned(decision.outcome == Acceptance::kAccept ? Tone::kGood : Tone::kBad, says) + " " +
      party_text(decision.issuer) + " " + when + ": " + rests_on(decision) + "\n";

  // An explanation has lines of its own; each stays below this decision, whatever a node puts into
  // it.
  std::istringstream lines(decision.explanation);
  for (std::string line; std::getline(lines, line);) text += indent + "  " + one_line(line) + "\n";
  if (!with_paths) return text;
  for (const auto& path : decision.paths) text += indent + "  through " + path_text(path) + "\n";
  for (const auto& remedy : decision.remedies)
    text += indent + "  would change it: " + one_line(remedy) + "\n";
  return text;
}

std::string status_text(const StatusAnswer& status) {
  std::string text = toned(Tone::kStrong, party_text(status.institution)) + "  " +
                     word_or_unknown(status.role) + ", version " +
                     one_line(status.software_version) + ", protocol " +
                     number(status.protocol_version) + "\n";

  text += "  chain       " + (status.chain ? to_text(*status.chain) : "unknown") + "\n";
  text += "  height      " + (status.as_of ? number(status.as_of->height.value) : "unknown") +
          " at " + time_text(status.as_of ? status.as_of->time_ms : 0) + "\n";

  text += "  consensus   epoch " + number(status.epoch) + ", view " + number(status.view) + "; " +
          number(status.reachable) + " of " + number(status.validators) + " validators heard of, " +
          number(status.quorum) + " needed\n";
  text += "  ledger      " + number(status.log_size) + " transactions, " +
          number(status.commitments) + " commitments; " + number(status.waiting) + " waiting\n";

  for (const auto& peer : status.peers) {
    text += "  peer        " + party_text(peer.institution) + ": " +
            (peer.connected ? toned(Tone::kGood, "connected") : toned(Tone::kBad, "missing")) +
            ", block " +
            (peer.finalized_height ? number(peer.finalized_height->value) : "none yet");
    if (!peer.connected && !peer.last_error.empty()) text += " (" + one_line(peer.last_error) + ")";
    text += "\n";
  }

  text += policy_line(status);
  for (const auto& obstacle : status.obstacles)
    text += "  " + toned(Tone::kBad, "obstacle") + "    " + one_line(obstacle) + "\n";

  return text;
}

std::string institution_line(const InstitutionAnswer& institution) {
  const auto& name = institution.name;
  return to_text(name.id) + "  " + class_text(institution.institution_class) + "  " +
         standing_text(institution.standing) + "  " + party_text(name) + " (" +
         one_line(name.country) + ", " + one_line(name.domain) + ")\n";
}

namespace {

// What it is known by beside the line above: all names where there are several, numbers of
// registers, the institution that it belongs to.
std::string facts_text(const InstitutionAnswer& institution) {
  const auto& facts = institution.facts;
  std::string text;
  if (facts.legal_names.size() > 1) {
    for (const auto& name : facts.legal_names)
      text += "  name (" + one_line(name.language) + ") " + one_line(name.text) + "\n";
  }
  const std::pair<const char*, const std::string*> numbers[] = {
      {"ror", &facts.ror}, {"eter", &facts.eter}, {"lei", &facts.lei}, {"deqar", &facts.deqar}};
  for (const auto& [field, number] : numbers) {
    if (!number->empty()) text += std::string("  ") + field + " " + one_line(*number) + "\n";
  }
  if (!institution.parent_known) return text + "  parent unknown\n";
  if (!facts.parent.is_zero()) text += "  parent " + to_text(facts.parent) + "\n";
  return text;
}

}  // namespace

std::string institution_text(const InstitutionAnswer& institution) {
  std::string text = institution_line(institution) + facts_text(institution);

  if (institution.sponsor) text += "  sponsor " + party_text(*institution.sponsor) + "\n";

  for (const auto& succession : institution.successions)
    text += "  " + succession_text(succession) + "\n";
  for (const auto& policy : institution.policies)
    text += "  policy " + policy.digest + "  " + one_line(policy.url) + "\n";

  for (const auto& key : institution.keys) {
    text += "  key " + to_text(key.record.id) + "  " + key_purpose_text(key.record.purpose) + "  " +
            key_state_text(key.state) + "\n";
  }

  // A list that lost an entry must not look whole (decision 1165).
  if (!institution.keys_whole) text += "  and perhaps further keys: the answer does not show all\n";

  for (const auto& version : institution.history) {
    text += "  from " + time_text(version.from_time_ms) + ", block " +
            number(version.from_height.value) + ": " + class_text(version.institution_class) +
            ", " + standing_text(version.standing) +
            (version.retroactive.value_or(false) ? ", role lost retroactively" : "") + "\n";
  }
  return text;
}

std::string key_line(const KeyAnswer& key) {
  const auto& record = key.record;
  const bool active = key.state == KeyState::kActive;
  std::string text =
      to_text(record.id) + "  " + key_purpose_text(record.purpose) + "  " +
      (record.key ? std::string(to_text(record.key->algorithm)) : "of an unknown algorithm") +
      "  " + toned(active ? Tone::kGood : Tone::kDoubt, key_state_text(key.state)) + "  since " +
      date_text(record.added_at_ms.value_or(0));
  if (!active) text += ", retired " + date_text(record.retired_at_ms.value_or(0));
  if (record.compromised_since_ms)
    text += "; void what it signed since " + moment_text(*record.compromised_since_ms);
  return text + "\n";
}

std::string key_text(const OwnedKeyAnswer& answer) {
  return key_line(answer.key) + "  of " + party_text(answer.institution) + " (" +
         to_text(answer.institution.id) + ")\n";
}

std::string achievement_line(const AchievementAnswer& achievement) {
  const auto& record = achievement.record;
  return to_text(record.id) + "  " + best_title(record) + ", " + ects_text(record.ects_hundredths) +
         ", EQF " + number(record.eqf_level) +
         (achievement.issuable ? "" : "  (cannot be issued)") + "\n";
}

std::string achievement_text(const AchievementAnswer& achievement) {
  std::string text = achievement_line(achievement);
  const auto& record = achievement.record;
  for (const auto& outcome : achievement.outcomes)
    text += "  outcome (" + one_line(outcome.language) + ")  " + one_line(outcome.text) + "\n";
  if (!record.assessment.empty()) text += "  assessment  " + one_line(record.assessment) + "\n";
  text += "  participation  " + word_or_unknown(record.participation) + "\n";
  text += "  quality assurance  " + word_or_unknown(record.quality_assurance) + "\n";
  return text;
}

namespace {

// What an institution does by a statement, its subject behind it.
std::string verb_of(const std::optional<trust::Kind>& kind) {
  if (!kind) return "says something unknown of";
  switch (*kind) {
    case trust::Kind::kTrust: return "trusts";
    case trust::Kind::kAccredit: return "accredits";
    case trust::Kind::kDistrust: return "distrusts";
    case trust::Kind::kEnd: return "ends what it said of";
    case trust::Kind::kVoid: return "voids what it said of";
  }
  return "says something unknown of";
}

std::string known_number(const auto& value) { return value ? number(*value) : "unknown"; }

// Which statements an end or a void takes: those that it names, else what stands in its slot.
std::string ended_text(const StatementAnswer& statement) {
  std::string text;
  for (const auto& id : statement.names) text += (text.empty() ? " (" : ", ") + to_text(id);
  if (text.empty() && statement.names_whole) return " in slot " + known_number(statement.slot);
  if (text.empty()) return " in statements that are not shown";
  return text + (statement.names_whole ? ")" : " and perhaps others)");
}

}  // namespace

std::string statement_text(const StatementAnswer& statement) {
  std::string text = date_text(statement.anchor ? statement.anchor->time_ms : 0) + "  " +
                     party_text(statement.truster) + " " + verb_of(statement.kind) + " " +
                     party_text(statement.subject);
  const std::string first =
      statement.valid_from_ms ? date_text(*statement.valid_from_ms) : "unknown";
  const std::string id = "  " + (statement.id.is_zero() ? "unknown" : to_text(statement.id));
  const std::string not_in_force = statement.in_force ? "" : "  (not in force)";

  // An end has neither scope nor last day, and its slot is that of nothing where it names
  // statements.
  if (statement.kind == trust::Kind::kEnd || statement.kind == trust::Kind::kVoid)
    return text + ended_text(statement) + ", from " + first + " on" + not_in_force + id;

  if (statement.kind == trust::Kind::kTrust || statement.kind == trust::Kind::kAccredit) {
    text += " with amount " + known_number(statement.amount) + ", depth " +
            known_number(statement.depth) + ", for " +
            (statement.scope ? trust::to_text(*statement.scope) : "a scope that cannot be read");
  }
  return text + ", slot " + known_number(statement.slot) + ", first day: " + first +
         ", last day: " +
         (statement.valid_until_ms ? last_day_text(*statement.valid_until_ms) : "unknown") +
         not_in_force + id;
}

std::string statement_line(const StatementAnswer& statement) {
  return statement_text(statement) + "\n";
}

}  // namespace testamur::wallet
