// Names that are near what a person typed, for refusals that help. Pure; any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace testamur::inline common {

// Of the known names those that differ from the typed one by few letters (left out, too many,
// another one, two exchanged), the nearest first, at most three. None for a name that is known.
std::vector<std::string> near_names(std::string_view typed, const std::vector<std::string>& known);

// "; did you mean a, or b?", empty where there is none.
std::string did_you_mean(const std::vector<std::string>& names);

}  // namespace testamur::inline common
