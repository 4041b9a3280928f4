// Both sources give the same values by the same decoders, so that a decision does not depend on
// where the network came from. A file is read whole or refused: an entry that cannot be read may be
// the one that would have changed the answer.
#include "wallet/cli/flow/graph_source.h"

#include "wallet/client/graph_file.h"
#include "wallet/keystore/file.h"

namespace testamur::wallet {
namespace {

constexpr const char* kFormat = "testamur-graph-1";

template <class T>
Result<T> taken(Called<T> answer) {
  if (auto* failure = std::get_if<CallError>(&answer)) return error(failure->message);
  return std::get<T>(std::move(answer));
}

// Every entry of a list, each with its position in the failure.
template <class T, class Keep>
Status read_each(const Json& list, const char* what, Result<T> (*read)(const Json&),
                 const Keep& keep) {
  std::size_t position = 0;
  for (const auto& entry : list) {
    ++position;
    auto value = read(entry);
    if (!value.ok())
      return error(std::string(what) + " " + std::to_string(position) + ": " + value.message());
    keep(std::move(value).value());
  }
  return {};
}

}  // namespace

Result<InstitutionsAnswer> NodeGraph::institutions() { return taken(client_.institutions()); }
Result<InstitutionAnswer> NodeGraph::institution(const InstitutionId& id) {
  return taken(client_.institution(id, true));
}
Result<StatementsAnswer> NodeGraph::statements(const InstitutionId& author) {
  return taken(client_.statements(author, std::nullopt, true));
}
Result<SuccessionsAnswer> NodeGraph::successions() { return taken(client_.successions()); }

Result<FileGraph> FileGraph::read(const std::string& path) {
  TM_TRY(const auto raw, read_file(path, kMaxGraphFileBytes));
  auto json = parse_strict_json(as_text(raw), kMaxGraphFileBytes);
  if (!json.ok()) return error(path + ": " + json.message());
  ObjectReader reader(*json, path);
  if (reader.text("format") != kFormat)
    reader.fail("is no graph file (testamur trust graph writes one)");
  const auto chain = parse_chain_id(reader.text("chain"));
  const Json& as_of = reader.object("as_of");
  const Json& institutions = reader.array("institutions");
  const Json& statements = reader.array("statements");
  const Json& achievements = reader.array("achievements");
  const Json& successions = reader.array("successions");
  TM_TRY_STATUS(reader.finish());

  if (!chain.ok()) return error(path + ": chain: " + chain.message());
  FileGraph graph;
  graph.path_ = path;
  graph.chain_ = *chain;
  const auto entries = [&]() -> Status {
    TM_TRY(graph.as_of_, read_as_of(as_of));
    TM_TRY_STATUS(read_each<InstitutionAnswer>(
        institutions, "institution", read_institution, [&](auto value) {
          const auto id = value.name.id;
          graph.institutions_.insert_or_assign(id, std::move(value));
        }));
    TM_TRY_STATUS(
        read_each<StatementAnswer>(statements, "statement", read_statement, [&](auto value) {
          const auto by = value.truster.id;
          graph.statements_[by].statements.push_back(std::move(value));
        }));
    TM_TRY_STATUS(read_each<AchievementAnswer>(
        achievements, "achievement", read_achievement, [&](auto value) {
          const auto id = value.record.id;
          graph.achievements_.insert_or_assign(id, std::move(value));
        }));
    return read_each<SuccessionAnswer>(successions, "succession", read_succession, [&](auto value) {
      graph.successions_.successions.push_back(std::move(value));
    });
  };
  if (const auto read = entries(); !read.ok()) return error(path + ": " + read.message());
  return graph;
}

Result<InstitutionsAnswer> FileGraph::institutions() {
  InstitutionsAnswer all;
  for (const auto& [id, institution] : institutions_) all.institutions.push_back(institution);
  all.as_of = as_of_;
  return all;
}

Result<InstitutionAnswer> FileGraph::institution(const InstitutionId& id) {
  const auto found = institutions_.find(id);
  if (found == institutions_.end()) return error("the graph file does not hold " + to_text(id));
  return found->second;
}

Result<StatementsAnswer> FileGraph::statements(const InstitutionId& author) {
  const auto found = statements_.find(author);
  return found == statements_.end() ? StatementsAnswer{} : found->second;
}

Result<SuccessionsAnswer> FileGraph::successions() { return successions_; }

std::optional<AchievementAnswer> FileGraph::achievement(const AchievementId& id) const {
  const auto found = achievements_.find(id);
  return found == achievements_.end() ? std::nullopt : std::optional(found->second);
}

Result<std::string> collect_graph(Client& client) {
  NodeGraph node(client);
  TM_TRY(const auto status, taken(client.status()));
  if (!status.chain) return error("the node names no ledger");
  TM_TRY(const auto list, node.institutions());
  if (list.institutions.size() > kMostGraphAuthors) {
    return error("the ledger has more than 20,000 institutions: ask a node instead of a file");
  }

  Json institutions = Json::array(), statements = Json::array(), achievements = Json::array();
  const auto append = [](Json& all, Json more) {
    for (auto& one : more) all.push_back(std::move(one));
  };
  for (const auto& party : list.institutions) {
    const auto& id = party.name.id;
    if (id.is_zero()) return error("the node lists an institution without an id");
    TM_TRY(const auto institution, node.institution(id));
    institutions.push_back(institution.shown.json()["institution"]);
    TM_TRY(const auto said, node.statements(id));
    append(statements, said.shown.json()["statements"]);
    TM_TRY(const auto published, taken(client.achievements(id)));
    append(achievements, published.shown.json()["achievements"]);
  }
  TM_TRY(const auto successions, node.successions());
  const Json file{{"format", kFormat},
                  {"chain", to_text(*status.chain)},
                  {"as_of", list.shown.json()["as_of"]},
                  {"institutions", std::move(institutions)},
                  {"statements", std::move(statements)},
                  {"successions", successions.shown.json()["successions"]},
                  {"achievements", std::move(achievements)}};
  return file.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace testamur::wallet
