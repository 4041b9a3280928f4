#include "wallet/verify/elements.h"

#include <algorithm>

namespace testamur::wallet {
namespace {

constexpr std::string_view kFromCredential = "credential";
constexpr std::string_view kFromRegistry = "registry";
constexpr std::string_view kWithheld = "withheld";
constexpr std::string_view kNotStated = "not stated";
constexpr std::string_view kUnknown = "unknown";

std::string disclosed(const CredentialView& credential, ClaimId id) {
  const auto found = credential.disclosed.find(id);
  return found == credential.disclosed.end() ? std::string{} : to_display(kind_of(id), found->second);
}

std::string join(const std::vector<std::string>& parts, std::string_view separator) {
  std::string text;
  for (const auto& part : parts) {
    if (part.empty()) continue;
    if (!text.empty()) text += separator;
    text += part;
  }
  return text;
}

// Only the credential can say it.
Element of_holder(std::string_view name, std::string value) {
  const std::string_view source = value.empty() ? kWithheld : kFromCredential;
  return {name, std::move(value), source};
}

class Gatherer {
 public:
  Gatherer(const CredentialView& credential, const RegistryFacts& facts) : credential_(credential), facts_(facts) {}

  // What is disclosed, else what the registry says.
  Element either(std::string_view name, ClaimId id, std::string registered) const {
    std::string value = disclosed(credential_, id);
    if (!value.empty()) return {name, std::move(value), kFromCredential};
    return of_registry(name, std::move(registered), facts_.achievement.has_value());
  }
  static Element of_registry(std::string_view name, std::string value, bool known) {
    const std::string_view source = !known ? kUnknown : value.empty() ? kNotStated : kFromRegistry;
    return {name, std::move(value), source};
  }
  Element of_achievement(std::string_view name, std::string AchievementRecord::*member) const {
    return of_registry(name, facts_.achievement ? (*facts_.achievement).*member : "", facts_.achievement.has_value());
  }
  Element of_issuer(std::string_view name, std::string IssuerRecord::*member) const {
    return of_registry(name, facts_.issuer ? (*facts_.issuer).*member : "", facts_.issuer.has_value());
  }

 private:
  const CredentialView& credential_;
  const RegistryFacts& facts_;
};

std::string registered_title(const RegistryFacts& facts) {
  if (!facts.achievement || facts.achievement->titles.empty()) return {};
  const auto& titles = facts.achievement->titles;
  const auto english = std::ranges::find(titles, std::string("en"), &TitleText::language);
  return english == titles.end() ? titles.front().text : english->text;
}

std::string registered_number(ClaimId id, std::uint64_t value) {
  return value == 0 ? std::string{} : to_display(kind_of(id), ClaimValue{value});
}

}  // namespace

std::vector<Element> gather_elements(const CredentialView& credential, const RegistryFacts& facts) {
  const Gatherer from{credential, facts};
  const auto& achievement = facts.achievement;
  const std::string learner =
      join({disclosed(credential, ClaimId::kGivenName), disclosed(credential, ClaimId::kFamilyName)}, " ");
  std::vector<Element> elements = {
      of_holder("learner", learner),
      from.either("title", ClaimId::kTitle, registered_title(facts)),
      from.of_issuer("country", &IssuerRecord::country),
      from.of_issuer("awarding body", &IssuerRecord::name_then),
      of_holder("date of issuing", disclosed(credential, ClaimId::kAwardDate)),
      Gatherer::of_registry("learning outcomes", achievement ? join(achievement->learning_outcomes, "; ") : "",
                            achievement.has_value()),
      from.either("workload (ECTS)", ClaimId::kEctsHundredths,
                  registered_number(ClaimId::kEctsHundredths, achievement ? achievement->ects_hundredths : 0)),
      from.either("level (EQF)", ClaimId::kEqfLevel,
                  registered_number(ClaimId::kEqfLevel, achievement ? achievement->eqf_level : 0)),
      from.of_achievement("type of assessment", &AchievementRecord::assessment),
      from.of_achievement("form of participation", &AchievementRecord::participation),
      from.of_achievement("quality assurance", &AchievementRecord::quality_assurance),
  };
  const std::vector<Element> optional = {
      from.of_achievement("prerequisites", &AchievementRecord::prerequisites),
      from.either("supervision and identity check", ClaimId::kIdentityCheck,
                  achievement ? achievement->identity_check : ""),
      of_holder("grade",
                join({disclosed(credential, ClaimId::kGrade), disclosed(credential, ClaimId::kGradingScheme)}, ", ")),
      from.of_achievement("stackability", &AchievementRecord::stackability),
      from.either("further information", ClaimId::kFurtherInformation, achievement ? achievement->information : ""),
  };
  std::ranges::copy_if(optional, std::back_inserter(elements),
                       [](const Element& element) { return !element.value.empty(); });
  return elements;
}

}  // namespace testamur::wallet
