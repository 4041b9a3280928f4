// check --csv: a table of hashes and references with what the ledger says beside each row, read and
// written row by row, so that a table of a million rows takes no more memory than one of ten. One
// thread.
#pragma once

#include <cstdint>
#include <functional>
#include <istream>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "wallet/cli/outcome.h"

namespace testamur::wallet {

// What is said of one row, in the columns that are added.
struct RowAnswer {
  std::string verdict;      // found, revoked, …, not_listed, cannot_tell
  std::string issuer;       // id
  std::string issuer_name;  // of now; empty where no proof carries it
  std::string achievement;  // id
  std::string anchored;     // UTC
  std::string rests_on;     // under which block all this is proven, or why it cannot be told
  std::string said_since;   // of the status, UTC, by a node's word; empty: never changed
  // yes, no, unknown, or own (the issuer's own yes about itself): whether the issuer is accepted,
  // which is not proven.
  std::string recognised;
  std::string recognised_by;        // who looks, and by whose policy
  std::string recognised_rests_on;  // by whose word, as of which block
  bool is_key_doubted = false;      // a stolen key may have signed it; rests_on says which
  ExitCode exit = ExitCode::kOk;
};

// What a row names; either may be empty, and not both.
struct RowNames {
  std::string hash;  // 64 lower-case hexadecimal digits
  std::string reference;
};

struct TableCounts {
  std::uint64_t rows = 0;
  std::map<std::string, std::uint64_t> by_verdict;
  std::map<std::string, std::uint64_t> by_recognition;   // of the rows that say one
  std::map<std::string, std::uint64_t> not_accepted_by;  // who does not accept the issuer: rows
  std::uint64_t repeated = 0;        // rows that name what an earlier one names, of the first 2^20
  std::uint64_t key_doubts = 0;      // rows that a stolen key may have signed
  ExitCode exit = ExitCode::kOk;     // the worst of all rows
  std::vector<std::string> faults;   // rows that name nothing, or two things; the first thousand
  std::vector<std::string> notices;  // how the table was read, for people
};
std::string to_text(const TableCounts& counts);

struct TableSteps {
  std::function<Attempt<RowAnswer>(const RowNames& names)> ask;
  std::function<Attempt<void>(std::string_view line)> write;
  std::function<void(std::uint64_t bytes_read)> progress;
};
// A row that names two things which disagree, or nothing that can be asked about.
RowAnswer contradiction(const std::string& why);
RowAnswer no_hash(const std::string& why);

// The columns are those named hash, commitment and reference, in whatever case, or the first where
// there is no header; of several that a row fills none may contradict another. What an earlier
// check wrote behind the table is replaced. Empty lines are left out. A row whose cells name
// nothing has that for its verdict. Stops at the first row that cannot be read or asked; the
// failure names the line, and its exit code is 2 for a mistake in the table and 1 where reading it
// failed.
Attempt<TableCounts> check_table(std::istream& in, const TableSteps& steps);

}  // namespace testamur::wallet
