// Whom the node's institution accepts: the trust engine over the ledger's statements, for readers on any thread.
//
// The history follows the finalized state and is swapped at most once a second; every answer names the height that it
// used. Decisions of the node's own viewpoint and policy are cached until the next swap. Thread-safe.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>

#include "ledger/recognition_graph.h"
#include "node/chain/workshop.h"
#include "testamur/v1/trust_service.pb.h"
#include "trust/decide.h"

namespace testamur::node {

class Reader;

// How long the lists are that a recognition graph follows.
struct RegistryCounts {
  std::uint64_t institutions = 0;
  std::uint64_t statements = 0;
  std::uint64_t changes = 0;
  auto operator<=>(const RegistryCounts&) const = default;
};

// The history as of one height, and what was decided on it. Immutable but for its cache.
class RecognitionView {
 public:
  RecognitionView(std::shared_ptr<const trust::History> history, trust::AsOf as_of)
      : history_(std::move(history)), as_of_(as_of) {}
  const trust::History& history() const { return *history_; }
  const std::shared_ptr<const trust::History>& shared_history() const { return history_; }
  const trust::AsOf& as_of() const { return as_of_; }

  // Cached by issuer, point and time; `policy` is always the node's own.
  std::shared_ptr<const trust::Decision> decide_cached(const trust::Query& query, const trust::Policy& policy);

 private:
  using Key = std::tuple<InstitutionId, InstitutionId, trust::ScopePoint, std::uint64_t>;
  std::shared_ptr<const trust::History> history_;
  trust::AsOf as_of_;
  std::mutex mutex_;
  std::map<Key, std::shared_ptr<const trust::Decision>> cache_;
};

class Recognition {
 public:
  Recognition(InstitutionId viewpoint, trust::Policy policy) : viewpoint_(viewpoint), policy_(std::move(policy)) {}

  const InstitutionId& viewpoint() const { return viewpoint_; }
  const trust::Policy& policy() const { return policy_; }
  // The newest view, at most about a second older than `head`.
  std::shared_ptr<RecognitionView> view(const HeadPtr& head);

 private:
  InstitutionId viewpoint_;
  trust::Policy policy_;
  std::mutex mutex_;  // of following; readers of a view that is fresh enough hold it only to copy a pointer
  std::shared_ptr<RecognitionView> view_;
  std::uint64_t refreshed_ms_ = 0;
  ledger::RecognitionGraph graph_;
  RegistryCounts counts_;  // what the graph has taken in
};

// A decision as a message. `paths`: with paths, cut and remedies.
void fill(const Reader& reader, const trust::Query& query, const trust::Policy& policy, const trust::Decision& decision,
          v1::DecisionPoint point, bool paths, v1::Decision& out);

}  // namespace testamur::node
