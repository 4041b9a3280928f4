// What to do about a rejection, for people: one sentence by the code's name. Pure; any thread.
#pragma once

#include <string_view>

namespace testamur::wallet {

// Empty for a code that says all by its rule.
std::string_view advice_for(std::string_view code);

}  // namespace testamur::wallet
