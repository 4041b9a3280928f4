#include "wallet/cli/description/description_context.h"

#include <array>
#include <set>

#include "wallet/cli/files/key_files.h"

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
  const Json& json = std::get<Json>(answer);
  for (const auto& row : json.value("parameters", Json::array())) {
    known.parameters[row.value("name", "")] = row.value("value", std::uint64_t{0});
  }
  for (const auto& entry : json.value("validators", Json::array())) {
    const auto id = from_hex(entry.value("institution_id", ""));
    auto key = from_hex(entry.value("public_key", ""));
    if (!id || id->size() != InstitutionId::kSize || !key) continue;
    known.validators.push_back(
        {InstitutionId::prefix_of(*id),
         key_id(KeyPurpose::kConsensus, PublicKey{SignatureAlgorithm::kBip340, std::move(*key)})});
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
    if (auto* failure = std::get_if<CallError>(&answer)) {
      if (failure->kind == CallFailure::kNotFound) continue;
      return *failure;
    }
    const Json name =
        std::get<Json>(answer).value("institution", Json::object()).value("name", Json::object());
    known.names[to_text(*id)] = name.value("name_now", "");
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
  const Json view = std::get<Json>(answer).value("institution", Json::object());
  DraftSigner signer{institution, purpose, 1, {}};
  if (purpose == KeyPurpose::kRoot) signer.needed = std::max(1U, view.value("root_threshold", 1U));
  for (const auto& key : view.value("keys", Json::array())) {
    const auto algorithm = parse_key_algorithm(key.value("algorithm", ""));
    auto bytes = from_hex(key.value("public_key", ""));
    const bool counts =
        key.value("purpose", "") == to_text(purpose) && key.value("state", "") == "active";
    if (counts && algorithm && bytes) signer.keys.push_back({*algorithm, std::move(*bytes)});
  }
  return signer;
}

std::map<std::string, std::string> purposes_of_keys(const Json& institution) {
  std::map<std::string, std::string> purposes;
  for (const auto& key : institution.value("keys", Json::array())) {
    purposes[key.value("id_text", "")] = key.value("purpose", "");
  }
  return purposes;
}

}  // namespace testamur::wallet
