// Signed transactions that were written to disk before they were sent, one file each, until they
// have ended.
//
// So a command that dies goes on with the *same bytes*, which commit at most once; a new signature
// is made only after "expired". File: <directory>/<transaction id>.tx, the carried bytes; beside it
// <id>.json, a note for people and for the command that resumes. One process at a time; two do no
// harm, because ids commit once.
#pragma once

#include <string>
#include <vector>

#include "common/ids.h"
#include "common/result.h"
#include "wallet/keystore/strict_json.h"

namespace testamur::wallet {

struct OutboxEntry {
  TransactionId id;
  Bytes carried;
  Json note;  // what it was for
};

class Outbox {
 public:
  explicit Outbox(std::string directory) : directory_(std::move(directory)) {}

  // Durable when it returns.
  Status put(const OutboxEntry& entry) const;
  // Those that have not ended; unreadable files are reported by name.
  Result<std::vector<OutboxEntry>> list() const;
  // Removes what a program left that was killed while it put something there. Precondition: no
  // other program puts anything (the caller holds the home).
  void sweep() const;
  // The transaction has ended. Absent files are no error.
  void remove(const TransactionId& id) const;

 private:
  std::string path(const TransactionId& id, const char* suffix) const;
  std::string directory_;
};

}  // namespace testamur::wallet
