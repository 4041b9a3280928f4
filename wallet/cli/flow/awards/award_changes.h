// What a new award says otherwise than the one whose place it takes: told before anybody is asked,
// because a correction that changes nothing costs a good award. Pure; any thread.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "wallet/cli/flow/awards/award_register.h"
#include "wallet/credential/batch.h"

namespace testamur::wallet {

struct AwardChange {
  std::string field;  // for programs: a claim's name, achievement, expires, issuer, delivery, key
  std::string label;  // for people
  std::optional<std::string> before, after;  // nothing: it does not say
};

// The award that a new one takes the place of, as the register has it and as it stands.
std::vector<AwardChange> changes_between(const RegisteredAward& before, const Award& after);

// A line for each: "family name  Ekman -> Ekmann".
std::string to_text(const std::vector<AwardChange>& changes);
Json to_json(const std::vector<AwardChange>& changes);
// What the old award states and the new one does not, counted and named in a sentence: a column
// that was left out by mistake is lost for good. Empty where there is nothing of it.
std::string about_dropped(const std::vector<AwardChange>& changes);
// A question where names and birth date, as far as the old award states them, are all others: is it
// another learner's row? Empty where one of them stays, or only one is stated.
std::string about_other_person(const std::vector<AwardChange>& changes);

}  // namespace testamur::wallet
