#include "ledger/tx/institution_register.h"

#include "common/check.h"
#include "ledger/tx/content.h"
#include "ledger/tx/form_check.h"
#include "ledger/tx/institution_rules.h"
#include "ledger/tx/key_rules.h"

namespace testamur::ledger::tx::institution_register {

namespace {

constexpr std::string_view kPath = "institution_register";

InstitutionRegisterContent content_of(const Transaction& transaction) {
  InstitutionRegisterContent content;
  TM_CHECK(!read(transaction.message().institution_register(), content),
           "a decoded registration lost its form");
  return content;
}

std::optional<Rejection> check_keys(const StateView& view, const Transaction& transaction,
                                    const InstitutionRegisterContent& content) {
  const auto limit = view.limit(Parameter::kKeysPerInstitutionLimit);
  if (content.keys.size() > limit) {
    return Rejection{RejectionCode::kLimit, "keys", std::to_string(limit) + " active keys", {}};
  }
  const auto id = registered_id(transaction.id(), content);
  const auto proofs = transaction.possession_proofs();
  for (std::size_t i = 0; i < content.keys.size(); ++i) {
    const auto& [purpose, key] = content.keys[i];
    auto rejection = key_rules::check_new_key(view, id, {purpose, key, proofs[i]}, true);
    if (!rejection) continue;
    rejection->field = FormCheck::element(
        rejection->code == RejectionCode::kPossession ? "possession_proofs" : "keys", i);
    return rejection;
  }
  return std::nullopt;
}

}  // namespace

std::optional<Rejection> check_form(const v1::TransactionBody& body) {
  InstitutionRegisterContent content;
  return within(kPath, read(body.institution_register(), content));
}

std::optional<Rejection> check_state(const StateView& view, const Transaction& transaction, Plan&) {
  const auto content = content_of(transaction);
  const auto id = registered_id(transaction.id(), content);
  const auto before = read_institution(view.state, id);
  if (content.listed.is_zero() && before) {
    // Two transactions whose ids begin alike: nobody meets this by chance.
    return Rejection{RejectionCode::kIdentifierTaken, std::string(kPath), to_text(id), {}};
  }
  const auto field = std::string(kPath) + ".listed";
  if (!content.listed.is_zero()) {
    if (!before) return Rejection{RejectionCode::kUnknownInstitution, field, to_text(id), {}};
    if (before->institution_class != InstitutionClass::kListed ||
        before->standing != Standing::kGood) {
      return Rejection{RejectionCode::kNotListed, field, to_text(id), {}};
    }
  }
  if (auto rejection = institution_rules::check_rate(view, transaction.author())) return rejection;
  if (auto rejection =
          institution_rules::check_facts(view, content.facts, before ? &*before : nullptr)) {
    return within(std::string(kPath) + ".facts", std::move(rejection));
  }
  return within(kPath, check_keys(view, transaction, content));
}

void apply(StateWriter& writer, const Transaction& transaction, const Plan&) {
  const auto content = content_of(transaction);
  InstitutionRecord record;
  record.id = registered_id(transaction.id(), content);
  record.institution_class = InstitutionClass::kIssuer;
  record.root_threshold = content.root_threshold;
  record.sponsor = transaction.author();
  record.facts = content.facts;
  writer.count_change();
  writer.put_institution(record);
  for (const auto& key : content.keys) writer.add_key(record.id, key.purpose, key.key);
}

std::uint64_t weight(const v1::TransactionBody& body) {
  const auto keys = static_cast<std::uint64_t>(body.institution_register().keys_size());
  return kWeightRecord + keys * (kWeightRecord + kWeightSignature);
}

}  // namespace testamur::ledger::tx::institution_register
