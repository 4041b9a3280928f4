// Texts in the place of an institution's name that hardly are one: what an export broke, what
// people type to fill a cell, and rows that add up the others. None of it is proof, and what is
// listed stays for good, so that a person is asked. Pure; any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "ledger/tx/facts.h"

namespace testamur::wallet {

// What is odd about it, the rest of a sentence that begins with the name: "is what people write
// where there is no name.". Empty where nothing is to be seen.
std::string doubt_about_name(std::string_view name);

// The same of each legal name of an institution that is to be entered, a whole sentence each.
std::vector<std::string> doubts_about_names(const ledger::tx::InstitutionFacts& facts);

}  // namespace testamur::wallet
