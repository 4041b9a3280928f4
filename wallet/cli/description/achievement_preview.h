// What an achievement will say for good, fact by fact, before it is published: in the words of the
// file that a registrar wrote. Pure; any thread.
#pragma once

#include <string>
#include <vector>

#include "ledger/tx/content.h"
#include "wallet/cli/files/draft.h"
#include "wallet/keystore/strict_json.h"

namespace testamur::wallet {

struct AchievementPreview {
  std::string text;  // a line a fact, indented
  // Keys of the file that Council Recommendation 2022/C 243/02 asks for, or that a list of learners
  // is compared with, and that say nothing here.
  std::vector<std::string> absent;
  Json facts = Json::object();  // the same, typed
};
// `author` awards alone where the content names no awarding body. `names`: of the institutions that
// it names, by id (text); others are shown by their id.
AchievementPreview preview_achievement(const ledger::tx::AchievementContent& content,
                                       const std::string& author, const Names& names);

}  // namespace testamur::wallet
