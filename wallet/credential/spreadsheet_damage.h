// What spreadsheet programs leave in a table in the place of what a person typed, without a word:
// the value of a formula that failed, a long number in scientific notation, a grade that became a
// day, letters that were decoded twice, an empty cell that became the first day of a calendar. And
// what programs and people write where there is no value, or for another column.
//
// Each is told by its form alone, and only where nobody would write it so: whatever is named here
// is refused, for on a credential it would stay. Pure; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace testamur::wallet {

// What the cell is meant for: what is damage in one column is a good value in another.
enum class CellUse : std::uint8_t {
  kText,
  kName,        // of a person
  kIdentifier,  // whom or what a row is about
  kGrade,
  kAwardDay,
};

// What became of the cell, with the cell, for people: "\"#NV\" is what a spreadsheet shows …".
// Empty where nothing is to be seen. The cell need not be UTF-8.
std::string spreadsheet_damage(std::string_view cell, CellUse use);

// Whether a question mark stands between two letters, where a program may have lost a third one:
// "M?ller". No proof, and so a matter of a notice.
bool may_lack_letters(std::string_view text);

// Whether it holds a sign that stands in no name, and in many a name that was read in a wrong code:
// … for a letter of Mac Roman, ¤ or § for one of another page, the mark of a letter that was lost,
// a question mark between letters, and a capital letter that only ends words.
bool has_signs_of_wrong_code(std::string_view text);

// Whether it is what stands before the sums of a row that adds up the others, with or without its
// number: "Summe: 12". `total_label` is the word before the colon, in one spelling.
bool is_total_label(std::string_view text);
std::string total_label(std::string_view text);

}  // namespace testamur::wallet
