// Answers of a node as text for people. What is not known is called unknown, and texts that others
// wrote stay within their line. Pure but for colour; any thread.
#pragma once

#include <cstdint>
#include <string>

#include "wallet/client/registry_answers.h"
#include "wallet/client/trust_answers.h"

namespace testamur::wallet {

// "1 row", "2 rows".
std::string counted(std::size_t number, const std::string& one);
// 2026-11-24 08:15:02 UTC; "-" for 0.
std::string time_text(std::uint64_t time_ms);
// The part before the time.
std::string date_text(std::uint64_t time_ms);

// The name now, or the id; with the name of then where it is another.
std::string party_text(const PartyName& name);
std::string as_of_text(const std::optional<AsOf>& as_of);
std::string class_text(const std::optional<ledger::tx::InstitutionClass>& institution_class);
std::string standing_text(const std::optional<trust::Standing>& standing);
std::string key_state_text(KeyState state);
// "unknown" where it is not known.
std::string key_purpose_text(const std::optional<KeyPurpose>& purpose);

std::string decision_text(const DecisionAnswer& decision, const std::string& indent,
                          bool with_paths);
std::string status_text(const StatusAnswer& status);
std::string institution_line(const InstitutionAnswer& institution);
std::string institution_text(const InstitutionAnswer& institution);
std::string key_line(const KeyAnswer& key);
std::string key_text(const OwnedKeyAnswer& answer);
std::string achievement_line(const AchievementAnswer& achievement);
std::string achievement_text(const AchievementAnswer& achievement);
// With its id in the end, by which it is withdrawn; the line has its end too.
std::string statement_text(const StatementAnswer& statement);
std::string statement_line(const StatementAnswer& statement);

}  // namespace testamur::wallet
