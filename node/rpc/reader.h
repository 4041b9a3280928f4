// Reads a finalized state and puts it into the messages of the API.
//
// A Reader borrows a Head and a RegistryCache; it lives for one call and belongs to one thread. The
// cache may be shared.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>

#include "common/clock.h"
#include "ledger/log.h"
#include "ledger/pages.h"
#include "ledger/recovery.h"
#include "ledger/tx/records/institutions.h"
#include "ledger/tx/records/publications.h"
#include "ledger/tx/records/record.h"
#include "node/chain/block_processor.h"
#include "node/rpc/call.h"
#include "testamur/v1/types.pb.h"
#include "testamur/v1/verify_service.pb.h"
#include "trust/scope.h"

namespace testamur::node {

// Decoded registry records as of one registry root; they change rarely compared with how often they
// are read. Thread-safe.
class RegistryCache {
 public:
  struct Records {
    Hash256 root;
    std::mutex mutex;
    std::map<InstitutionId, std::vector<ledger::tx::InstitutionRecord>>
        institutions;  // whole histories
    std::map<KeyId, std::optional<ledger::tx::KeyState>> keys;
    std::map<AchievementId, std::optional<ledger::tx::AchievementState>> achievements;
    std::optional<std::vector<ledger::Predecessor>> predecessors;
    std::size_t size() const { return institutions.size() + keys.size() + achievements.size(); }
  };
  // Those of this root; an empty set when the root has moved, or when so much has been asked for
  // (also what the ledger does not know) that the present one has become large: it lives on with
  // the calls that use it.
  std::shared_ptr<Records> at(const Hash256& registry_root);

 private:
  std::mutex mutex_;
  std::shared_ptr<Records> current_;
};

class Reader {
 public:
  Reader(HeadPtr head, RegistryCache& cache, const Clock& clock);

  const Head& head() const { return *head_; }
  const Snapshot& state() const { return *head_->state; }

  void fill(v1::AsOf& as_of) const;
  // The ledgers that this one continues after a loss of keys, oldest first.
  const std::vector<ledger::Predecessor>& predecessors() const;
  // Whether this node answers for the ledger that the reference names.
  bool answers_for(const Reference& reference) const;
  // The newest record of an institution, or the one in force at a height.
  std::optional<ledger::tx::InstitutionRecord> institution(const InstitutionId& id) const;
  // All of its records, oldest first; none: there is no such institution. Valid as long as the
  // reader.
  const std::vector<ledger::tx::InstitutionRecord>& history(const InstitutionId& id) const;
  std::optional<ledger::tx::InstitutionRecord> institution_at(const InstitutionId& id,
                                                              Height height) const;
  const std::optional<ledger::tx::KeyState> key(const KeyId& id) const;
  std::optional<ledger::tx::AchievementState> achievement(const AchievementId& id) const;

  void fill_name(const InstitutionId& id, std::optional<Height> then,
                 v1::InstitutionName& name) const;
  void fill_name(const AchievementId& id, v1::AchievementName& name) const;
  void fill_anchor(LogIndex log_index, v1::Anchor& anchor) const;
  void fill_anchor_of(const ledger::tx::RecordPlace& at, const ledger::tx::Cause& cause,
                      v1::Anchor& anchor) const;
  void fill_key(const KeyId& id, v1::KeyView& view) const;

  // One slot with its issuer, achievement, anchor, key and status; without decisions. False: there
  // is no such slot.
  bool fill_slot(ledger::Slot slot, const std::optional<Hash256>& commitment,
                 v1::SlotVerdict& verdict) const;
  // The worst of the slot, its key and its issuer.
  void fill_effective(const ledger::PageStatic& page, ledger::CredentialStatus status,
                      v1::SlotStatus& out) const;

  // A finalized header with its proof; false when this node has none at that height.
  bool fill_checkpoint(Height height, v1::Checkpoint& checkpoint) const;

 private:
  HeadPtr head_;
  const Clock& clock_;
  std::shared_ptr<RegistryCache::Records> records_;
};

v1::CredentialStatus to_proto(ledger::CredentialStatus status);
v1::InstitutionStanding to_proto(ledger::tx::Standing standing);
void fill(const ledger::tx::LocalizedTexts& texts,
          google::protobuf::RepeatedPtrField<v1::LocalizedText>& out);
void fill(const ledger::tx::InstitutionFacts& facts, v1::InstitutionFacts& out);
void fill(const ledger::tx::AchievementContent& content, v1::AchievementPublish& out);
void fill(const trust::Scope& scope, v1::ScopeView& out);
// The point of an achievement in the space of scopes, without a purpose.
trust::ScopePoint point_of(const AchievementId& id, const ledger::tx::AchievementContent& content);
void fill(const trust::ScopePoint& point, v1::ScopeView& out);

template <class Fixed>
void put(std::string& field, const Fixed& value) {
  field.assign(reinterpret_cast<const char*>(value.bytes.data()), value.bytes.size());
}
inline void put(std::string& field, ByteView bytes) {
  field.assign(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}
template <class Fixed>
std::optional<Fixed> fixed_from(const std::string& field) {
  return Fixed::from(as_bytes(field));
}

// A field that may be left out. One of another length is refused by name: read as left out it would
// turn the question into another one.
template <class Fixed>
struct Optional {
  grpc::Status status;
  std::optional<Fixed> value;
};
template <class Fixed>
Optional<Fixed> optional_from(const std::string& field, const char* name) {
  if (field.empty()) return {};
  auto value = fixed_from<Fixed>(field);
  if (!value)
    return {invalid_argument(name, "must be " + std::to_string(Fixed::kSize) + " bytes"), {}};
  return {grpc::Status::OK, value};
}

}  // namespace testamur::node
