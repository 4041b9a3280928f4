// Options that trust and accreditation statements have in common. A scope without a limit means all
// of it, so that a limit which cannot be read is an error and never left out.
#include "wallet/cli/commands/statement_options.h"

#include <algorithm>

#include "common/visible.h"

namespace testamur::wallet {

namespace tx = ledger::tx;

namespace {

constexpr std::pair<std::string_view, tx::StatementReason> kReasons[] = {
    {"agreement", tx::StatementReason::kAgreement},
    {"review", tx::StatementReason::kReview},
    {"joint_programme", tx::StatementReason::kJointProgramme},
    {"quality_concern", tx::StatementReason::kQualityConcern},
    {"fraud", tx::StatementReason::kFraud},
    {"key_compromise", tx::StatementReason::kKeyCompromise},
    {"expiry", tx::StatementReason::kExpiry},
    {"other", tx::StatementReason::kOther},
};

}  // namespace

Result<tx::StatementReason> parse_reason(const std::string& text) {
  if (text.empty()) return tx::StatementReason::kNone;
  for (const auto& [name, reason] : kReasons) {
    if (name == text) return reason;
  }
  return error("\"" + text +
               "\" is no reason: agreement, review, joint_programme, quality_concern, fraud, "
               "key_compromise, expiry, other");
}

Result<trust::Scope> parse_scope(const StatementOptions& options) {
  trust::Scope scope;
  trust::FieldMask fields;

  for (const auto& text : *options.fields) {
    TM_TRY(const auto mask, trust::parse_own_field(text));
    fields = fields | mask;
  }

  if (!fields.empty()) scope.fields = fields;

  for (const unsigned level : *options.levels) {
    TM_CHECK(level >= 1 && level <= trust::kMaxLevel, level);
    scope.levels = static_cast<std::uint8_t>(scope.levels.value_or(0) | 1U << (level - 1));
  }

  for (const auto& text : *options.award_types) {
    TM_TRY(auto type, trust::parse_award_type(text));
    scope.award_types = static_cast<std::uint16_t>(scope.award_types.value_or(0) |
                                                   1U << static_cast<unsigned>(type));
  }

  for (const auto& text : *options.purposes) {
    TM_TRY(auto purpose, trust::parse_purpose(text));
    scope.purposes = static_cast<std::uint8_t>(scope.purposes.value_or(0) |
                                               1U << static_cast<unsigned>(purpose));
  }

  return scope;
}

Result<std::string> parse_web_address(const std::string& option, const std::string& text) {
  const bool web = text.starts_with("https://") || text.starts_with("http://");
  const bool plain = std::ranges::all_of(text, [](char c) { return c > ' ' && c < 0x7f; });
  constexpr std::size_t kMostBytes = 512;
  if (text.empty() || (web && plain && text.size() <= kMostBytes)) return text;
  return error(option + ": " + in_quotes(text) +
               " is no address of the web: write https://…, at most 512 bytes, without spaces; "
               "letters beyond ASCII as a browser copies them (%C3%A9)");
}

Result<Amounts> parse_amounts(const StatementOptions& options) {
  constexpr unsigned kFull = tx::StatementContent::kFullAmount;
  const unsigned amount = options.amount->value_or(kFull);
  if (amount == 0)
    return error("--amount 0 would say nothing; what was said is ended with withdraw");
  if (amount > kFull)
    return error("--amount is 1 to 120 (120 is full trust), not " + std::to_string(amount));
  if (*options.depth > tx::StatementContent::kMaxDepth)
    return error("--depth is 0 to 7, not " + std::to_string(*options.depth));
  return Amounts{static_cast<std::uint8_t>(amount), static_cast<std::uint8_t>(*options.depth)};
}

void add_subject_options(Command command, StatementOptions& options) {
  option(command, "institution", options.subject, "Id (tmi…) or domain").required();
  option(command, "--from", options.from, "First day, YYYY-MM-DD (default: now)");
  option(command, "--reason", options.reason,
         "agreement, review, joint_programme, quality_concern, fraud, …");
}

void add_scope_options(Command command, StatementOptions& options) {
  option(command, "--until", options.until,
         "Last day on which it holds, YYYY-MM-DD, to its end in UTC (default: open)");
  option(command, "--field", options.fields,
         "ISCED-F code or name; may be given several times (default: all)");
  expect_number(option(command, "--level", options.levels,
                       "EQF level, 1 to 8; may be given several times (default: all)"),
                1, trust::kMaxLevel);
  option(command, "--award-type", options.award_types,
         "microcredential, bachelor, … (default: all)");
  option(command, "--purpose", options.purposes,
         "credit, access, exemption, employment, profession (default: all)");
}

}  // namespace testamur::wallet
