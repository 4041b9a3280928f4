#include "ledger/tx/key_rules.h"

#include <algorithm>

#include "ledger/tx/form_check.h"
#include "ledger/validators.h"

namespace testamur::ledger::tx::key_rules {

namespace {

// Of one institution, retired ones included: what its checks walk through must not grow without
// end.
constexpr std::size_t kKeysEverLimit = 2'048;

std::uint64_t active_keys(const StateView& view, const InstitutionId& institution,
                          std::optional<KeyPurpose> purpose = std::nullopt) {
  const auto keys = keys_of(view.state, institution);
  return static_cast<std::uint64_t>(std::ranges::count_if(keys, [&](const KeyId& id) {
    const auto* key = view.key(id);
    return !key->retired && (!purpose || key->purpose == *purpose);
  }));
}

}  // namespace

std::optional<Rejection> read_new_key(const v1::KeyDescription& description,
                                      const std::string& possession, NewKey& key) {
  if (auto rejection = read(description, key.purpose, key.key))
    return within("key", std::move(rejection));
  FormCheck check;
  check.length("possession_proof", possession.size(), Signature::kSize,
               FormCheck::Presence::kRequired);
  key.possession = fixed_from<Signature>(possession);
  return check.result();
}

std::optional<Rejection> check_new_key(const StateView& view, const InstitutionId& author,
                                       const NewKey& key, bool replaces) {
  const auto id = key_id(key.purpose, key.key);
  if (view.key(id) != nullptr) return Rejection{RejectionCode::kKeyExists, "key", to_text(id), {}};
  const auto limit = view.limit(Parameter::kKeysPerInstitutionLimit);
  if (!replaces && active_keys(view, author) >= limit) {
    return Rejection{RejectionCode::kLimit, "key", std::to_string(limit) + " active keys", {}};
  }
  if (keys_of(view.state, author).size() >= kKeysEverLimit) {
    return Rejection{RejectionCode::kLimit,
                     "key",
                     std::to_string(kKeysEverLimit) + " keys, retired ones included",
                     {}};
  }
  const auto message = possession_message(view.chain, author, key.purpose, key.key);
  if (!verify(key.key, message.view(), key.possession)) {
    return Rejection{RejectionCode::kPossession, "possession_proof", to_text(id), {}};
  }
  return std::nullopt;
}

std::optional<Rejection> check_retirement(const StateView& view, const InstitutionId& author,
                                          const KeyId& key, bool replaced) {
  const auto* known = view.key(key);
  if (known == nullptr) return Rejection{RejectionCode::kUnknownKey, "key_id", to_text(key), {}};
  if (known->institution != author)
    return Rejection{RejectionCode::kKeyOfAnother, "key_id", to_text(key), {}};
  if (known->retired) return Rejection{RejectionCode::kKeyRetired, "key_id", to_text(key), {}};
  if (known->purpose == KeyPurpose::kConsensus && seat_of(view.state, author) == key) {
    return Rejection{RejectionCode::kKeyInSet, "key_id", to_text(key), {}};
  }
  if (replaced || known->purpose != KeyPurpose::kRoot) return std::nullopt;
  if (active_keys(view, author, KeyPurpose::kRoot) <= view.institution(author)->root_threshold) {
    return Rejection{RejectionCode::kLastKey, "key_id", to_text(key), {}};
  }
  return std::nullopt;
}

}  // namespace testamur::ledger::tx::key_rules
