// What the facts of an institution mean, beside the form that form_check.h asks for: countries that
// are there, and domain names by which the public reaches one institution. Asked wherever such
// facts enter, because on the ledger they stay: when a home is set up, a genesis is drafted, an
// institution is registered, listed or imported.
//
// No part of what makes a transaction valid: countries come and go, and a ledger of old replays
// whatever is said here. Pure; any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "ledger/tx/facts.h"

namespace testamur::ledger {

// An officially assigned two-letter code of ISO 3166-1, or XK, which the European registers use for
// Kosovo.
bool is_assigned_country(std::string_view code);
// The code that is meant by another spelling: "UK" is GB, "EL" is GR, "fr" is FR, "GBR" is GB,
// "Greece" is GR. Nothing where the text is such a code already, or means none.
std::optional<std::string> meant_country(std::string_view typed);

// Why the text is no domain name by which the public reaches one institution: an address in
// numbers, a name of this machine or of a closed network, a suffix under which many register, a
// host that many share (pages, mailboxes), a machine of a domain (www.), or no name at all (with
// user, port or path). Nothing when it is one.
std::optional<std::string> domain_problem(std::string_view text);

// The one spelling of what can be read as a register's number: "9001", "deqarinst9001" and
// "DEQARINST09001" are DEQARINST9001, "https://ror.org/05GQ02987" is 05gq02987. Other texts are
// given back trimmed and in the register's case.
std::string canonical_identifier(std::string_view field, std::string_view typed);

// Why the text is no identifier of its register, by form and, where the register has them, check
// digits: ROR (0, six letters or digits, two check digits), LEI (ISO 17442), ETER (a country's two
// letters and four digits), DEQAR (DEQARINST and digits). In one spelling alone: to the ledger two
// are two numbers, and so two institutions. Nothing when it is one, or empty.
std::optional<std::string> identifier_problem(std::string_view field, std::string_view text);

struct MeaningProblem {
  std::string field;  // as tx::InstitutionFacts calls it
  std::string why;    // "EL: ISO 3166-1 says GR"
};
// The first problem of meaning; form is form_error()'s. What the ledger says already of the same
// institution (`standing`) is not judged again: much of it can never be changed.
std::optional<MeaningProblem> meaning_problem(const tx::InstitutionFacts& facts,
                                              const tx::InstitutionFacts& standing = {});

}  // namespace testamur::ledger
