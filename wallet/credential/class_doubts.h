// What a class list says without a mistake and hardly means: asked about before anything is issued,
// never refused, because each of it occurs honestly. Pure; any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "wallet/credential/class_list.h"

namespace testamur::wallet {

// A word as such lists compare it: its letters and digits in one spelling, without dots, hyphens
// and what else only separates.
std::string bare_word(std::string_view text);

// A sentence a doubt, each with the first learners and their lines: grades of who may have failed,
// days of award far from the others, days that could be read with day and month exchanged, names of
// examples, names with digits, commas or signs of a wrong code, one name twice, and references that
// count the rows. `date_form` as in ClassListReading.
std::vector<std::string> doubts_about(const std::vector<ClassRow>& rows,
                                      const std::string& date_form);

}  // namespace testamur::wallet
