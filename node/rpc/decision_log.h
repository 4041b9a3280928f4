// What this node decided, so that an institution can report on its recognition practice.
//
// One row for each hour and combination of viewpoint, issuer, scope, day decided about, policy,
// outcome, rule and amount, with a count. Nothing in it names a credential, a person or a caller:
// no commitment, no index, no address, no achievement (a course with three graduates would name
// them), no time finer than an hour. Rows are counted in memory and appended to CSV files at least
// once a minute, so a crash loses a minute; the oldest file goes when there are too many. The
// format: docs/operating.md. Thread-safe.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <tuple>
#include <vector>

#include "common/clock.h"
#include "common/hash.h"
#include "common/ids.h"
#include "common/result.h"
#include "node/log/log.h"
#include "trust/decide.h"

namespace testamur::node {

// Which of a node's answers a row counts.
enum class DecisionKind : std::uint8_t {
  kVerdict,   // on a credential, by the times that the policy lets govern
  kAnchor,    // its part at the anchor
  kToday,     // its part today
  kClaim,     // its part at the claimed date of award
  kQuestion,  // asked about an issuer as such
};
std::string_view to_text(DecisionKind kind);

struct DecisionEntry {
  DecisionKind kind = DecisionKind::kQuestion;
  InstitutionId viewpoint;
  InstitutionId issuer;
  trust::ScopePoint point;       // its achievement is not kept
  std::uint64_t at_time_ms = 0;  // kept as a day
  Hash256 policy_digest;
  trust::Outcome outcome = trust::Outcome::kRefuse;
  std::optional<trust::Rule> rule;      // that failed; absent in bulk answers
  std::optional<std::uint32_t> amount;  // absent in bulk answers
};

struct DecisionFilter {
  std::optional<InstitutionId> issuer;
  std::optional<trust::FieldMask> fields;  // rows whose fields meet these
  std::string outcome;
  std::uint64_t from_ms = 0;
  std::uint64_t to_ms = ~std::uint64_t{0};
};
// Rows that match, as they stand in the files, and where to go on; empty: that was all.
struct DecisionPage {
  std::vector<std::string> rows;
  std::string next;
};

class DecisionLog {
 public:
  struct Options {
    std::filesystem::path directory;
    std::uint64_t file_bytes = 8U << 20;
    std::uint64_t files = 16;
  };
  // Makes the directory; goes on after the last whole line of its newest file.
  static Result<std::unique_ptr<DecisionLog>> open(const Options& options, const Clock& clock,
                                                   Log& log);
  ~DecisionLog();

  // Waits for nothing but a short lock. Beyond 65,536 combinations between two writes an entry is
  // counted in one row of outcome "not_logged".
  void add(const DecisionEntry& entry, Height height, std::uint64_t count = 1);
  // Appends what was counted. What could not be written stays counted and is tried again.
  Status flush();
  Result<DecisionPage> read(const DecisionFilter& filter, const std::string& from,
                            std::size_t most_rows);

  static std::string_view header();

 private:
  // A row without its heights and count.
  using Key = std::tuple<std::uint64_t, DecisionKind, InstitutionId, InstitutionId,
                         trust::ScopePoint, std::uint64_t, Hash256, int, int, std::int64_t>;
  struct Counted {
    Height first;
    Height last;
    std::uint64_t count = 0;
  };
  DecisionLog(Options options, const Clock& clock, Log& log)
      : options_(std::move(options)), clock_(clock), log_(log) {}
  static std::string row_text(const Key& key, const Counted& counted);
  void count_locked(const Key& key, const Counted& more);  // mutex_ is held
  Status append(const std::string& rows);
  Status rotate();
  std::vector<std::uint64_t> numbers() const;
  std::filesystem::path path_of(std::uint64_t number) const;
  void run();

  const Options options_;
  const Clock& clock_;
  Log& log_;
  std::mutex mutex_;  // of the counts
  std::condition_variable wake_;
  std::map<Key, Counted> counted_;
  bool stopping_ = false;
  std::mutex files_;  // of the files; taken before mutex_
  std::uint64_t current_ = 1;
  std::thread thread_;
};

}  // namespace testamur::node
