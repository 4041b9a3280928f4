// What to do about a rejection, for people: one sentence by the code's name. Pure; any thread.
#pragma once

#include <string_view>

namespace testamur::wallet {

// The advice for a rejection's code, by its name ("index_overlap"). Empty where the text of the
// rule says all that can be done, and for a code that this program does not know.
std::string_view advice_for(std::string_view code);

}  // namespace testamur::wallet
