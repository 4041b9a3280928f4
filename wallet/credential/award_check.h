// A class list against the achievement that it awards and against the calendar, before anything is
// signed: whatever every verifier will compare is compared here first, and what no calendar allows
// is said while it can be mended.
//
// Pure: the terms come from the ledger, the times are handed in. Any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "wallet/credential/class_list.h"

namespace testamur::wallet {

// What the ledger says of the achievement. An empty text and a zero are "not stated", and forbid
// nothing but credits and level, which a verifier compares with what is stated, also with nothing.
struct AwardTerms {
  std::string achievement;          // its id, for messages
  std::vector<std::string> titles;  // in all its languages
  std::uint64_t ects_hundredths = 0;
  std::uint64_t eqf_level = 0;
  std::string identity_check;        // unsupervised_unverified … supervised_onsite
  std::vector<std::string> grading;  // in all its languages
};

struct AwardCalendar {
  std::uint64_t now_ms = 0;           // this machine's clock
  std::uint64_t proven_block_ms = 0;  // of the newest block that is known; zero: none is
  std::uint64_t expires_ms = 0;       // when the credentials end (exclusive); zero: never
};

struct AwardFinding {
  CsvPlace place;        // line and column; line 0: no cell, but the whole batch
  std::string column;    // as in the list; empty for the whole batch
  std::string value;     // what is said there
  std::string expected;  // what stands against it
  std::string text;      // the sentence for people, with both values
};

// Everything that would make a credential of this list invalid at a verifier, or says what cannot
// be; by line.
std::vector<AwardFinding> check_awards(const std::vector<ClassRow>& rows, const AwardTerms& terms,
                                       const AwardCalendar& calendar);
// The columns of a list for this achievement: all that a row may say of its own. What the
// achievement states once for everybody (credits, level, its only title) stands in every credential
// untyped.
std::vector<std::string> columns_to_fill(const AwardTerms& terms);
// One line each, the first ten and how many more; empty when there is none.
std::string to_text(const std::vector<AwardFinding>& findings);

}  // namespace testamur::wallet
