// Whom the node's institution accepts: the trust engine over the ledger's statements, for readers
// on any thread.
//
// One thread of its own follows the finalized state, compiles tables of decisions and swaps the
// whole view; readers load a pointer and never wait for it. It works once a second at most (after a
// pause, a few changes of the registry at once), so an answer may be that much behind the newest
// block; it names the height that it used.
#pragma once

#include <atomic>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "ledger/recognition_graph.h"
#include "node/chain/block_processor.h"
#include "testamur/v1/trust_service.pb.h"
#include "trust/decide.h"
#include "trust/judge.h"
#include "trust/table.h"

namespace testamur::node {

class Reader;

// How long the lists are that a recognition graph follows.
struct RegistryCounts {
  std::uint64_t institutions = 0;
  std::uint64_t statements = 0;
  std::uint64_t changes = 0;
  auto operator<=>(const RegistryCounts&) const = default;
};

// A table of decisions and whether anybody used it since it was swapped in.
struct SharedTable {
  std::shared_ptr<const trust::DecisionTable> table;
  mutable std::atomic<bool> used{false};
  explicit SharedTable(std::shared_ptr<const trust::DecisionTable> made) : table(std::move(made)) {}
};
// Whose table, and for which point.
struct TableKey {
  InstitutionId viewpoint;
  trust::ScopePoint point;
  auto operator<=>(const TableKey&) const = default;
};
using TableMap = std::map<TableKey, std::shared_ptr<const SharedTable>>;

// The history as of one height, and what was decided on it. Immutable but for its cache.
class RecognitionView {
 public:
  RecognitionView(std::shared_ptr<const trust::History> history, trust::AsOf as_of, TableMap tables)
      : history_(std::move(history)), as_of_(as_of), tables_(std::move(tables)) {}
  const trust::History& history() const { return *history_; }
  const std::shared_ptr<const trust::History>& shared_history() const { return history_; }
  const trust::AsOf& as_of() const { return as_of_; }
  const TableMap& tables() const { return tables_; }

  // The outcome from a table; nothing where there is none, or where it does not reach back so far.
  std::optional<trust::Outcome> find(const TableKey& key, const InstitutionId& issuer,
                                     std::uint64_t at_ms) const;

  // Cached; `policy` is always the node's own. `cold` grows by one for a question that was not in
  // the cache.
  std::shared_ptr<const trust::Decision> decide_cached(const trust::Query& query,
                                                       const trust::Policy& policy,
                                                       std::uint64_t& cold) const;
  std::shared_ptr<const trust::JointJudgement> judge_cached(
      const trust::Case& asked, const std::vector<InstitutionId>& bodies,
      const trust::Policy& policy, std::uint64_t& cold) const;
  // Only from the cache; null: it would have to be judged.
  std::shared_ptr<const trust::JointJudgement> find_judgement(
      const trust::Case& asked, const std::vector<InstitutionId>& bodies) const;

 private:
  using DecisionKey = std::tuple<InstitutionId, InstitutionId, trust::ScopePoint, std::uint64_t>;
  // The issuer, the point, anchor and claim, who teaches and assesses, the awarding bodies.
  using JudgementKey = std::tuple<InstitutionId, trust::ScopePoint, std::uint64_t,
                                  std::optional<std::uint64_t>, std::vector<InstitutionId>,
                                  std::vector<InstitutionId>, std::vector<InstitutionId>>;
  static JudgementKey key_of(const trust::Case& asked, const std::vector<InstitutionId>& bodies);

  std::shared_ptr<const trust::History> history_;
  trust::AsOf as_of_;
  TableMap tables_;
  mutable std::mutex mutex_;  // of the caches; held to look up and to insert, never while deciding
  mutable std::map<DecisionKey, std::shared_ptr<const trust::Decision>> decisions_;
  mutable std::map<JudgementKey, std::shared_ptr<const trust::JointJudgement>> judgements_;
};
using RecognitionViewPtr = std::shared_ptr<const RecognitionView>;

class Recognition {
 public:
  // `others`: viewpoints beside the institution's own for which tables are kept, by the same policy
  // without its local statements.
  Recognition(InstitutionId viewpoint, trust::Policy policy, std::vector<InstitutionId> others);
  ~Recognition();

  // Makes the first view (blocks) and starts to follow. `stop` ends the thread; views stay usable.
  void start(const HeadPtr& head);
  void stop();
  // There is a newer finalized state. Any thread; does not block.
  void follow(const HeadPtr& head);

  const InstitutionId& viewpoint() const { return viewpoint_; }
  const trust::Policy& policy() const { return policy_; }
  const Hash256& policy_digest() const { return policy_digest_; }
  // Viewpoints beside the institution's own for which tables are kept.
  const std::vector<InstitutionId>& others() const { return others_; }
  // The newest view. Any thread, after start(); never blocks.
  RecognitionViewPtr view() const { return view_.load(); }
  // Whether tables are kept for this viewpoint.
  bool keeps(const InstitutionId& viewpoint) const;
  // The outcome for an issuer from a table of such a viewpoint; asks for a table where there is
  // none.
  std::optional<trust::Outcome> find(const RecognitionView& view, const InstitutionId& viewpoint,
                                     const trust::ScopePoint& point, const InstitutionId& issuer,
                                     std::uint64_t at_ms);

 private:
  void run();
  void refresh(const Head& head);
  void choose_points();
  TableMap make_tables(const trust::History& history, const trust::AsOf& as_of);

  const InstitutionId viewpoint_;
  const trust::Policy policy_;
  const trust::Policy others_policy_;
  const Hash256 policy_digest_;
  const std::vector<InstitutionId> others_;

  std::atomic<RecognitionViewPtr> view_;
  std::mutex mutex_;  // of what follows
  std::condition_variable wake_;
  HeadPtr next_;
  RegistryCounts next_counts_;
  std::vector<trust::ScopePoint> wanted_;
  bool stopping_ = false;

  // Of the following thread alone.
  ledger::RecognitionGraph graph_;
  RegistryCounts counts_;  // what the graph has taken in
  std::map<trust::ScopePoint, unsigned>
      points_;  // those with tables, and for how many rounds nobody used them
  std::map<TableKey, trust::TableMaker> makers_;
  std::thread thread_;
};

// A decision with what it answers; borrowed.
struct Decided {
  const trust::Query& query;
  const trust::Policy& policy;
  const trust::Decision& decision;
};
// A decision as a message. `paths`: with paths and cut.
void fill(const Reader& reader, const Decided& decided, v1::DecisionPoint point, bool paths,
          v1::Decision& out);
// One sentence for people.
std::string one_sentence(const trust::Decision& decision, const trust::Policy& policy);

}  // namespace testamur::node
