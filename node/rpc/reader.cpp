// A finalized state as messages. All answers of one call come from one Head, so they fit together
// and name its height. Records that many answers need come from the cache, which keeps them for one
// root of the registry and begins anew when the root moves.
#include "node/rpc/reader.h"

#include <algorithm>

#include "consensus/values/codec.h"

namespace testamur::node {

namespace tx = ledger::tx;

namespace {

constexpr std::size_t kMostRecords = 16'384;

}  // namespace

std::shared_ptr<RegistryCache::Records> RegistryCache::at(const Hash256& registry_root) {
  const std::lock_guard lock(mutex_);
  bool large = false;
  if (current_) {
    const std::lock_guard records(current_->mutex);
    large = current_->size() > kMostRecords;
  }
  if (!current_ || large || current_->root != registry_root) {
    current_ = std::make_shared<Records>();
    current_->root = registry_root;
  }
  return current_;
}

Reader::Reader(HeadPtr head, RegistryCache& cache, const Clock& clock)
    : head_(std::move(head)),
      clock_(clock),
      records_(cache.at(head_->header.roots.registry_root)) {}

void Reader::fill(v1::AsOf& as_of) const {
  auto now = clock_.now_ms();
  auto time = head_->header.time_ms;
  as_of.set_height(head_->header.height.value);
  as_of.set_time_ms(time);
  put(*as_of.mutable_block_id(), head_->block);
  as_of.set_node_age_ms(now > time ? now - time : 0);
}

const std::vector<ledger::Predecessor>& Reader::predecessors() const {
  const std::lock_guard lock(records_->mutex);
  if (!records_->predecessors) records_->predecessors = ledger::read_predecessors(state());
  return *records_->predecessors;
}

bool Reader::answers_for(const Reference& reference) const {
  return ledger::chain_of(reference, predecessors(), head_->header.chain).has_value();
}

// std::map never moves its values, and a history once read stays as it is for this registry root.
const std::vector<tx::InstitutionRecord>& Reader::history(const InstitutionId& id) const {
  const std::lock_guard lock(records_->mutex);
  auto [found, fresh] = records_->institutions.try_emplace(id);
  if (fresh) found->second = tx::institution_history(state(), id);
  return found->second;
}

std::optional<tx::InstitutionRecord> Reader::institution(const InstitutionId& id) const {
  const auto& records = history(id);
  if (records.empty()) return std::nullopt;
  return records.back();
}

std::optional<tx::InstitutionRecord> Reader::institution_at(const InstitutionId& id,
                                                            Height height) const {
  const auto& records = history(id);
  auto later = std::find_if(records.begin(), records.end(),
                            [height](const auto& r) { return r.at.height > height; });
  if (later == records.begin()) return std::nullopt;
  return *std::prev(later);
}

const std::optional<tx::KeyState> Reader::key(const KeyId& id) const {
  const std::lock_guard lock(records_->mutex);
  auto [found, fresh] = records_->keys.try_emplace(id);
  if (fresh) found->second = tx::read_key(state(), id);
  return found->second;
}

std::optional<tx::AchievementState> Reader::achievement(const AchievementId& id) const {
  const std::lock_guard lock(records_->mutex);
  auto [found, fresh] = records_->achievements.try_emplace(id);
  if (fresh) found->second = tx::read_achievement(state(), id);
  return found->second;
}

v1::InstitutionStanding to_proto(tx::Standing standing) {
  switch (standing) {
    case tx::Standing::kGood: return v1::INSTITUTION_STANDING_GOOD;
    case tx::Standing::kSuspended: return v1::INSTITUTION_STANDING_SUSPENDED;
    case tx::Standing::kClosed: return v1::INSTITUTION_STANDING_CLOSED;
    case tx::Standing::kLeft: return v1::INSTITUTION_STANDING_LEFT;
  }
  return v1::INSTITUTION_STANDING_UNSPECIFIED;
}

namespace {

int badness(v1::CredentialStatus status) {
  switch (status) {
    case v1::CREDENTIAL_STATUS_VOID: return 5;
    case v1::CREDENTIAL_STATUS_REVOKED: return 4;
    case v1::CREDENTIAL_STATUS_SUPERSEDED: return 3;
    case v1::CREDENTIAL_STATUS_SUSPENDED: return 2;
    default: return 1;
  }
}

}  // namespace

void Reader::fill_name(const InstitutionId& id, std::optional<Height> then,
                       v1::InstitutionName& name) const {
  put(*name.mutable_id(), id);
  name.set_id_text(to_text(id));

  // An id that the ledger does not know is shown as it is.
  const auto& records = history(id);
  if (records.empty()) return;

  const auto& now = records.back();
  name.set_name_now(std::string(tx::best_text(now.facts.legal_names)));
  name.set_domain(now.facts.domain);
  name.set_country(now.facts.country);
  name.set_standing(to_proto(now.standing));

  if (!then) return;
  // Records are in the order of the ledger: the last one up to that height had the name then.
  for (const auto& record : records) {
    if (record.at.height <= *then)
      name.set_name_then(std::string(tx::best_text(record.facts.legal_names)));
  }
}

void Reader::fill_name(const AchievementId& id, v1::AchievementName& name) const {
  put(*name.mutable_institution_id(), id.institution);
  name.set_number(id.number);
  name.set_version(id.version);
  name.set_id_text(to_text(id));
  auto found = achievement(id);
  if (!found) return;
  const auto& content = found->published.content;
  node::fill(content.titles, *name.mutable_titles());
  name.set_ects_hundredths(content.ects_hundredths);
  name.set_eqf_level(content.eqf_level);
}

void Reader::fill_anchor(LogIndex log_index, v1::Anchor& anchor) const {
  anchor.set_log_index(log_index.value);
  auto leaf = ledger::Log(state()).leaf(log_index);
  if (!leaf) return;
  anchor.set_height(leaf->height.value);
  anchor.set_time_ms(leaf->time_ms);
  put(*anchor.mutable_transaction_id(), leaf->transaction);
}

void Reader::fill_anchor_of(const tx::RecordPlace& at, const tx::Cause& cause,
                            v1::Anchor& anchor) const {
  anchor.set_height(at.height.value);
  anchor.set_time_ms(at.time_ms);
  anchor.set_log_index(cause.log_index.value);
  if (!cause.transaction.is_zero()) put(*anchor.mutable_transaction_id(), cause.transaction);
}

void Reader::fill_key(const KeyId& id, v1::KeyView& view) const {
  put(*view.mutable_id(), id);
  view.set_id_text(to_text(id));

  auto found = key(id);
  if (!found) return;

  put(*view.mutable_institution_id(), found->added.institution);
  view.set_purpose(static_cast<v1::KeyPurposeView>(found->added.purpose));
  view.set_algorithm(static_cast<v1::KeyAlgorithmView>(found->added.key.algorithm));
  put(*view.mutable_public_key(), ByteView(found->added.key.bytes));
  fill_anchor_of(found->added.at, found->added.cause, *view.mutable_added());

  view.set_state(v1::KEY_STATE_ACTIVE);

  if (!found->retired) return;
  fill_anchor_of(found->retired->at, found->retired->cause, *view.mutable_retired());
  view.set_state(found->stolen ? v1::KEY_STATE_COMPROMISED : v1::KEY_STATE_RETIRED);
  if (!found->stolen) return;
  view.set_compromised_since_ms(found->stolen->compromised_since_ms);
  fill_anchor_of(found->stolen->at, found->stolen->cause, *view.mutable_stolen());
}

v1::CredentialStatus to_proto(ledger::CredentialStatus status) {
  return static_cast<v1::CredentialStatus>(static_cast<int>(status) + 1);
}

void Reader::fill_effective(const ledger::PageStatic& page, ledger::CredentialStatus status,
                            v1::SlotStatus& out) const {
  out.set_status(to_proto(status));
  out.set_effective_status(out.status());
  out.set_effective_cause("slot");

  // The worst of slot, key and issuer counts, and the cause says which of them it was.
  auto worsen = [&out](v1::CredentialStatus to, const char* cause) {
    if (badness(to) <= badness(out.effective_status())) return;
    out.set_effective_status(to);
    out.set_effective_cause(cause);
  };

  // After the time from which the key counts as stolen a signature may be the thief's.
  auto signer = key(page.key);
  if (signer && signer->stolen && page.time_ms >= signer->stolen->compromised_since_ms) {
    worsen(v1::CREDENTIAL_STATUS_VOID, "key");
  }

  const auto& issuer = history(page.issuer);
  if (!issuer.empty() && issuer.back().standing == tx::Standing::kSuspended) {
    worsen(v1::CREDENTIAL_STATUS_SUSPENDED, "issuer");
  }
}

bool Reader::fill_slot(ledger::Slot slot, const std::optional<Hash256>& commitment,
                       v1::SlotVerdict& verdict) const {
  const ledger::Pages pages(state());
  auto page = pages.page(slot.page);
  if (!page || slot.position >= page->count) return false;
  auto index = page->first_index + slot.position;
  verdict.set_page(slot.page.value);
  verdict.set_position(slot.position);
  verdict.set_issuer_index(index.value);
  const auto chain = ledger::chain_at(predecessors(), head_->header.chain, page->height);
  verdict.set_reference(to_text(make_reference(chain, page->issuer, index)));
  if (commitment) {
    put(*verdict.mutable_commitment(), *commitment);
  } else if (auto listed = pages.commitments(slot.page)) {
    put(*verdict.mutable_commitment(), (*listed)[slot.position]);
  }
  fill_name(page->issuer, page->height, *verdict.mutable_issuer());
  fill_name(page->achievement, *verdict.mutable_achievement());
  fill_anchor(page->log_index, *verdict.mutable_anchor());
  fill_key(page->key, *verdict.mutable_key());
  auto& status = *verdict.mutable_status();
  fill_effective(*page, pages.status(slot), status);
  if (auto change = pages.last_change(slot)) {
    fill_anchor(change->log_index, *status.mutable_since());
    status.set_reason(static_cast<v1::StatusReason>(change->reason));
  } else {
    *status.mutable_since() = verdict.anchor();
  }
  return true;
}

bool Reader::fill_checkpoint(Height height, v1::Checkpoint& checkpoint) const {
  auto bytes = state().header(height);
  if (!bytes) return false;

  auto header = ledger::decode_header(*bytes);
  if (!header.ok()) return false;

  put(*checkpoint.mutable_header(), ByteView(*bytes));
  put(*checkpoint.mutable_chain_id(), header->chain);
  checkpoint.set_epoch(header->epoch.value);
  checkpoint.set_height(header->height.value);
  checkpoint.set_time_ms(header->time_ms);
  put(*checkpoint.mutable_block_id(), ledger::block_id(ByteView(*bytes)));

  checkpoint.set_log_size(header->roots.log_size);
  put(*checkpoint.mutable_log_root(), header->roots.log_root);
  checkpoint.set_page_count(header->roots.page_count);
  put(*checkpoint.mutable_page_root(), header->roots.page_root);
  put(*checkpoint.mutable_registry_root(), header->roots.registry_root);

  // The genesis is agreed on by its founders' signatures, every other block by a certificate.
  auto proof_bytes = state().certificate(height);
  auto proof = proof_bytes ? consensus::decode_finality_proof(*proof_bytes) : std::nullopt;
  if (!proof) return true;  // the genesis needs none

  for (const auto& link : proof->links) put(*checkpoint.add_link_headers(), ByteView(*link));
  put(*checkpoint.mutable_certificate(), ByteView(consensus::encode(*proof->certificate)));
  return true;
}

}  // namespace testamur::node
