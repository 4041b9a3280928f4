// Adding, rotating and retiring keys. An institution never loses so many root keys that its
// threshold could not be reached, and a key that has been retired never comes back. That it had
// been stolen before can still be said of it, once (decision 0306).
#include <algorithm>

#include "ledger/tx/records/institutions.h"
#include "ledger/tx/rules/rules.h"
#include "ledger/validators.h"

namespace testamur::ledger::tx::rules {

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

// The author's own key, active, and (unless one takes its place) not one of the last that its
// threshold needs.
std::optional<Rejection> check_retirement(const StateView& view, const InstitutionId& author,
                                          const KeyId& key, bool replaced) {
  const auto refuse = [&](RejectionCode code) {
    return Rejection{code, "key_id", to_text(key), {}};
  };
  const auto* known = view.key(key);
  if (known == nullptr) return refuse(RejectionCode::kUnknownKey);
  if (known->institution != author) return refuse(RejectionCode::kKeyOfAnother);
  if (known->retired) return refuse(RejectionCode::kKeyRetired);

  // A validator whose key is gone could not vote any more: the set changes first, by a proposal.
  if (known->purpose == KeyPurpose::kConsensus && seat_of(view.state, author) == key) {
    return refuse(RejectionCode::kKeyInSet);
  }
  if (replaced || known->purpose != KeyPurpose::kRoot) return std::nullopt;
  const auto roots = active_keys(view, author, KeyPurpose::kRoot);
  if (roots <= view.institution(author)->root_threshold) return refuse(RejectionCode::kLastKey);
  return std::nullopt;
}

}  // namespace

std::optional<Rejection> check_new_key(const StateView& view, const InstitutionId& owner,
                                       const KeyAddContent& key, bool replaces) {
  const auto id = key_id(key.purpose, key.key);
  if (view.key(id) != nullptr) return Rejection{RejectionCode::kKeyExists, "key", to_text(id), {}};

  const auto full = [](std::uint64_t limit, const char* which) {
    return Rejection{RejectionCode::kLimit, "key", std::to_string(limit) + which, {}};
  };
  const auto limit = view.limit(Parameter::kKeysPerInstitutionLimit);
  if (!replaces && active_keys(view, owner) >= limit) return full(limit, " active keys");
  if (keys_of(view.state, owner).size() >= kKeysEverLimit) {
    return full(kKeysEverLimit, " keys, retired ones included");
  }

  const auto message = possession_message(view.chain, owner, key.purpose, key.key);
  if (!verify(key.key, message.view(), key.possession)) {
    return Rejection{RejectionCode::kPossession, "possession_proof", to_text(id), {}};
  }
  return std::nullopt;
}

// ---- key_add

std::optional<Rejection> check(const StateView& view, const Transaction& transaction,
                               const KeyAddContent& content) {
  return prefixed(name(transaction.kind()),
                  check_new_key(view, transaction.author(), content, false));
}

void apply(StateWriter& writer, const Transaction&, const KeyAddContent& content) {
  writer.add_key(writer.author(), content.purpose, content.key);
}

// ---- key_rotate

std::optional<Rejection> check(const StateView& view, const Transaction& transaction,
                               const KeyRotateContent& content) {
  const auto& author = transaction.author();
  if (auto rejection = check_retirement(view, author, content.retired, true)) {
    rejection->field = path_of(transaction, "retired_key_id");
    return rejection;
  }

  // Else a rotation could take away the last root by putting an issue key in its place.
  if (view.key(content.retired)->purpose != content.added.purpose) {
    return Rejection{RejectionCode::kFieldConflict,
                     path_of(transaction, "key.purpose"),
                     "it differs from the retired key's",
                     {}};
  }
  return prefixed(name(transaction.kind()), check_new_key(view, author, content.added, true));
}

void apply(StateWriter& writer, const Transaction&, const KeyRotateContent& content) {
  const auto retired = read_key(writer.state(), content.retired);
  writer.add_key(writer.author(), content.added.purpose, content.added.key);
  writer.retire_key(retired->added, 0);
}

// ---- key_retire

namespace {

// Who replaced a key in time may learn only afterwards that somebody else had it.
bool is_late_theft(const StateView& view, const InstitutionId& author,
                   const KeyRetireContent& content) {
  const auto* known = view.key(content.key);
  return view.protocol_version >= kLateTheftSince && content.compromised_since_ms != 0 &&
         known != nullptr && known->institution == author && known->retired && !known->stolen;
}

}  // namespace

std::optional<Rejection> check(const StateView& view, const Transaction& transaction,
                               const KeyRetireContent& content) {
  const bool late = is_late_theft(view, transaction.author(), content);
  if (!late) {
    if (auto rejection = check_retirement(view, transaction.author(), content.key, false))
      return prefixed(name(transaction.kind()), std::move(rejection));
  }

  const auto since_ms = content.compromised_since_ms;
  const auto path = path_of(transaction, "compromised_since_ms");
  if (since_ms > view.time_ms) {
    return Rejection{RejectionCode::kCompromisedInFuture, path, std::to_string(since_ms), {}};
  }
  if (since_ms != 0 && !may_be_compromised(view.key(content.key)->purpose)) {
    return Rejection{
        RejectionCode::kFieldConflict, path, "it does not apply to keys of this purpose", {}};
  }

  // Nothing of the key's is on the ledger since then, and a theft from then on would void nothing.
  if (late && since_ms > read_key(view.state, content.key)->retired->at.time_ms) {
    return Rejection{RejectionCode::kFieldConflict, path, "it is after the key's retirement", {}};
  }
  return std::nullopt;
}

void apply(StateWriter& writer, const Transaction&, const KeyRetireContent& content) {
  writer.retire_key(read_key(writer.state(), content.key)->added, content.compromised_since_ms);
}

}  // namespace testamur::ledger::tx::rules
