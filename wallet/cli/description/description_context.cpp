#include "wallet/cli/description/description_context.h"

#include "wallet/cli/description/named_parties.h"
#include "wallet/cli/description/render.h"

namespace testamur::wallet {

namespace tx = ledger::tx;

namespace {

std::optional<CallError> add_set_and_parameters(Client& client, DescriptionContext& known) {
  auto answer = client.parameters();
  if (auto* failure = std::get_if<CallError>(&answer)) return *failure;
  auto& said = std::get<ParametersAnswer>(answer);
  known.parameters = std::move(said.values);
  // A set that may lack a member is not the set in force: the words then speak without it.
  if (!said.validators_whole) return std::nullopt;
  for (const auto& entry : said.validators) {
    known.validators.push_back({entry.institution, key_id(KeyPurpose::kConsensus, entry.key), {}});
  }
  return std::nullopt;
}

}  // namespace

Called<DescriptionContext> fetch_description_context(Client& client,
                                                     std::set<InstitutionId> parties) {
  DescriptionContext known;

  if (auto failure = add_set_and_parameters(client, known)) return *failure;

  for (const auto& seat : known.validators) parties.insert(seat.institution);

  for (const auto& id : parties) {
    auto answer = client.institution(id, false);
    // Who is about to be registered or listed has no name on the ledger yet.
    if (auto* failure = std::get_if<CallError>(&answer)) {
      if (failure->kind == CallFailure::kNotFound) continue;
      return *failure;
    }

    const auto& said = std::get<InstitutionAnswer>(answer);
    known.names[to_text(id)] = said.name.name_now;
    if (said.institution_class) known.classes[to_text(id)] = *said.institution_class;
  }

  return known;
}

Called<DescriptionContext> fetch_description_context(Client& client, const tx::DecodedBody& body) {
  auto parties = named_parties(body.content);
  parties.insert(body.author);
  return fetch_description_context(client, std::move(parties));
}

DescriptionContext description_context_of(const Draft& draft) {
  DescriptionContext known;
  known.names = draft.names;
  known.names_unverified = true;
  return known;
}

Called<DraftSigner> signer_of(Client& client, const InstitutionId& institution,
                              KeyPurpose purpose) {
  auto answer = client.institution(institution, false);
  if (auto* failure = std::get_if<CallError>(&answer)) return *failure;

  const auto& said = std::get<InstitutionAnswer>(answer);

  DraftSigner signer{institution, purpose, 1, {}};

  // A threshold that the node leaves out must not become a draft for a single root key.
  if (purpose == KeyPurpose::kRoot) {
    if (said.root_threshold == 0) {
      return CallError{CallFailure::kOther,
                       "the node does not say how many root keys sign for the institution",
                       "malformed_answer", "", ""};
    }
    signer.needed = said.root_threshold;
  }

  for (const auto& key : said.keys) {
    const bool counts =
        key.state == KeyState::kActive && key.record.purpose == purpose && key.record.key;
    if (counts) signer.keys.push_back(*key.record.key);
  }

  return signer;
}

std::map<std::string, std::string> purposes_of_keys(const InstitutionAnswer& institution) {
  std::map<std::string, std::string> purposes;
  for (const auto& key : institution.keys)
    purposes[to_text(key.record.id)] = key_purpose_text(key.record.purpose);
  return purposes;
}

}  // namespace testamur::wallet
