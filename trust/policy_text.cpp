// Reads the keys of a policy. Invariants: every mistake of a file is reported, not the first only;
// a key that nobody took is a mistake, so that a misspelt rule never silently falls away; and a
// reading with mistakes is no policy, whatever its fields hold.
#include "trust/policy_text.h"

#include <algorithm>

#include "common/day.h"
#include "trust/presets.h"

namespace testamur::trust {
namespace {

constexpr std::int64_t kMostNumber = 1'000'000;

// One table: each `take` answers the entry of a key and marks it as known; `rest` complains about
// what nobody took.
class Entries {
 public:
  Entries(const PolicyTable& table, std::size_t at, std::vector<PolicyMistake>& mistakes)
      : table_(table), at_(at), mistakes_(mistakes), taken_(table.entries.size(), false) {}

  void mistake(std::string_view key, std::string what) const {
    mistakes_.push_back({at_, std::string(key), std::move(what)});
  }
  template <class Value>
  const Value* take(std::string_view key, const char* form) {
    const Value* found = nullptr;
    bool seen = false;
    for (std::size_t i = 0; i < table_.entries.size(); ++i) {
      if (table_.entries[i].key != key) continue;
      if (seen) mistake(key, "stands twice");
      seen = taken_[i] = true;
      found = std::get_if<Value>(&table_.entries[i].value);
      if (found == nullptr) mistake(key, std::string("must be ") + form);
    }
    return found;
  }
  template <class Number>
  void number(std::string_view key, std::int64_t low, std::int64_t high, Number& out) {
    const auto* value = take<std::int64_t>(key, "a whole number");
    if (value == nullptr) return;
    if (*value < low || *value > high) {
      mistake(key, "must lie between " + std::to_string(low) + " and " + std::to_string(high));
    } else {
      out = static_cast<Number>(*value);
    }
  }
  const std::string* text(std::string_view key) {
    return take<std::string>(key, "a text in quotes");
  }
  // An empty list is a list of neither kind: it says nothing.
  const std::vector<std::string>* texts(std::string_view key) {
    if (drop_empty(key)) return nullptr;
    return take<std::vector<std::string>>(key, "a list of texts");
  }
  const std::vector<std::int64_t>* numbers(std::string_view key) {
    if (drop_empty(key)) return nullptr;
    return take<std::vector<std::int64_t>>(key, "a list of whole numbers");
  }
  template <class Value>
  void parsed(std::string_view key, const std::string& written,
              Result<Value> (*parse)(std::string_view), std::optional<Value>& out) const {
    auto value = parse(written);
    if (value.ok()) {
      out = *value;
    } else {
      mistake(key, value.message());
    }
  }
  // Where an absent list means all: whoever emptied one may as well have meant nothing.
  void refuse_empty(std::string_view key) {
    if (drop_empty(key)) mistake(key, "is empty: leave it out to mean all");
  }
  void rest() const {
    for (std::size_t i = 0; i < taken_.size(); ++i) {
      if (!taken_[i]) mistake(table_.entries[i].key, "is not a known key");
    }
  }

 private:
  bool drop_empty(std::string_view key) {
    for (std::size_t i = 0; i < table_.entries.size(); ++i) {
      const auto* list = std::get_if<std::vector<std::string>>(&table_.entries[i].value);
      const auto* numbers = std::get_if<std::vector<std::int64_t>>(&table_.entries[i].value);
      const bool empty =
          (list != nullptr && list->empty()) || (numbers != nullptr && numbers->empty());
      if (table_.entries[i].key != key || !empty) continue;
      taken_[i] = true;
      return true;
    }
    return false;
  }

  const PolicyTable& table_;
  std::size_t at_;
  std::vector<PolicyMistake>& mistakes_;
  std::vector<bool> taken_;
};

template <class Mask, class Value>
void read_mask(Entries& entries, std::string_view key, Result<Value> (*parse)(std::string_view),
               std::optional<Mask>& out) {
  const auto* texts = entries.texts(key);
  if (texts == nullptr) return;
  for (const auto& text : *texts) {
    std::optional<Value> value;
    entries.parsed(key, text, parse, value);
    if (value) out = static_cast<Mask>(out.value_or(0) | (1U << static_cast<unsigned>(*value)));
  }
}

Scope read_scope(Entries& entries) {
  for (const auto* key : {"fields", "levels", "award_types", "purposes"}) entries.refuse_empty(key);

  Scope scope;
  if (const auto* codes = entries.texts("fields")) {
    for (const auto& code : *codes) {
      std::optional<FieldMask> mask;
      entries.parsed("fields", code, parse_own_field, mask);
      if (mask) scope.fields = scope.fields ? *scope.fields | *mask : *mask;
    }
  }

  if (const auto* levels = entries.numbers("levels")) {
    for (const auto level : *levels) {
      if (level < 1 || level > kMaxLevel) {
        entries.mistake("levels", "must hold 1 to 8");
      } else {
        scope.levels = static_cast<std::uint8_t>(scope.levels.value_or(0) | (1U << (level - 1)));
      }
    }
  }

  read_mask(entries, "award_types", parse_award_type, scope.award_types);
  read_mask(entries, "purposes", parse_purpose, scope.purposes);
  return scope;
}

void read_ceilings(Entries& entries, Policy& policy) {
  const auto* ceilings = entries.numbers("ceilings");
  if (ceilings == nullptr) return;
  if (ceilings->size() != policy.ceilings.size()) {
    return entries.mistake("ceilings",
                           "must be three numbers: for chains of one, two and three statements");
  }
  for (std::size_t i = 0; i < policy.ceilings.size(); ++i) {
    const auto value = (*ceilings)[i];
    if (value < -1 || value > kMostNumber)
      return entries.mistake("ceilings", "must hold 0 and more, or -1 for none");
    policy.ceilings[i] = value == -1 ? kNoCeiling : static_cast<std::uint32_t>(value);
  }
}

void read_vetoers(Entries& entries, Policy& policy) {
  if (const auto* vetoers = entries.texts("vetoers")) {
    for (const auto& text : *vetoers) {
      std::optional<InstitutionId> id;
      entries.parsed("vetoers", text, parse_institution_id, id);
      if (id) policy.vetoers.push_back(*id);
    }

    // The digest wants one order; a file may list them in any.
    std::sort(policy.vetoers.begin(), policy.vetoers.end());
    if (std::adjacent_find(policy.vetoers.begin(), policy.vetoers.end()) != policy.vetoers.end()) {
      entries.mistake("vetoers", "names an institution twice");
    }
  }

  entries.number("veto_quorum", 1, kMostNumber, policy.veto_quorum);
  if (policy.veto_quorum > std::max<std::size_t>(1, policy.vetoers.size())) {
    entries.mistake("veto_quorum", "is more than there are vetoers: they could never block");
  }
}

void read_governs(Entries& entries, Policy& policy) {
  const auto* text = entries.text("governs");
  if (text == nullptr) return;
  for (const auto governs : {Governs::kAnchor, Governs::kToday, Governs::kBoth}) {
    if (*text == to_text(governs)) {
      policy.governs = governs;
      return;
    }
  }
  entries.mistake("governs", "must be anchor, today or both");
}

void read_joint(Entries& entries, Policy& policy) {
  const auto* text = entries.text("joint");
  if (text == nullptr) return;
  if (*text != "all" && *text != "any") return entries.mistake("joint", "must be all or any");
  policy.joint = *text == "any" ? Joint::kAny : Joint::kAll;
}

void read_main(Entries& entries, PolicyReading& reading, Hash256& salt) {
  Policy& policy = reading.policy;
  // The preset sets everything, so it must come before the keys that change it.
  if (const auto* name = entries.text("preset")) {
    if (auto start = preset(*name)) {
      policy = *start;
    } else {
      entries.mistake("preset", "must be strict, friends or accredited");
    }
  }

  if (const auto* text = entries.text("viewpoint"); text != nullptr && !text->empty()) {
    entries.parsed("viewpoint", *text, parse_institution_id, reading.viewpoint);
  }

  entries.number("threshold", 1, kMostNumber, policy.threshold);
  entries.number("independent_paths", 0, 1000, policy.independent_paths);
  entries.number("path_floor", 1, kFullAmount, policy.path_floor);
  read_ceilings(entries, policy);
  read_vetoers(entries, policy);
  read_governs(entries, policy);

  std::uint64_t days = policy.max_anchor_lag_ms / kDayMs;
  entries.number("max_anchor_lag_days", 0, 36'500, days);
  policy.max_anchor_lag_ms = days * kDayMs;

  entries.number("follow_successors_days", 0, 36'500, policy.follow_successors_days);
  if (const auto* flag = entries.take<bool>("separate_assessor", "true or false"))
    policy.separate_assessor = *flag;
  read_joint(entries, policy);

  if (const auto* text = entries.text("salt"); text != nullptr && !text->empty()) {
    const auto bytes = from_hex(*text);
    const auto hash = bytes ? Hash256::from(*bytes) : std::nullopt;
    if (hash) {
      salt = *hash;
    } else {
      entries.mistake("salt", "must be 64 hexadecimal digits");
    }
  }
}

AccreditationRequirement read_requirement(Entries& entries) {
  AccreditationRequirement requirement;
  requirement.when = read_scope(entries);
  entries.number("amount", 1, kMostNumber, requirement.amount);
  std::optional<std::uint16_t> schemes;
  entries.refuse_empty("schemes");
  read_mask(entries, "schemes", parse_scheme, schemes);
  requirement.schemes = schemes.value_or(0);
  return requirement;
}

void read_times(Entries& entries, Statement& statement) {
  const auto date = [&](std::string_view key, std::uint64_t& out) {
    const auto* text = entries.text(key);
    if (text == nullptr) return;
    if (auto time = parse_day(*text)) {
      out = *time;
    } else {
      entries.mistake(key, "must be a day as \"2026-05-04\"");
    }
  };
  date("from", statement.valid_from_ms);
  date("until", statement.valid_until_ms);
}

Statement read_statement(Entries& entries) {
  Statement statement;
  std::optional<InstitutionId> subject;
  if (const auto* text = entries.text("subject")) {
    entries.parsed("subject", *text, parse_institution_id, subject);
  } else {
    entries.mistake("subject", "is missing: whom the statement is about");
  }
  statement.subject = subject.value_or(InstitutionId{});

  const auto* kind = entries.text("kind");
  statement.kind = kind != nullptr && *kind == "distrust" ? Kind::kDistrust
                   : kind != nullptr && *kind == "end"    ? Kind::kEnd
                                                          : Kind::kTrust;
  if (kind != nullptr && *kind != to_text(statement.kind)) {
    entries.mistake("kind", "must be trust, distrust or end");
  }

  // Only a kind's own keys are taken, so that an amount beside a distrust is reported as unknown.
  if (statement.kind == Kind::kTrust) {
    statement.amount = kFullAmount;
    entries.number("amount", 0, kFullAmount, statement.amount);
    entries.number("depth", 0, kMaxDepth, statement.depth);
  }
  if (statement.kind != Kind::kEnd) statement.scope = read_scope(entries);

  entries.number("slot", 0, kTrustSlotsPerPair - 1, statement.slot);
  read_times(entries, statement);
  return statement;
}

// Of two statements in one slot the later one takes the place of the other, from its first day on:
// somebody who writes "distrust in this field" and "trust" wants both.
void refuse_replacement(const Entries& entries, const std::vector<Statement>& before,
                        const Statement& statement) {
  if (statement.kind == Kind::kEnd) return;
  const auto replaced = std::ranges::find_if(before, [&](const Statement& other) {
    return other.subject == statement.subject && other.slot == statement.slot &&
           other.kind != Kind::kEnd && statement.valid_from_ms <= other.valid_from_ms;
  });
  if (replaced == before.end()) return;
  entries.mistake("slot",
                  "is " + std::to_string(statement.slot) +
                      ", as in an earlier table about the same institution, whose place this one "
                      "would take: write another slot (0 to " +
                      std::to_string(kTrustSlotsPerPair - 1) +
                      ") where both shall count, or a later first day (from)");
}

}  // namespace

PolicyReading read_policy(const std::vector<PolicyTable>& tables) {
  PolicyReading reading;
  Hash256 salt;
  // The main table comes first, wherever it stands: its preset and its salt are needed by the
  // others.
  for (std::size_t i = 0; i < tables.size(); ++i) {
    if (tables[i].kind != PolicyTableKind::kPolicy) continue;
    Entries entries(tables[i], i, reading.mistakes);
    read_main(entries, reading, salt);
    entries.rest();
  }

  bool own_requirements = false;
  for (std::size_t i = 0; i < tables.size(); ++i) {
    Entries entries(tables[i], i, reading.mistakes);
    if (tables[i].kind == PolicyTableKind::kAccreditation) {
      if (!own_requirements)
        reading.policy.accreditation.clear();  // the file's own replace the preset's
      own_requirements = true;
      reading.policy.accreditation.push_back(read_requirement(entries));
      entries.rest();
    } else if (tables[i].kind == PolicyTableKind::kStatement) {
      auto statement = read_statement(entries);
      statement.id = local_statement_id(salt, statement);
      refuse_replacement(entries, reading.policy.local, statement);
      entries.rest();
      reading.policy.local.push_back(std::move(statement));
    }
  }

  if (!reading.mistakes.empty()) return reading;
  if (auto wrong = check(reading.policy))
    reading.mistakes.push_back({0, "", std::string(to_text(*wrong))});
  return reading;
}

InstitutionId local_viewpoint() {
  InstitutionId id;
  id.bytes.fill(0xff);
  return id;
}

}  // namespace testamur::trust
