// The same question as to a node, decided here by the caller's policy from what a node lists or a
// graph file holds. What it rests on is unproven and said so by flow/local_view.h; the answer names
// the policy and the height.
#include "wallet/cli/commands/explain_command.h"

#include <charconv>

#include "trust/drawing.h"
#include "trust/explain.h"
#include "wallet/cli/files/output.h"
#include "wallet/cli/flow/local_view.h"
#include "wallet/cli/flow/own_decision.h"
#include "wallet/credential/last_day.h"

namespace testamur::wallet {
namespace {

Result<unsigned> bounded(const std::string& text, unsigned most, const char* what) {
  unsigned value = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failed != std::errc{} || end != text.data() + text.size() || text.empty() || value > most) {
    return error(std::string(what) + " of --assume is 0 to " + std::to_string(most));
  }
  return value;
}

Attempt<trust::Assumption> read_assumption(Client& client, const std::string& text,
                                           const InstitutionId& viewpoint) {
  std::vector<std::string> parts(1);
  for (const char c : text) {
    if (c == ':') {
      parts.emplace_back();
    } else {
      parts.back().push_back(c);
    }
  }

  if (parts.size() != 4)
    return error("--assume is TRUSTER:SUBJECT:AMOUNT:DEPTH, for example me:uni.example:120:1");

  trust::Assumption assumed;
  if (parts[0] == "me") {
    assumed.truster = viewpoint;
  } else {
    TM_TRY(assumed.truster, institution_named(client, "--assume", parts[0]));
  }

  TM_TRY(assumed.subject, institution_named(client, "--assume", parts[1]));
  TM_TRY(const auto amount, bounded(parts[2], trust::kFullAmount, "the amount"));
  TM_TRY(const auto depth, bounded(parts[3], trust::kMaxDepth, "the depth"));

  assumed.amount = static_cast<std::uint8_t>(amount);
  assumed.depth = static_cast<std::uint8_t>(depth);
  return assumed;
}

Json arc_json(const trust::Arc& arc, const trust::NameOf& name_of) {
  return {{"truster", name_of(arc.truster)},
          {"truster_id", to_text(arc.truster)},
          {"subject", name_of(arc.subject)},
          {"subject_id", to_text(arc.subject)},
          {"kind", std::string(to_text(arc.kind))},
          {"amount", arc.amount},
          {"statement", arc.statement.is_zero() ? "" : to_text(arc.statement)},
          {"ceiling", arc.ceiling},
          {"local", arc.local},
          {"retroactive", arc.retroactive}};
}

Json to_json(const trust::Explanation& explanation, const trust::Policy& policy,
             const trust::NameOf& name_of) {
  const auto& decision = explanation.decision;

  const auto arcs = [&](const std::vector<trust::Arc>& list) {
    Json all = Json::array();
    for (const auto& arc : list) all.push_back(arc_json(arc, name_of));
    return all;
  };

  Json json{{"outcome", std::string(to_text(decision.outcome))},
            {"rule", std::string(to_text(decision.rule))},
            {"own_policy", true},
            {"policy_digest", trust::digest(policy).hex()},
            {"digest", decision.digest.hex()},
            {"amount", decision.amount},
            {"threshold", explanation.threshold},
            {"independent_paths", decision.independent_paths},
            {"needed_paths", explanation.needed_paths},
            {"deficit", explanation.deficit},
            {"accredited_amount", decision.accredited_amount},
            {"at_time_ms", explanation.query.at_time_ms},
            {"as_of_height", explanation.query.as_of.height.value},
            {"as_of_time_ms", explanation.query.as_of.today_ms},
            {"hypothetical", !explanation.query.assume.empty()},
            {"cut", arcs(decision.cut)},
            {"blocks", arcs(decision.blocks)},
            {"would_flip", arcs(explanation.would_flip)},
            {"flips_complete", explanation.flips_complete}};

  json["paths"] = Json::array();
  for (const auto& path : decision.paths)
    json["paths"].push_back({{"amount", path.amount}, {"arcs", arcs(path.arcs)}});

  json["remedies_complete"] = explanation.remedies_complete;
  json["remedies"] = Json::array();
  for (const auto& remedy : explanation.remedies) {
    json["remedies"].push_back({{"by", name_of(remedy.by)},
                                {"by_id", to_text(remedy.by)},
                                {"subject", name_of(remedy.subject)},
                                {"subject_id", to_text(remedy.subject)},
                                {"kind", std::string(to_text(remedy.kind))},
                                {"amount", remedy.amount},
                                {"depth", remedy.depth}});
  }

  return json;
}

ExitCode write_drawings(Context& context, const OwnQuestion& question,
                        const trust::Explanation& explanation, const trust::NameOf& name_of) {
  ExitCode code = ExitCode::kOk;
  if (!question.svg.empty())
    code = write_named_file(context, question.svg, as_bytes(trust::to_svg(explanation, name_of)));
  if (code == ExitCode::kOk && !question.dot.empty())
    code = write_named_file(context, question.dot, as_bytes(trust::to_dot(explanation, name_of)));
  return code;
}

}  // namespace

ExitCode explain_by_own_policy(Context& context, Client& client, const OwnQuestion& question,
                               const OwnFiles& files) {
  const auto& reading = files.reading;

  trust::Query query;
  query.issuer = question.issuer;
  query.viewpoint =
      question.viewpoint.value_or(reading.viewpoint.value_or(trust::local_viewpoint()));
  query.point = question.point;

  for (const auto& text : question.assume) {
    auto assumed = read_assumption(client, text, query.viewpoint);
    if (!assumed.ok()) return report(context, assumed.failure());
    query.assume.push_back(*assumed);
  }

  NodeGraph node(client);
  GraphSource& graph = files.graph ? static_cast<GraphSource&>(*files.graph) : node;

  auto view =
      fetch_local_view(graph, query.viewpoint, {query.issuer}, reading.policy, query.assume);
  if (!view.ok()) {
    return fail(context, files.graph ? ExitCode::kUsage : ExitCode::kUnreachable, view.message());
  }

  query.as_of = view->as_of;
  query.at_time_ms = question.at_time_ms == 0 ? view->as_of.today_ms : question.at_time_ms;
  const auto explanation = trust::explain(view->history, query, reading.policy);
  const trust::NameOf name_of = [&](const InstitutionId& id) { return view->name_of(id); };

  // Before the answer is printed, so that a command that answers has written all its files.
  if (const ExitCode written = write_drawings(context, question, explanation, name_of);
      written != ExitCode::kOk)
    return written;

  const std::string source =
      files.policy_file.empty() ? "the preset friends" : "your own policy " + files.policy_file;
  const std::string hypothetical =
      query.assume.empty() ? "" : "If what --assume says were on the ledger:\n";

  // Who asked for no day asked about now, of which recognitions of last week say nothing.
  const std::string old = files.graph && question.at_time_ms == 0
                              ? why_old(query.as_of, context.now_ms(), kMaxGraphAgeMs,
                                        "ask about a day of theirs (--at)")
                              : "";
  Json json = to_json(explanation, reading.policy, name_of);
  std::string left_open;
  if (!old.empty()) {
    json["outcome_as_of_the_graph"] = json["outcome"];
    json["outcome"] = "unknown";
    json["explanation"] = old;
    left_open = "it is not known what holds today: " + old + ". By them:\n";
  }
  print(context, json,
        left_open + hypothetical + trust::to_text(explanation, name_of) + "Decided here by " +
            source + ", from who recognises whom by the word of " + graph.name() +
            ", unproven, at height " + std::to_string(query.as_of.height.value) + " (" +
            moment_text(query.as_of.today_ms) + ").\n");

  if (!old.empty()) return ExitCode::kUnreachable;
  return explanation.decision.outcome == trust::Outcome::kAccept ? ExitCode::kOk
                                                                 : ExitCode::kNotAccepted;
}

}  // namespace testamur::wallet
