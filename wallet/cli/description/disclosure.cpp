#include "wallet/cli/description/disclosure.h"

#include <algorithm>

#include "common/text.h"
#include "common/visible.h"
#include "wallet/credential/last_day.h"
#include "wallet/verify/verdict.h"

namespace testamur::wallet {
namespace {

// Title, credits and level agree with the achievement's, or no verifier accepts the credential:
// verify.cpp.
bool stands_in_registry(ClaimId id) {
  return id == ClaimId::kTitle || id == ClaimId::kEctsHundredths || id == ClaimId::kEqfLevel;
}

bool contains(const std::vector<ClaimId>& claims, ClaimId id) {
  return std::ranges::find(claims, id) != claims.end();
}

std::string line(const char* mark, ClaimId id, const CredentialView& credential, bool with_value) {
  std::string text = std::string(mark) + std::string(kind_of(id).label);
  const auto value = credential.disclosed.find(id);
  if (with_value && value != credential.disclosed.end())
    text += ": " + one_line(to_display(kind_of(id), value->second));
  return text + "\n";
}

}  // namespace

Disclosure plan_disclosure(const CredentialView& credential, const std::vector<ClaimId>& wanted) {
  Disclosure disclosure;
  for (const auto& [id, value] : credential.disclosed) {
    auto& list = contains(wanted, id)     ? disclosure.shown
                 : stands_in_registry(id) ? disclosure.registry
                                          : disclosure.kept;
    list.push_back(id);
  }
  for (const auto id : wanted) {
    if (!credential.disclosed.contains(id) && !contains(disclosure.lacking, id))
      disclosure.lacking.push_back(id);
  }
  return disclosure;
}

std::string to_text(const Disclosure& disclosure, const CredentialView& credential,
                    const std::string& audience) {
  const auto& head = credential.head;
  std::string text = "To " + apart(audience) + ":\n";

  for (const auto id : disclosure.shown) text += line("  shown     ", id, credential, true);
  for (const auto id : disclosure.kept) text += line("  withheld  ", id, credential, false);
  for (const auto id : disclosure.registry) text += line("  public    ", id, credential, true);
  for (const auto id : disclosure.lacking) text += line("  lacking   ", id, credential, false);

  text += "  always    the issuer " + one_line(head.issuer_domain) + ", signed on " +
          format_time_ms(head.issued_at_s * 1000).substr(0, 10) +
          (head.expires_at_s ? ", last day: " + last_day_text(*head.expires_at_s * 1000) : "") +
          "\n" + "  always    the reference " + to_text(head.reference) +
          ", by which two verifiers can tell that they saw the same credential\n" +
          "  always    the achievement, with all that the public registry says of it (title, "
          "credits, level, outcomes)\n";

  if (!disclosure.lacking.empty())
    text += "  what is lacking was asked for, and this credential does not hold it\n";
  return text;
}

Json to_json(const Disclosure& disclosure) {
  const auto names = [](const std::vector<ClaimId>& claims) {
    Json list = Json::array();
    for (const auto id : claims) list.push_back(std::string(kind_of(id).name));
    return list;
  };
  return Json{{"disclosed", names(disclosure.shown)},
              {"withheld", names(disclosure.kept)},
              {"public", names(disclosure.registry)},
              {"lacking", names(disclosure.lacking)}};
}

std::string claim_names() {
  std::string text;
  for (const auto& kind : claim_kinds())
    text += (text.empty() ? "" : ", ") + std::string(kind.name);
  return text;
}

std::string claim_names(const std::vector<ClaimId>& claims) {
  std::string text;
  for (const auto id : claims) text += (text.empty() ? "" : ", ") + std::string(kind_of(id).name);
  return text;
}

Result<std::vector<ClaimId>> parse_claim_names(const std::vector<std::string>& typed,
                                               const std::string& option) {
  std::vector<ClaimId> claims;

  for (const auto& list : typed) {
    for (std::size_t at = 0; at <= list.size();) {
      const auto end = std::min(list.find(',', at), list.size());
      const std::string name(trimmed(std::string_view(list).substr(at, end - at)));

      at = end + 1;
      const ClaimKind* kind = find_claim_kind(name);

      if (kind == nullptr) {
        return error(option + ": no claim is called " + in_quotes(name) +
                     ". The names are: " + claim_names());
      }

      if (!contains(claims, kind->id)) claims.push_back(kind->id);
    }
  }
  return claims;
}

}  // namespace testamur::wallet
