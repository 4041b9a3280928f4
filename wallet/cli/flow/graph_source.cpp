#include "wallet/cli/flow/graph_source.h"

#include "wallet/keystore/file.h"

namespace testamur::wallet {
namespace {

constexpr const char* kFormat = "testamur-graph-1";

Result<Json> taken(Called<Json> answer) {
  if (auto* failure = std::get_if<CallError>(&answer)) return error(failure->message);
  return std::move(std::get<Json>(answer));
}

std::optional<InstitutionId> id_in(const Json& name) {
  if (!name.is_object() || !name.contains("id") || !name["id"].is_string()) return std::nullopt;
  const auto bytes = from_hex(name["id"].get<std::string>());
  return bytes ? InstitutionId::from(*bytes) : std::nullopt;
}

}  // namespace

Result<Json> NodeGraph::institutions() { return taken(client_.institutions()); }
Result<Json> NodeGraph::institution(const InstitutionId& id) {
  return taken(client_.institution(id, true));
}
Result<Json> NodeGraph::statements(const InstitutionId& author) {
  return taken(client_.statements(author, std::nullopt, true));
}

Result<Json> NodeGraph::successions() { return taken(client_.successions()); }

Result<FileGraph> FileGraph::read(const std::string& path) {
  TM_TRY(const auto raw, read_file(path, kMaxGraphFileBytes));
  auto json = parse_strict_json(as_text(raw), kMaxGraphFileBytes);
  if (!json.ok()) return error(path + ": " + json.message());
  ObjectReader reader(*json, path);
  FileGraph graph;
  graph.path_ = path;
  if (reader.text("format") != kFormat)
    reader.fail("is no graph file (testamur trust graph writes one)");
  reader.text("chain");
  graph.as_of_ = reader.object("as_of");
  for (const auto& institution : reader.array("institutions")) {
    const auto id = institution.is_object() && institution.contains("name")
                        ? id_in(institution["name"])
                        : std::nullopt;
    if (!id) reader.fail("an institution has no id");
    if (id) graph.institutions_[*id] = institution;
  }
  for (const auto& statement : reader.array("statements")) {
    const auto by = statement.is_object() && statement.contains("truster")
                        ? id_in(statement["truster"])
                        : std::nullopt;
    if (!by) reader.fail("a statement has no author");
    if (by) graph.statements_[*by].push_back(statement);
  }
  for (const auto& achievement : reader.array("achievements")) {
    const Json name =
        achievement.is_object() ? achievement.value("name", Json::object()) : Json::object();
    graph.achievements_[name.value("id_text", "")] = achievement;
  }
  graph.successions_ = reader.array("successions");
  TM_TRY_STATUS(reader.finish());
  return graph;
}

Result<Json> FileGraph::institutions() {
  Json all = Json::array();
  for (const auto& [id, institution] : institutions_) all.push_back(institution);
  return Json{{"institutions", std::move(all)}, {"as_of", as_of_}};
}

Result<Json> FileGraph::institution(const InstitutionId& id) {
  const auto found = institutions_.find(id);
  if (found == institutions_.end()) return error("the graph file does not hold " + to_text(id));
  return Json{{"institution", found->second}};
}

Result<Json> FileGraph::statements(const InstitutionId& author) {
  const auto found = statements_.find(author);
  return Json{{"statements", found == statements_.end() ? Json::array() : found->second}};
}

Result<Json> FileGraph::successions() { return Json{{"successions", successions_}}; }

std::optional<Json> FileGraph::achievement(const AchievementId& id) const {
  const auto found = achievements_.find(to_text(id));
  return found == achievements_.end() ? std::nullopt : std::optional(found->second);
}

Result<std::string> collect_graph(Client& client) {
  NodeGraph node(client);
  TM_TRY(const auto status, taken(client.status()));
  TM_TRY(const auto list, node.institutions());
  const Json& parties = list.at("institutions");
  if (parties.size() > kMostGraphAuthors) {
    return error("the ledger has more than 20,000 institutions: ask a node instead of a file");
  }
  Json institutions = Json::array(), statements = Json::array(), achievements = Json::array();
  for (const auto& party : parties) {
    const auto id = id_in(party.at("name"));
    if (!id) return error("the node lists an institution without an id");
    TM_TRY(auto institution, node.institution(*id));
    institutions.push_back(std::move(institution.at("institution")));
    TM_TRY(auto said, node.statements(*id));
    for (auto& statement : said.at("statements")) statements.push_back(std::move(statement));
    TM_TRY(auto published, taken(client.achievements(*id)));
    for (auto& achievement : published.at("achievements"))
      achievements.push_back(std::move(achievement));
  }
  TM_TRY(auto successions, node.successions());
  const Json file{{"format", kFormat},
                  {"chain", status.value("chain_id_text", "")},
                  {"as_of", list.at("as_of")},
                  {"institutions", std::move(institutions)},
                  {"statements", std::move(statements)},
                  {"successions", std::move(successions.at("successions"))},
                  {"achievements", std::move(achievements)}};
  return file.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace testamur::wallet
