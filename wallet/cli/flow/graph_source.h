// Where a local view takes the recognition network from: a node that is asked, or a file that was
// written before.
//
// Answers are the JSON of wallet/client/message_json.h. One thread, as the client.
#pragma once

#include <map>
#include <string>

#include "common/ids.h"
#include "common/result.h"
#include "wallet/client/client.h"

namespace testamur::wallet {

class GraphSource {
 public:
  virtual ~GraphSource() = default;
  // By whose word all of it stands, for people.
  virtual std::string name() const = 0;
  // {institutions: […], as_of}: everybody on the ledger.
  virtual Result<Json> institutions() = 0;
  // {institution: {keys, history, …}}
  virtual Result<Json> institution(const InstitutionId& id) = 0;
  // {statements: […]}: everything that an institution ever said.
  virtual Result<Json> statements(const InstitutionId& author) = 0;
  // {successions: […]}: mergers, splits, renames and custodies, in ledger order.
  virtual Result<Json> successions() = 0;
};

class NodeGraph final : public GraphSource {
 public:
  explicit NodeGraph(Client& client) : client_(client) {}
  std::string name() const override { return client_.answering(); }
  Result<Json> institutions() override;
  Result<Json> institution(const InstitutionId& id) override;
  Result<Json> statements(const InstitutionId& author) override;
  Result<Json> successions() override;

 private:
  Client& client_;
};

inline constexpr std::size_t kMaxGraphFileBytes = std::size_t{256} << 20;
inline constexpr std::size_t kMostGraphAuthors = 20'000;

// The whole network as one file (docs/formats/graph-file.md). Unproven: it is what a node said.
class FileGraph final : public GraphSource {
 public:
  static Result<FileGraph> read(const std::string& path);
  std::string name() const override { return path_; }
  Result<Json> institutions() override;
  Result<Json> institution(const InstitutionId& id) override;
  Result<Json> statements(const InstitutionId& author) override;
  Result<Json> successions() override;
  // The AchievementView of a version; nothing where the file does not hold it.
  std::optional<Json> achievement(const AchievementId& id) const;

 private:
  std::string path_;
  Json as_of_;
  Json successions_;
  std::map<std::string, Json> achievements_;  // by their text form
  std::map<InstitutionId, Json> institutions_;
  std::map<InstitutionId, Json> statements_;
};

// Everything that a node lists, as the text of such a file.
Result<std::string> collect_graph(Client& client);

}  // namespace testamur::wallet
