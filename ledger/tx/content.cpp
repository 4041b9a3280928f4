// The forms of facts and of the contents of transactions: what can be said of a value without a
// state. A rule stands here where a client asks for it before there are bytes, or a decoder of
// records after; wire/ has the rest. Fields are named from where the content begins; decoding puts
// the kind's name before them.
#include "ledger/tx/content.h"

#include <algorithm>
#include <array>
#include <bit>
#include <limits>

#include "common/check.h"
#include "ledger/tx/form_check.h"

namespace testamur::ledger::tx {

namespace {

using Presence = FormCheck::Presence;

constexpr std::uint32_t kEctsLimitHundredths = 100'000;
constexpr std::uint32_t kWorkloadLimitHours = 100'000;

// ---- institutions

bool is_country(std::string_view text) {
  return text.size() == 2 && std::ranges::all_of(text, [](char c) { return c >= 'A' && c <= 'Z'; });
}

// ---- achievements

bool is_isced_code(std::uint16_t code) {
  if (code > 9999) return false;
  std::string digits = std::to_string(code);
  digits.insert(0, 4 - digits.size(), '0');
  return trust::parse_field(digits).ok();
}

void check_uris(FormCheck& check, const std::string& field, const std::vector<std::string>& uris) {
  check.ascending(field, uris, kListLimit);
  for (std::size_t i = 0; i < uris.size() && !check.failed(); ++i) {
    check.require(!uris[i].empty(), RejectionCode::kFieldMissing, FormCheck::element(field, i));
    check.url(FormCheck::element(field, i), uris[i]);
  }
}

void check_outcomes(FormCheck& check, const std::vector<LearningOutcome>& outcomes) {
  check.number("outcomes", outcomes.size(), 0, kListLimit);
  for (std::size_t i = 0; i < outcomes.size() && !check.failed(); ++i) {
    const auto path = FormCheck::element("outcomes", i);
    check.texts(path + ".texts", outcomes[i].texts, kTextLimitBytes, Presence::kRequired);
    check_uris(check, path + ".esco_uris", outcomes[i].esco_uris);
  }
}

void check_classification(FormCheck& check, const AchievementContent& content) {
  check.number("award_type", content.award_type, 0, trust::kAwardTypeCount)
      .number("ects_hundredths", content.ects_hundredths, 0, kEctsLimitHundredths)
      .number("workload_hours", content.workload_hours, 0, kWorkloadLimitHours)
      .number("eqf_level", content.eqf_level, 0, trust::kMaxLevel)
      .ascending("isced_fields", content.isced_fields, kListLimit);
  for (std::size_t i = 0; i < content.isced_fields.size() && !check.failed(); ++i) {
    check.require(is_isced_code(content.isced_fields[i]), RejectionCode::kFieldRange,
                  FormCheck::element("isced_fields", i), "not a detailed field of ISCED-F 2013");
  }
}

// ---- statements

void check_scope(FormCheck& check, const trust::Scope& scope) {
  check.require(!scope.fields || !scope.fields->empty(), RejectionCode::kEmptyMask,
                "scope.isced_fields", "leave the mask out to mean all");
  if (scope.achievements) check.ascending("scope.achievements", *scope.achievements, kListLimit);
  const auto wrong = check.failed() ? std::nullopt : trust::check(scope);
  if (!wrong) return;
  const bool empty = *wrong == trust::ScopeError::kEmptyPart;
  check.require(false, empty ? RejectionCode::kEmptyMask : RejectionCode::kMaskBits, "scope",
                empty ? "leave a mask out to mean all" : "a bit without a meaning");
}

void check_names(FormCheck& check, const StatementContent& content) {
  const bool may_name = content.kind == StatementKind::kEnd || content.kind == StatementKind::kVoid;
  const bool must_name = content.kind == StatementKind::kVoid ||
                         (content.kind == StatementKind::kEnd && content.accreditation);
  check.require(may_name || content.names.empty(), RejectionCode::kFieldConflict, "statement_ids")
      .require(!must_name || !content.names.empty(), RejectionCode::kFieldMissing, "statement_ids")
      .ascending("statement_ids", content.names, kNamedStatementsLimit)
      .require(content.names.empty() || content.slot == 0, RejectionCode::kFieldConflict, "slot",
               "an end or void that names statements has no slot");
}

// ---- statuses

// Bounds of the form; the ledger's parameter bounds the slots.
constexpr std::size_t kStatusListLimit = 65'536;
constexpr std::size_t kBitmapLimitBytes = 131'072;
constexpr auto kLastIndex = std::numeric_limits<std::uint64_t>::max();

void check_run(FormCheck& check, const std::string& field, std::uint64_t first,
               std::uint64_t count) {
  check.require(count > 0, RejectionCode::kFieldMissing, field + ".count")
      .require(first <= kLastIndex - count, RejectionCode::kIndexOverflow, field);
}

void check_target(FormCheck& check, const std::vector<IssuerIndex>& indexes) {
  const std::string field = "list.indexes";
  check.number(field, indexes.size(), 1, kStatusListLimit);
  for (std::size_t i = 1; i < indexes.size() && !check.failed(); ++i) {
    check.require(indexes[i - 1] < indexes[i], RejectionCode::kNotSorted, field);
  }

  // A run is [first, first + count): the last index of all could not be in any.
  check.require(indexes.empty() || indexes.back().value != kLastIndex,
                RejectionCode::kIndexOverflow, field);
}

void check_target(FormCheck& check, const std::vector<IndexRangeContent>& ranges) {
  const std::string field = "ranges.ranges";
  check.number(field, ranges.size(), 1, kStatusListLimit);

  std::uint64_t end = 0;
  for (std::size_t i = 0; i < ranges.size() && !check.failed(); ++i) {
    const auto path = FormCheck::element(field, i);
    const auto first = ranges[i].first.value;
    check_run(check, path, first, ranges[i].count);
    check.require(i == 0 || first >= end, RejectionCode::kNotSorted, path,
                  "ranges ascend and are disjoint");
    end = first + ranges[i].count;
  }
}

void check_target(FormCheck& check, const IndexBitmap& bitmap) {
  check.number("bulk.bitmap", bitmap.bits.size(), 1, kBitmapLimitBytes);
  if (check.failed()) return;

  // Another zero byte would be a second encoding of the same change.
  check.require(bitmap.bits.back() != 0, RejectionCode::kFieldRange, "bulk.bitmap",
                "the last byte is not zero");
  check_run(check, "bulk", bitmap.first.value, bitmap.bits.size() * 8);
}

bool may_reinstate(StatusReason reason) {
  return reason == StatusReason::kCorrection || reason == StatusReason::kWithdrawn ||
         reason == StatusReason::kKeyCompromise;
}

}  // namespace

std::string_view best_text(const LocalizedTexts& texts, std::string_view language) {
  for (const auto tag : {language, std::string_view("en")}) {
    for (const auto& entry : texts) {
      if (entry.language == tag) return entry.text;
    }
  }
  return texts.empty() ? std::string_view{} : std::string_view(texts.front().text);
}

std::optional<Rejection> form_error(const InstitutionFacts& facts) {
  FormCheck check;
  check.texts("legal_names", facts.legal_names, kNameLimitBytes, Presence::kRequired)
      .require(is_country(facts.country), RejectionCode::kTextForm, "country",
               "two letters of ISO 3166-1, upper case")
      .require(is_domain(facts.domain), RejectionCode::kTextForm, "domain", "a lower-case DNS name")
      .identifier("ror", facts.ror)
      .identifier("eter", facts.eter)
      .identifier("lei", facts.lei)
      .identifier("deqar", facts.deqar);
  return check.result();
}

std::vector<InstitutionId> SuccessionContent::parties() const {
  std::vector<InstitutionId> all = predecessors;
  all.insert(all.end(), successors.begin(), successors.end());
  std::ranges::sort(all);
  return all;
}

std::optional<Rejection> form_error(const SuccessionContent& content) {
  using enum SuccessionKind;
  const auto most = [&](bool many) { return many ? kSuccessionPartiesLimit : std::size_t{1}; };
  const auto has = [](const auto& list, const InstitutionId& id) {
    return std::ranges::find(list, id) != list.end();
  };
  const bool inherits = !content.heir.is_zero();
  const bool any_heir = content.kind == kSplit;
  const bool must_inherit = content.kind == kMerge || content.kind == kRename;

  FormCheck check;
  check.number("predecessors", content.predecessors.size(), 1, most(content.kind == kMerge))
      .ascending("predecessors", content.predecessors, kSuccessionPartiesLimit)
      .number("successors", content.successors.size(), 1, most(content.kind == kSplit))
      .ascending("successors", content.successors, kSuccessionPartiesLimit)
      .require(content.closes || content.kind == kSplit, RejectionCode::kFieldConflict, "closes")
      .require(any_heir || inherits == must_inherit, RejectionCode::kFieldConflict, "heir")
      .require(!inherits || content.closes, RejectionCode::kFieldConflict, "heir",
               "only a predecessor that closes has an heir")
      .require(!inherits || has(content.successors, content.heir), RejectionCode::kFieldConflict,
               "heir", "the heir is one of the successors");

  // Both lists together: an institution that succeeds itself would close and go on at once.
  for (const auto& id : content.parties()) {
    check.require(!id.is_zero(), RejectionCode::kFieldMissing, "party")
        .require(!has(content.predecessors, id) || !has(content.successors, id),
                 RejectionCode::kAboutItself, "party", "nobody succeeds itself");
  }
  return check.result();
}

InstitutionId registered_id(const TransactionId& transaction,
                            const InstitutionRegisterContent& content) {
  return content.listed.is_zero() ? InstitutionId::prefix_of(transaction.view()) : content.listed;
}

std::string_view action_name(const ProposedAction& action) {
  static constexpr std::array<std::string_view, 7> kNames = {
      "admission",        "validator_set", "parameters", "protocol",
      "root_replacement", "suspension",    "succession"};
  static_assert(kNames.size() == std::variant_size_v<ProposedAction>);
  return kNames[action.index()];
}

HashList HashList::view_of(ByteView bytes) {
  // A hash is its 32 bytes and nothing else, so a list of them can be read where it lies.
  static_assert(sizeof(Hash256) == Hash256::kSize && alignof(Hash256) == 1);
  TM_CHECK(bytes.size() % Hash256::kSize == 0, "no whole number of hashes:", bytes.size());
  HashList list;
  list.borrowed_ = {reinterpret_cast<const Hash256*>(bytes.data()), bytes.size() / Hash256::kSize};
  return list;
}

std::optional<Rejection> form_error(const StatusChangeContent& content) {
  FormCheck check;
  check.require(
      content.action != StatusAction::kReinstate || may_reinstate(content.reason),
      RejectionCode::kReasonNotAllowed, "reason",
      "a reinstatement is a correction, withdraws its reason, or follows a key compromise");
  if (check.failed()) return check.result();
  std::visit([&](const auto& target) { check_target(check, target); }, content.target);
  return check.result();
}

std::uint64_t slot_count(const StatusChangeContent& content) {
  if (const auto* list = std::get_if<std::vector<IssuerIndex>>(&content.target))
    return list->size();

  std::uint64_t slots = 0;
  if (const auto* ranges = std::get_if<std::vector<IndexRangeContent>>(&content.target)) {
    // Ranges may be longer than anything issued; their sum stops at the largest number.
    for (const auto& range : *ranges)
      slots = range.count > kLastIndex - slots ? kLastIndex : slots + range.count;
    return slots;
  }
  for (const auto byte : std::get<IndexBitmap>(content.target).bits) {
    slots += static_cast<unsigned>(std::popcount(byte));
  }
  return slots;
}

std::optional<Rejection> form_error(const AchievementContent& content) {
  FormCheck check;
  check.number("number", content.number, 1, 0xFFFF'FFFF)
      .number("version", content.version, 1, 0xFFFF)
      .texts("titles", content.titles, kNameLimitBytes, Presence::kRequired)
      .texts("descriptions", content.descriptions, kTextLimitBytes, Presence::kOptional);
  check_classification(check, content);
  check_outcomes(check, content.outcomes);

  check.ascending("assessment_types", content.assessment_types, kListLimit)
      .texts("assessments", content.assessments, kTextLimitBytes, Presence::kOptional)
      .texts("quality_assurance.texts", content.quality_texts, kTextLimitBytes, Presence::kOptional)
      .url("quality_assurance.url", content.quality_url)
      .ascending("teaches", content.teaches, kListLimit)
      .ascending("assesses", content.assesses, kListLimit)
      .ascending("awarding_bodies", content.awarding_bodies, kListLimit)
      .ascending("languages", content.languages, kLanguagesLimit);

  // A list ascends, so its elements alone are left to look at.
  for (std::size_t i = 0; i < content.languages.size() && !check.failed(); ++i) {
    check.language(FormCheck::element("languages", i), content.languages[i]);
  }

  check.texts("prerequisites", content.prerequisites, kTextLimitBytes, Presence::kOptional)
      .texts("grading", content.grading, kTextLimitBytes, Presence::kOptional)
      .url("information_url", content.information_url);
  return check.result();
}

std::optional<Rejection> form_error(const PolicyContent& content) {
  FormCheck check;
  check.require(!content.digest.is_zero(), RejectionCode::kFieldMissing, "digest")
      .url("url", content.url);
  return check.result();
}

std::optional<Rejection> form_error(const RuleContent& content) {
  FormCheck check;
  check.number("number", content.number, 1, 0xFFFF'FFFF)
      .number("version", content.version, 1, 0xFFFF)
      .texts("titles", content.titles, kNameLimitBytes, Presence::kRequired)
      .require(!content.digest.is_zero(), RejectionCode::kFieldMissing, "digest")
      .url("url", content.url);
  return check.result();
}

std::optional<Rejection> form_error(const StatementContent& content, const InstitutionId& truster) {
  FormCheck check;
  const bool states = content.kind != StatementKind::kEnd && content.kind != StatementKind::kVoid;
  check.require(!content.subject.is_zero(), RejectionCode::kFieldMissing, "subject")
      .require(content.subject != truster, RejectionCode::kAboutItself, "subject")
      .number("amount", content.amount, 0, StatementContent::kFullAmount)
      .number("depth", content.depth, 0, StatementContent::kMaxDepth);

  check_scope(check, content.scope);
  check_names(check, content);

  // An end takes effect at one moment: it has no interval that could be empty.
  check
      .require(
          !states || content.valid_until_ms == 0 || content.valid_until_ms > content.valid_from_ms,
          RejectionCode::kIntervalEmpty, "valid_until_ms", "it is not after valid_from_ms")
      .require(
          (content.kind == StatementKind::kAccredit) == (content.scheme != QualityScheme::kNone),
          RejectionCode::kFieldMissing, "scheme",
          "an accreditation, and nothing else, has a scheme")
      .url("report_url", content.report_url);
  return check.result();
}

}  // namespace testamur::ledger::tx
