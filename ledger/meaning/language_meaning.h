// What a language tag means, beside the form of RFC 5646 that form_check.h asks for: languages that
// are there, written as section 4.1 wants them.
//
// Asked wherever texts by language or languages of instruction enter from a person, because what is
// published stays. No part of what makes a transaction valid. Pure; any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace testamur::ledger {

// Why the tag names no language as it should: its two letters are assigned to none (ISO 639-1), its
// three letters have a two-letter code (ISO 639-2) or stand for none or several, or its region is
// no country of ISO 3166-1. Nothing where it does, or where the form is wrong already, or for
// "und". Of other three letters this does not know whether a language has them.
std::optional<std::string> language_problem(std::string_view tag);

}  // namespace testamur::ledger
