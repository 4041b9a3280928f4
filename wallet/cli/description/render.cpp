#include "wallet/cli/description/render.h"

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <sstream>

#include "common/visible.h"
#include "trust/scope.h"
#include "wallet/cli/dates.h"
#include "wallet/cli/flow/local_view.h"
#include "wallet/cli/terminal.h"
#include "wallet/client/json_fields.h"

namespace testamur::wallet {
namespace {

// Somebody else's words, within a line of ours.
std::string value_of(const Json& object, const char* name) {
  return one_line(text_of(object, name));
}

std::uint64_t number_of(const Json& object, const char* name) {
  const auto at = object.find(name);
  return at != object.end() && at->is_number() ? at->get<std::uint64_t>() : 0;
}

std::string best_title(const Json& achievement) {
  const Json& titles = part_of(achievement, "titles");
  for (const auto& title : titles) {
    if (value_of(title, "language") == "en") return value_of(title, "text");
  }
  return titles.empty() ? std::string("(untitled)") : value_of(titles.front(), "text");
}

std::string ects_text(std::uint64_t hundredths) {
  char text[32];
  std::snprintf(text, sizeof text, hundredths % 100 == 0 ? "%llu ECTS" : "%llu.%02llu ECTS",
                static_cast<unsigned long long>(hundredths / 100),
                static_cast<unsigned long long>(hundredths % 100));
  return text;
}

std::string party_text(const Json& name) {
  std::string text = value_of(name, "name_now");
  if (text.empty()) text = value_of(name, "id_text");
  const std::string then = value_of(name, "name_then");
  if (!then.empty() && then != text) text += " (then: " + then + ")";
  return text;
}

std::string path_text(const Json& path) {
  std::string text;
  for (const auto& hop : part_of(path, "hops")) {
    if (text.empty()) text = party_text(part_of(hop, "truster"));
    text += " -" + std::to_string(number_of(hop, "capacity")) + "-> " +
            party_text(part_of(hop, "subject"));
  }
  return text + "  carries " + std::to_string(number_of(path, "amount"));
}

}  // namespace

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

std::string decision_text(const Json& decision, const std::string& indent, bool with_paths) {
  const std::string outcome = value_of(decision, "outcome");
  const std::string point = value_of(decision, "point");
  std::string when = "at " + date_text(number_of(decision, "at_time_ms"));
  if (point == "at_anchor") when = "when it was anchored";
  if (point == "today") when = "today";
  const std::string who = party_text(part_of(decision, "viewpoint"));
  std::string text = indent + who + " " +
                     toned(outcome == "accept" ? Tone::kGood : Tone::kBad,
                           outcome == "accept"    ? "accepts"
                           : outcome == "blocked" ? "blocks"
                                                  : "does not accept");
  text += " " + party_text(part_of(decision, "issuer")) + " " + when + ": amount " +
          std::to_string(number_of(decision, "amount")) + " of " +
          std::to_string(number_of(decision, "required_amount")) + ", " +
          std::to_string(number_of(decision, "independent_paths")) + " independent path(s)\n";
  // An explanation has lines of its own; each stays below this decision, whatever a node puts into
  // it.
  std::istringstream lines(text_of(decision, "explanation"));
  for (std::string line; std::getline(lines, line);) text += indent + "  " + one_line(line) + "\n";
  if (!with_paths) return text;
  for (const auto& path : part_of(decision, "paths"))
    text += indent + "  through " + path_text(path) + "\n";
  for (const auto& remedy : part_of(decision, "remedies")) {
    text += indent + "  would change it: " + one_line(remedy.get<std::string>()) + "\n";
  }
  return text;
}

std::string as_of_text(const Json& answer) {
  const Json& as_of = part_of(answer, "as_of");
  return "as of block " + std::to_string(number_of(as_of, "height")) + ", " +
         time_text(number_of(as_of, "time_ms"));
}

std::string policy_line(const Json& policy) {
  const std::string digest = value_of(policy, "digest"),
                    published = value_of(policy, "published_digest");
  if (digest.empty()) return {};
  std::string text = "  policy      " + digest.substr(0, 16) + "\u2026, ";
  if (published.empty()) return text + "none is published\n";
  if (policy.value("is_published", false)) {
    return text + "published on " + date_text(number_of(part_of(policy, "published"), "time_ms")) +
           "\n";
  }
  return text +
         toned(Tone::kDoubt, "not the published one (" + published.substr(0, 16) + "\u2026)") +
         "\n";
}

std::string status_text(const Json& status) {
  const Json& consensus = part_of(status, "consensus");
  const Json& as_of = part_of(status, "as_of");
  std::string text = toned(Tone::kStrong, party_text(part_of(status, "institution"))) + "  " +
                     value_of(status, "role") + ", version " +
                     value_of(status, "software_version") + ", protocol " +
                     std::to_string(number_of(status, "protocol_version")) + "\n";
  text += "  chain       " + value_of(status, "chain_id_text") + "\n";
  text += "  height      " + std::to_string(number_of(as_of, "height")) + " at " +
          time_text(number_of(as_of, "time_ms")) + "\n";
  text += "  consensus   epoch " + std::to_string(number_of(consensus, "epoch")) + ", view " +
          std::to_string(number_of(consensus, "view")) + "; " +
          std::to_string(number_of(consensus, "reachable")) + " of " +
          std::to_string(number_of(consensus, "validators")) + " validators heard of, " +
          std::to_string(number_of(consensus, "quorum")) + " needed\n";
  text += "  ledger      " + std::to_string(number_of(status, "log_size")) + " transactions, " +
          std::to_string(number_of(status, "commitments")) + " commitments; " +
          std::to_string(number_of(part_of(status, "pool"), "transactions")) + " waiting\n";
  for (const auto& peer : part_of(status, "peers")) {
    const bool connected = peer.value("connected", false);
    text += "  peer        " + party_text(part_of(peer, "institution")) + ": " +
            (connected ? toned(Tone::kGood, "connected") : toned(Tone::kBad, "missing")) +
            ", block " + std::to_string(number_of(peer, "finalized_height"));
    if (!connected && !value_of(peer, "last_error").empty())
      text += " (" + value_of(peer, "last_error") + ")";
    text += "\n";
  }
  text += policy_line(part_of(status, "policy"));
  for (const auto& obstacle : part_of(status, "obstacles")) {
    text += "  " + toned(Tone::kBad, "obstacle") + "    " + one_line(obstacle.get<std::string>()) +
            "\n";
  }
  return text;
}

std::string institution_line(const Json& institution) {
  const Json& name = part_of(institution, "name");
  return value_of(name, "id_text") + "  " + value_of(institution, "institution_class") + "  " +
         value_of(institution, "standing") + "  " + party_text(name) + " (" +
         value_of(name, "country") + ", " + value_of(name, "domain") + ")\n";
}

namespace {

std::string parties_text(const Json& parties) {
  std::string text;
  for (const auto& party : parties) text += (text.empty() ? "" : ", ") + party_text(party);
  return text;
}

// merge of A, B into C, heir C, on a date
std::string succession_text(const Json& succession) {
  std::string text = value_of(succession, "kind") + " of " +
                     parties_text(part_of(succession, "predecessors")) + " into " +
                     parties_text(part_of(succession, "successors"));
  if (succession.contains("heir")) text += ", heir " + party_text(part_of(succession, "heir"));
  if (!succession.value("closes", false)) text += ", which goes on";
  text += ", " + time_text(number_of(part_of(succession, "anchor"), "time_ms"));
  return (succession.value("effective", false) ? "succession " : "agreed to the ") + text;
}

}  // namespace

std::string institution_text(const Json& institution) {
  std::string text = institution_line(institution);
  if (institution.contains("sponsor"))
    text += "  sponsor " + party_text(part_of(institution, "sponsor")) + "\n";
  for (const auto& succession : part_of(institution, "successions"))
    text += "  " + succession_text(succession) + "\n";
  for (const auto& policy : part_of(institution, "policies")) {
    text += "  policy " + value_of(policy, "digest") + "  " + value_of(policy, "url") + "\n";
  }
  for (const auto& key : part_of(institution, "keys")) {
    text += "  key " + value_of(key, "id_text") + "  " + value_of(key, "purpose") + "  " +
            value_of(key, "state") + "\n";
  }
  for (const auto& version : part_of(institution, "history")) {
    text += "  from " + time_text(number_of(version, "from_time_ms")) + ", block " +
            std::to_string(number_of(version, "from_height")) + ": " +
            value_of(version, "institution_class") + ", " + value_of(version, "standing") +
            (version.value("retroactive", false) ? ", role lost retroactively" : "") + "\n";
  }
  return text;
}

std::string achievement_line(const Json& achievement) {
  const Json& name = part_of(achievement, "name");
  return value_of(name, "id_text") + "  " + best_title(name) + ", " +
         ects_text(number_of(name, "ects_hundredths")) + ", EQF " +
         std::to_string(number_of(name, "eqf_level")) +
         (achievement.value("issuable", false) ? "" : "  (cannot be issued)") + "\n";
}

std::string achievement_text(const Json& achievement) {
  std::string text = achievement_line(achievement);
  const Json& record = part_of(achievement, "record");
  for (const auto& outcome : part_of(record, "outcomes")) {
    for (const auto& line : part_of(outcome, "texts")) {
      text += "  outcome (" + value_of(line, "language") + ")  " + value_of(line, "text") + "\n";
    }
  }
  for (const auto& type : part_of(record, "assessment_types"))
    text += "  assessment  " + one_line(type.get<std::string>()) + "\n";
  text += "  participation  " + value_of(record, "participation") + "\n";
  text += "  quality assurance  " + value_of(part_of(record, "quality_assurance"), "scheme") + "\n";
  return text;
}

std::string statement_line(const Json& statement) {
  const std::string kind = value_of(statement, "kind");
  std::string text = date_text(number_of(part_of(statement, "anchor"), "time_ms")) + "  " +
                     party_text(part_of(statement, "truster")) + " " + kind + " " +
                     party_text(part_of(statement, "subject"));
  if (kind == "trust" || kind == "accredit") {
    text += " amount " + std::to_string(number_of(statement, "amount")) + " depth " +
            std::to_string(number_of(statement, "depth"));
    const auto scope = scope_from(part_of(statement, "scope"));
    text += scope.ok() ? " for " + trust::to_text(*scope) : " for a scope that cannot be read";
  }
  text += " slot " + std::to_string(number_of(statement, "slot"));
  if (number_of(statement, "valid_until_ms") != 0)
    text += ", last day: " + last_day_text(number_of(statement, "valid_until_ms"));
  if (!statement.value("in_force", false)) text += "  (not in force)";
  return text + "  " + value_of(statement, "id") + "\n";
}

}  // namespace testamur::wallet
