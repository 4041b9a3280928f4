// What a class list says without a mistake and hardly means: asked about before anything is issued,
// never refused, because each of it occurs honestly. Pure; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "wallet/credential/class_list.h"

namespace testamur::wallet {

// A sentence a doubt, each with the first learners and their lines: grades of who may have failed,
// days of award far from the others, days that could be read with day and month exchanged, names of
// examples, names with digits, commas or signs of a wrong code, one name twice, and references that
// count the rows. `date_form` as in ClassListReading.
std::vector<std::string> doubts_about(const std::vector<ClassRow>& rows,
                                      const std::string& date_form);

// The same of days against the calendar: awards of more than ten years ago, learners of less than
// fourteen years, credentials that end today. `expires_ms`: when they end (exclusive); zero: never.
std::vector<std::string> doubts_of_calendar(const std::vector<ClassRow>& rows, std::uint64_t now_ms,
                                            std::uint64_t expires_ms);

// Names that are no names of a language of Windows-1252, and good ones of another code, for a list
// that was read in it; empty where there are none.
std::string doubt_of_windows_1252(const std::vector<ClassRow>& rows);

}  // namespace testamur::wallet
