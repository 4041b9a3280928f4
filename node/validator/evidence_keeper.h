// Evidence of misbehaviour that this node has seen: kept on disk, shown, and handed in until the
// ledger holds it.
//
// One file a piece in the data directory (evidence/<epoch>-<view>-<institution>), written and
// synced before keep() returns. At most kPerKey pieces of one key are kept: one is enough to
// convict it. Thread-safe.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <vector>

#include "common/clock.h"
#include "consensus/values/types.h"
#include "ledger/header.h"
#include "ledger/tx/transaction.h"
#include "node/log/log.h"
#include "node/store/file.h"

namespace testamur::node {

struct SeenEvidence {
  consensus::Evidence evidence;
  std::uint64_t seen_ms = 0;       // wall clock
  std::uint64_t handed_in_ms = 0;  // the last time; 0: not yet
};

// Its parts as a transaction carries them, ascending.
std::pair<Bytes, Bytes> statements_of(const consensus::Evidence& evidence);
// For people: "two notarize votes for different blocks".
std::string in_words(const consensus::Evidence& evidence);

class EvidenceKeeper {
 public:
  static constexpr std::size_t kPerKey = 16;

  EvidenceKeeper(FileSystem& files, std::string directory, const Clock& clock, Log& log);
  // What earlier runs have kept. A file that cannot be read is named in the log and left alone.
  Status load();

  void keep(const consensus::Evidence& evidence);
  std::vector<SeenEvidence> all() const;
  std::size_t size() const;

  // One transaction for each piece that `state` does not hold and that was not handed in for a
  // minute, by `author` with its consensus key. Nothing is due for most calls, and those are cheap.
  std::vector<ledger::tx::SharedTransaction> due(const ledger::StateReader& state,
                                                 const ledger::Header& head, const ChainId& chain,
                                                 const InstitutionId& author,
                                                 const std::vector<SecretKey>& keys);
  bool anything_due() const;

 private:
  using Name = std::tuple<Epoch, View, InstitutionId>;
  struct Piece {
    SeenEvidence seen;
    bool settled = false;  // the ledger holds it
  };
  Status write(const Name& name, const SeenEvidence& seen);

  FileSystem& files_;
  const std::string directory_;
  const Clock& clock_;
  Log& log_;
  mutable std::mutex mutex_;
  std::map<Name, Piece> pieces_;
};

}  // namespace testamur::node
