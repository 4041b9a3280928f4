// What a kind may look at (StateView) and what it may do (StateWriter) while a block is executed.
// Private to ledger/.
//
// A view reads the state with what the block wrote so far. A writer records which privileges were
// used, so that after each transaction they can be compared with those that the kind declares. One
// thread at a time.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <vector>

#include "common/ids.h"
#include "ledger/ledger_state.h"
#include "ledger/parameters.h"
#include "ledger/tx/derived_tables.h"
#include "ledger/tx/registry_records.h"

namespace testamur::ledger::tx {

// What issuing and verifying ask of an achievement.
struct AchievementSummary {
  std::vector<InstitutionId> awarding_bodies;  // the publisher among them
  std::vector<InstitutionId> signed_by;        // likewise
  bool complete = false;
  bool retired = false;
};
struct InstitutionSummary {
  InstitutionClass institution_class = InstitutionClass::kListed;
  Standing standing = Standing::kGood;
  std::uint8_t root_threshold = 1;
  InstitutionId parent;
};
struct KeySummary {
  InstitutionId institution;
  KeyPurpose purpose = KeyPurpose::kRoot;
  bool retired = false;
  std::array<std::uint8_t, 32> bip340{};  // zero for other algorithms
};

// Records of the registry as execution needs them, decoded once a block.
class RecordCache {
 public:
  const InstitutionSummary* institution(const StateReader& state, const InstitutionId& id);
  const KeySummary* key(const StateReader& state, const KeyId& id);
  const AchievementSummary* achievement(const StateReader& state, const AchievementId& id);
  void forget(const InstitutionId& id) { institutions_.erase(id); }
  void forget(const KeyId& id) { keys_.erase(id); }
  void forget(const AchievementId& id) { achievements_.erase(id); }

 private:
  // Absence is not remembered: only what exists is worth the memory.
  std::map<InstitutionId, InstitutionSummary> institutions_;
  std::map<KeyId, KeySummary> keys_;
  std::map<AchievementId, AchievementSummary> achievements_;
};

struct StateView {
  const StateReader& state;
  RecordCache& cache;
  const Parameters& parameters;
  ChainId chain;
  Height height;
  std::uint64_t time_ms;
  KeyPurpose signer;  // purpose of the keys that signed

  std::uint64_t limit(Parameter id) const { return parameters[id]; }
  const InstitutionSummary* institution(const InstitutionId& id) const {
    return cache.institution(state, id);
  }
  const KeySummary* key(const KeyId& id) const { return cache.key(state, id); }
  const AchievementSummary* achievement(const AchievementId& id) const {
    return cache.achievement(state, id);
  }
  Pages pages() const { return Pages{state}; }
};

// What a kind may create or change. Bits.
enum class Privilege : std::uint16_t {
  kNone = 0,
  kInstitutions = 1,
  kKeys = 2,
  kAchievements = 4,
  kStatements = 8,
  kIssue = 16,
  kStatuses = 32,
  kSuccessions = 64,
  kPolicies = 128,
  kRules = 256,
  kGovernance = 512,  // proposals and votes
  kReady = 1024,
  kEvidence = 2048,
  kValidators = 4096,
  kParameters = 8192,
  kProtocol = 16384,
};
constexpr Privilege operator|(Privilege a, Privilege b) {
  return static_cast<Privilege>(static_cast<unsigned>(a) | static_cast<unsigned>(b));
}
constexpr bool within(Privilege used, Privilege declared) {
  return (static_cast<unsigned>(used) & ~static_cast<unsigned>(declared)) == 0;
}

// The writes of one transaction.
class StateWriter {
 public:
  StateWriter(LedgerState& ledger, RecordCache& cache, const Cause& cause,
              const InstitutionId& author)
      : ledger_(ledger), cache_(cache), cause_(cause), author_(author) {}

  const Cause& cause() const { return cause_; }
  const InstitutionId& author() const { return author_; }
  const StateReader& state() const { return ledger_.overlay(); }
  std::uint64_t time_ms() const { return ledger_.time_ms(); }

  void put_institution(InstitutionRecord record);
  void set_standing(const InstitutionId& institution, Standing standing);
  void add_key(const InstitutionId& institution, KeyPurpose purpose, const PublicKey& key);
  void retire_key(const KeyRecord& added, std::uint64_t compromised_since_ms);
  void put_achievement(const AchievementId& id, AchievementEvent event, ByteView published);
  // Appends the statement and what counts it.
  void put_statement(const StatementContent& content);
  void issue_listed(const AchievementId& achievement, IssuerIndex first_index,
                    std::span<const Commitment> commitments);
  void issue_anchored(const AchievementId& achievement, IssuerIndex first_index,
                      std::uint64_t count, std::span<const Hash256> page_roots);
  void set_status(const StatusPlan& plan, StatusReason reason);
  // The author agrees to it.
  void put_consent(const SuccessionContent& content);
  // It takes effect: a record under each party, and predecessors that it closes are closed.
  void put_succession(const SuccessionContent& content);
  void put_policy(const PolicyContent& content);
  void put_rule(const RuleContent& content);
  // One more among the author's statement changes of the day.
  void count_change();
  // A record of a kind that has no method of its own here. Returns its sequence number.
  std::uint64_t put_record(Privilege privilege, RegistryKind kind, Bytes id, Bytes body);
  // For derived rows that follow from such records.
  Overlay& tables() { return ledger_.overlay(); }

  Privilege used() const { return used_; }

 private:
  std::uint64_t put(RegistryKind kind, Bytes id, Bytes body);
  void follow_change(RegistryKind kind, const InstitutionId& institution, const KeyId& key,
                     std::uint64_t seq);
  BatchOrigin begin_issue(const AchievementId& achievement, IssuerIndex first_index);
  void count_statement(const StatementContent& content);

  LedgerState& ledger_;
  RecordCache& cache_;
  Cause cause_;
  InstitutionId author_;
  Privilege used_ = Privilege::kNone;
};

}  // namespace testamur::ledger::tx
