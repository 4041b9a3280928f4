#include "wallet/cli/description/description_context.h"

#include <algorithm>
#include <array>
#include <set>

#include "wallet/cli/description/render.h"

namespace testamur::wallet {
namespace {

constexpr std::array kPartyMembers{"institution", "predecessor", "predecessors", "heir",
                                   "successors",  "custodian",   "parent",       "subject"};

void collect(const Json& value, std::set<std::string>& ids) {
  if (value.is_string()) ids.insert(value.get<std::string>());
  if (value.is_array()) {
    for (const auto& entry : value) collect(entry, ids);
  }
}

// All values of members that name institutions.
void collect_parties(const Json& value, std::set<std::string>& ids) {
  if (value.is_array()) {
    for (const auto& entry : value) collect_parties(entry, ids);
  }
  if (!value.is_object()) return;
  for (const auto& [name, member] : value.items()) {
    const bool names_party = std::ranges::find(kPartyMembers, name) != kPartyMembers.end();
    if (names_party) collect(member, ids);
    collect_parties(member, ids);
  }
}

std::optional<CallError> add_set_and_parameters(Client& client, DescriptionContext& known) {
  auto answer = client.parameters();
  if (auto* failure = std::get_if<CallError>(&answer)) return *failure;
  auto& said = std::get<ParametersAnswer>(answer);
  known.parameters = std::move(said.values);
  // A set that may lack a member is not the set in force: the words then speak without it.
  if (!said.validators_whole) return std::nullopt;
  for (const auto& entry : said.validators) {
    known.validators.push_back({entry.institution, key_id(KeyPurpose::kConsensus, entry.key)});
  }
  return std::nullopt;
}

}  // namespace

Called<DescriptionContext> fetch_description_context(Client& client, const BodyView& body) {
  DescriptionContext known;

  if (auto failure = add_set_and_parameters(client, known)) return *failure;

  std::set<std::string> ids{body.author.hex()};
  collect_parties(body.content, ids);
  for (const auto& seat : known.validators) ids.insert(seat.institution.hex());

  for (const auto& hex : ids) {
    const auto bytes = from_hex(hex);
    const auto id = bytes ? InstitutionId::from(*bytes) : std::nullopt;
    if (!id) continue;

    auto answer = client.institution(*id, false);
    // Who is about to be registered or listed has no name on the ledger yet.
    if (auto* failure = std::get_if<CallError>(&answer)) {
      if (failure->kind == CallFailure::kNotFound) continue;
      return *failure;
    }

    known.names[to_text(*id)] = std::get<InstitutionAnswer>(answer).name.name_now;
  }

  return known;
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
