// Where a local view takes the recognition network from: a node that is asked, or a file that was
// written before. One thread, as the client.
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
  // Everybody on the ledger.
  virtual Result<InstitutionsAnswer> institutions() = 0;
  // One with its keys and history.
  virtual Result<InstitutionAnswer> institution(const InstitutionId& id) = 0;
  // Everything that an institution ever said.
  virtual Result<StatementsAnswer> statements(const InstitutionId& author) = 0;
  // Mergers, splits, renames and custodies, in ledger order.
  virtual Result<SuccessionsAnswer> successions() = 0;
};

class NodeGraph final : public GraphSource {
 public:
  explicit NodeGraph(Client& client) : client_(client) {}
  std::string name() const override { return client_.answering(); }
  Result<InstitutionsAnswer> institutions() override;
  Result<InstitutionAnswer> institution(const InstitutionId& id) override;
  Result<StatementsAnswer> statements(const InstitutionId& author) override;
  Result<SuccessionsAnswer> successions() override;

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
  const ChainId& chain() const { return chain_; }
  Result<InstitutionsAnswer> institutions() override;
  Result<InstitutionAnswer> institution(const InstitutionId& id) override;
  Result<StatementsAnswer> statements(const InstitutionId& author) override;
  Result<SuccessionsAnswer> successions() override;
  // Nothing where the file does not hold that version.
  std::optional<AchievementAnswer> achievement(const AchievementId& id) const;

 private:
  std::string path_;
  ChainId chain_;
  std::optional<AsOf> as_of_;
  SuccessionsAnswer successions_;
  std::map<AchievementId, AchievementAnswer> achievements_;
  std::map<InstitutionId, InstitutionAnswer> institutions_;
  std::map<InstitutionId, StatementsAnswer> statements_;
};

// Everything that a node lists, as the text of such a file.
Result<std::string> collect_graph(Client& client);

}  // namespace testamur::wallet
