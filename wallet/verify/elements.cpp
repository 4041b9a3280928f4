// The eleven mandatory elements of Council Recommendation 2022/C 243/02 and the optional ones that
// are stated. Each says where it comes from and what that rests on; a value without a source is
// never shown.
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
  return found == credential.disclosed.end() ? std::string{}
                                             : to_display(kind_of(id), found->second);
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
Element of_holder(std::string_view name, std::string value, const std::string& signed_by) {
  if (value.empty()) return {name, {}, kWithheld, {}};
  return {name, std::move(value), kFromCredential, signed_by};
}

class Gatherer {
 public:
  Gatherer(const CredentialView& credential, const RegistryFacts& facts, std::string signed_by)
      : credential_(credential), facts_(facts), signed_by_(std::move(signed_by)) {}

  Element of_holder(std::string_view name, std::string value) const {
    return wallet::of_holder(name, std::move(value), signed_by_);
  }

  // What is disclosed, else what the registry says.
  Element either(std::string_view name, ClaimId id, std::string registered) const {
    std::string value = disclosed(credential_, id);
    if (!value.empty()) return {name, std::move(value), kFromCredential, signed_by_};
    return of_achievement(name, std::move(registered));
  }
  Element of_achievement(std::string_view name, std::string value) const {
    return of_registry(name, std::move(value), facts_.achievement);
  }
  Element of_achievement(std::string_view name, std::string AchievementRecord::*member) const {
    return of_registry(name, facts_.achievement ? (*facts_.achievement).*member : "",
                       facts_.achievement);
  }
  Element of_issuer(std::string_view name, std::string IssuerRecord::*member) const {
    return of_registry(name, facts_.issuer ? (*facts_.issuer).*member : "", facts_.issuer);
  }

 private:
  template <class Record>
  Element of_registry(std::string_view name, std::string value,
                      const std::optional<Record>& record) const {
    if (!record) return {name, {}, kUnknown, {}};
    if (value.empty()) return {name, {}, kNotStated, {}};
    return {name, std::move(value), kFromRegistry, rests_on(facts_, record->basis)};
  }

  const CredentialView& credential_;
  const RegistryFacts& facts_;
  std::string signed_by_;
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

std::string rests_on(const RegistryFacts& facts, Basis basis) {
  if (basis == Basis::kSaid) return "by the word of " + facts.answered_by;
  return facts.as_of ? "proven under block " + std::to_string(facts.as_of->height.value)
                     : std::string("proven");
}

std::vector<Element> gather_elements(const CredentialView& credential, const RegistryFacts& facts,
                                     bool signature_holds) {
  const Gatherer from{
      credential, facts,
      signature_holds ? "signed by the issuer" : "the issuer's signature is not proven"};

  const auto& achievement = facts.achievement;
  std::vector<Element> elements = {
      from.of_holder("learner", full_name(credential.disclosed)),
      from.either("title", ClaimId::kTitle, registered_title(facts)),
      from.of_issuer("country", &IssuerRecord::country),
      from.of_issuer("awarding body", &IssuerRecord::name_then),
      from.of_holder("date of issuing", disclosed(credential, ClaimId::kAwardDate)),
      from.of_achievement("learning outcomes",
                          achievement ? join(achievement->learning_outcomes, "; ") : ""),
      from.either("workload (ECTS)", ClaimId::kEctsHundredths,
                  registered_number(ClaimId::kEctsHundredths,
                                    achievement ? achievement->ects_hundredths : 0)),
      from.either("level (EQF)", ClaimId::kEqfLevel,
                  registered_number(ClaimId::kEqfLevel, achievement ? achievement->eqf_level : 0)),
      from.of_achievement("type of assessment", &AchievementRecord::assessment),
      from.of_achievement("form of participation", &AchievementRecord::participation),
      from.of_achievement("quality assurance", &AchievementRecord::quality_assurance),
  };

  // What a credential says otherwise than the achievement stands beside it and hides nothing.
  const auto other = [&](std::string_view name, ClaimId id, std::string registered) {
    const auto said = disclosed(credential, id);
    if (said.empty() || said == registered) return Element{name, {}, kNotStated, {}};
    return from.of_achievement(name, std::move(registered));
  };

  // The optional elements stand only where something is said.
  const std::vector<Element> optional = {
      from.of_achievement("prerequisites", &AchievementRecord::prerequisites),
      from.either("supervision and identity check", ClaimId::kIdentityCheck,
                  achievement ? achievement->identity_check : ""),
      other("… by the achievement", ClaimId::kIdentityCheck,
            achievement ? achievement->identity_check : ""),
      from.of_holder("date of birth", disclosed(credential, ClaimId::kBirthDate)),
      from.of_holder("student number", disclosed(credential, ClaimId::kStudentNumber)),
      from.of_holder("grade", join({disclosed(credential, ClaimId::kGrade),
                                    disclosed(credential, ClaimId::kGradingScheme)},
                                   ", ")),
      from.of_achievement("stackability", &AchievementRecord::stackability),
      from.either("further information", ClaimId::kFurtherInformation,
                  achievement ? achievement->information : ""),
      other("… by the achievement", ClaimId::kFurtherInformation,
            achievement ? achievement->information : ""),
  };

  std::ranges::copy_if(optional, std::back_inserter(elements),
                       [](const Element& element) { return !element.value.empty(); });
  return elements;
}

}  // namespace testamur::wallet
