// Calls of the node's own commands to a running node over its admin socket. One thread; blocks up
// to ten seconds.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "common/bytes.h"
#include "common/ids.h"
#include "common/keys.h"
#include "common/result.h"

namespace testamur::node {

// The block from which the node signs. `sign_from` must be said where it is the only validator.
Result<Height> admin_resume_voting(const std::string& socket,
                                   const std::optional<Height>& sign_from);
// A copy of the store; the height that it holds at least, or why the node wrote none (empty: it
// did): the folder holds what is not this node's, or more than it has.
struct BackupAnswer {
  std::uint64_t height = 0;
  std::string refused;
};
Result<BackupAnswer> admin_backup(const std::string& socket, const std::string& directory);

// A fresh key of the node, to be registered by its institution.
struct NewNodeKey {
  std::string id, institution, chain;  // as text
  SignatureAlgorithm algorithm = SignatureAlgorithm::kBip340;
  Bytes public_key, possession;
  bool already_there = false;
};
Result<NewNodeKey> admin_new_key(const std::string& socket, const std::string& purpose);

struct ReadyAnswer {
  std::string transaction, key, institution;  // as text
  std::uint32_t protocol_version = 0;
  std::uint64_t checkpoint_height = 0;
  std::uint64_t lapses_after_ms = 0;
  bool seated = false;
};
Result<ReadyAnswer> admin_ready(const std::string& socket, bool dry_run);

// Counted decisions (docs/operating.md) as one CSV text: rows of the same key added up, sorted.
// Absent parts: all.
struct DecisionExport {
  std::optional<InstitutionId> issuer;
  std::string scope;
  std::string outcome;
  std::uint64_t from_ms = 0;
  std::uint64_t to_ms = 0;
};
Result<std::string> admin_export_decisions(const std::string& socket, const DecisionExport& asked);

}  // namespace testamur::node
