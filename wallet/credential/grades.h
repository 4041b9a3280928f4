// Grades and remarks of who has not passed, in the words and scales of many countries. Three
// answers: what says so and nothing else anywhere, what says so in one country and may be a pass in
// another, and all that is left. Pure; any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace testamur::wallet {

// A word as such lists compare it: its letters and digits in one spelling, without dots, hyphens
// and what else only separates.
std::string bare_word(std::string_view text);

// "nicht bestanden", "failed", "NB": nobody who has passed has it.
bool says_failed(std::string_view grade);

// "F", "FF", "mangelhaft", "35%", "8/20": a failure, or a remark, in the scales of many countries,
// and a pass in others. "5,0" is one of them where all numbers of `class_grades` are of the German
// scale.
bool may_say_failed(std::string_view grade, const std::vector<std::string_view>& class_grades);

// Whether a text of several words holds one that says so.
bool speaks_of_failure(std::string_view text);

}  // namespace testamur::wallet
